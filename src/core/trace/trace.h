/* SPDX-License-Identifier: ISC */
/* Spans of OpenTelemetry: which work took how long, and what had caused it. */
#ifndef TRACE_H
#define TRACE_H

#include "base/base.h"
#include "log/log.h"
#include "text/traceparent.h"

/* As in OTLP. */
enum trace_kind {
	TRACE_INTERNAL = 1,
	TRACE_SERVER = 2,
	TRACE_CLIENT = 3,
	TRACE_CONSUMER = 5
};

#define TRACE_STATE 513 /* bytes of a tracestate that is passed on */

/* One piece of work.  It lives with whoever does the work; only these functions
 * know what is in it. */
struct trace_span {
	struct trace_span *outer; /* NULL: it is the first of its trace */
	int64_t began;            /* clock_mono_us */
	char id[TRACE_SPAN];
	char parent[TRACE_SPAN]; /* "": nothing */
};

/* Whom we wait for, and for how long all in all. */
enum trace_system {
	TRACE_NOBODY,
	TRACE_POSTGRESQL,
	TRACE_REDIS,
	TRACE_HTTP,
	TRACE_SYSTEM__MAX
};
struct trace_total {
	int64_t us, calls;
};

/* How it went. */
struct trace_end {
	enum trace_kind kind;
	enum trace_system system;
	const char *name;
	const char *error; /* a word of few (error.type), or NULL: none */
	const struct log_field *fields; /* attributes; the last has no key */
};

/* True while something is traced, or only its times are added up. */
extern bool trace_now;

/* Begins a trace, or goes on with one, if the settings and what has called say
 * so; parent and state (tracestate) may be NULL.  False if it is not to be
 * traced: that costs no memory, and no system call but for more random bytes
 * now and then.  The work began at that time (clock_mono_us). */
bool trace_begin(struct trace_span *s, const char *parent, const char *state,
    int64_t began);

/* For what is not to be traced: from now on times are added up, and no span is
 * made; to be ended by trace_close as well. */
void trace_watch(struct trace_span *s, int64_t began);

/* What has been added up since the last trace_begin or trace_watch. */
const struct trace_total *trace_totals(void);

/* Begins a span within the innermost one that is open.  To be called, as all
 * below, only while trace_now is true. */
void trace_open(struct trace_span *s);

/* Ends the innermost span; of the first one, this ends the trace. */
void trace_close(struct trace_span *s, const struct trace_end *end);

/* The innermost span as a traceparent, for what is called or caused by it, and
 * the trace's id.  Until the trace ends; NULL if there are no spans. */
const char *trace_parent(void);
const char *trace_id(void);

/* The tracestate to go along with it; "" if there is none. */
const char *trace_state(void);

/* Hands all spans that have ended since the last call to errand-worker, with
 * one system call; never waits.  What cannot be handed over is lost, and
 * counted. */
void trace_send(void);

/* Closes the socket, and forgets what the settings said. */
void trace_reset(void);

#endif
