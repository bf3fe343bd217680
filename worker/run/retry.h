/* SPDX-License-Identifier: ISC */
/* When a job that did not succeed is tried again. */
#ifndef RETRY_H
#define RETRY_H

#include "base/base.h"
#include "jobs/kind.h"

/* Milliseconds to wait after run number attempts (from 1; runs that ended by
 * a crash do not count), or -1 if it was the last.  The pause doubles with
 * each retry up to the kind's backoff_max; random (any number) shortens it by
 * up to a half, so that what failed together does not come back together. */
int64_t retry_delay(const struct kind *kind, int64_t attempts, uint32_t random)
    MUSTCHECK;

#endif
