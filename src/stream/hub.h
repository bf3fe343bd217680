/* SPDX-License-Identifier: ISC */
/* The loop: all connections, the log, and the time. */
#ifndef HUB_H
#define HUB_H

#include "answer/call.h"
#include "base/base.h"

/* Prepares the listening socket on standard input and the signals.  0, or -1
 * with the reason on standard error and in the log. */
int hub_open(void) MUSTCHECK;

/* Serves until SIGTERM or SIGINT came, and all streams have been told, or have
 * had their time.  0, or -1 if the kernel refuses (logged). */
int hub_run(struct deps *deps) MUSTCHECK;

#endif
