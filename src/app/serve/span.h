/* SPDX-License-Identifier: ISC */
/* The span of a request. */
#ifndef SPAN_H
#define SPAN_H

#include "answer/call.h"
#include "trace/trace.h"

/* Begins it if the request is to be traced: then traceparent and trace_id of
 * the request are those of the span.  start is clock_mono_us. */
void span_begin(struct trace_span *span, struct request *req, struct arena *a,
    int64_t start);

/* Tells an administrator in the answer where the time has gone, if [trace]
 * server_timing wants it. */
void span_tell(const struct call *c, int64_t start);

/* Ends it, and hands it over, if the request is traced. */
void span_end(struct trace_span *span, const struct call *c);

#endif
