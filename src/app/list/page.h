/* SPDX-License-Identifier: ISC */
/* The query of a list: filters, order, limit, offset and cursor. */
#ifndef PAGE_H
#define PAGE_H

#include "base/arena.h"
#include "base/base.h"
#include "base/uuid.h"
#include "jobs/job.h"
#include "wire/fault.h"

#define PAGE_LIMIT_MAX     100
#define PAGE_LIMIT_DEFAULT 20
#define PAGE_OFFSET_MAX    1000000

enum page_sort {
	PAGE_CREATED_AT,
	PAGE_UPDATED_AT,
	PAGE_TITLE,
	PAGE_STATUS, /* by creation within one status */
	PAGE_EVENT,  /* not for tasks: the history by number */
	PAGE_JOB,    /* not for tasks: jobs by creation */
	PAGE_SORT__MAX
};

struct page {
	enum page_sort sort;
	bool descending;
	unsigned statuses; /* bits by enum task_status; 0: all */
	const char *title; /* contains, case-insensitive; or NULL */
	unsigned states;   /* of jobs: bits by enum job_state; 0: all */
	const char *kind;  /* of jobs; or NULL */
	bool has_task;     /* of jobs */
	struct uuid task_id;
	bool has_from, has_to;
	int64_t from, to; /* created_at: >= from, <= to; microseconds */
	int limit;
	int64_t offset;
	bool count;

	/* Where to go on, out of the cursor: the sort key and the id of the
	 * last row seen. */
	bool has_cursor;
	const char *key;    /* title or status; else NULL */
	int64_t key_number; /* time in microseconds (for the status that of
			     * creation), or event number */
	struct uuid id;     /* zero for events */
};

/* Reads the raw query string of GET /tasks.  Unknown, repeated (but status),
 * malformed and contradicting parameters each become a fault. */
void page_parse_tasks(struct arena *a, const char *query, struct page *p,
    struct faults *f);

/* The same for GET /tasks/{id}/events: limit and cursor only. */
void page_parse_events(struct arena *a, const char *query, struct page *p,
    struct faults *f);

/* The same for GET /jobs: state, kind, task_id, limit and cursor. */
void page_parse_jobs(struct arena *a, const char *query, struct page *p,
    struct faults *f);

/* A text that is the same for two queries with the same answer, parameters in
 * one order: the cache's key and the base of Link.  Includes the cursor and
 * the limit.  It is a valid query string. */
const char *page_canonical(struct arena *a, const struct page *p);

/* The cursor that goes on behind a row: opaque, bound to filter and order.
 * key, key_number and id are as in the struct; what its order does not need
 * is NULL or 0. */
const char *page_cursor(struct arena *a, const struct page *p, const char *key,
    int64_t key_number, const struct uuid *id);

/* The query string of the next page (for Link rel="next"). */
const char *page_next(struct arena *a, const struct page *p,
    const char *next_cursor);

#endif
