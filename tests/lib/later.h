/* SPDX-License-Identifier: ISC */
/* Moves the clocks that a unit test reads, so that it need not wait. */
#ifndef LATER_H
#define LATER_H

#include "base/base.h"

/* From now on all clocks are that much later than they were. */
void later(int64_t ms);

/* The machine was suspended for that long: CLOCK_MONOTONIC stood still. */
void asleep(int64_t ms);

#endif
