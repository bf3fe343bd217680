/* SPDX-License-Identifier: ISC */
/* For how long PostgreSQL has answered the relay without a break. */
#ifndef RELAY_WELL_H
#define RELAY_WELL_H

#include "base/base.h"

/* Zeroed at first: it has not answered yet. */
struct relay_well {
	int64_t since; /* clock_mono_us; 0: it does not answer */
};

/* Whether it has answered now. */
void relay_well_note(struct relay_well *w, bool answered, int64_t now);

/* True if every worker that lives had the time to say so meanwhile: a run
 * counts as abandoned after 30 seconds without a heartbeat, and while
 * PostgreSQL could not be reached none could be written. */
bool relay_well_long(const struct relay_well *w, int64_t now);

#endif
