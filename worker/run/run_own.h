/* SPDX-License-Identifier: ISC */
/* One message on its way, shared by the files that take it to its end. */
#ifndef RUN_OWN_H
#define RUN_OWN_H

#include "base/base.h"
#include "celery/canvas.h"
#include "jobs/job_step.h"
#include "jobs/job_take.h"
#include "jobs/kind.h"
#include "queue/queue.h"
#include "trace/trace.h"
#include "work/job_run.h"
#include "work/work.h"

#define ITEM_PAUSE     100 /* milliseconds, doubled with each failure */
#define ITEM_PAUSE_MAX 2000
#define ITEM_LATER     5000 /* until what could not be begun is */
#define ITEM_REFUSED   5    /* tries of what PostgreSQL refuses */
#define ITEM_UNKNOWN   5000 /* until a row of an unknown kind is sent again */

struct item {
	struct work *w;
	const struct queue_item *taken;
	bool revoked;
	struct celery_message m;
	struct uuid id;
	const struct kind *kind;
	size_t index;
	struct job job;
	struct job_run run;
	int64_t began;
	bool soft_is_own;     /* the soft limit is the message's */
	const char *exc_type; /* of billiard.exceptions; NULL: no special one */
};

/* item_many.c: runs the n messages of a take, to their very end; or gives them
 * back, if it was told to stop before they have started.  Those whose kind
 * allows it are done in one statement; of the others the first is run, and the
 * rest is given back. */
void item_run(struct work *w, const struct queue_item *taken, size_t n);

/* item_show.c: what the parent, Celery's tools and the log get to see. */

/* These messages are in our hands, or may be; then: none. */
void item_hold(struct slot *s, const char *tag, size_t more);
void item_empty(struct slot *s);

/* What it is; then, that it has begun: its time counts from here on. */
void item_show(struct item *it);
void item_begin(struct item *it);

/* How the run has ended, and how life.def calls that. */
void item_tell(struct item *it, const struct job_end *end,
    enum life_event event);

/* item_trace.c: the run as a span, if what has caused it is traced; and the ids
 * that lines of the log have meanwhile. */
void item_trace(struct item *it, struct trace_span *span, int64_t began);
void item_traced(struct item *it, struct trace_span *span,
    const struct job_end *end);

/* The span of a run that died, as the next child of the slot sees it. */
void settle_trace(struct arena *a, const struct slot *s, const struct job *job,
    enum job_state state);

/* item_start.c: what comes before the run. */

/* Decodes; what cannot be run is dealt with, and false. */
bool item_read(struct item *it);

/* True when PostgreSQL has said whose turn it is; else it is dealt with. */
bool item_start(struct item *it, enum job_turn *turn);

/* item.c: whatever is to be done with one that was read. */
void item_run_one(struct item *it);

/* PostgreSQL answers, and refuses this statement: it, or a rule that is not
 * ours, may be to blame. */
static inline bool
item_is_refused(enum pg_err err)
{
	return err == PG_FAILED || err == PG_REFUSED;
}

/* item_answer.c: what the broker is told.  What does not arrive there is
 * logged, and does no harm: the row knows. */

/* Back to where it came from. */
void item_give_back(struct item *it);

/* The text of a result: value is JSON, message tells of an exception. */
const char *item_result(struct item *it, enum celery_state state,
    const char *value, const char *message);

/* Why a job that was cancelled says that it was, in Celery's words. */
#define ITEM_TERMINATED "cancelled while it ran"
const char *item_revoked(const char *error);

/* Stores the result of a job that has ended so, if its sender wants one, and
 * does what follows in its canvas.  As ending_do. */
int item_end(struct item *it, struct canvas_end *end) MUSTCHECK;

/* That it runs, as far as the broker takes it at once. */
void item_tell_started(struct item *it);

/* It has done its duty, and the row says what result tells; NULL: nobody is
 * told.  Waits for a broker that is away, since without it nothing else is to
 * be done.  True if the result is stored; else a relay will tell it. */
bool item_ack(struct item *it, const char *result);

/* Nobody can run it: to the dead-letter list, with the reason for all. */
void item_bury(struct item *it, const char *why);

/* The same for one whose id is that of another job, which is left alone. */
void item_bury_other(struct item *it);

/* PostgreSQL refuses its record, and it is not known that it is to blame: to
 * where all others have their turn before it. */
void item_hold_back(struct item *it);

/* Back, but not to be taken again at once; behind all others, where the broker
 * answers and so refuses something for this one alone. */
void item_later(struct item *it);

/* Nobody here can run it: its row goes back to the relay, for a pool that can;
 * a message without a row is put aside, and its sender is told. */
void item_park(struct item *it);

/* As many of its kind run as may: to where it waits for room. */
void item_wait(struct item *it);

/* job_table.c: which handler runs which kind of jobs. */

/* Runs it as its kind says: a command, or the handler of that kind. */
enum job_outcome job_run(struct job_run *run);

/* What does and closes several jobs of a kind in one statement: *done are the
 * rows of those that it has done.  NULL if they are run one by one. */
typedef enum pg_err (*job_together_fn)(struct pg *pg, const struct job_ids *ids,
    const struct job_by *by, struct job_set *done);
job_together_fn job_together(const struct kind *kind);

/* The kind that has such a thing, or NULL. */
const char *job_together_kind(void);

/* retry.c: when a job that did not succeed is tried again. */

/* Milliseconds to wait after run number attempts (from 1; runs that ended by
 * a crash do not count), or -1 if it was the last.  The pause doubles with
 * each retry up to the kind's backoff_max; random (any number) shortens it by
 * up to a half, so that what failed together does not come back together. */
int64_t retry_delay(const struct kind *kind, int64_t attempts, uint32_t random)
    MUSTCHECK;

/* settle.c: finishes what the dead child of a slot had in hand: its row, its
 * message, its result. */

/* What is done with the row, if it still says that the child runs the job. */
enum settle_deed {
	SETTLE_ROW_LEAVE, /* nothing: the run had not begun */
	SETTLE_ROW_RETRY, /* queued again, due now */
	SETTLE_ROW_DEATH  /* queued again or failed, and a death is counted */
};

/* By how the child died.  why is kept with the row and told to others, NULL if
 * the run had not begun. */
struct settle_end {
	enum settle_deed row;
	bool last;            /* however often it may die */
	const char *exc_type; /* of billiard.exceptions */
	const char *why;
};
struct settle_end settle_end(struct arena *a, const struct slot *s);

/* What the row is afterwards. */
struct settle_row {
	bool closed; /* the run was that of the child, and is closed now */
	bool found;  /* if not: there is a row */
	enum job_state state;
};

/* What is done with the message, by what the row is. */
enum settle_message {
	SETTLE_GIVE_BACK, /* the row waits for it, or there is none */
	SETTLE_ACK,       /* the row says all */
	SETTLE_ACK_LOST   /* so it does, and this was the last death allowed:
			   * whoever waits for a result is told at once */
};
enum settle_message settle_message(const struct settle_row *row);

/* Does all of it, and empties the slot.  Keeps trying while PostgreSQL or
 * the broker cannot be reached, until it is told to stop or until
 * (clock_mono_us; 0: no limit).  True if done. */
bool settle_slot(struct work *w, struct slot *slot, int64_t until);

#endif
