/* SPDX-License-Identifier: ISC */
/* The clocks, and timestamps as RFC 3339 text. */
#ifndef CLOCK_H
#define CLOCK_H

#include "base.h"

#define CLOCK_SECOND ((int64_t)1000000) /* microseconds */

#define CLOCK_TEXT 28 /* "2026-11-22T11:05:00.123456Z" and its end */

/* Microseconds on a clock that never jumps: for waits and durations. */
int64_t clock_mono_us(void);

/* The same, going on while the machine is suspended: for how long what others
 * said counts. */
int64_t clock_awake_us(void);

/* Microseconds since 1970 UTC. */
int64_t clock_wall_us(void);

/* Seconds since 1970 UTC. */
int64_t clock_wall_s(void);

/* Times from here down are later than all others: they did not fit, and were
 * wrapped around. */
#define CLOCK_WRAPPED (INT64_MIN + INT64_C(946684800000000) - 1)

/* Writes us (since 1970) as RFC 3339 in UTC with six decimals.  What lies
 * before year 0 or behind year 9999 becomes the first or the last time of
 * these.  Returns out. */
char *clock_format(int64_t us, char out[CLOCK_TEXT]);

/* Reads a date (2026-11-22, midnight UTC) or an RFC 3339 time with Z or an
 * offset and any number of decimals.  0, or -1 if text is neither. */
int clock_parse(const char *text, int64_t *us) MUSTCHECK;

#endif
