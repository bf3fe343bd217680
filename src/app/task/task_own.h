/* SPDX-License-Identifier: ISC */
/* Inside of the task: one row of a result, however it was asked for. */
#ifndef TASK_OWN_H
#define TASK_OWN_H

#include "task.h"

/* Reads a row that begins with the columns of TASK_ROW in stmt.def.  Texts
 * are borrowed from the result. */
void task_row(struct pg *pg, const PGresult *r, int row, struct task *t);

#endif
