/* SPDX-License-Identifier: ISC */
/* Queues on Redis, shared with Celery: nothing is lost on the way. */
#ifndef QUEUE_H
#define QUEUE_H

#include "base/arena.h"
#include "base/base.h"
#include "redis/kv.h"

struct queue; /* one broker connection's view */

/* Keeps kv; results go to a connection of its own where the settings say so
 * (kv_new_results).  node is this pool's name, part of every tag, and must be
 * the only one of that name; NULL for a process that takes nothing.  Make it
 * after the fork: each has tags of its own. */
struct queue *queue_new(struct kv *kv, const char *node);
void queue_free(struct queue *q);

/* Its connection. */
struct kv *queue_kv(const struct queue *q);

/* What is asked for and what the broker answers lives in this arena from now
 * on, so it is to be there before anything else.  Returns the one before. */
struct arena *queue_use(struct queue *q, struct arena *a);

/* What stands between the parts of Celery's keys and bindings. */
const char *queue_sep(void);

/* Puts n encoded messages into the list of the named queue for that priority (0
 * to 9, 0 is taken first), the first to be taken first.  0, or -1 if the broker
 * did not confirm: then some may be there, or if it refused (queue_refused):
 * then what has not more than QUEUE_PUSH_MOST messages and QUEUE_PUSH_BYTES is
 * not there. */
#define QUEUE_PUSH_MOST  ((size_t)2000)
#define QUEUE_PUSH_BYTES ((size_t)512 * 1024)
struct queue_text {
	const char *data;
	size_t len;
};
int queue_push_at(struct queue *q, const char *name, int priority,
    const struct queue_text *messages, size_t n) MUSTCHECK;

/* The same with priority 0. */
int queue_push(struct queue *q, const char *name,
    const struct queue_text *messages, size_t n) MUSTCHECK;

/* For how many milliseconds a push of so many bytes may last, however slow the
 * way to the broker is. */
int64_t queue_push_ms(size_t bytes);

/* After a failure: true if the broker is there and did not want just that, as
 * when our user has no right to that key; false if it cannot be reached. */
bool queue_refused(const struct queue *q);

/* A message that was taken; it stays registered as ours until it is
 * acknowledged, given back, or restored by somebody because its heartbeat
 * stopped. */
#define QUEUE_TAG 104
struct queue_item {
	char tag[QUEUE_TAG]; /* fresh for each take: fences what comes late */
	const char *queue;   /* one of the names that were asked for */
	const char *text;    /* the element as it was, arena */
	size_t len;
	bool revoked; /* its id was in the set QUEUE_REVOKED */
};
#define QUEUE_REVOKED "errand:revoke"

/* Takes one message from the queues, urgent ones first, the queues in turn;
 * and if it looks like one of that kind (NULL: none), the most - 1 or fewer of
 * the same kind right behind it.  The number of items that were taken, 0 there
 * is none, -1 broker unreachable.  Elements that are no messages go to the
 * dead-letter list (logged) and are not returned.  What was taken while the
 * answer got lost is returned by the next call. */
#define QUEUE_NAMES 64
#define QUEUE_MOST  64 /* items of one take */
struct queue_want {
	const char *const *names;
	size_t n;
	const char *kind;
	size_t most;
};
int queue_take(struct queue *q, const struct queue_want *want,
    struct queue_item *items) MUSTCHECK;

/* The tag of the first item of the next queue_take.  Who notes it before the
 * take can have somebody else give back what was taken, however we end. */
const char *queue_next(const struct queue *q);

/* The tag of item i, counted from 0, of the take whose first tag this is. */
const char *queue_tag_of(struct arena *a, const char *first, size_t i);

/* Waits until the first of the queues has something, at most ms, shorter if
 * there are several.  Each wait that ends with nothing makes the next longer,
 * up to ms. */
void queue_wait(struct queue *q, const char *const *names, size_t n, int ms);

/* Ends our ownership; result (JSON of celery-task-meta-<id>, see celery.h) is
 * stored and published first if it is not NULL.  It is what the record of the
 * job says, so it is stored even if the message is not ours any more.  1 done,
 * 0 the message was not ours, -1 something was not done: ask again. */
int queue_ack(struct queue *q, const char *tag, const char *id,
    const char *result) MUSTCHECK;

/* The same for n tags that have no results: 0 even if some were not ours any
 * more, or -1. */
int queue_ack_all(struct queue *q, const char *const *tags, size_t n) MUSTCHECK;

/* Stores and publishes a result without a message.  A success that is stored
 * already stays, here and in queue_ack.  0 or -1. */
int queue_result(struct queue *q, const char *id, const char *result) MUSTCHECK;

/* Forgets what the last runs of n jobs came to.  0 or -1. */
int queue_result_forget(struct queue *q, const char *const *ids, size_t n)
    MUSTCHECK;

/* In place of a result whose key is of another type, so that nobody can read
 * it; to be compared as a pointer. */
extern const char queue_result_odd[];

/* The stored result of a job, or NULL with *up false if the broker could not
 * be asked. */
const char *queue_result_get(struct queue *q, const char *id, bool *up);

/* The same for n jobs in one question: texts[i] is NULL where there is none.
 * 0, or -1 if the broker did not answer that: then ask one by one. */
int queue_results_get(struct queue *q, const char *const *ids, size_t n,
    const char **texts) MUSTCHECK;

/* Puts it back where it is taken next, as it was; restarted: marks it as
 * redelivered.  1, 0 not ours any more, -1. */
int queue_give_back(struct queue *q, const char *tag, bool restarted) MUSTCHECK;

/* Puts back n items of a take, the first of them to be taken next; what is not
 * ours any more is left out.  0 or -1. */
int queue_give_back_all(struct queue *q, const struct queue_item *const *items,
    size_t n) MUSTCHECK;

/* Moves a message that nobody can run to the dead-letter list, with why (no
 * line ends in it).  1, 0 not ours any more, -1. */
int queue_bury(struct queue *q, const char *tag, const char *why) MUSTCHECK;

/* Puts it into another queue; next: where it is taken next.  1, 0 not ours any
 * more, -1, -2 that is a key of another type. */
int queue_put(struct queue *q, const char *tag, const char *name, bool next)
    MUSTCHECK;

/* Moves it to "<queue>.unregistered", where the newest are kept.  1, 0 not ours
 * any more, -1. */
int queue_park(struct queue *q, const char *tag) MUSTCHECK;

/* What was put aside: the dead-letter list and those of unknown kinds.  Fills v
 * with their keys, at most most of them (at least 1), the dead-letter list
 * first; their number, or -1. */
int queue_aside_lists(struct queue *q, const char **v, size_t most) MUSTCHECK;

/* How many there are: dead, or of kinds that were unknown in this queue; or
 * -1. */
int64_t queue_aside(struct queue *q, const char *name) MUSTCHECK;

/* How many elements such a list has, or -1. */
int64_t queue_aside_length(struct queue *q, const char *list) MUSTCHECK;

/* Reads a page of such a list, newest first, or from the oldest one if from is
 * negative (as of LRANGE).  How many there are in *v (arena), or -1. */
struct queue_aside {
	const char *list;
	int64_t at;            /* s since 1970, 0: not known */
	const char *queue;     /* that it was taken from, or NULL */
	const char *why;       /* or NULL */
	const char *id, *kind; /* NULL where they could not be read */
	int priority;
	struct queue_text text; /* the message, as it came */
	struct queue_text raw;  /* the element of the list */
};
int queue_aside_page(struct queue *q, const char *list, int64_t from,
    int64_t most, struct queue_aside **v) MUSTCHECK;

/* Walks through such a list, from one of its ends, over as many elements as
 * there were at first: what is sent once more may be put aside once more.  What
 * comes meanwhile comes at the newest end, and what fn takes away was just
 * seen: so from the oldest end on nothing is missed.  An element lives until fn
 * returns.  0, or -1 if the broker did not answer. */
enum queue_aside_step {
	QUEUE_ASIDE_STAYS,
	QUEUE_ASIDE_LEAVES,
	QUEUE_ASIDE_STOP
};
typedef enum queue_aside_step queue_aside_fn(void *arg,
    const struct queue_aside *v);
int queue_aside_walk(struct queue *q, const char *list, bool oldest,
    queue_aside_fn *fn, void *arg) MUSTCHECK;

/* The lists of a queue: what is dead, of all queues, and its own of unknown
 * kinds. */
const char *queue_aside_dead(struct queue *q);
const char *queue_aside_parked(struct queue *q, const char *name);

/* Whether it is a message whose id, kind and queue are known. */
bool queue_aside_is_message(const struct queue_aside *v);

/* Puts one that is a message back into its queue, last, and forgets
 * its result.  1, 0 it is not there any more, -1. */
int queue_aside_back(struct queue *q, const struct queue_aside *v) MUSTCHECK;

/* Keeps n tags ours: nobody restores what was heard of within the
 * visibility time-out.  At least every min(visibility_timeout / 4, 10 s).
 * 0 or -1. */
int queue_heartbeat(struct queue *q, const char *const *tags, size_t n)
    MUSTCHECK;

/* Says that this node lives (for 15 s); before the first queue_take too.
 * queue_gone takes it back: what we still hold is for others at once. */
int queue_alive(struct queue *q) MUSTCHECK;
void queue_gone(struct queue *q);

/* Says that we have the name that people see.  Who else has said so since we
 * did last, or NULL. */
const char *queue_namesake(struct queue *q, const char *name);

/* Who took a message under that tag, which may be gone meanwhile. */
enum queue_holder {
	QUEUE_HOLDER_UNKNOWN, /* the broker cannot be asked */
	QUEUE_HOLDER_GONE,    /* no such node says that it lives */
	QUEUE_HOLDER_WITHOUT, /* it lives, and has no such message any more */
	QUEUE_HOLDER_HAS      /* it lives and has it */
};
enum queue_holder queue_holder(struct queue *q, const char *tag) MUSTCHECK;

/* Says that somebody runs jobs (for 15 s).  0 or -1. */
int queue_runs(struct queue *q) MUSTCHECK;

/* Says that a round of the relay has gone well just now. */
void queue_relayed(struct queue *q);

/* Says which right our user was found to lack, or which key to be of another
 * type than we need, if any: for health. */
void queue_tell_refused(struct queue *q);

/* What others have said with these three, and whether the broker takes what is
 * written. */
enum queue_life_state { QUEUE_LIFE_OK, QUEUE_LIFE_DOWN, QUEUE_LIFE_REFUSED };
struct queue_life {
	enum queue_life_state state; /* else than OK: the rest is not known */
	bool pool;
	const char *missing; /* a right, as kv_missing_right; or NULL */
	const char *odd;     /* a key, as kv_odd_key; or NULL */
	int64_t relayed;     /* us since 1970, -1: not within a day */
};
struct queue_life queue_life(struct queue *q);

/* Whether the server of results takes them, with the right that is missing or
 * NULL.  False: it is the broker. */
bool queue_results_life(struct queue *q, enum queue_life_state *state,
    const char **missing);

/* Restores what others left: entries of nodes that are gone and entries of
 * nodes like us without a heartbeat for a minute, at once; entries of anybody
 * that are older than the visibility time-out.  It ends after about
 * QUEUE_RESTORE_US; who needs longer calls again.  The number of restored
 * messages, or -1. */
#define QUEUE_RESTORE_US 500000
int queue_restore(struct queue *q) MUSTCHECK;

/* True if messages may be missing since the last queue_complete: it is another
 * run of the server, its data are gone, the rows are of another database
 * (source, any word), or sentinels name another server than q had before.
 * False if the broker cannot be reached. */
bool queue_lost(struct queue *q, const char *source);

/* After queue_lost said true and everything was marked to be published again.
 * If data were lost in between, the next queue_lost says true again. */
int queue_complete(struct queue *q) MUSTCHECK;

/* A walk through what is in the broker: what is taken, then all lists of the
 * queues, then what is taken again, since that may have moved.  Whatever is
 * there from the beginning to the end is seen, once or oftener.  1 a page
 * (which may be empty), 0 that was all, -1 broker unreachable: then begin
 * anew. */
struct queue_look {
	/* Set by the caller. */
	const char *const *names; /* of the queues */
	size_t nnames;
	size_t page; /* how many are read at once */

	/* What a page has; arena. */
	struct queue_text *texts;
	size_t n;

	/* The rest is ours, and zero at first. */
	unsigned part; /* which of the three */
	size_t list;
	size_t from;
	char cursor[24];
};
int queue_look(struct queue *q, struct queue_look *look) MUSTCHECK;

/* After -1: leaves out what is left of the queue whose list could not be read,
 * and is its name; NULL if it was no list, so that the walk cannot go on. */
const char *queue_look_skip(struct queue_look *look);

/* Takes the messages of these n ids out of a queue before anybody has them:
 * found[i] where that was done.  0, or -1 if the broker did not say of all
 * until then (clock_mono_us). */
int queue_withdraw(struct queue *q, const char *name, const char *const *ids,
    size_t n, bool *found, int64_t until) MUSTCHECK;

/* The number of the broker's database. */
const char *queue_db(struct arena *a);

/* The channel of Celery's remote control, on which all workers listen. */
const char *queue_control(struct arena *a);

/* Tells all workers that n jobs are revoked: who has a message of them does not
 * run it; end: and who runs it ends it.  Nobody says that it was heard.  0 or
 * -1. */
int queue_revoke(struct queue *q, const char *const *ids, size_t n, bool end)
    MUSTCHECK;

/* Looks for lists with messages to these queues that we do not read, since
 * their senders have other priority_steps or another sep: a page of keys at
 * each call.  One whose next message is the same at two looks is told of, at
 * most once a minute.  Where kinds wait is noted, see queue_waiting_seen.
 * Zeroed at first. */
#define QUEUE_UNREAD 8
struct queue_unread {
	char cursor[24];
	uint64_t seen[QUEUE_UNREAD]; /* list and next message */
	size_t turn;
	int64_t said_at;
};
void queue_look_unread(struct queue *q, struct queue_unread *u,
    const char *const *names, size_t n);

/* --- queues in which messages of a kind wait for room --- */

/* The name of that for a kind whose messages come from a queue; and its parts,
 * false if it is no such name. */
const char *queue_waiting_name(struct arena *a, const char *queue,
    const char *kind);
bool queue_waiting_parts(struct arena *a, const char *name, const char **queue,
    const char **kind);

/* Says that these are served, which holds for 15 s, and asks for those that
 * were, and are not any more.  0 or -1. */
int queue_waiting_serve(struct queue *q, const char *const *names, size_t n,
    const char ***stale, size_t *nstale) MUSTCHECK;

/* Says that there is such a queue, if nobody knows it.  0 or -1. */
int queue_waiting_seen(struct queue *q, const char *name);

/* Moves a portion of what is in such a queue to another, to be taken next, if
 * it is not served.  How many messages; 0 that was all, or somebody serves it;
 * -1; -2 a list of the other queue is a key of another type.  An empty one is
 * forgotten after an hour. */
int queue_waiting_move(struct queue *q, const char *name, const char *to)
    MUSTCHECK;

/* Messages that wait in a queue, one number for each of [broker]
 * priority_steps, in the arena in use.  How many numbers, or -1. */
int queue_lengths(struct queue *q, const char *name, int64_t **v) MUSTCHECK;

/* Messages that wait in a queue, all priorities; or -1. */
int64_t queue_length(struct queue *q, const char *name) MUSTCHECK;

/* Messages that nobody can run; or -1. */
int64_t queue_dead(struct queue *q) MUSTCHECK;

/* --- canvases --- */

/* Finds the queues that an exchange sends to by that key.  Their number, 0 if
 * there is none, or -1. */
int queue_route(struct queue *q, const char *exchange, const char *key,
    const char ***names) MUSTCHECK;

/* Puts messages into their queues, unless what has the same name was put there
 * before: for as long as results are kept.  In portions, each of them as a
 * whole or not at all.  0, or -1. */
struct queue_post {
	const char *queue;
	int priority;
	struct queue_text text;
};
int queue_post_once(struct queue *q, const char *name,
    const struct queue_post *posts, size_t n) MUSTCHECK;

/* A chord whose header is this group begins anew, with so many parts.  0, or
 * -1. */
int queue_chord_size(struct queue *q, const char *group, size_t n) MUSTCHECK;

/* Counts a part as stock workers do, and only once.  If it is the last, the
 * chord is complete, and ours until queue_chord_done: then it has the texts of
 * all parts, in order; asked again, the same.  0, or -1. */
struct queue_part {
	const char *group, *id;
	const char *index; /* a number, or "+inf" */
	const char *text;
};
struct queue_chord {
	bool complete;
	const char **texts; /* arena */
	size_t n;
};
int queue_chord_part(struct queue *q, const struct queue_part *part,
    struct queue_chord *chord) MUSTCHECK;
int queue_chord_done(struct queue *q, const char *group, const char *id)
    MUSTCHECK;

/* What the sender of a group has kept of it: JSON, or NULL, with *up false if
 * the broker could not be asked. */
const char *queue_group_get(struct queue *q, const char *group, bool *up);

/* Tells the relay that there is something to publish.  Failure is ignored: the
 * relay looks by itself too.  After queue_poke_along it goes along with
 * whatever is sent next over the same connection, and queue_poke sends it only
 * if nothing was. */
void queue_poke(struct queue *q);
void queue_poke_along(struct queue *q);

/* The relay's ear, on a connection of its own, which it keeps. */
struct queue_ear;
struct queue_ear *queue_ear_new(struct kv *kv);
void queue_ear_free(struct queue_ear *ear);

/* Waits for a poke, at most ms.  True if there was one, or if there may have
 * been one while nobody listened.  A signal ends the wait. */
bool queue_ear_wait(struct queue_ear *ear, int ms) MUSTCHECK;

#endif
