/* SPDX-License-Identifier: ISC */
/* errand.deliver_webhook: sends one message to one webhook, signed. */
#include "config.h"

#include "kinds.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "http/http.h"
#include "log/log.h"
#include "metric/metric.h"
#include "said.h"
#include "text/member.h"
#include "trace/trace.h"
#include "webhook/webhook.h"
#include "webhook/webhook_target.h"

#define WEBHOOK_ANSWER 500   /* bytes of an answer that are kept */
#define WEBHOOK_ASKED  86400 /* seconds of Retry-After that are heeded */

/* One try. */
struct attempt {
	struct job_run *run;
	struct uuid id;
	struct delivery_load load;
	struct http *http;
	struct buf answer;
	long status; /* -1: no answer */
	const char *why;
};

static enum job_outcome
webhook_say(struct job_run *run, enum job_outcome outcome, const char *why)
{
	run->error = why;
	return outcome;
}

/* It is not tried any more, and says so even when its job is gone. */
static enum job_outcome
webhook_give_up(struct attempt *t, enum job_outcome outcome, const char *why)
{
	if (delivery_give_up(t->run->pg, &t->id, why) != PG_OK)
		return webhook_say(t->run, JOB_RETRY,
		    "PostgreSQL did not record the end");
	return webhook_say(t->run, outcome, why);
}

/* --- what is sent --- */

static void
webhook_header(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, "%s%s=", b->len == 0 ? "" : ",", name);
	for (; *value != '\0'; value++)
		buf_printf(b, "%%%02X", (unsigned char)*value);
}

/* Signed anew for each try, since receivers refuse old timestamps.  0; or -1
 * if a secret is none. */
static int
webhook_headers(struct attempt *t, struct buf *b)
{
	const struct job *job = t->run->job;
	struct buf signature = { 0 };
	char id[UUID_TEXT], now[24];
	const struct webhook_message m = { .id = uuid_format(&t->id, id),
		.timestamp = clock_wall_s(),
		.body = t->load.body,
		.len = t->load.body_len };
	int rc = webhook_sign(&signature, &t->load.secrets, &m);

	if (rc == 0) {
		snprintf(now, sizeof(now), "%lld", (long long)m.timestamp);
		webhook_header(b, "webhook-id", id);
		webhook_header(b, "webhook-timestamp", now);
		webhook_header(b, "webhook-signature", signature.data);
		if (!trace_now && job->traceparent != NULL)
			webhook_header(b, "traceparent", job->traceparent);
	}
	buf_free(&signature);
	return rc;
}

/* Addresses of webhooks often have a password in them: no trace gets more than
 * the host. */
static const char *
webhook_origin(struct arena *a, const char *url)
{
	const char *host = strstr(url, "://");
	size_t len = host == NULL ? 0 : (size_t)(host + 3 - url);

	return arena_strndup(a, url, len + strcspn(url + len, "/?#"));
}

static void
webhook_send(struct attempt *t, const char *headers)
{
	const struct http_call call = {
		.url = t->load.url,
		.json = t->load.body,
		.json_len = t->load.body_len,
		.headers = headers,
		.timeout_ms = settings.webhook_timeout,
		.max = WEBHOOK_ANSWER,
		.cut = true,
		.brief = true,
		.ca_file = settings.webhook_ca_file,
		.judge = webhook_judge_address,
		.stop = t->run->soft,
		.shown = webhook_origin(t->run->arena, t->load.url),
	};
	const char *why = NULL;

	t->status = http_run(t->http, &call, &t->answer, &why);
	if (t->status == -1)
		t->why = arena_strdup(t->run->arena, why);
}

/* --- what comes of it --- */

/* Whether the endpoint is to be left alone, and for how many milliseconds at
 * least; -1: it is not. */
static int64_t
webhook_pause(struct attempt *t)
{
	int64_t asked;

	if (t->status == -1)
		return 0;
	if (t->status != 429 && t->status != 502 && t->status != 503 &&
	    t->status != 504)
		return -1;
	asked = http_retry_after(t->http);
	if (asked < 0)
		asked = 0;
	return (asked < WEBHOOK_ASKED ? asked : WEBHOOK_ASKED) * 1000;
}

static const char *
webhook_excerpt(struct attempt *t)
{
	size_t len =
	    str_utf8_cut(t->answer.data, t->answer.len, WEBHOOK_ANSWER - 4);
	const char *text = said_text(t->run->arena, t->answer.data, len);

	return text[0] == '\0' ? NULL : text;
}

static enum job_outcome
webhook_record(struct attempt *t)
{
	const bool taken = t->status >= 200 && t->status < 300;
	const bool gone = t->status == 410;
	struct delivery_tried tried = {
		.state = taken  ? "delivered"
			 : gone ? "failed"
				: "pending",
		.status = t->status == -1 ? 0 : t->status,
		.answer = webhook_excerpt(t),
		.pause_ms = webhook_pause(t),
		.gone = gone ? "the endpoint answered 410 Gone" : NULL,
	};
	char hook[UUID_TEXT];

	metric_count(METRIC_deliveries, taken ? METRIC_delivery_delivered
					: t->status == -1
					    ? METRIC_delivery_unanswered
					    : METRIC_delivery_refused);
	if (t->status == -1)
		tried.error = t->why;
	else if (!taken)
		tried.error = arena_printf(t->run->arena,
		    "the endpoint answered %ld", t->status);
	if (delivery_tried(t->run->pg, &t->id, &tried) != PG_OK)
		return webhook_say(t->run, JOB_RETRY,
		    "PostgreSQL did not record the try");
	if (taken)
		return JOB_DONE;
	if (gone) {
		log_warning("webhook is disabled: its endpoint is gone",
		    LS("webhook", uuid_format(&t->load.webhook, hook)));
		return webhook_say(t->run, JOB_DEAD, tried.gone);
	}
	if (tried.pause_ms > 0)
		t->run->delay = tried.pause_ms;
	return webhook_say(t->run, JOB_RETRY, tried.error);
}

static enum job_outcome
webhook_try(struct attempt *t)
{
	static struct http *http; /* of this process, as long as it lives */
	struct buf headers = { 0 };
	enum job_outcome outcome;

	if (http == NULL)
		http = http_new();
	t->http = http;
	if (webhook_headers(t, &headers) == -1) {
		buf_free(&headers);
		return webhook_give_up(t, JOB_DEAD,
		    "the secret of the webhook is none");
	}
	webhook_send(t, headers.data);
	if (t->status == -1 && *t->run->soft != 0)
		outcome = webhook_say(t->run, JOB_RETRY,
		    "it was ended before the answer came");
	else
		outcome = webhook_record(t);
	buf_free(&headers);
	buf_free(&t->answer);
	return outcome;
}

/* An endpoint that does not answer is asked by one at a time, and holds up
 * nobody else's messages.  True if we may. */
static bool
webhook_may_try(struct attempt *t)
{
	const int64_t probe = settings.webhook_timeout + 5 * CONF_SEC;
	int64_t pause = t->load.pause_ms;
	uint32_t random;
	bool ours = true;

	if (pause == 0 && t->load.failing) {
		if (webhook_probe(t->run->pg, &t->load.webhook, probe, &ours) !=
		    PG_OK)
			ours = false;
		pause = probe;
	} else if (pause > 0) {
		ours = false;
	}
	if (ours)
		return true;
	uuid_random(&random, sizeof(random));
	t->run->delay = pause + CONF_SEC + random % (uint64_t)(pause / 4 + 1);
	t->run->error = "the endpoint did not answer: it is left alone for now";
	return false;
}

enum job_outcome
j_webhook(struct job_run *run)
{
	struct attempt t = { .run = run };
	const char *id = member_string(run->args, "delivery_id"), *why;

	if (id == NULL || uuid_parse(id, &t.id) == -1)
		return webhook_say(run, JOB_DEAD,
		    "delivery_id in the args is no UUID");
	if (delivery_load(run->pg, &t.id, settings.webhook_retry_for,
		&t.load) != PG_OK)
		return webhook_say(run, JOB_RETRY,
		    "PostgreSQL did not say what is to be sent");
	if (!t.load.found)
		return webhook_say(run, JOB_UNWANTED, "the delivery is gone");
	if (!t.load.pending)
		return JOB_DONE;
	if (!t.load.has_hook)
		return webhook_give_up(&t, JOB_UNWANTED,
		    "the webhook is deleted");
	if (!t.load.enabled && !str_eq(t.load.type, WEBHOOK_TEST_TYPE))
		return webhook_give_up(&t, JOB_UNWANTED,
		    "the webhook is disabled");
	if (t.load.late)
		return webhook_give_up(&t, JOB_DEAD,
		    "it was not taken for as long as [webhook] retry_for says");
	why = webhook_judge_url(t.load.url);
	if (why != NULL)
		return webhook_give_up(&t, JOB_DEAD,
		    arena_printf(run->arena, "the address is refused: %s",
			why));
	if (!webhook_may_try(&t))
		return JOB_LATER;
	return webhook_try(&t);
}
