/* SPDX-License-Identifier: ISC */
/* CSV as RFC 4180 has it, in and out. */
#ifndef CSV_H
#define CSV_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"

/* The members of a task, as the columns of a table of tasks. */
#define CSV_TASK_COLUMNS                                                       \
	"id", "title", "description", "status", "created_at", "updated_at",    \
	    "created_by", "extra"

/* A text that is read: rows end in CR LF, LF or CR, and a byte-order mark may
 * stand before the first. */
struct csv {
	const char *at, *end;
	unsigned line; /* where the row that was read last begins, from 1 */
	unsigned next; /* the line that at is in */
};

struct csv csv_begin(const char *text, size_t len);

/* The next row that is not empty: *n cells in a.  A cell with nothing in it is
 * NULL, one with two quotes "".  1, 0 at the end, or -1 with *why a sentence.
 */
int csv_next(struct csv *c, struct arena *a, const char ***cells, size_t *n,
    const char **why) MUSTCHECK;

/* Adds a cell so that csv_next reads the same; first: of its row. */
void csv_add(struct buf *b, const char *text, bool first);

#endif
