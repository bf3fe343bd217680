/* SPDX-License-Identifier: ISC */
/* The answer that has a page of changes. */
#ifndef H_CHANGES_H
#define H_CHANGES_H

#include "answer/call.h"
#include "task/task.h"

/* For how many seconds a client would rather wait than be told that there is no
 * change: as many as it says, or as many as there may be. */
int64_t h_changes_preferred(const struct request *req);

/* Answers with the page that stands in the body of the answer. */
void h_changes_answer(struct call *c, const struct task_changes *q);

#endif
