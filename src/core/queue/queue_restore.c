/* SPDX-License-Identifier: ISC */
/* Gives to the queues what its taker neither finished nor kept alive. */
#include "config.h"

#include "queue_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "base/uuid.h"
#include "conf/conf.h"
#include "log/log.h"

#define PAGE     1000
#define MOST     10000 /* looked at in one round */
#define STALE_S  60
#define LOCK_MS  "30000"
#define LOCK_S   "300" /* that of a stock worker, at most */
#define WATCH    "100" /* entries of a round */
#define SAY_US   ((int64_t)60 * 1000 * 1000)
#define NODE_MAX 64
#define NODES    32

struct left {
	const char *tag;
	double at;
};

struct restorer {
	struct queue *q;
	double now; /* of the server */
	struct left *left;
	size_t n;
	struct node {
		char name[NODE_MAX];
		bool lives;
	} nodes[NODES]; /* that were asked about, the last ones */
	size_t asked;
	int64_t until; /* clock_mono_us: the rest is left to the next time */
	int restored;
};

/* Values of unacked_index come as text. */
static void
add_left(struct restorer *r, const redisReply *tag, double at)
{
	if (r->n == MOST || memchr(tag->str, '\0', tag->len) != NULL)
		return;
	r->left[r->n++] = (struct left){ tag->str, at };
}

static int
newest_first(const void *a, const void *b)
{
	const struct left *x = a, *y = b;

	return (x->at < y->at) - (x->at > y->at);
}

static int
read_clock(struct restorer *r)
{
	const struct kv_word words[] = { KV("TIME") };
	const redisReply *t =
	    kv_run(r->q->kv, r->q->arena, NELEM(words), words);

	if (!kv_fits(t, "ss", "TIME"))
		return -1;
	r->now = strtod(t->element[0]->str, NULL) +
		 strtod(t->element[1]->str, NULL) / 1000000;
	return 0;
}

enum queue_holder
queue_holder(struct queue *q, const char *tag)
{
	const char *name = tag + strlen(QUEUE_TAG_MARK);
	const redisReply *r;

	if (!str_starts(tag, QUEUE_TAG_MARK))
		return QUEUE_HOLDER_GONE;
	const struct kv_word node[] = { KV("EXISTS"),
		KV(queue_key(q->arena, "errand:node:",
		    arena_strndup(q->arena, name, strcspn(name, ":")))) };
	const struct kv_word held[] = { KV("ZSCORE"),
		KV(queue_key(q->arena, "unacked_index", "")), KV(tag) };

	r = kv_run(q->kv, q->arena, NELEM(node), node);
	if (r == NULL || r->type != REDIS_REPLY_INTEGER)
		return QUEUE_HOLDER_UNKNOWN;
	if (r->integer == 0)
		return QUEUE_HOLDER_GONE;
	r = kv_run(q->kv, q->arena, NELEM(held), held);
	if (r == NULL)
		return QUEUE_HOLDER_UNKNOWN;
	return r->type == REDIS_REPLY_NIL ? QUEUE_HOLDER_WITHOUT
					  : QUEUE_HOLDER_HAS;
}

/* True if the node of the tag says that it lives, or if nobody can tell. */
static bool
node_lives(struct restorer *r, const char *tag)
{
	const char *name = tag + strlen(QUEUE_TAG_MARK);
	size_t len = strcspn(name, ":"), i;
	struct node *node;

	if (len >= NODE_MAX)
		return false;
	for (i = 0; i < r->asked && i < NODES; i++) {
		node = &r->nodes[i];
		if (strlen(node->name) == len &&
		    memcmp(node->name, name, len) == 0)
			return node->lives;
	}
	node = &r->nodes[r->asked++ % NODES];
	memcpy(node->name, name, len);
	node->name[len] = '\0';
	const struct kv_word words[] = { KV("EXISTS"),
		KV(queue_key(r->q->arena, "errand:node:", node->name)) };
	const redisReply *e =
	    kv_run(r->q->kv, r->q->arena, NELEM(words), words);

	node->lives = e == NULL || e->integer != 0;
	return node->lives;
}

/* KEYS: unacked, index.  ARGV: cursor, how many.  What is not in the index
 * would be in nobody's sight for ever: from now on it is.  Who holds it says so
 * there, or removes both.  The cursor, and how many there were. */
static struct kv_script watch_script = {
	.text = "local s = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT',"
		" ARGV[2])\n"
		"local now, n = redis.call('TIME')[1], 0\n"
		"for i = 1, #s[2], 2 do\n"
		"  if not redis.call('ZSCORE', KEYS[2], s[2][i]) then\n"
		"    redis.call('ZADD', KEYS[2], now, s[2][i])\n"
		"    n = n + 1\n"
		"  end\n"
		"end\n"
		"return {s[1], n}\n"
};

/* A part of all entries in each round. */
static void
watch(struct queue *q)
{
	const struct kv_word words[] = { KV(queue_key(q->arena, "unacked", "")),
		KV(queue_key(q->arena, "unacked_index", "")),
		KV(q->watched[0] == '\0' ? "0" : q->watched), KV(WATCH) };
	const redisReply *r = kv_eval(q->kv, q->arena, &watch_script,
	    &(struct kv_args){ 2, NELEM(words), words });

	if (!kv_fits(r, "si", "watch"))
		return;
	snprintf(q->watched, sizeof(q->watched), "%s", r->element[0]->str);
	if (r->element[1]->integer > 0)
		log_warning("taken messages were not in the index, and are now",
		    LI("messages", r->element[1]->integer));
}

static void
find_ours_in(struct restorer *r, const redisReply *page)
{
	for (size_t i = 0; i + 1 < page->elements; i += 2) {
		const redisReply *tag = page->element[i];
		double at = strtod(page->element[i + 1]->str, NULL);

		if (at < r->now - STALE_S || !node_lives(r, tag->str))
			add_left(r, tag, at);
	}
}

/* Entries of nodes like us: those that died, and those whose heartbeat
 * stopped, as when a process was killed while it took something. */
static int
find_ours(struct restorer *r)
{
	const char *key = queue_key(r->q->arena, "unacked_index", "");
	const char *cursor = "0";
	size_t looked = 0;

	do {
		const struct kv_word words[] = { KV("ZSCAN"), KV(key),
			KV(cursor), KV("MATCH"), KV(QUEUE_TAG_MARK "*"),
			KV("COUNT"), KV("1000") };
		const redisReply *s =
		    kv_run(r->q->kv, r->q->arena, NELEM(words), words);

		if (!kv_fits(s, "sa", "ZSCAN"))
			return -1;
		cursor = s->element[0]->str;
		find_ours_in(r, s->element[1]);
		looked += s->element[1]->elements / 2;
	} while (!str_eq(cursor, "0") && looked < MOST);
	return 0;
}

/* Entries of anybody that are too old. */
static int
find_old(struct restorer *r)
{
	const char *key = queue_key(r->q->arena, "unacked_index", "");
	const char *until = arena_printf(r->q->arena, "%.6f",
	    r->now - (double)settings.broker_visibility_timeout / 1000);
	size_t from = 0;
	const redisReply *page;

	do {
		const struct kv_word words[] = { KV("ZRANGEBYSCORE"), KV(key),
			KV("-inf"), KV(until), KV("WITHSCORES"), KV("LIMIT"),
			KV(arena_printf(r->q->arena, "%zu", from)),
			KV("1000") };

		page = kv_run(r->q->kv, r->q->arena, NELEM(words), words);
		if (!kv_fits(page, "*", "ZRANGEBYSCORE"))
			return -1;
		for (size_t i = 0; i + 1 < page->elements; i += 2)
			add_left(r, page->element[i],
			    strtod(page->element[i + 1]->str, NULL));
		from += PAGE;
	} while (page->elements == 2 * PAGE && from < MOST);
	return 0;
}

/* KEYS: the lock.  ARGV: its word. */
static struct kv_script unlock_script = {
	.text = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
		"return redis.call('DEL', KEYS[1])\n"
};

/* KEYS: the lock.  Whoever left it without an end holds it for ever. */
static struct kv_script end_script = {
	.text = "if redis.call('TTL', KEYS[1]) == -1 then\n"
		"  return redis.call('EXPIRE', KEYS[1], " LOCK_S ")\n"
		"end\n"
		"return 0\n"
};

/* Who scans alone spares others the work; it is right without as well.  True
 * if it is ours. */
static bool
lock(struct restorer *r, char word[33])
{
	const char *key = queue_key(r->q->arena, "unacked_mutex", "");
	uint8_t bytes[16];
	const redisReply *s;

	uuid_random(bytes, sizeof(bytes));
	codec_hex(bytes, sizeof(bytes), word);
	const struct kv_word words[] = { KV("SET"), KV(key), KV(word), KV("PX"),
		KV(LOCK_MS), KV("NX") };

	s = kv_run(r->q->kv, r->q->arena, NELEM(words), words);
	if (s != NULL && s->type == REDIS_REPLY_STATUS)
		return true;
	if (s != NULL)
		kv_eval(r->q->kv, r->q->arena, &end_script,
		    &(struct kv_args){ 1, 1, &words[1] });
	return false;
}

static void
unlock(struct restorer *r, const char *word)
{
	const struct kv_word words[] = {
		KV(queue_key(r->q->arena, "unacked_mutex", "")), KV(word)
	};

	kv_eval(r->q->kv, r->q->arena, &unlock_script,
	    &(struct kv_args){ 1, NELEM(words), words });
}

/* Nobody may throw away what cannot be given back, so somebody must know: at
 * most once a minute. */
static bool
tell_now(struct queue *q)
{
	int64_t now = clock_mono_us();

	if (q->kept_said_at != 0 && now - q->kept_said_at < SAY_US)
		return false;
	q->kept_said_at = now;
	return true;
}

static void
tell_refused(struct queue *q, const char *tag)
{
	if (tell_now(q))
		log_error("taken message cannot be given back", LS("tag", tag));
}

static void
tell_kept(struct queue *q, const char *tag, const struct queue_entry *e)
{
	if (!tell_now(q))
		return;
	log_error("taken message has no queue to go back to",
	    LS("exchange", e->exchange), LS("routing_key", e->key),
	    LS("tag", tag));
}

/* 0, or -1 if it could not be restored. */
static int
restore_one(struct restorer *r, const char *tag)
{
	struct queue_entry e;
	struct queue_move m = { .tag = tag, .seen = &e, .next = true };
	const char **names;
	int rc = queue_entry_get(r->q, tag, &e), n;

	if (rc == -1)
		return -1;
	if (rc == 1 && !e.whole) {
		rc = queue_move_dead(r->q, tag, &e, "it is not JSON");
		return rc == -1 ? -1 : 0;
	}
	if (rc == 1) {
		n = queue_route(r->q, e.exchange, e.key, &names);
		if (n <= 0) {
			if (n == 0)
				tell_kept(r->q, tag, &e);
			return n;
		}
		for (int i = 0; i < n; i++)
			names[i] =
			    queue_list(r->q->arena, names[i], e.priority);
		m.lists = names;
		m.n = (size_t)n;
		m.text = queue_entry_mark(r->q->arena, &e, &m.len);
	}
	/* What is not there is only cleaned away. */
	rc = queue_move(r->q, &m);
	if (rc == -1)
		return -1;
	r->restored += rc;
	return 0;
}

/* Newest first, each to the end that is taken next: so the oldest is.  One that
 * is refused stays where it is, and holds up none of the others. */
static int
restore_all(struct restorer *r)
{
	struct arena *each = arena_new(), *round = queue_use(r->q, each);
	int rc = 0;

	if (r->n > 0)
		qsort(r->left, r->n, sizeof(*r->left), newest_first);
	for (size_t i = 0; i < r->n && rc == 0 && clock_mono_us() < r->until;
	     i++) {
		rc = restore_one(r, r->left[i].tag);
		if (rc == -1 && kv_live(r->q->kv) != 0) {
			tell_refused(r->q, r->left[i].tag);
			rc = 0;
		}
		arena_reset(each);
	}
	queue_use(r->q, round);
	arena_free(each);
	r->n = 0;
	return rc;
}

static int
restore(struct restorer *r)
{
	char word[33];
	int rc;

	watch(r->q);
	if (read_clock(r) == -1 || find_ours(r) == -1 || restore_all(r) == -1)
		return -1;
	if (clock_mono_us() >= r->until || !lock(r, word))
		return 0;
	rc = find_old(r);
	if (rc == 0)
		rc = restore_all(r);
	unlock(r, word);
	return rc;
}

int
queue_restore(struct queue *q)
{
	struct restorer r = { .q = q,
		.until = clock_mono_us() + QUEUE_RESTORE_US };
	int rc;

	r.left = arena_alloc(q->arena, MOST * sizeof(*r.left));
	rc = restore(&r);
	if (r.restored > 0)
		log_info("abandoned messages restored",
		    LI("count", r.restored));
	return rc == -1 ? -1 : r.restored;
}
