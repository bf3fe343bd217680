/* SPDX-License-Identifier: ISC */
/* Jobs that are made when their time comes: schedule of [job:KIND].  Times are
 * those of PostgreSQL's clock. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "job.h"
#include "kind.h"
#include "text/cron.h"

/* What became of a kind whose time has come. */
struct schedule_fired {
	const char *kind;
	int64_t made;   /* jobs */
	int64_t missed; /* times for which there is none, or not its own */
};
typedef void (*schedule_fn)(void *arg, const struct schedule_fired *fired);

/* What who makes them keeps from one look to the next; zeroed at first. */
struct schedule_keep {
	struct {
		struct cron cron;
		bool parsed;
		/* It is held: when that was told, and when it is tried
		 * again (clock_mono_us); 0: it is not. */
		int64_t told, again, pause;
	} of[KIND_MAX];
};

/* Makes the jobs of all kinds whose time has come, each once, however many
 * pools do the same: the next time moves in the transaction that makes the
 * job.  fn is called for each kind of which it is committed.
 *
 * Of a kind whose schedule is not the one that is noted, the noted one counts
 * until no pool has said it for 15 s: then times go on from there by ours.  One
 * whose job PostgreSQL refuses is held, which is logged every five minutes, and
 * tried again after pauses that grow to a minute. */
enum pg_err schedule_run(struct pg *pg, struct schedule_keep *keep,
    schedule_fn fn, void *arg) MUSTCHECK;

/* A kind's schedule as it is noted; 0: not yet, or never. */
struct schedule {
	const struct kind *kind;
	int64_t next_at, last_at; /* microseconds since 1970 */
	bool overdue;             /* for longer than pools need to see it */
};
struct schedule_set {
	struct schedule v[KIND_MAX];
	size_t n;
};

/* All kinds that have one, in the order of the table of kinds. */
enum pg_err schedule_list(struct pg *pg, struct schedule_set *set) MUSTCHECK;

#endif
