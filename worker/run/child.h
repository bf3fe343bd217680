/* SPDX-License-Identifier: ISC */
/* A child that runs jobs: take, start, run, finish, acknowledge. */
#ifndef CHILD_H
#define CHILD_H

#include "crew/crew.h"

struct child {
	const struct crew *crew;
	struct slot *slot;
};

/* Runs in the child, until SIGTERM or until it has done its share of jobs.
 * First it settles what the child before it in this slot has left. */
int child_main(void *child);

/* Settles what all dead children left, in a few seconds at most: after the
 * pool was stopped the hard way. */
int child_settle(void *crew);

#endif
