/* SPDX-License-Identifier: ISC */
/* What only so many processes do at once that serve one socket. */
#ifndef TURN_H
#define TURN_H

#include "base/arena.h"
#include "base/base.h"

/* Takes one of max turns, which is given back with the arena, and with the
 * process, however that ends.  0; or -1 with errno, which is EADDRINUSE if all
 * are taken. */
int turn_take(struct arena *a, const char *what, int64_t max) MUSTCHECK;

#endif
