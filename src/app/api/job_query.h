/* SPDX-License-Identifier: ISC */
/* What can be asked of the list of jobs. */
#ifndef JOB_QUERY_H
#define JOB_QUERY_H

#include "base/arena.h"
#include "base/base.h"
#include "base/uuid.h"
#include "list/page.h"
#include "wire/fault.h"

/* The query of a list of jobs.  Its page refers to it: it is not copied.  A
 * cursor has the time of creation and the id. */
struct job_query {
	struct page page;
	unsigned states;  /* bits by enum job_state; 0: all */
	const char *kind; /* or NULL */
	bool has_task;
	struct uuid task_id;
};

/* Reads the raw query string of GET /jobs; as page_parse. */
void job_query_parse(struct arena *a, const char *text, struct job_query *q,
    struct faults *f);

#endif
