/* SPDX-License-Identifier: ISC */
/* UUIDs and the pool of random bytes behind them. */
#ifndef UUID_H
#define UUID_H

#include "base.h"

#define UUID_TEXT 37

struct uuid {
	uint8_t b[16];
};

/* n random bytes from the kernel, fetched a few KiB at a time.  Safe across
 * fork: a child never repeats what its parent handed out. */
void uuid_random(void *out, size_t n);

/* A version 7 UUID: sorted by time, so that new rows land side by side. */
struct uuid uuid_new(void);

/* Lower-case text; returns out. */
char *uuid_format(const struct uuid *u, char out[UUID_TEXT]);

/* Reads exactly the 36-character form, in either case.  0, or -1. */
int uuid_parse(const char *text, struct uuid *u) MUSTCHECK;

#endif
