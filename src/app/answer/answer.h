/* SPDX-License-Identifier: ISC */
/* Answers that succeed: documents of JSON. */
#ifndef ANSWER_H
#define ANSWER_H

#include "call.h"
#include "list/page.h"
#include "text/json_write.h"

/* Begins a document of JSON in the body of the answer; answer_json_end ends
 * its line, for those who read it in a terminal. */
struct json_write answer_json(struct call *c);
void answer_json_end(struct json_write *w);

/* Names the next page of a list in Link, if there is one: cursor may be
 * NULL.  What web servers have no room for is left out. */
void answer_next(struct call *c, const struct page *p, const char *cursor);

/* What clients may keep of tasks: they ask again each time. */
#define ANSWER_REVALIDATE "private, no-cache"

#endif
