/* SPDX-License-Identifier: ISC */
/* One blocking hiredis connection with deadlines, and a circuit around it. */
#include "config.h"

#include "kv.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "clock.h"
#include "kv_url.h"
#include "log.h"
#include "xalloc.h"

#define KV_WORDS_MAX 4096
#define KV_RUN_ID    64
#define KV_SAY_S     60 /* refusals are many or none */

struct kv {
	struct kv_options o;
	struct kv_url url;
	redisContext *ctx;
	unsigned connections;
	char run_id[KV_RUN_ID];
	int64_t retry_at; /* leave Redis alone until then; 0: circuit closed */
	int64_t back_since;
	bool down; /* said in the log, and not taken back yet */
	int64_t refusal_said_at;
};

struct kv *
kv_new(const struct kv_options *options)
{
	struct kv *kv = xcalloc(1, sizeof(*kv));

	kv->o = *options;
	/* conf_load has judged the address already. */
	if (kv_url_parse(kv->o.url, &kv->url) == -1)
		log_error("address unusable", LS("server", kv->o.name));
	return kv;
}

static void
kv_close(struct kv *kv)
{
	if (kv->ctx != NULL)
		redisFree(kv->ctx);
	kv->ctx = NULL;
	kv->run_id[0] = '\0';
}

void
kv_free(struct kv *kv)
{
	if (kv == NULL)
		return;
	kv_close(kv);
	kv_url_clear(&kv->url);
	free(kv);
}

static struct timeval
kv_timeval(int64_t ms)
{
	return (struct timeval){ .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };
}

/* Opens the circuit: one line when the trouble begins, none while it lasts. */
static void
kv_fail(struct kv *kv, const char *reason)
{
	if (!kv->down)
		log_warning("redis unreachable", LS("server", kv->o.name),
		    LS("reason", reason), LI("retry_ms", kv->o.retry));
	kv->down = true;
	kv->retry_at = clock_mono_us() + kv->o.retry * 1000;
	kv_close(kv);
}

static const char *
kv_reason(const struct kv *kv)
{
	if (kv->ctx == NULL)
		return kv->url.host == NULL && kv->url.path == NULL
			   ? "no usable address"
			   : "out of memory";
	if (kv->ctx->err == REDIS_ERR_IO &&
	    (errno == EAGAIN || errno == EWOULDBLOCK))
		return "no answer in time";
	return kv->ctx->errstr;
}

/* An answer that means this server is of no use to us now. */
static bool
kv_is_refusal(const redisReply *r)
{
	return r->type == REDIS_REPLY_ERROR &&
	       (strncmp(r->str, "LOADING", 7) == 0 ||
		   strncmp(r->str, "READONLY", 8) == 0 ||
		   strncmp(r->str, "MASTERDOWN", 10) == 0 ||
		   strncmp(r->str, "NOAUTH", 6) == 0 ||
		   strncmp(r->str, "NOREPLICAS", 10) == 0 ||
		   strncmp(r->str, "MISCONF", 7) == 0);
}

/* Sends words and reads the answer; NULL if the connection is broken. */
static redisReply *
kv_exchange(struct kv *kv, size_t n, const struct kv_word *words)
{
	const char *argv[KV_WORDS_MAX];
	size_t lens[KV_WORDS_MAX];

	if (n > KV_WORDS_MAX)
		abort();
	for (size_t i = 0; i < n; i++) {
		argv[i] = words[i].data;
		lens[i] = words[i].len;
	}
	return redisCommandArgv(kv->ctx, (int)n, argv, lens);
}

/* One command of the greeting; its answer must not be an error. */
static redisReply *
kv_greet(struct kv *kv, size_t n, const struct kv_word *words)
{
	redisReply *r = kv_exchange(kv, n, words);

	if (r == NULL) {
		kv_fail(kv, kv_reason(kv));
		return NULL;
	}
	if (r->type == REDIS_REPLY_ERROR) {
		kv_fail(kv, r->str);
		freeReplyObject(r);
		return NULL;
	}
	return r;
}

static int
kv_greet_ok(struct kv *kv, size_t n, const struct kv_word *words)
{
	redisReply *r = kv_greet(kv, n, words);

	if (r == NULL)
		return -1;
	freeReplyObject(r);
	return 0;
}

static int
kv_login(struct kv *kv)
{
	const char *user = kv->url.username;
	const char *password = kv->url.password;

	if (kv->o.username[0] != '\0')
		user = kv->o.username;
	if (kv->o.password[0] != '\0')
		password = kv->o.password;
	if (password == NULL)
		return 0;
	if (user != NULL && user[0] != '\0')
		return kv_greet_ok(kv, 3,
		    (struct kv_word[]){ KV("AUTH"), KV(user), KV(password) });
	return kv_greet_ok(kv, 2,
	    (struct kv_word[]){ KV("AUTH"), KV(password) });
}

static int
kv_select(struct kv *kv)
{
	if (kv->url.db[0] == '\0' || strcmp(kv->url.db, "0") == 0)
		return 0;
	return kv_greet_ok(kv, 2,
	    (struct kv_word[]){ KV("SELECT"), KV(kv->url.db) });
}

/* The run id tells a restarted server, whose old entries may have come back,
 * from the one that was told of every change. */
static int
kv_read_run_id(struct kv *kv)
{
	redisReply *r =
	    kv_greet(kv, 2, (struct kv_word[]){ KV("INFO"), KV("server") });
	const char *at;
	size_t len;

	if (r == NULL)
		return -1;
	at = r->str == NULL ? NULL : strstr(r->str, "run_id:");
	if (at != NULL) {
		at += strlen("run_id:");
		len = strspn(at, "0123456789abcdefABCDEF");
		if (len > 0 && len < KV_RUN_ID)
			memcpy(kv->run_id, at, len + 1);
		kv->run_id[len < KV_RUN_ID ? len : 0] = '\0';
	}
	freeReplyObject(r);
	if (kv->run_id[0] != '\0')
		return 0;
	kv_fail(kv, "INFO server shows no run_id");
	return -1;
}

static int
kv_connect(struct kv *kv)
{
	struct timeval timeout = kv_timeval(kv->o.timeout);

	kv_close(kv);
	if (kv->url.path != NULL)
		kv->ctx = redisConnectUnixWithTimeout(kv->url.path, timeout);
	else if (kv->url.host != NULL)
		kv->ctx = redisConnectWithTimeout(kv->url.host, kv->url.port,
		    timeout);
	if (kv->ctx == NULL || kv->ctx->err != 0) {
		kv_fail(kv, kv_reason(kv));
		return -1;
	}
	if (redisSetTimeout(kv->ctx, timeout) == REDIS_ERR) {
		kv_fail(kv, kv_reason(kv));
		return -1;
	}
	/* Not having it only delays the notice of a silent peer. */
	if (kv->url.path == NULL)
		redisEnableKeepAlive(kv->ctx);
	if (kv_login(kv) == -1 || kv_select(kv) == -1 ||
	    kv_read_run_id(kv) == -1)
		return -1;
	if (kv->down) {
		kv->back_since = clock_mono_us();
		log_info("redis reachable again", LS("server", kv->o.name));
	}
	if (++kv->connections == 0)
		kv->connections = 1;
	kv->down = false;
	kv->retry_at = 0;
	return 0;
}

bool
kv_up(struct kv *kv)
{
	if (kv->ctx != NULL)
		return true;
	if (kv->retry_at != 0 && clock_mono_us() < kv->retry_at)
		return false;
	return kv_connect(kv) == 0;
}

void
kv_retry(struct kv *kv)
{
	kv->retry_at = 0;
}

/* A connection that Redis closed while nothing was under way says so at the
 * next use: then one new connection is worth a try.  Time-outs are not. */
static bool
kv_was_closed(const struct kv *kv)
{
	return kv->ctx->err == REDIS_ERR_EOF ||
	       (kv->ctx->err == REDIS_ERR_IO &&
		   (errno == EPIPE || errno == ECONNRESET));
}

/* Exchanges with at most one reconnect; never NULL with a closed circuit. */
static redisReply *
kv_send(struct kv *kv, size_t n, const struct kv_word *words)
{
	redisReply *r;

	if (!kv_up(kv))
		return NULL;
	r = kv_exchange(kv, n, words);
	if (r == NULL && kv_was_closed(kv)) {
		if (kv_connect(kv) == -1)
			return NULL;
		r = kv_exchange(kv, n, words);
	}
	if (r == NULL) {
		kv_fail(kv, kv_reason(kv));
		return NULL;
	}
	if (kv_is_refusal(r)) {
		kv_fail(kv, r->str);
		freeReplyObject(r);
		return NULL;
	}
	return r;
}

/* Redis answers, but not this: full, or a script that it does not like. */
static void
kv_refused(struct kv *kv, const char *reason)
{
	int64_t now = clock_mono_us();

	if (kv->refusal_said_at != 0 &&
	    now - kv->refusal_said_at < KV_SAY_S * 1000000)
		return;
	kv->refusal_said_at = now;
	log_warning("redis refused a command", LS("server", kv->o.name),
	    LS("reason", reason));
}

const redisReply *
kv_run(struct kv *kv, struct arena *a, size_t n, const struct kv_word *words)
{
	redisReply *r = kv_send(kv, n, words);

	if (r == NULL)
		return NULL;
	arena_defer(a, freeReplyObject, r);
	if (r->type != REDIS_REPLY_ERROR)
		return r;
	kv_refused(kv, r->str);
	return NULL;
}

/* Between the two the connection waits longer than usual; a reconnect within
 * kv_run only makes the wait a short one. */
const redisReply *
kv_run_slow(struct kv *kv, struct arena *a, size_t n,
    const struct kv_word *words, int ms)
{
	const redisReply *r;

	if (!kv_up(kv))
		return NULL;
	redisSetTimeout(kv->ctx, kv_timeval(kv->o.timeout + ms));
	r = kv_run(kv, a, n, words);
	if (kv->ctx != NULL)
		redisSetTimeout(kv->ctx, kv_timeval(kv->o.timeout));
	return r;
}

/* A message that was read already; NULL with *broken if there can be none. */
static redisReply *
kv_next_read(struct kv *kv, bool *broken)
{
	void *r = NULL;

	*broken = redisGetReplyFromReader(kv->ctx, &r) == REDIS_ERR;
	return r;
}

/* 1 if there is something to read within ms, 0 if not. */
static int
kv_poll(const struct kv *kv, int ms)
{
	struct pollfd fd = { .fd = kv->ctx->fd, .events = POLLIN };

	return poll(&fd, 1, ms) > 0;
}

const redisReply *
kv_listen(struct kv *kv, struct arena *a, int ms)
{
	int64_t end = clock_mono_us() + (int64_t)ms * 1000, left;
	redisReply *r = NULL;
	bool broken;

	while (kv->ctx != NULL) {
		r = kv_next_read(kv, &broken);
		if (r != NULL || broken)
			break;
		left = (end - clock_mono_us()) / 1000;
		if (!kv_poll(kv, left > 0 ? (int)left : 0))
			return NULL;
		broken = redisBufferRead(kv->ctx) == REDIS_ERR;
		if (broken)
			break;
	}
	if (r == NULL) {
		if (kv->ctx != NULL)
			kv_fail(kv, kv_reason(kv));
		return NULL;
	}
	arena_defer(a, freeReplyObject, r);
	return r;
}

int
kv_fd(const struct kv *kv)
{
	return kv->ctx == NULL ? -1 : kv->ctx->fd;
}

unsigned
kv_live(const struct kv *kv)
{
	return kv->ctx == NULL ? 0 : kv->connections;
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
		kv_refused(kv, r->str == NULL ? "no digest" : r->str);
	}
	freeReplyObject(r);
	return rc;
}

const redisReply *
kv_eval(struct kv *kv, struct arena *a, struct kv_script *script, size_t nkeys,
    size_t n, const struct kv_word *words)
{
	struct kv_word *all = arena_alloc(a, (n + 3) * sizeof(*all));
	const char *count = arena_printf(a, "%zu", nkeys);
	redisReply *r = NULL;

	memcpy(all + 3, words, n * sizeof(*all));
	all[0] = KV("EVALSHA");
	all[2] = KV(count);
	for (int try = 0; try < 2; try++) {
		if (script->sha1[0] == '\0' && kv_load(kv, script) == -1)
			return NULL;
		all[1] = KV(script->sha1);
		r = kv_send(kv, n + 3, all);
		if (r == NULL)
			return NULL;
		arena_defer(a, freeReplyObject, r);
		if (r->type != REDIS_REPLY_ERROR)
			return r;
		if (strncmp(r->str, "NOSCRIPT", 8) != 0)
			break;
		script->sha1[0] = '\0';
	}
	kv_refused(kv, r->str);
	return NULL;
}

const char *
kv_run_id(const struct kv *kv)
{
	return kv->run_id;
}

int64_t
kv_back_since(const struct kv *kv)
{
	return kv->back_since;
}
