/* SPDX-License-Identifier: ISC */
/* What a broker that was restarted has lost is sent again. */
#ifndef RELAY_LOST_H
#define RELAY_LOST_H

#include "base/base.h"
#include "pg/pg.h"
#include "queue/queue.h"
#include "relay_cache.h"
#include "relay_results.h"
#include "work/work.h"

/* What is done, in this order, when the broker is in another run. */
enum relay_step {
	RELAY_STEP_NONE,    /* nothing: it is the one that we know */
	RELAY_STEP_UNTIL,   /* rows published until now may be lost */
	RELAY_STEP_LOOK,    /* but not those whose message is in the broker */
	RELAY_STEP_RESULTS, /* nor those whose result is */
	RELAY_STEP_BACK     /* the rest is set back */
};

/* Zeroed at first. */
struct relay_lost {
	enum relay_step step;
	bool told;      /* the log knows */
	int64_t until;  /* as job_published_until says */
	int64_t since;  /* when this was begun, and when the broker is looked */
	int64_t pause;  /* at again; clock_mono_us */
	size_t smaller; /* pages failed: how often theirs was halved */
	size_t back;    /* rows that were set back */
	size_t kind;    /* whose results are looked for */
	struct queue_look look;
	struct relay_results results;
};

/* Asks whether the broker is in another run than before; to be called every
 * second. */
void relay_lost_check(struct work *w, struct relay_lost *l);

/* Goes on with what follows if it is, so far that other work has its turn in
 * between: idle if there is nothing to do.  If anything cannot be read, nothing
 * is set back, and relay_lost_check begins again. */
enum relay_result relay_lost_run(struct work *w, struct relay_lost *l,
    enum pg_err *err) MUSTCHECK;

#endif
