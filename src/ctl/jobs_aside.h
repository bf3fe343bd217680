/* SPDX-License-Identifier: ISC */
/* errandctl jobs dead and redrive: what was put aside in the broker. */
#ifndef JOBS_ASIDE_H
#define JOBS_ASIDE_H

#include "base/base.h"

struct jobs_aside {
	bool json;
	const char *kind; /* of this kind only; NULL: of all */
	int64_t limit;    /* of the list */
	char **ids;       /* redrive: these only; none: all */
	int nids;
};

/* Lists them, newest first.  CMD_OK, or CMD_FAILED when it has said why. */
int jobs_aside_list(const struct jobs_aside *what);

/* Puts them back into their queues, oldest first, and says which.  CMD_FAILED
 * too if there is one of the ids that is not there, or cannot be sent. */
int jobs_aside_redrive(const struct jobs_aside *what);

#endif
