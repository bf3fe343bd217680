/* SPDX-License-Identifier: ISC */
/* A small web server that takes no requests of users. */
#ifndef LISTEN_H
#define LISTEN_H

#include "base/base.h"

struct listener;

/* Listens at an address as [metrics] listen has it.  NULL if that cannot be,
 * with the reason in the log. */
struct listener *listener_new(const char *address) MUSTCHECK;
void listener_free(struct listener *l);

/* Answers what comes, for about ms milliseconds, or until a signal comes. */
void listener_run(struct listener *l, int ms);

#endif
