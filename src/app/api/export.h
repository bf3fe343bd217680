/* SPDX-License-Identifier: ISC */
/* A list of tasks as a file of lines. */
#ifndef EXPORT_H
#define EXPORT_H

#include "answer/call.h"
#include "task/task.h"
#include "task/task_query.h"

/* Answers with all tasks of the query, or with as many as its limit says. */
void export_answer(struct call *c, struct task_query *q, enum task_form form,
    const char *since);

#endif
