/* SPDX-License-Identifier: ISC */
/* What the files of the relay share: the parts of its round. */
#ifndef RELAY_OWN_H
#define RELAY_OWN_H

#include "base/base.h"
#include "cache/cache.h"
#include "jobs/job_list.h"
#include "jobs/job_relay.h"
#include "jobs/kind.h"
#include "jobs/reader.h"
#include "pg/pg.h"
#include "queue/queue.h"
#include "work/work.h"

/* --- relay_well.c --- */

/* Zeroed at first: it has not answered yet. */
struct relay_well {
	int64_t since; /* clock_mono_us; 0: it does not answer */
};

/* Whether it has answered now. */
void relay_well_note(struct relay_well *w, bool answered, int64_t now);

/* True if every worker that lives had the time to say so meanwhile: a run
 * counts as abandoned after JOB_ABANDONED_S without a heartbeat, and while
 * PostgreSQL could not be reached none could be written. */
bool relay_well_long(const struct relay_well *w, int64_t now);

/* --- relay_judge.c --- */

/* A run, and for how many microseconds of our own time it has given no new
 * heartbeat, and its pool was gone from the broker. */
struct relay_seen {
	struct uuid id;
	int64_t beat, quiet, gone;
};

/* What was seen at the last look; zeroed at first. */
#define RELAY_SEEN 1024
struct relay_judge {
	struct relay_seen v[RELAY_SEEN];
	size_t n;
	int64_t looked; /* clock_mono_us */
	int64_t passed; /* since the look before, as far as that counts */
};

/* Looks at what runs: then seen[i] is beats->v[i], of which there are at most
 * RELAY_SEEN. */
void relay_judge_look(struct relay_judge *j, const struct job_beats *beats,
    int64_t now);

/* True if it is time to ask the broker about it; and what that said. */
bool relay_judge_asks(const struct relay_seen *s);
void relay_judge_hear(const struct relay_judge *j, struct relay_seen *s,
    enum queue_holder holder);

/* Those of the runs at the last look of which neither PostgreSQL nor the broker
 * has heard for long enough: none, unless PostgreSQL was well for as long.
 * Their number. */
size_t relay_judge_gone(const struct relay_judge *j,
    const struct relay_well *well, const struct job_beats *beats, int64_t now,
    struct job_beat *gone);

/* --- relay_cache.c --- */

enum relay_result {
	RELAY_IDLE,   /* nothing is waiting */
	RELAY_BUSY,   /* a full batch was done: there may be more */
	RELAY_BLOCKED /* PostgreSQL or Redis cannot be reached; logged there */
};

/* The cache, and how far the keeper has gone through the log; zeroed at first
 * but for the cache. */
struct relay_cache {
	struct cache *cache;
	char *seen; /* whose changes are dropped: a snapshot; NULL: begin */
	char source[PG_SOURCE]; /* of the database that it is of */
	bool all;               /* more than can be named: drop everything */
	bool behind;            /* seen is not stored yet */
	int64_t stored;         /* clock_mono_us */
};
void relay_cache_clear(struct relay_cache *c);

/* Drops the entries of all tasks that were changed since the last look, and
 * then only remembers the look.  Safe beside other keepers and safe to
 * interrupt: dropping entries twice does no harm, and who begins drops all. */
enum relay_result relay_cache_run(struct pg *pg, struct relay_cache *c,
    struct arena *a) MUSTCHECK;

/* --- relay_readers.c --- */

/* When each reader has its turn next, and when it is asked whether its log came
 * from another server (clock_mono_us); zeroed at first. */
struct relay_readers {
	int64_t due[READER__MAX], rebase[READER__MAX];
};

/* Has each reader in the order of the log that is due read a batch.  Busy: one
 * of them may have more. */
enum relay_result relay_read(struct work *w, struct relay_readers *r,
    enum pg_err *err) MUSTCHECK;

/* --- relay_queues.c --- */

/* All queues that rows are sent to; the first is that of kinds that we do not
 * know. */
struct relay_queue {
	const char *name;
	int64_t until; /* it is left alone; clock_mono_us */
	int64_t pause; /* how long that was; 0: it took the last ones */
};
struct relay_queues {
	struct relay_queue v[KIND_MAX + 1];
	size_t n;
	/* What is sent to one at once. */
	size_t bytes;
	int64_t rows;
};

/* Fills it in from the kinds. */
void relay_queues_init(struct relay_queues *q);

/* The kinds whose queues are in the set, in the arena. */
struct job_kinds relay_queues_kinds(const struct relay_queues *q,
    struct arena *a, const bool *in);

/* Which of them are not left alone now; their number. */
size_t relay_queues_open(const struct relay_queues *q, bool *in);

/* The index of the queue of a kind. */
size_t relay_queues_of(const struct relay_queues *q, const char *kind);

/* It has refused what we asked of it (such as "write"), or done it. */
void relay_queue_refused(struct relay_queue *q, const char *what);
void relay_queue_fine(struct relay_queue *q);

/* --- relay_results.c --- */

/* How far the published rows of each kind were seen; zeroed at first. */
struct relay_results {
	struct job_filter kinds[KIND_MAX];
};

/* Looks for results of the next page of a kind's rows, and closes the rows
 * that have one.  *more is false after the last page: the next is the first
 * again.  False if PostgreSQL (see *err) or the broker could not be asked:
 * then the page comes again. */
bool relay_results_page(struct work *w, struct relay_results *r, size_t kind,
    bool *more, enum pg_err *err) MUSTCHECK;

/* The same for these rows, once. */
bool relay_results_of(struct work *w, const struct job_set *jobs,
    enum pg_err *err) MUSTCHECK;

/* The same for all kinds that others run, as far as one round goes. */
void relay_results_run(struct work *w, struct relay_results *r,
    enum pg_err *err);

/* --- relay_tell.c --- */

/* Stores where Celery looks how jobs have ended, for senders that were not told
 * by the run itself, as far as one round goes.  What the broker refuses is
 * tried again later, and holds up no other.  *err is what PostgreSQL said. */
void relay_tell_run(struct work *w, enum pg_err *err);

/* --- relay_again.c --- */

/* Which queues the broker is looked through for, and which rows may be sent
 * again: those published until then. */
struct relay_walk {
	bool in[KIND_MAX + 1];
	bool missing;  /* it is the broker that we know */
	int64_t until; /* as job_published_until says */
	int64_t since; /* when it was begun; clock_mono_us */
};

/* Queues that could not be read at the end of a walk, and the walk that makes
 * up for it; zeroed at first. */
struct relay_again {
	struct relay_walk walk;
	int64_t at;    /* clock_mono_us */
	int64_t pause; /* 0: all could be read */
	int64_t rest;  /* until then none begins; clock_mono_us */
};

/* True if a walk may begin.  After one the broker is left alone for as long as
 * that took: if another relay has begun the same meanwhile, it gets to its
 * end. */
bool relay_again_rested(const struct relay_again *g, int64_t now);

/* True if it is time for that walk; the next time is a pause later. */
bool relay_again_due(struct relay_again *g, int64_t now);

/* A walk has come to its end, with these of its queues unread: the pause grows,
 * to most, until none is. */
void relay_again_note(struct relay_again *g, const struct relay_walk *w,
    const bool *unread, int64_t now, int64_t most);

/* --- relay_lost.c --- */

/* What is done, in this order, when the broker is in another run; and from the
 * third step on, when rows are published for long (missing). */
enum relay_step {
	RELAY_STEP_NONE,  /* nothing: it is the one that we know */
	RELAY_STEP_UNTIL, /* rows published until now may be lost */
	RELAY_STEP_BEGIN,
	RELAY_STEP_LOOK,    /* but not those whose message is in the broker */
	RELAY_STEP_RESULTS, /* nor those whose result is */
	RELAY_STEP_BACK     /* the rest is set back */
};

/* Zeroed at first. */
struct relay_lost {
	enum relay_step step;
	bool told;          /* the log knows */
	size_t smaller;     /* pages failed: how often theirs was halved */
	size_t back;        /* rows that were set back */
	int64_t missing_at; /* when rows may be published for long */
	bool unread[KIND_MAX + 1]; /* queues that are refused to us */
	struct relay_walk walk;
	struct relay_again again;
	struct queue_look look;
	bool has_after; /* results are looked for behind this row */
	struct uuid after;
	int64_t after_at;
};

/* Asks whether the broker is in another run than before, or rows are published
 * for longer than [broker] missing_after; to be called every second. */
void relay_lost_check(struct work *w, struct relay_lost *l);

/* Goes on with what follows if it is, so far that other work has its turn in
 * between: idle if there is nothing to do.  If anything cannot be read, nothing
 * is set back, and relay_lost_check begins again; but of a queue that is
 * refused to us only its own rows stay as they are, until it can be read. */
enum relay_result relay_lost_run(struct work *w, const struct relay_queues *q,
    struct relay_lost *l, enum pg_err *err) MUSTCHECK;

/* --- relay_limits.c --- */

/* When each kind with a limit may have its next job; zeroed at first. */
struct relay_limits {
	bool any;             /* it has begun, and there are some */
	int64_t at[KIND_MAX]; /* clock_mono_us; 0: it may at any time */
	int64_t wake;         /* the first of those that wait; 0: none does */
};

/* To be called now and then, first before all else: lets go what limits held
 * that are there no more.  Busy: there is more of it.  *err is what PostgreSQL
 * said. */
enum relay_result relay_limits_begin(struct work *w, struct relay_limits *l,
    enum pg_err *err) MUSTCHECK;

/* Holds back what is due of kinds with a limit and has an open queue, and lets
 * go what has its turn.  Busy: there is more to be held back.  *err is what
 * PostgreSQL said. */
enum relay_result relay_limits_run(struct work *w, const struct relay_queues *q,
    struct relay_limits *l, enum pg_err *err) MUSTCHECK;

/* For how many of these milliseconds nothing has its turn. */
int64_t relay_limits_wait(const struct relay_limits *l, int64_t ms);

/* --- relay_publish.c --- */

/* Sends rows that are due, queue by queue, for about a second at most.  A row
 * that no message can hold is failed; a queue that does not take any is left
 * alone for a while.  *err is what PostgreSQL said. */
enum relay_result relay_publish(struct work *w, struct relay_queues *q,
    enum pg_err *err) MUSTCHECK;

/* --- relay_waiting.c --- */

/* Says in the broker in which queues our kinds wait for room, and moves what is
 * in those that no pool serves any more, since settings have changed, to where
 * it is judged again. */
void relay_waiting_run(struct work *w);

/* --- relay_count.c --- */

/* Gives the metrics the names of the queues. */
void relay_count_open(const struct relay_queues *q);

/* Counts what waits in PostgreSQL and in the queues, for the metrics; what the
 * broker does not tell is left out. */
enum pg_err relay_count(struct work *w, const struct relay_queues *q) MUSTCHECK;

#endif
