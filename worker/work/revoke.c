/* SPDX-License-Identifier: ISC */
/* Revoked jobs wait in the broker for somebody who can cancel their rows. */
#include "config.h"

#include "revoke.h"

#include <string.h>

#include "celery/celery_result.h"
#include "conf/conf.h"
#include "crew/event.h"
#include "jobs/job.h"
#include "log/log.h"
#include "message.h"

#define REVOKE_BATCH 100
#define REVOKE_WHY   "cancelled by Celery's remote control"

/*
 * errand:revoke, a set, is what relays still have to look at.  errand:revoked
 * is a sorted set by time of all that was revoked: a message that has no row
 * yet is found there when it gets one.  As many as in stock workers, for as
 * long.  KEYS: both.  ARGV: ids.
 */
static struct kv_script revoke_script = {
	.text = "local now = tonumber(redis.call('TIME')[1]) "
		"for _, id in ipairs(ARGV) do "
		"redis.call('SADD', KEYS[1], id) "
		"redis.call('ZADD', KEYS[2], now, id) end "
		"redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 10800) "
		"redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -50001) "
		"redis.call('EXPIRE', KEYS[1], 10800) "
		"redis.call('EXPIRE', KEYS[2], 10800) "
		"return 1",
};

static const char *
revoke_key(struct arena *a, const char *name)
{
	return arena_printf(a, "%s%s", settings.broker_key_prefix, name);
}

static const char *
revoke_inbox(struct arena *a)
{
	return revoke_key(a, "errand:revoke");
}

static const char *
revoke_kept(struct arena *a)
{
	return revoke_key(a, "errand:revoked");
}

int
revoke_add(struct kv *kv, struct arena *a, const char *const *ids, size_t n)
{
	struct kv_word words[2 + REVOKE_MAX];
	size_t i;

	if (n > REVOKE_MAX)
		n = REVOKE_MAX;
	words[0] = KV(revoke_inbox(a));
	words[1] = KV(revoke_kept(a));
	for (i = 0; i < n; i++)
		words[2 + i] = KV(ids[i]);
	return kv_eval(kv, a, &revoke_script, 2, 2 + n, words) == NULL ? -1 : 0;
}

/* The texts of an answer that is a list of them. */
static size_t
revoke_texts(const redisReply *r, const char **ids, size_t max)
{
	size_t i, n = 0;

	if (r == NULL || r->type != REDIS_REPLY_ARRAY)
		return 0;
	for (i = 0; i < r->elements && n < max; i++) {
		if (r->element[i]->type == REDIS_REPLY_STRING)
			ids[n++] = r->element[i]->str;
	}
	return n;
}

size_t
revoke_list(struct kv *kv, struct arena *a, const char **ids)
{
	const char *last = arena_printf(a, "%d", REVOKE_MAX - 1);
	const struct kv_word words[] = { KV("ZREVRANGE"), KV(revoke_kept(a)),
		KV("0"), KV(last) };

	return revoke_texts(kv_run(kv, a, NELEM(words), words), ids,
	    REVOKE_MAX);
}

/* Whoever waits for the result is told at once, not when the message comes. */
static void
revoke_tell(struct work *w, const char *id)
{
	const struct celery_result r = { .state = CELERY_REVOKED, .id = id };
	struct buf b = { 0 };

	celery_result_format(&b, &r);
	if (queue_result(w->queue, w->arena, id, b.data) == -1)
		log_debug("result lost", LS("job", id));
	buf_free(&b);
	event_tell_of(&w->crew->slots[0], EVENT_REVOKED, id, "revoked");
}

static enum pg_err
revoke_cancel(struct work *w, const struct uuid *row, const char *id,
    bool *done)
{
	enum job_steer steer;
	struct job job;
	enum pg_err err;

	*done = false;
	err = job_cancel(w->pg, w->arena, row, REVOKE_WHY, &steer, &job);
	if (err != PG_OK || steer != JOB_STEER_DONE)
		return err;
	log_info("job revoked", LS("job", id), LS("kind", job.kind));
	*done = true;
	return PG_OK;
}

/* True when it needs no other look: from here on the row, if there is one,
 * decides. */
static bool
revoke_one(struct work *w, const char *id)
{
	const struct uuid row = message_job(id);
	const struct kv_word words[] = { KV("SREM"), KV(revoke_inbox(w->arena)),
		KV(id) };
	enum pg_err err;
	bool done;

	err = revoke_cancel(w, &row, id, &done);
	if (err != PG_OK && err != PG_FAILED)
		return false;
	if (done)
		revoke_tell(w, id);
	return kv_run(w->kv, w->arena, NELEM(words), words) != NULL;
}

bool
revoke_run(struct work *w)
{
	const char *batch = arena_printf(w->arena, "%d", REVOKE_BATCH);
	const struct kv_word words[] = { KV("SRANDMEMBER"),
		KV(revoke_inbox(w->arena)), KV(batch) };
	const char *ids[REVOKE_BATCH];
	size_t i, n;

	n = revoke_texts(kv_run(w->kv, w->arena, NELEM(words), words), ids,
	    NELEM(ids));
	for (i = 0; i < n; i++) {
		if (!revoke_one(w, ids[i]))
			return false;
	}
	return true;
}

enum pg_err
revoke_adopted(struct work *w, const char *id, const struct uuid *row)
{
	const struct kv_word words[] = { KV("ZSCORE"),
		KV(revoke_kept(w->arena)), KV(id) };
	const redisReply *r = kv_run(w->kv, w->arena, NELEM(words), words);
	bool done;

	if (r == NULL || r->type != REDIS_REPLY_STRING)
		return PG_OK;
	return revoke_cancel(w, row, id, &done);
}
