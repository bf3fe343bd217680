/* SPDX-License-Identifier: ISC */
/* The statements about jobs. */
#include "config.h"

#include "jobs_own.h"

#define STMT PG_DEFINE
#include "job.def"
#undef STMT
