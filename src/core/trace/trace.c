/* SPDX-License-Identifier: ISC */
/* Makes spans, if what calls or the settings want it. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "base/uuid.h"
#include "conf/conf.h"
#include "text/json_write.h"
#include "trace_own.h"

#define SAMPLED 1u

bool trace_now;

/* How the words of [trace] sampler decide. */
static const struct sampler {
	bool by_parent; /* what calls decides, if it says anything */
	bool by_ratio;
	bool all; /* if it is not by ratio */
} samplers[CONF_trace_sampler__MAX] = {
	[CONF_trace_sampler_parentbased_always_on] = { true, false, true },
	[CONF_trace_sampler_parentbased_always_off] = { true, false, false },
	[CONF_trace_sampler_parentbased_traceidratio] = { true, true, false },
	[CONF_trace_sampler_always_on] = { false, false, true },
	[CONF_trace_sampler_always_off] = { false, false, false },
	[CONF_trace_sampler_traceidratio] = { false, true, false },
};

/* The trace in hand. */
static struct {
	struct traceparent self; /* span: the innermost one's */
	char state[TRACE_STATE];
	char text[TRACE_TEXT];
	struct trace_span *inner;
	bool kept; /* spans are made */
	struct trace_total totals[TRACE_SYSTEM__MAX];
	int64_t since; /* what is to be added to clock_mono_us for the time */
} trace;

static struct trace_ready ready;

/* The last seven bytes are the random ones, whoever has made the id. */
static bool
trace_in_ratio(const char *id)
{
	int64_t millionths = 0;
	uint64_t random;
	const uint64_t most = (uint64_t)1 << 56;

	if (str_to_ratio(settings.trace_ratio, &millionths) == -1 ||
	    millionths == 0)
		return false;
	random = strtoull(id + TRACE_ID - 1 - 14, NULL, 16);
	return random >= most / 1000000 * (uint64_t)(1000000 - millionths);
}

/* Whether to trace what has that parent, or none; without a parent this gives
 * the trace an id of its own. */
static bool
trace_wants(struct traceparent *p, bool has_parent)
{
	const struct sampler *s = &samplers[settings.trace_sampler];
	uint8_t id[16];

	if (has_parent && s->by_parent)
		return (p->flags & SAMPLED) != 0;
	if (!s->by_ratio && !s->all)
		return false;
	if (!has_parent) {
		uuid_random(id, sizeof(id));
		id[15] |= 1; /* not all of it is zero */
		codec_hex(id, sizeof(id), p->trace);
		p->flags = 0;
	}
	return s->all || trace_in_ratio(p->trace);
}

static void
trace_new_id(char id[TRACE_SPAN])
{
	uint8_t random[8];

	uuid_random(random, sizeof(random));
	random[7] |= 1;
	codec_hex(random, sizeof(random), id);
}

static void
trace_enter(struct trace_span *s, int64_t began)
{
	s->outer = trace.inner;
	s->began = began;
	trace.inner = s;
	if (!trace.kept)
		return;
	trace_new_id(s->id);
	memcpy(trace.self.span, s->id, sizeof(s->id));
}

bool
trace_begin(struct trace_span *s, const char *parent, const char *state,
    int64_t began)
{
	struct traceparent p;
	bool has_parent;

	trace_now = trace.kept = false;
	trace.inner = NULL;
	if (settings.trace_endpoint[0] == '\0' || !settings.trace_enabled)
		return false;
	has_parent = traceparent_parse(parent, &p) == 0;
	if (!trace_wants(&p, has_parent))
		return false;
	snprintf(s->parent, sizeof(s->parent), "%s", has_parent ? p.span : "");
	snprintf(trace.state, sizeof(trace.state), "%s",
	    has_parent && state != NULL && strlen(state) < TRACE_STATE &&
		    tracestate_is_valid(state)
		? state
		: "");
	trace.self = p;
	trace.self.flags |= SAMPLED;
	trace.since = clock_wall_us() - clock_mono_us();
	trace.kept = true;
	memset(trace.totals, 0, sizeof(trace.totals));
	trace_enter(s, began);
	return trace_now = true;
}

void
trace_watch(struct trace_span *s, int64_t began)
{
	trace.inner = NULL;
	trace.kept = false;
	trace.state[0] = '\0';
	memset(trace.totals, 0, sizeof(trace.totals));
	trace_enter(s, began);
	trace_now = true;
}

const struct trace_total *
trace_totals(void)
{
	return trace.totals;
}

void
trace_open(struct trace_span *s)
{
	if (trace.kept)
		memcpy(s->parent, trace.self.span, sizeof(s->parent));
	trace_enter(s, clock_mono_us());
}

/* OTLP has 64 bits as text. */
static void
trace_put_time(struct json_write *w, const char *name, int64_t us)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64 "000", us);
	json_put_text(w, name, text);
}

static void
trace_put_field(struct json_write *w, const struct log_field *f)
{
	char text[24];

	json_open_object(w, NULL);
	json_put_text(w, "key", f->key);
	json_open_object(w, "value");
	if (f->text != NULL) {
		json_put_bytes(w, "stringValue", f->text,
		    str_utf8_cut(f->text, strlen(f->text), 1024));
	} else {
		snprintf(text, sizeof(text), "%" PRId64, f->number);
		json_put_text(w, "intValue", text);
	}
	json_close_object(w);
	json_close_object(w);
}

static void
trace_write(struct buf *b, const struct trace_span *s,
    const struct trace_end *end)
{
	struct json_write w = json_write(b);
	const struct log_field *f, error = LS("error.type", end->error);

	json_open_object(&w, NULL);
	json_put_text(&w, "traceId", trace.self.trace);
	json_put_text(&w, "spanId", s->id);
	if (trace.state[0] != '\0')
		json_put_text(&w, "traceState", trace.state);
	if (s->parent[0] != '\0')
		json_put_text(&w, "parentSpanId", s->parent);
	json_put_int(&w, "flags", trace.self.flags);
	json_put_text(&w, "name", end->name);
	json_put_int(&w, "kind", (int64_t)end->kind);
	trace_put_time(&w, "startTimeUnixNano", s->began + trace.since);
	trace_put_time(&w, "endTimeUnixNano", clock_mono_us() + trace.since);
	json_open_array(&w, "attributes");
	for (f = end->fields; f->key != NULL; f++)
		trace_put_field(&w, f);
	if (end->error != NULL)
		trace_put_field(&w, &error);
	json_close_array(&w);
	json_open_object(&w, "status");
	if (end->error != NULL)
		json_put_int(&w, "code", 2);
	json_close_object(&w);
	json_close_object(&w);
	json_write_end(&w);
}

static void
trace_keep(const struct trace_span *s, const struct trace_end *end)
{
	static struct buf one;

	buf_clear(&one);
	trace_write(&one, s, end);
	if (ready.spans.len + one.len < TRACE_BYTES) {
		if (ready.spans.len > 0)
			buf_addc(&ready.spans, ',');
		buf_add(&ready.spans, one.data, one.len);
		ready.n++;
	} else {
		ready.dropped++;
	}
}

void
trace_close(struct trace_span *s, const struct trace_end *end)
{
	struct trace_total *total = &trace.totals[end->system];

	total->us += clock_mono_us() - s->began;
	total->calls++;
	if (trace.kept)
		trace_keep(s, end);
	trace.inner = s->outer;
	trace_now = trace.inner != NULL;
	if (trace_now && trace.kept)
		memcpy(trace.self.span, trace.inner->id, TRACE_SPAN);
}

const char *
trace_parent(void)
{
	return trace.kept ? traceparent_format(&trace.self, trace.text) : NULL;
}

const char *
trace_id(void)
{
	return trace.kept ? trace.self.trace : NULL;
}

const char *
trace_state(void)
{
	return trace.state;
}

void
trace_send(void)
{
	if (ready.n > 0)
		trace_hand(&ready);
}

void
trace_reset(void)
{
	trace_now = false;
	trace.inner = NULL;
	buf_free(&ready.spans);
	ready = (struct trace_ready){ 0 };
	trace_hand_reset();
}
