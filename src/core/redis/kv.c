/* SPDX-License-Identifier: ISC */
/* Commands, scripts and messages of Redis. */
#include "config.h"

#include "kv.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "log/log.h"
#include "redis_own.h"
#include "trace/trace.h"

#define KV_SAY_S 60 /* refusals are many or none */

/* An answer that means this server is of no use to us now.  A replica
 * (READONLY) may even have old entries. */
static bool
kv_is_refusal(const redisReply *r)
{
	static const char *const refusals[] = { "LOADING", "READONLY",
		"MASTERDOWN", "NOAUTH", "NOREPLICAS", "MISCONF" };

	if (r->type != REDIS_REPLY_ERROR)
		return false;
	for (size_t i = 0; i < NELEM(refusals); i++)
		if (strncmp(r->str, refusals[i], strlen(refusals[i])) == 0)
			return true;
	return false;
}

/* A connection that Redis closed while nothing was under way says so at the
 * next use: then one new connection is worth a try.  Time-outs are not. */
static bool
kv_was_closed(const struct kv *kv)
{
	return kv->link.ctx->err == REDIS_ERR_EOF ||
	       (kv->link.ctx->err == REDIS_ERR_IO &&
		   (errno == EPIPE || errno == ECONNRESET));
}

void
kv_also(struct kv *kv, size_t n, const struct kv_word *words)
{
	kv->also = words;
	kv->also_n = n;
	kv->also_sent = false;
}

bool
kv_also_sent(struct kv *kv)
{
	bool sent = kv->also_sent;

	kv->also = NULL;
	kv->also_sent = false;
	return sent;
}

/* Sends words and what goes along in one piece; the answer to the words. */
static redisReply *
kv_exchange_both(struct kv *kv, size_t n, const struct kv_word *words)
{
	redisReply *first, *second;

	if (kv->also == NULL)
		return kv_exchange(&kv->link, n, words);
	if (kv_append(kv->link.ctx, n, words) == REDIS_ERR ||
	    kv_append(kv->link.ctx, kv->also_n, kv->also) == REDIS_ERR ||
	    (first = kv_reply(&kv->link)) == NULL)
		return NULL;
	second = kv_reply(&kv->link);
	if (second == NULL) {
		freeReplyObject(first);
		return NULL;
	}
	freeReplyObject(second);
	kv->also = NULL;
	kv->also_sent = true;
	return first;
}

/* Exchanges with at most one reconnect, all within one deadline: the time-out,
 * and ms on top of it.  Never NULL with a closed circuit. */
static redisReply *
kv_send_now(struct kv *kv, size_t n, const struct kv_word *words, int ms)
{
	redisReply *r;
	int64_t begun;

	if (!kv_up(kv))
		return NULL;
	begun = clock_mono_us();
	kv_start(&kv->link, begun + (kv->o.timeout + ms) * 1000);
	r = kv_exchange_both(kv, n, words);
	if (r == NULL && kv_was_closed(kv)) {
		if (kv_connect(kv, kv->link.deadline) == -1)
			return NULL;
		r = kv_exchange_both(kv, n, words);
	}
	/* What waits for something to come says nothing of the server. */
	if (ms == 0)
		metric_time(METRIC_db,
		    METRIC_AT(METRIC_system_redis, kv->server),
		    clock_mono_us() - begun, NULL);
	if (r == NULL) {
		kv_fail(kv, kv_link_reason(&kv->link));
		return NULL;
	}
	if (kv_is_refusal(r)) {
		kv_fail(kv, r->str);
		kv->denied = true;
		freeReplyObject(r);
		return NULL;
	}
	return r;
}

/* A command is a word of ours. */
static redisReply *
kv_send_traced(struct kv *kv, size_t n, const struct kv_word *words, int ms)
{
	struct trace_span span;
	redisReply *r;

	trace_open(&span);
	r = kv_send_now(kv, n, words, ms);
	trace_close(&span,
	    &(struct trace_end){ .kind = TRACE_CLIENT,
		.system = TRACE_REDIS,
		.name = words[0].data,
		.error = r == NULL ? "unavailable" : NULL,
		.fields = (struct log_field[]){ LS("db.system.name", "redis"),
		    LS("db.operation.name", words[0].data),
		    LS("errand.server", kv->o.name), { 0 } } });
	return r;
}

static redisReply *
kv_send_slow(struct kv *kv, size_t n, const struct kv_word *words, int ms)
{
	return trace_now ? kv_send_traced(kv, n, words, ms)
			 : kv_send_now(kv, n, words, ms);
}

static redisReply *
kv_send(struct kv *kv, size_t n, const struct kv_word *words)
{
	return kv_send_slow(kv, n, words, 0);
}

/* Redis answers, but not this: full, or a script that it does not like. */
static void
kv_refused(struct kv *kv, const char *reason, const char *script,
    const struct kv_args *args)
{
	int64_t now = clock_mono_us();
	bool right = kv_note_right(kv, reason, script);
	const char *key =
	    kv_note_key(kv, reason, script, args->words, args->nkeys);
	int64_t *said; /* the one does not hide the other */

	metric_count(METRIC_db_errors, kv->server, METRIC_error_refused);
	said = key == NULL ? &kv->refusal_said_at : &kv->odd_said_at;
	if (*said != 0 && now - *said < KV_SAY_S * 1000000)
		return;
	*said = now;
	log_warning("redis refused a command", LS("server", kv->o.name),
	    LS("reason", reason), LS("key", key),
	    LS("missing_right", right ? kv->right : NULL));
}

void
kv_tell_odd(struct kv *kv, const char *key)
{
	const struct kv_word word = KV(key);

	kv_refused(kv, "WRONGTYPE", NULL, &(struct kv_args){ 1, 1, &word });
}

const redisReply *
kv_run_slow(struct kv *kv, struct arena *a, size_t n,
    const struct kv_word *words, int ms)
{
	redisReply *r = kv_send_slow(kv, n, words, ms);

	if (r == NULL)
		return NULL;
	arena_defer(a, freeReplyObject, r);
	if (r->type != REDIS_REPLY_ERROR)
		return r;
	kv_refused(kv, r->str, NULL,
	    &(struct kv_args){ n > 1, n - 1, words + 1 });
	return NULL;
}

const redisReply *
kv_run(struct kv *kv, struct arena *a, size_t n, const struct kv_word *words)
{
	return kv_run_slow(kv, a, n, words, 0);
}

bool
kv_writes(struct kv *kv, struct arena *a)
{
	const char *key = kv->o.probe_key == NULL ? "" : kv->o.probe_key;
	const struct kv_word set[] = { KV("SET"), KV(key), KV("1"), KV("EX"),
		KV("10") };
	const struct kv_word del[] = { KV("DEL"), KV(key) };

	return kv_up(kv) && kv_run(kv, a, NELEM(set), set) != NULL &&
	       kv_run(kv, a, NELEM(del), del) != NULL;
}

const redisReply *
kv_listen(struct kv *kv, struct arena *a, int ms)
{
	int64_t end = clock_mono_us() + (int64_t)ms * 1000, left;
	void *r = NULL;

	/* What was read already comes first: poll does not know of it. */
	while (kv->link.ctx != NULL &&
	       redisGetReplyFromReader(kv->link.ctx, &r) == REDIS_OK &&
	       r == NULL) {
		struct pollfd fd = { .fd = kv->link.ctx->fd, .events = POLLIN };

		left = (end - clock_mono_us()) / 1000;
		if (poll(&fd, 1, left > 0 ? (int)left : 0) <= 0)
			return NULL;
		if (kv_link_read(&kv->link) == REDIS_ERR)
			break;
	}
	if (r == NULL) {
		if (kv->link.ctx != NULL)
			kv_fail(kv, kv_link_reason(&kv->link));
		return NULL;
	}
	arena_defer(a, freeReplyObject, r);
	return r;
}

static int
kv_load(struct kv *kv, struct kv_script *script)
{
	redisReply *r = kv_send(kv, 3,
	    (struct kv_word[]){ KV("SCRIPT"), KV("LOAD"), KV(script->text) });
	int rc = -1;

	if (r == NULL)
		return -1;
	if (r->type == REDIS_REPLY_STRING && r->len == 40) {
		memcpy(script->sha1, r->str, 41);
		rc = 0;
	} else {
		kv_refused(kv, r->str == NULL ? "no digest" : r->str, NULL,
		    &(struct kv_args){ 0 });
	}
	freeReplyObject(r);
	return rc;
}

const redisReply *
kv_eval(struct kv *kv, struct arena *a, struct kv_script *script,
    const struct kv_args *args)
{
	struct kv_word *all = arena_alloc(a, (args->n + 3) * sizeof(*all));
	const char *count = arena_printf(a, "%zu", args->nkeys);
	redisReply *r = NULL;

	memcpy(all + 3, args->words, args->n * sizeof(*all));
	all[0] = KV("EVALSHA");
	all[2] = KV(count);
	for (int try = 0; try < 2; try++) {
		if (script->sha1[0] == '\0' && kv_load(kv, script) == -1)
			return NULL;
		all[1] = KV(script->sha1);
		r = kv_send(kv, args->n + 3, all);
		if (r == NULL)
			return NULL;
		arena_defer(a, freeReplyObject, r);
		if (r->type != REDIS_REPLY_ERROR)
			return r;
		if (strncmp(r->str, "NOSCRIPT", 8) != 0)
			break;
		script->sha1[0] = '\0';
	}
	kv_refused(kv, r->str, script->text, args);
	return NULL;
}

static bool
kv_has_shape(const redisReply *r, const char *shape)
{
	size_t i, first = strcspn(shape, "*");
	char want;

	if (r->type != REDIS_REPLY_ARRAY || r->elements < first)
		return false;
	for (i = 0; i < (shape[first] == '*' ? r->elements : first); i++) {
		const redisReply *e = r->element[i];

		want = i < first ? shape[i] : 's';
		if (want == 'a' ? !kv_has_shape(e, "*")
				: e->type != (want == 'i' ? REDIS_REPLY_INTEGER
							  : REDIS_REPLY_STRING))
			return false;
	}
	return true;
}

bool
kv_fits(const redisReply *r, const char *shape, const char *name)
{
	if (r == NULL)
		return false;
	if (kv_has_shape(r, shape))
		return true;
	log_error("redis gave an answer of another form", LS("request", name));
	return false;
}
