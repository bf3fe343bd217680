/* SPDX-License-Identifier: ISC */
/* Answers with what the cache keeps, for readers who may have it already. */
#ifndef ENTRY_H
#define ENTRY_H

#include "call.h"
#include "list/page.h"

/* Looks a slot up as cache_get does.  If the cache is of another database than
 * ours, as when a pooler has another server behind it now, it is asked again
 * which one ours is. */
enum cache_result entry_look(struct call *c, struct cache_slot *slot,
    struct cache_entry *e) MUSTCHECK;

/* Answers with a document that the cache has or could have, with 304 if the
 * client has it already, or with 412 if If-Match names another.  p is NULL
 * unless it is a list.  The document is borrowed until the answer is
 * written. */
void entry_answer(struct call *c, enum cache_result result,
    const struct cache_entry *e, const struct page *p);

/* The tag of a list, which is made of its text, in the arena. */
const char *entry_tag(struct arena *a, const struct buf *text);

/* 400, if If-Match cannot be read. */
#define ENTRY_BAD_MATCH "If-Match is no list of entity tags such as \"7-1\""

#endif
