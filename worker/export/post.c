/* SPDX-License-Identifier: ISC */
/* What a receiver cannot take now is sent again; what it refuses is lost. */
#include "config.h"

#include "post.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "log/log.h"
#include "metric/metric.h"
#include "text/json.h"
#include "text/member.h"

#define POST_ANSWER    ((size_t)64 * 1024)
#define POST_DEPTH     16
#define POST_PAUSE     1000 /* milliseconds, doubled with each failure */
#define POST_PAUSE_MAX 30000
#define POST_SAY       (60 * CLOCK_SECOND) /* the same answer again */
#define POST_ASKED_MAX 300 /* seconds that a receiver may ask for */

void
post_open(struct post *p)
{
	*p = (struct post){ .http = http_new() };
}

void
post_close(struct post *p)
{
	http_free(p->http);
	buf_free(&p->body);
	buf_free(&p->answer);
}

bool
post_begin(struct post *p, struct batch *b, int64_t now)
{
	struct http_call call = { .url = settings.trace_endpoint,
		.headers = settings.trace_headers,
		.timeout_ms = settings.trace_timeout,
		.ca_file = settings.trace_ca_file,
		.max = POST_ANSWER,
		.cut = true, /* what it says beyond its status matters little */
		.keep = true };

	if (http_busy(p->http) || now < p->retry_at)
		return false;
	if (p->spans == 0)
		p->spans = batch_take(b, &p->body);
	if (p->spans == 0)
		return false;
	call.json = p->body.data;
	call.json_len = p->body.len;
	http_begin(p->http, &call, &p->answer);
	return true;
}

void
post_lose(struct post *p, int64_t spans)
{
	p->lost += spans;
	metric_add(METRIC_spans, METRIC_AT(METRIC_span_lost), (uint64_t)spans);
}

static void
post_done(struct post *p)
{
	if (p->pause != 0)
		log_info("spans are sent again");
	p->pause = 0;
	p->spans = 0;
	buf_clear(&p->body);
}

static void
post_retry(struct post *p, const char *reason)
{
	int64_t asked = http_retry_after(p->http), pause;

	if (p->pause == 0)
		log_warning("spans cannot be sent", LS("reason", reason),
		    LS("url", settings.trace_endpoint));
	p->pause = p->pause == 0 ? POST_PAUSE : p->pause * 2;
	if (p->pause > POST_PAUSE_MAX)
		p->pause = POST_PAUSE_MAX;
	if (asked > POST_ASKED_MAX)
		asked = POST_ASKED_MAX;
	pause = asked * 1000 > p->pause ? asked * 1000 : p->pause;
	p->retry_at = clock_mono_us() + pause * 1000;
}

/* Spans are lost by an answer of that status; the same one is told once a
 * minute. */
static void
post_refused(struct post *p, int64_t spans, long status, const char *reason)
{
	int64_t now = clock_mono_us();

	post_lose(p, spans);
	p->refused += spans;
	if (status == p->said && now - p->said_at < POST_SAY)
		return;
	log_warning("spans were refused", LI("spans", p->refused),
	    LS("reason", reason), LS("url", settings.trace_endpoint));
	p->refused = 0;
	p->said = status;
	p->said_at = now;
}

/* A receiver may take a part of them: it says so in a status of success. */
static void
post_read(struct post *p, long status)
{
	struct json_fault unused;
	struct json_object *o, *part = NULL, *n = NULL;
	const char *why;
	int64_t lost = 0;
	size_t len;

	o = json_read(p->answer.data, p->answer.len, POST_DEPTH, &unused);
	if (json_object_is_type(o, json_type_object) &&
	    json_object_object_get_ex(o, "partialSuccess", &part) &&
	    json_object_is_type(part, json_type_object) &&
	    json_object_object_get_ex(part, "rejectedSpans", &n))
		lost = json_object_get_int64(n); /* a number, or its text */
	if (lost > p->spans)
		lost = p->spans;
	if (lost > 0) {
		why = member_text(part, "errorMessage", &len);
		post_refused(p, lost, status, why);
		p->spans -= lost;
	}
	metric_add(METRIC_spans, METRIC_AT(METRIC_span_sent),
	    (uint64_t)p->spans);
	json_object_put(o);
}

static void
post_judge(struct post *p, long status, const char *why)
{
	char reason[40];

	snprintf(reason, sizeof(reason), "the status is %ld", status);
	if (status == -1)
		post_retry(p, why);
	else if (status == 429 || status == 502 || status == 503 ||
		 status == 504)
		post_retry(p, reason);
	else if (status >= 200 && status < 300) {
		post_read(p, status);
		post_done(p);
	} else {
		post_refused(p, p->spans, status, reason);
		post_done(p);
	}
}

void
post_go_on(struct post *p, int fd, int ms)
{
	const char *why = "";
	long status;

	if (http_go_on(p->http, fd, ms, &status, &why))
		post_judge(p, status, why);
}
