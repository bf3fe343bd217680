/* SPDX-License-Identifier: ISC */
/* The relay: sees to it that no committed change stays without effect. */
#ifndef RELAY_H
#define RELAY_H

#include "crew/crew.h"

/* Each runs in its child, until SIGTERM.
 *
 * The relay takes rows to the queues, and takes back what dead nodes had.  With
 * CREW_JOBS it does only the latter: then others publish.
 *
 * The keeper does what may not wait for the broker, or behind much work: it
 * takes stale entries out of the cache (not with CREW_JOBS), and says in
 * PostgreSQL that this node's runs go on. */
int relay_main(void *crew);
int keeper_main(void *crew);

#endif
