/* SPDX-License-Identifier: ISC */
/* What the queue*.c files share. */
#ifndef QUEUE_OWN_H
#define QUEUE_OWN_H

#include "queue.h"

/*
 * What is stored in the broker, each key with [broker] key_prefix before it.
 * Celery's own:
 *
 *   <queue>, <queue>SEP3, SEP6, SEP9   lists: in from the left, out at the
 *                       right; the numbers are [broker] priority_steps, SEP is
 *                       its sep, or the bytes 06 16
 *   unacked             hash: tag, [<message>, "<exchange>", "<routing key>"]
 *   unacked_index       sorted set: tag by the time when it was heard of
 *   unacked_mutex       held by who restores
 *   _kombu.binding.<exchange>          set: routing key SEP pattern SEP queue
 *   celery-task-meta-<id>              result, and the channel that tells it
 *   celery-taskset-meta-<group>        what its sender keeps of a group
 *   ... .j .s .t .d .c                 of a chord: its parts, how many there
 *                       are and how many more, which have been counted, who
 *                       sends the body
 *
 * Ours:
 *
 *   errand:dead         list, newest left: {"at", "queue", "why"} in JSON, a
 *                       line end, and the element as it was
 *   <queue>.unregistered               list of messages of unknown kinds,
 *                       newest left
 *   errand:waiting:<queue>:<kind>      a queue: messages of a kind of which
 *                       as many run as may
 *   errand:waiting      sorted set: these queues by the time when a pool has
 *                       said last that it serves them
 *   errand:sent:<name>  exists when what follows a job was sent
 *   errand:node:<node>  exists while that pool lives
 *   errand:name:<name>  which pool has said last that it has that name
 *   errand:nodes        sorted set: pools by the time when they said last what
 *                       they do
 *   errand:state:<node> what that pool does, in JSON, see queue_nodes.h
 *   errand:pool         exists while some pool runs jobs
 *   errand:relayed      when a relay's round went well, in us since 1970
 *   errand:refused      what a pool has no right to, for a minute
 *   errand:odd          which key is of another type than is needed, for a
 *                       minute
 *   errand:health       written by checks of health
 *   errand:broker       run id of the server whose data are complete, and the
 *                       database that they are complete for
 *   errand:poke         channel
 *   errand:revoke, errand:terminate, errand:revoked    see revoke_box.h
 *
 * Tags are errand:<node>:<process>:<number>; of the further messages of one
 * take, .1 and so on behind it.
 */
#define QUEUE_TAG_MARK "errand:"
#define QUEUE_WAITING  "errand:waiting"
#define QUEUE_DEAD_MAX "10000"
#define QUEUE_NODE     56
#define QUEUE_STEPS    10 /* lists of a queue, at most */
#define QUEUE_ALIVE_S  "15"
#define QUEUE_DAY_S    "86400"
#define QUEUE_CHANNELS "use its channels"
#define QUEUE_PAUSE    5 /* ms of the first wait */

/* In scripts, KEYS being unacked and index, before anything is written: fails
 * if entries may not be removed.  And as these take no memory, a server that
 * has none left lets pass what the script writes behind them. */
#define LUA_MAY_REMOVE                                                         \
	"redis.call('HDEL', KEYS[1], '')\n"                                    \
	"redis.call('ZREM', KEYS[2], '')\n"

struct queue {
	struct kv *kv;
	struct kv *results;    /* of results that are kept elsewhere, or NULL */
	struct arena *arena;   /* of what goes on, see queue_use */
	char node[QUEUE_NODE]; /* without colons; "" takes nothing */
	char process[17];
	bool named;    /* queue_namesake has written the name */
	uint64_t next; /* number of the next take, also if that was tried */
	unsigned turn;
	int pause;            /* of the next wait, in ms */
	int64_t no_peek;      /* BLMOVE was refused: not again until then */
	int64_t untold_at;    /* when a result was not told last */
	int64_t refused_at;   /* when we last told of a missing right */
	int64_t kept_said_at; /* when we last told of what has no queue */
	char watched[24];     /* how far queue_restore has looked at entries */
	char pending[64];     /* what queue_lost wrote */
	char fit[192];        /* what is to stand there instead */
	char run[64];         /* of which we have found all to be there */
};

/* "<prefix><a><b>" in the arena. */
const char *queue_key(struct arena *a, const char *first, const char *second);

/* "celery-task-meta-" or another first word, and an id, as Celery names the
 * keys of results. */
const char *queue_meta_key(struct arena *a, const char *word, const char *id);

/* Where results are. */
struct kv *queue_results(struct queue *q);

/* How many lists a queue has, and the i-th of them, urgent ones first. */
size_t queue_steps(void);
const char *queue_list_at(struct arena *a, const char *name, size_t i);

/* The list of a queue for messages of a priority. */
const char *queue_list(struct arena *a, const char *name, int priority);

/* An entry of unacked. */
struct queue_entry {
	const char *value; /* as it is stored */
	size_t len;
	bool whole; /* it has the form that it should have, and the rest is set
		     */
	const char *text; /* the message, in value */
	size_t text_len;
	const char *exchange;
	const char *key; /* routing key */
	int priority;
};

/* 1, 0 if there is none, or -1 if Redis failed. */
int queue_entry_get(struct queue *q, const char *tag, struct queue_entry *e)
    MUSTCHECK;
void queue_entry_parse(struct arena *a, struct queue_entry *e);

/* The message with both of its redelivered flags set. */
const char *queue_entry_mark(struct arena *a, const struct queue_entry *e,
    size_t *len);

/* Takes the entry out of unacked if it is still what we saw, and adds text to
 * n lists in the same step, at the end that is taken next or at the other.
 * 1, 0 it is not what we saw, -1. */
struct queue_move {
	const char *tag;
	const struct queue_entry *seen;
	bool next;
	size_t n;
	const char *const *lists;
	const char *text;
	size_t len;
	const char *most; /* elements that a list keeps; NULL: all */
};
int queue_move(struct queue *q, const struct queue_move *m) MUSTCHECK;

/* Moves an entry to the dead-letter list.  As queue_move. */
int queue_move_dead(struct queue *q, const char *tag,
    const struct queue_entry *e, const char *why) MUSTCHECK;

#endif
