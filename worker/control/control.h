/* SPDX-License-Identifier: ISC */
/* Celery's remote control and events, answered by the parent of the pool. */
#ifndef CONTROL_H
#define CONTROL_H

#include "crew/crew.h"

struct control;

/* Connects to the broker later, by itself.  Never NULL.  Keeps crew. */
struct control *control_open(struct crew *crew);

/* Says good-bye and closes.  Not called in a child: there its descriptor is
 * closed already. */
void control_close(struct control *c);

/* The descriptor to poll for input, or -1. */
int control_fd(const struct control *c);

/* Called when the descriptor is readable, when a child has ended, and when
 * the time it returned has passed: milliseconds until it wants to be called
 * again.  Does not wait longer than [broker] timeout. */
int control_run(struct control *c);

/* Told by the parent of the end of a child that had a job: for events. */
void control_lost(struct control *c, const struct slot *slot, const char *how);

#endif
