/* SPDX-License-Identifier: ISC */
/* The loop: accept, read, dispatch, answer, close. */
#ifndef SERVE_H
#define SERVE_H

#include "answer/call.h"
#include "base/base.h"

/* Prepares the listening socket on standard input, the signals and the
 * FastCGI library.  0, or -1 with the reason on standard error and in the
 * log. */
int serve_open(void) MUSTCHECK;

/* Serves until SIGTERM, SIGINT or SIGUSR1 came and the request in hand is
 * answered.  0, or -1 if the socket failed (logged). */
int serve_run(struct deps *deps) MUSTCHECK;

#endif
