/* SPDX-License-Identifier: ISC */
/* Which versions a change may find, as the headers of its request say. */
#ifndef MATCH_H
#define MATCH_H

#include "call.h"
#include "task/task.h"

/* If-Match as tags, and If-None-Match: *; false: it is answered. */
bool match_take(struct call *c, struct task_match *match);

#endif
