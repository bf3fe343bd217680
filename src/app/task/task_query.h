/* SPDX-License-Identifier: ISC */
/* What can be asked of the lists of tasks and of their histories. */
#ifndef TASK_QUERY_H
#define TASK_QUERY_H

#include "base/arena.h"
#include "base/base.h"
#include "list/page.h"
#include "task.h"
#include "task_extra.h"
#include "wire/fault.h"

enum task_sort {
	TASK_SORT_CREATED_AT,
	TASK_SORT_UPDATED_AT,
	TASK_SORT_TITLE,
	TASK_SORT_STATUS, /* by creation within one status */
	TASK_SORT__MAX
};

/* The query of a list of tasks.  Its page refers to it: it is not copied.  A
 * cursor's key is the title or the status, its number the time by which the
 * rows are ordered (for the status that of creation). */
struct task_query {
	struct page page;
	struct task_scope scope;
	enum task_sort sort;
	bool descending;
	unsigned statuses; /* bits by enum task_status; 0: all */
	const char *title; /* contains, case-insensitive; or NULL */
	bool has_from, has_to;
	int64_t from, to;       /* created_at: >= from, <= to; microseconds */
	const char *created_by; /* the whole name, as it is; or NULL */
	bool has_extra;
	struct task_extra extra;
	bool has_offset;
	int64_t offset;
	bool count;
};

/* Reads the raw query string of GET /tasks; as page_parse.  What is listed is
 * in the scope, which is copied. */
void task_query_parse(struct arena *a, const char *text,
    const struct task_scope *scope, struct task_query *q, struct faults *f);

/* The same for GET /tasks/{id}/events: limit and cursor only.  A cursor's
 * number is that of the event, its id is zero. */
void task_query_parse_events(struct arena *a, const char *text, struct page *p,
    struct faults *f);

#endif
