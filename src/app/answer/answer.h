/* SPDX-License-Identifier: ISC */
/* Answers that succeed: documents of JSON, and what the cache keeps of them. */
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
 * NULL. */
void answer_next(struct call *c, const struct page *p, const char *cursor);

/* Looks a slot up as cache_get does.  If the cache is of another database than
 * ours, as when a pooler has another server behind it now, it is asked again
 * which one ours is. */
enum cache_result answer_look(struct call *c, struct cache_slot *slot,
    struct cache_entry *e) MUSTCHECK;

/* Answers with a document that the cache has or could have, or with 304 if
 * the client has it already.  p is NULL unless it is a list.  The document is
 * borrowed until the answer is written. */
void answer_entry(struct call *c, enum cache_result result,
    const struct cache_entry *e, const struct page *p);

/* What clients may keep of tasks: they ask again each time. */
#define ANSWER_REVALIDATE "private, no-cache"

#endif
