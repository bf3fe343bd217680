/* SPDX-License-Identifier: ISC */
/* How often something may happen, in the words of Celery's rate_limit. */
#ifndef RATE_H
#define RATE_H

#include "base/base.h"

/* Reads a number from 1 to 1000000 with /s, /m or /h behind it; without one of
 * these it is a second's.  *us is the time between two, in microseconds,
 * rounded up, so that a time never has more than it may.  0 or -1. */
int rate_parse(const char *text, int64_t *us) MUSTCHECK;

#endif
