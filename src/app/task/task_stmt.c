/* SPDX-License-Identifier: ISC */
/* The statements about tasks. */
#include "config.h"

#include "task_own.h"

#define STMT PG_DEFINE
#include "task.def"
#undef STMT
