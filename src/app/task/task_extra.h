/* SPDX-License-Identifier: ISC */
/* Additional data of tasks: which there may be, and how they are asked for. */
#ifndef TASK_EXTRA_H
#define TASK_EXTRA_H

#include <json-c/json_object.h>

#include "list/list.h"
#include "wire/fault.h"

#define TASK_EXTRA_MAX    8192 /* bytes, as PostgreSQL writes it */
#define TASK_EXTRA_DEPTH  8
#define TASK_EXTRA_FIELDS 32 /* that [tasks] extra can list */

/* Judges what a body has in extra, NULL for null, by [tasks] extra; each fault
 * goes to f.  Returns it as JSON, borrowed from the tree; NULL for null. */
const char *task_extra_judge(struct json_object *value, struct faults *f);

/* Adds the text of a jsonb without its blanks, as all other JSON is written. */
void task_extra_write(struct buf *b, const char *text, size_t len);

/* What a list is asked for: of each name that is listed a value, the least and
 * the greatest; or NULL. */
enum task_extra_bound { EXTRA_IS, EXTRA_FROM, EXTRA_TO, EXTRA__MAX };
struct task_extra {
	const char *v[TASK_EXTRA_FIELDS][EXTRA__MAX];
};

/* Puts the value of a parameter extra.NAME, extra.NAME.from or extra.NAME.to,
 * which is the reader's name, into e, or adds a fault. */
void task_extra_take(struct list_reader *r, struct task_extra *e,
    const char *value);

/* The way back: adds the parameters to a query string. */
void task_extra_add(struct buf *b, const struct task_extra *e);

/* The object of JSON that tasks are to have within extra, in the arena; NULL if
 * nothing is asked for. */
const char *task_extra_filter(struct arena *a, const struct task_extra *e);

/* The condition of JSON path that is true of their extra, in the arena; NULL if
 * there are no bounds.  The days of a year or less are named one by one, as the
 * index serves what is equal. */
const char *task_extra_range(struct arena *a, const struct task_extra *e);

/* Adds a fault if a last value is before its first. */
void task_extra_judge_bounds(struct list_reader *r, const struct task_extra *e);

#endif
