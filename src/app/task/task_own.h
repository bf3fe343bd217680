/* SPDX-License-Identifier: ISC */
/* Inside of the task: its statements, and one row of a result, however it was
 * asked for. */
#ifndef TASK_OWN_H
#define TASK_OWN_H

#include "list/list.h"
#include "task.h"
#include "task_extra.h"

/* The columns with which the rows of a task begin: X(name here, SQL). */
#define TASK_COLUMNS(X)                                                        \
	X(ID, "id")                                                            \
	X(TITLE, ", title")                                                    \
	X(DESCRIPTION, ", description")                                        \
	X(STATUS, ", status")                                                  \
	X(CREATED_AT, ", created_at")                                          \
	X(UPDATED_AT, ", updated_at")                                          \
	X(CREATED_BY, ", created_by")                                          \
	X(OWNER, ", owner")                                                    \
	X(EXTRA, ", extra")                                                    \
	X(VERSION, ", version")

enum task_column {
#define TASK_COLUMN(name, sql) TASK_COL_##name,
	TASK_COLUMNS(TASK_COLUMN)
#undef TASK_COLUMN
	    TASK_COL__MAX
};
#define TASK_COLUMN_SQL(name, sql) sql
#define TASK_ROW                   TASK_COLUMNS(TASK_COLUMN_SQL)

#define STMT PG_DECLARE
#include "task.def"
#undef STMT

/* What is told of an event, in this order. */
enum event_column {
	EVENT_COL_ID,
	EVENT_COL_VERSION,
	EVENT_COL_ACTION,
	EVENT_COL_ACTOR,
	EVENT_COL_AT,
	EVENT_COL_CHANGES,
	EVENT_COL_REQUEST_ID,
	EVENT_COL_TRACE_ID,
	EVENT_COL__MAX
};

/* The list that cursors of the log are of, and the place that one names, which
 * is in its page. */
extern const struct list task_changes_list;

struct task_query;

/* Reads a page of the list from PostgreSQL: one row more than its limit, to see
 * whether there is a next page. */
enum pg_err task_list_run(struct pg *pg, const struct task_query *q,
    PGresult **r) MUSTCHECK;

/* The cursor that goes on behind t. */
const char *task_list_cursor(struct arena *a, const struct task_query *q,
    const struct task *t);

/* Adds the members of an event to an open object; its columns begin at col. */
void task_event_format(struct json_write *w, const PGresult *r, int row,
    int col);

/* A parameter that is null for all, else the owner. */
void task_put_scope(struct pg_params *p, const struct task_scope *scope);

/* Reads a row that begins with TASK_COLUMNS.  Texts are borrowed from the
 * result. */
void task_row(struct pg *pg, const PGresult *r, int row, struct task *t);

#endif
