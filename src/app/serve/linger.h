/* SPDX-License-Identifier: ISC */
/* Connections that were answered before all was read: closing them at once
 * could cost the answer, and waiting for their peers would cost a process. */
#ifndef LINGER_H
#define LINGER_H

#include "base/base.h"

#define LINGER_MAX 64

/* All zero at its start. */
struct lingering {
	size_t n;
	struct {
		int fd;
		int64_t until; /* as of clock_mono_us */
	} v[LINGER_MAX];       /* oldest first */
};

/* Owns fd from now on: writes no more, and closes it when the peer has done so
 * or [http] io_timeout is over, or for the sake of a newer one. */
void linger_add(struct lingering *l, int fd);

/* Waits for up to a second, or until there is a connection to accept, and
 * reads away what comes meanwhile.  True if there is one. */
bool linger_wait(struct lingering *l, int listening);

/* Closes all. */
void linger_clear(struct lingering *l);

#endif
