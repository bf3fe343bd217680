/* SPDX-License-Identifier: ISC */
/* The socket on which the processes of a host hand over their spans. */
#ifndef TAKE_H
#define TAKE_H

#include <sys/types.h>

#include "batch.h"

struct take {
	int lock; /* -1: somebody else may take them */
	int fd;
	dev_t dev; /* of the socket's file, if fd is not -1 */
	ino_t ino;
	bool told; /* that it cannot be opened */
};

/* Opens [trace] socket if no other process has it: of several pools on a host
 * one does the work.  If its file was removed or replaced, it is opened anew.
 * True if it is open, now or already; what is wrong is logged, once. */
bool take_open(struct take *t);
void take_close(struct take *t);

/* Takes all that is there. */
void take_all(struct take *t, struct batch *b);

#endif
