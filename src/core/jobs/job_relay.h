/* SPDX-License-Identifier: ISC */
/* Many job rows at a time: what the relay does with them. */
#ifndef JOB_RELAY_H
#define JOB_RELAY_H

#include "job.h"

/* These kinds, or all but these. */
struct job_kinds {
	const char *const *v;
	size_t n;
	bool others;
};

/* The kind of the oldest row of those kinds that is due; NULL: none is.  Of
 * kinds with a limit only what limit_go has let go counts, here and in
 * job_publishable. */
enum pg_err job_due_kind(struct pg *pg, const struct job_kinds *of,
    const char **kind) MUSTCHECK;

/*
 * Publishing.  job_publishable begins a transaction and takes up to limit
 * rows of those kinds that are due and that no other relay holds, oldest first,
 * or fewer if their args have more than half a MiB; *more is true if it stopped
 * before the end.  If due->n is not 0 (and only then), the transaction stays
 * open, and the caller pushes the messages and then calls job_published, which
 * marks those that it names and commits; or, if none was pushed,
 * job_unpublished.  Nothing else may run on pg in between but
 * job_publish_slowly: PostgreSQL ends the transaction when it is idle for
 * query_timeout, or for ms then.  A crash leaves the rows due:
 * they are sent twice, never lost.
 */
enum pg_err job_publishable(struct pg *pg, const struct job_kinds *of,
    int64_t limit, struct job_set *due, bool *more) MUSTCHECK;
enum pg_err job_publish_slowly(struct pg *pg, int64_t ms) MUSTCHECK;
enum pg_err job_published(struct pg *pg, const struct job_set *due) MUSTCHECK;
void job_unpublished(struct pg *pg);

/*
 * When the broker may have lost messages.  job_published_until waits for what
 * other relays are just publishing, and sets *until to now: whatever was sent
 * to a broker that is gone is marked as published by then.  job_missing is for
 * messages that are gone from a broker that is there: *until is ms ago, and
 * *any says whether a row was published before.  job_still_there tells of
 * messages that were found in the broker of now; rows that are published count
 * as published now.  What is left is struct job_sent: job_sent_page reads it, a
 * page behind the row *after (NULL: the first), and job_requeue sets up to
 * limit of it back to queued: all of it, if *n is below limit.
 */
struct job_sent {
	struct job_kinds of;
	int64_t until;

	/* Rows of these kinds are left out if they were published less than
	 * so many milliseconds (as text) before. */
	const char *const *kinds;
	const char *const *ms;
	size_t n;
};
enum pg_err job_published_until(struct pg *pg, int64_t *until) MUSTCHECK;
enum pg_err job_missing(struct pg *pg, int64_t ms, bool *any, int64_t *until)
    MUSTCHECK;
enum pg_err job_still_there(struct pg *pg, const struct job_ids *ids,
    int64_t until) MUSTCHECK;
enum pg_err job_sent_page(struct pg *pg, const struct job_sent *sent,
    int64_t limit, const struct job *after, struct job_set *jobs) MUSTCHECK;
enum pg_err job_requeue(struct pg *pg, const struct job_sent *sent,
    int64_t limit, size_t *n) MUSTCHECK;

/* Says that these runs of worker go on; what is not running any more is left
 * alone. */
enum pg_err job_heartbeat(struct pg *pg, const char *worker,
    const struct job_ids *ids) MUSTCHECK;

/* What runs, up to limit: each run's tag, and the time of its last heartbeat,
 * which is only good for being compared with the one of another look. */
struct job_beat {
	struct uuid id;
	const char *tag;
	int64_t at;
};
struct job_beats {
	struct job_beat *v;
	size_t n;
};
enum pg_err job_running(struct pg *pg, int64_t limit, struct job_beats *beats)
    MUSTCHECK;

/* These runs have been given up, whatever PostgreSQL's clock says: they are
 * queued again, or failed with a reason after max_deaths (or what their kind
 * says).  One that has had a heartbeat since that look is left alone. */
enum pg_err job_revive(struct pg *pg, int64_t max_deaths,
    const struct job_beats *gone, size_t *n) MUSTCHECK;

#endif
