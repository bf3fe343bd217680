/* SPDX-License-Identifier: ISC */
/* The answer to a place in the log that is no more. */
#ifndef GONE_H
#define GONE_H

#include "call.h"
#include "task/task.h"

/* 410; log is not TASK_LOG_KEPT.  Lists are invalidated, since one out of the
 * cache may have named the place. */
void gone_answer(struct call *c, enum task_log log);

#endif
