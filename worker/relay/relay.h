/* SPDX-License-Identifier: ISC */
/* The relay: sees to it that no committed change stays without effect. */
#ifndef RELAY_H
#define RELAY_H

#include "crew/crew.h"

/* Runs in its child, until SIGTERM: takes rows to the queue and stale entries
 * out of the cache, keeps this node's running rows fresh, and takes back what
 * dead nodes had.  With CREW_JOBS only the last two: then others publish. */
int relay_main(void *crew);

#endif
