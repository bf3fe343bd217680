/* SPDX-License-Identifier: ISC */
/* What the broker tells about itself and jobs, and pokes. */
#include "config.h"

#include "queue_own.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "base/uuid.h"
#include "base/xalloc.h"

#define REFUSED_US (10 * CLOCK_SECOND)

/*
 * errand:broker holds the run id of the server, and which database its
 * messages are of, once everything that should be in it was published.
 * Until then it holds a word of ours: if that is gone at the end, so may be
 * what was published in between.  If the server was restarted in between,
 * the run id that is written is an old one, and the next look finds that.
 */
static int
queue_mark_pending(struct queue *q, const char *fit)
{
	uint8_t bytes[16];
	char hex[33];

	uuid_random(bytes, sizeof(bytes));
	codec_hex(bytes, sizeof(bytes), hex);
	snprintf(q->pending, sizeof(q->pending), "pending %s", hex);
	snprintf(q->fit, sizeof(q->fit), "%s", fit);
	const struct kv_word words[] = { KV("SET"),
		KV(queue_key(q->arena, "errand:broker", "")), KV(q->pending) };

	return kv_run(q->kv, q->arena, NELEM(words), words) == NULL ? -1 : 0;
}

/* That all is there now is so for us, too. */
static void
queue_stays(struct queue *q, const char *fit)
{
	snprintf(q->run, sizeof(q->run), "%.*s", (int)strcspn(fit, " "), fit);
}

/* While sentinels named another one we may have sent to the one of before, of
 * which whoever has gone before us could not know. */
static bool
queue_moved(const struct queue *q)
{
	return kv_is_named(q->kv) && q->run[0] != '\0' &&
	       !str_eq(q->run, kv_run_id(q->kv));
}

bool
queue_lost(struct queue *q, const char *source)
{
	/* MGET passes over a key of another type, which is overwritten. */
	const struct kv_word words[] = { KV("MGET"),
		KV(queue_key(q->arena, "errand:broker", "")) };
	const redisReply *r = kv_run(q->kv, q->arena, NELEM(words), words);
	const char *fit;

	if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != 1)
		return false;
	r = r->element[0];
	fit = arena_printf(q->arena, "%s %s", kv_run_id(q->kv), source);
	if (r->type == REDIS_REPLY_STRING && str_eq(r->str, fit) &&
	    !queue_moved(q)) {
		queue_stays(q, fit);
		return false;
	}
	return queue_mark_pending(q, fit) == 0;
}

/* KEYS: errand:broker.  ARGV: what it must be, and what it becomes. */
static struct kv_script queue_complete_script = {
	.text = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
		"redis.call('SET', KEYS[1], ARGV[2])\n"
		"return 1\n"
};

int
queue_complete(struct queue *q)
{
	const struct kv_word words[] = {
		KV(queue_key(q->arena, "errand:broker", "")), KV(q->pending),
		KV(q->fit)
	};

	if (kv_eval(q->kv, q->arena, &queue_complete_script,
		&(struct kv_args){ 1, NELEM(words), words }) == NULL)
		return -1;
	queue_stays(q, q->fit);
	return 0;
}

/* SET of a key of ours for some seconds.  KEYS: it.  ARGV: value, seconds.  A
 * server that has no memory left refuses SET, but not EXPIRE, nor what a script
 * does behind that. */
static struct kv_script queue_note_script = {
	.text = "redis.call('EXPIRE', KEYS[1], ARGV[2])\n"
		"redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])\n"
		"return 1\n"
};

static int
queue_note(struct queue *q, const char *key, const char *value,
    const char *seconds)
{
	const struct kv_word words[] = { KV(queue_key(q->arena, key, "")),
		KV(value), KV(seconds) };

	return kv_eval(q->kv, q->arena, &queue_note_script,
		   &(struct kv_args){ 1, NELEM(words), words }) == NULL
		   ? -1
		   : 0;
}

int
queue_alive(struct queue *q)
{
	return queue_note(q, arena_printf(q->arena, "errand:node:%s", q->node),
	    "1", QUEUE_ALIVE_S);
}

/* KEYS: the name.  ARGV: who we are, seconds.  Who wrote it before. */
static struct kv_script queue_name_script = {
	.text = "local old = redis.call('MGET', KEYS[1])[1]\n"
		"redis.call('EXPIRE', KEYS[1], ARGV[2])\n"
		"redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])\n"
		"return old\n"
};

const char *
queue_namesake(struct queue *q, const char *name)
{
	const struct kv_word words[] = {
		KV(queue_key(q->arena, "errand:name:", name)), KV(q->node),
		KV(QUEUE_ALIVE_S)
	};
	const redisReply *r = kv_eval(q->kv, q->arena, &queue_name_script,
	    &(struct kv_args){ 1, NELEM(words), words });
	bool named = q->named;

	if (r == NULL)
		return NULL;
	q->named = true;
	if (!named || r->type != REDIS_REPLY_STRING || str_eq(r->str, q->node))
		return NULL;
	return r->str;
}

int
queue_runs(struct queue *q)
{
	return queue_note(q, "errand:pool", q->node, QUEUE_ALIVE_S);
}

void
queue_relayed(struct queue *q)
{
	const char *now =
	    arena_printf(q->arena, "%lld", (long long)clock_wall_us());

	(void)queue_note(q, "errand:relayed", now, QUEUE_DAY_S);
}

void
queue_tell_refused(struct queue *q)
{
	const char *right = kv_missing_right(q->kv);
	const char *key = kv_odd_key(q->kv);
	int64_t now = clock_mono_us();

	if (right == NULL && q->untold_at != 0 &&
	    now - q->untold_at < REFUSED_US)
		right = QUEUE_CHANNELS;
	if ((right == NULL && key == NULL) ||
	    (q->refused_at != 0 && now - q->refused_at < REFUSED_US))
		return;
	q->refused_at = now;
	if (right != NULL)
		(void)queue_note(q, "errand:refused", right, "60");
	if (key != NULL)
		(void)queue_note(q, "errand:odd", key, "60");
}

struct queue_life
queue_life(struct queue *q)
{
	struct queue_life life = { .state = QUEUE_LIFE_DOWN, .relayed = -1 };
	const struct kv_word words[] = { KV("MGET"),
		KV(queue_key(q->arena, "errand:pool", "")),
		KV(queue_key(q->arena, "errand:relayed", "")),
		KV(queue_key(q->arena, "errand:refused", "")),
		KV(queue_key(q->arena, "errand:odd", "")) };
	const struct kv_word write[] = { KV("SET"),
		KV(queue_key(q->arena, "errand:health", "")), KV("1"), KV("EX"),
		KV(QUEUE_ALIVE_S) };
	const redisReply *r;

	r = kv_up(q->kv) ? kv_run(q->kv, q->arena, NELEM(words), words) : NULL;
	if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != 4 ||
	    kv_run(q->kv, q->arena, NELEM(write), write) == NULL) {
		if (kv_denied(q->kv))
			life.state = QUEUE_LIFE_REFUSED;
		life.missing = kv_missing_right(q->kv);
		return life;
	}
	life.state = QUEUE_LIFE_OK;
	life.pool = r->element[0]->type == REDIS_REPLY_STRING;
	if (r->element[2]->type == REDIS_REPLY_STRING)
		life.missing = r->element[2]->str;
	if (r->element[3]->type == REDIS_REPLY_STRING)
		life.odd = r->element[3]->str;
	if (r->element[1]->type != REDIS_REPLY_STRING ||
	    str_to_int(r->element[1]->str, 0, INT64_MAX, &life.relayed) == -1)
		life.relayed = -1;
	return life;
}

bool
queue_results_life(struct queue *q, enum queue_life_state *state,
    const char **missing)
{
	const char *id = "errand:health";

	if (q->results == NULL)
		return false;
	*missing = NULL;
	*state = QUEUE_LIFE_OK;
	if (kv_up(q->results) && queue_result(q, id, "") == 0 &&
	    queue_result_forget(q, &id, 1) == 0)
		return true;
	*missing = kv_missing_right(q->results);
	*state = kv_denied(q->results) ? QUEUE_LIFE_REFUSED : QUEUE_LIFE_DOWN;
	return true;
}

static int64_t
queue_list_length(struct queue *q, const char *key)
{
	const struct kv_word words[] = { KV("LLEN"), KV(key) };
	const redisReply *r = kv_run(q->kv, q->arena, NELEM(words), words);

	return r == NULL || r->type != REDIS_REPLY_INTEGER ? -1 : r->integer;
}

int
queue_lengths(struct queue *q, const char *name, int64_t **v)
{
	size_t n = queue_steps();

	*v = arena_alloc(q->arena, n * sizeof(**v));
	for (size_t i = 0; i < n; i++) {
		(*v)[i] =
		    queue_list_length(q, queue_list_at(q->arena, name, i));
		if ((*v)[i] == -1)
			return -1;
	}
	return (int)n;
}

int64_t
queue_length(struct queue *q, const char *name)
{
	int64_t sum = 0, *v;
	int n = queue_lengths(q, name, &v);

	for (int i = 0; i < n; i++)
		sum += v[i];
	return n == -1 ? -1 : sum;
}

int64_t
queue_dead(struct queue *q)
{
	return queue_list_length(q, queue_key(q->arena, "errand:dead", ""));
}

int64_t
queue_aside_length(struct queue *q, const char *list)
{
	return queue_list_length(q, list);
}

int64_t
queue_aside(struct queue *q, const char *name)
{
	int64_t dead = queue_dead(q), parked;

	parked =
	    queue_list_length(q, queue_key(q->arena, name, ".unregistered"));
	return dead == -1 || parked == -1 ? -1 : dead + parked;
}

#define POKE_WORDS 3

static const struct kv_word *
queue_poke_words(struct arena *a)
{
	struct kv_word *words = arena_alloc(a, POKE_WORDS * sizeof(*words));

	words[0] = KV("PUBLISH");
	words[1] = KV(queue_key(a, "errand:poke", ""));
	words[2] = KV("");
	return words;
}

void
queue_poke_along(struct queue *q)
{
	kv_also(q->kv, POKE_WORDS, queue_poke_words(q->arena));
}

void
queue_poke(struct queue *q)
{
	if (!kv_also_sent(q->kv))
		kv_run(q->kv, q->arena, POKE_WORDS, queue_poke_words(q->arena));
}

struct queue_ear {
	struct kv *kv;
	struct arena *a;
	unsigned connection; /* that has subscribed */
};

struct queue_ear *
queue_ear_new(struct kv *kv)
{
	struct queue_ear *ear = xcalloc(1, sizeof(*ear));

	ear->kv = kv;
	ear->a = arena_new();
	return ear;
}

void
queue_ear_free(struct queue_ear *ear)
{
	if (ear == NULL)
		return;
	arena_free(ear->a);
	free(ear);
}

static bool
queue_ear_subscribe(struct queue_ear *ear)
{
	const struct kv_word words[] = { KV("SUBSCRIBE"),
		KV(queue_key(ear->a, "errand:poke", "")) };

	if (!kv_up(ear->kv) ||
	    kv_run(ear->kv, ear->a, NELEM(words), words) == NULL)
		return false;
	ear->connection = kv_live(ear->kv);
	return true;
}

bool
queue_ear_wait(struct queue_ear *ear, int ms)
{
	bool poked = false;

	arena_reset(ear->a);
	if (ear->connection == 0 || kv_live(ear->kv) != ear->connection) {
		if (queue_ear_subscribe(ear))
			return true;
		poll(NULL, 0, ms);
		return false;
	}
	while (kv_listen(ear->kv, ear->a, poked ? 0 : ms) != NULL)
		poked = true;
	return poked;
}
