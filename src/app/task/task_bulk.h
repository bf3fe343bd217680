/* SPDX-License-Identifier: ISC */
/* Many changes of tasks that are made together or not at all. */
#ifndef TASK_BULK_H
#define TASK_BULK_H

#include "task.h"

enum task_verb { TASK_CREATE, TASK_CHANGE, TASK_DELETE, TASK_VERB__MAX };
extern const char *const task_verbs[TASK_VERB__MAX];

struct task_operation {
	enum task_verb verb;
	struct task_input in; /* not of a deletion */
	/* Of a creation only task is used: it gets its id. */
	struct task_change change;
};

struct task_bulk {
	struct task_operation *v;
	size_t n;
};

/* Judges a parsed body: an array of 1 to limit operations.  Each fault goes to
 * f, with the index of its operation.  Texts are borrowed from the tree. */
void task_bulk_parse(struct json_object *tree, size_t limit, struct arena *a,
    struct task_bulk *bulk, struct faults *f);

/* Makes them in a transaction that is open.  Tasks that are not there, or not
 * as the operation wants them, are faults: then nothing may be committed.  No
 * operation begins after the time of [database] query_timeout: PG_BUSY. */
enum pg_err task_bulk_run(struct pg *pg, struct task_bulk *bulk,
    const struct task_actor *who, const struct task_scope *scope,
    struct faults *f) MUSTCHECK;

#endif
