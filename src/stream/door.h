/* SPDX-License-Identifier: ISC */
/* Where connections come from: the listening socket, and how many there may
 * be. */
#ifndef DOOR_H
#define DOOR_H

#include "base/base.h"

/* Prepares the listening socket on standard input.  0, or -1 with the reason on
 * standard error and in the log. */
int door_open(void) MUSTCHECK;

/* Says so on standard error and in the log; returns -1. */
int door_fail(const char *reason);

/* How many connections there can be, as each is an open file; the limit is
 * raised if that is allowed.  wanted at most. */
size_t door_room(size_t wanted);

#endif
