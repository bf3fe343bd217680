/* SPDX-License-Identifier: ISC */
/* One page of a list: how long it is, and behind which row it begins. */
#ifndef PAGE_H
#define PAGE_H

#include "base/arena.h"
#include "base/base.h"
#include "base/uuid.h"
#include "wire/fault.h"

#define PAGE_LIMIT_MAX     100
#define PAGE_LIMIT_DEFAULT 20
#define PAGE_KEY_MAX       1020 /* bytes of a cursor's key as text */

struct list;

struct page {
	const struct list *list; /* what is listed */
	void *query;       /* what the list's own parameters ask for; or NULL */
	const char *scope; /* whose list it is; NULL: everybody's */
	int limit;
	bool has_limit; /* it was given */

	/* Where to go on, out of the cursor: the sort key and the id of the
	 * last row seen. */
	bool has_cursor;
	const char *key;    /* NULL if the order has none */
	int64_t key_number; /* such as a time in microseconds, or 0 */
	struct uuid id;     /* zero if rows have none */
};

/* Reads a raw query string into p, whose list, query and scope are set.
 * Unknown, repeated, malformed and contradicting parameters each become a
 * fault. */
void page_parse(struct arena *a, const char *text, struct page *p,
    struct faults *f);

/* A text that is the same for two queries with the same answer, parameters in
 * one order: the cache's key.  Includes the cursor and the limit.  It is a
 * valid query string, with the scope in a line behind it if there is one. */
const char *page_canonical(struct arena *a, const struct page *p);

/* The cursor that goes on behind a row: opaque, bound to filter, order and
 * scope.
 * key, key_number and id are as in the struct; what the order does not need
 * is NULL or 0. */
const char *page_cursor(struct arena *a, const struct page *p, const char *key,
    int64_t key_number, const struct uuid *id);

/* The query string of the next page (for Link rel="next"). */
const char *page_next(struct arena *a, const struct page *p,
    const char *next_cursor);

#endif
