/* SPDX-License-Identifier: ISC */
/* One hiredis connection: made, greeted, and a circuit around it. */
#include "config.h"

#include "kv_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "log/log.h"
#include "redis_own.h"

#define ASK_AGAIN_US (10 * CLOCK_SECOND) /* when none has answered */

/* Whether there is a connection. */
static void
kv_note(struct kv *kv, bool open)
{
	if (kv->counted != open)
		metric_change(METRIC_db_connections, METRIC_AT(kv->server),
		    open ? 1 : -1);
	kv->counted = open;
}

static enum metric_word
kv_word_of(const char *name)
{
	return str_eq(name, "broker")    ? METRIC_server_broker
	       : str_eq(name, "results") ? METRIC_server_results
					 : METRIC_server_redis;
}

struct kv *
kv_new(const struct kv_options *options)
{
	struct kv *kv = xcalloc(1, sizeof(*kv));

	kv->o = *options;
	kv->server = kv_word_of(kv->o.name);
	/* conf_read has judged the address already. */
	kv->link.why = "no usable address";
	if (kv_url_parse(kv->o.url, &kv->url) == -1)
		log_error("address unusable", LS("server", kv->o.name));
	return kv;
}

static void
kv_close(struct kv *kv)
{
	kv_note(kv, false);
	kv_link_close(&kv->link);
	kv->run_id[0] = '\0';
}

void
kv_free(struct kv *kv)
{
	if (kv == NULL)
		return;
	kv_close(kv);
	kv_distrust(kv);
	kv_url_clear(&kv->url);
	free(kv);
}

void
kv_fail(struct kv *kv, const char *reason)
{
	metric_count(METRIC_db_errors, kv->server,
	    kv->link.ctx == NULL ? METRIC_error_down
	    : kv->link.late      ? METRIC_error_timeout
				 : METRIC_error_lost);
	if (!kv->down)
		log_warning("redis unreachable", LS("server", kv->o.name),
		    LS("reason", reason), LI("retry_ms", kv->o.retry));
	kv->down = true;
	kv->denied = false;
	kv->retry_at = clock_mono_us() + kv->o.retry * 1000;
	kv_turn(kv); /* one that is behind may have named it */
	kv_close(kv);
}

static void
kv_tell_no_run(struct kv *kv)
{
	if (!kv->no_run_said)
		log_warning("redis does not let us see whether it is another "
			    "run: what a restart loses is found late",
		    LS("server", kv->o.name), LS("missing_right", kv->right));
	kv->no_run_said = true;
}

/* What is wrong with an answer to the greeting, or NULL. */
static const char *
kv_greeted(struct kv *kv, const redisReply *r)
{
	const char *why = kv_hello_judge(kv, r, kv->run_id);

	if (why == NULL || !kv_note_right(kv, why, NULL) || !kv->o.any_run ||
	    strncmp(kv->right, "run info", strlen("run info")) != 0)
		return why;
	kv_tell_no_run(kv);
	memcpy(kv->run_id, KV_NO_RUN, sizeof(KV_NO_RUN));
	return NULL;
}

/* A server that wants to know who we are says so by hanging up, or by an alert
 * that may be lost on the way. */
static const char *
greet_reason(struct kv *kv)
{
	struct kv_link *l = &kv->link;
	const char *why = kv_link_reason(l);

	if (l->tls == NULL || l->late || kv_has_cert(kv))
		return why;
	snprintf(kv->why, sizeof(kv->why),
	    "%s; it may want a certificate of ours (cert_file)", why);
	return kv->why;
}

/* Begins the session: everything in one piece, and each answer has to be
 * good. */
static int
kv_greet(struct kv *kv)
{
	int n = kv_hello_put(kv, kv->link.ctx);

	for (int i = 0; i < n; i++) {
		redisReply *r = kv_reply(&kv->link);
		const char *why;

		if (r == NULL) {
			kv_fail(kv, greet_reason(kv));
			return -1;
		}
		why = kv_greeted(kv, r);
		if (why != NULL) {
			kv_fail(kv, why);
			kv->denied = true;
		}
		freeReplyObject(r);
		if (why != NULL)
			return -1;
	}
	if (kv->run_id[0] != '\0')
		return 0;
	kv_fail(kv, n == -1 ? "out of memory" : "INFO is no text");
	return -1;
}

/* Redis was away if we could not reach it, or if it is not the one of before:
 * then others may not reach it yet. */
static void
kv_note_return(struct kv *kv)
{
	if (kv->down ||
	    (kv->last_run[0] != '\0' && strcmp(kv->last_run, kv->run_id) != 0))
		kv->back_since = clock_mono_us();
	if (kv->down)
		log_info("redis reachable again", LS("server", kv->o.name));
	kv->down = false;
	kv->retry_at = 0;
	memcpy(kv->last_run, kv->run_id, sizeof(kv->last_run));
}

/* Learns from sentinels where the server is now.  NULL, or why that is not
 * known. */
static const char *
kv_find(struct kv *kv, int64_t deadline)
{
	struct kv_at at = { 0 };
	char address[sizeof(at.host) + 16];
	const char *why = kv_ask(kv, &at, deadline);

	if (why != NULL)
		return why;
	kv->ask_at = clock_mono_us() + KV_ASK_US;
	if (strcmp(at.host, kv->at.host) != 0 || at.port != kv->at.port) {
		snprintf(address, sizeof(address), "%s port %d", at.host,
		    at.port);
		log_info("sentinels name a master", LS("server", kv->o.name),
		    LS("address", address));
	}
	kv->at = at;
	return NULL;
}

/* The deadline counts from here to the end of the greeting. */
static int
kv_open(struct kv *kv, int64_t deadline)
{
	struct kv_place place;

	kv->link.why = kv_trust(kv);
	if (kv->link.why == NULL && kv_has_sentinels(kv))
		kv->link.why = kv_find(kv, deadline);
	if (kv->link.why != NULL)
		return -1;
	place = kv_place(kv);
	return kv_link_open(&kv->link, &place, kv->url.tls ? kv->trust : NULL,
	    deadline);
}

/* Files may be of use once they are changed. */
static int
kv_connect_failed(struct kv *kv)
{
	kv_distrust(kv);
	metric_count(METRIC_db_connects, kv->server, METRIC_done_failed);
	return -1;
}

int
kv_connect(struct kv *kv, int64_t deadline)
{
	int64_t begun = clock_awake_us();

	kv_close(kv);
	if (kv_open(kv, deadline) == -1) {
		kv_fail(kv, kv_link_reason(&kv->link));
		return kv_connect_failed(kv);
	}
	kv_start(&kv->link, deadline);
	if (kv_greet(kv) == -1)
		return kv_connect_failed(kv);
	metric_count(METRIC_db_connects, kv->server, METRIC_done_done);
	kv_note(kv, true);
	kv_note_return(kv);
	kv->sure_at = begun;
	if (++kv->connections == 0)
		kv->connections = 1;
	return 0;
}

/* Now and then: leaves a server that is not the one that sentinels name.  A
 * kv_look does that for what has a probe key. */
static void
kv_stay_or_leave(struct kv *kv)
{
	struct kv_at at = { 0 };
	int64_t now;

	if (!kv_has_sentinels(kv) || kv->link.ctx == NULL ||
	    kv->o.probe_key != NULL)
		return;
	now = clock_mono_us();
	if (now < kv->ask_at)
		return;
	if (kv_ask(kv, &at, now + kv->o.timeout * 1000) != NULL) {
		kv->ask_at = clock_mono_us() + ASK_AGAIN_US;
		return;
	}
	kv->ask_at = now + KV_ASK_US;
	if (strcmp(at.host, kv->at.host) != 0 || at.port != kv->at.port)
		kv_close(kv);
}

bool
kv_up(struct kv *kv)
{
	kv_stay_or_leave(kv);
	if (kv->link.ctx != NULL)
		return true;
	if (kv->retry_at != 0 && clock_mono_us() < kv->retry_at)
		return false;
	return kv_connect(kv, clock_mono_us() + kv->o.timeout * 1000) == 0;
}

bool
kv_denied(const struct kv *kv)
{
	return kv->link.ctx != NULL || kv->denied;
}

void
kv_retry(struct kv *kv)
{
	kv->retry_at = 0;
}

void
kv_leave(struct kv *kv)
{
	kv_close(kv);
	kv_retry(kv);
}

int
kv_fd(const struct kv *kv)
{
	return kv->link.ctx == NULL ? -1 : kv->link.ctx->fd;
}

unsigned
kv_live(const struct kv *kv)
{
	return kv->link.ctx == NULL ? 0 : kv->connections;
}

const char *
kv_run_id(const struct kv *kv)
{
	return kv->run_id;
}

bool
kv_is_named(const struct kv *kv)
{
	return kv_has_sentinels(kv);
}

bool
kv_sure(const struct kv *kv)
{
	return !kv_has_sentinels(kv) ||
	       clock_awake_us() - kv->sure_at < KV_SURE_MS * 1000;
}

int64_t
kv_back_since(const struct kv *kv)
{
	return kv->back_since;
}
