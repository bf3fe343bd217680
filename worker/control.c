/* SPDX-License-Identifier: ISC */
/* The parent's ear for Celery's remote control; nobody is answered yet. */
#include "config.h"

#include "control.h"

#include <stdlib.h>

#include "xalloc.h"

#define CONTROL_IDLE 1000 /* milliseconds */

struct control {
	struct pool *pool;
};

struct control *
control_open(struct pool *pool)
{
	struct control *c = xcalloc(1, sizeof(*c));

	c->pool = pool;
	return c;
}

void
control_close(struct control *c)
{
	free(c);
}

int
control_fd(const struct control *c)
{
	(void)c;
	return -1;
}

int
control_run(struct control *c)
{
	(void)c;
	return CONTROL_IDLE;
}

void
control_lost(struct control *c, const struct slot *slot, const char *how)
{
	(void)c;
	(void)slot;
	(void)how;
}
