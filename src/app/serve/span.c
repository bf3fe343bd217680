/* SPDX-License-Identifier: ISC */
/* A request as a span, in the words of OpenTelemetry's conventions for HTTP. */
#include "config.h"

#include "span.h"

#include <stdio.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "router.h"

void
span_begin(struct trace_span *span, struct request *req, struct arena *a,
    int64_t start)
{
	if (!trace_begin(span, req->traceparent, req->tracestate, start)) {
		if (settings.trace_server_timing)
			trace_watch(span, start);
		return;
	}
	req->traceparent = arena_strdup(a, trace_parent());
	req->trace_id = arena_strdup(a, trace_id());
}

/* Milliseconds, as the header has them. */
static const char *
span_ms(const struct call *c, int64_t us)
{
	return arena_printf(c->arena, "%lld.%03lld", (long long)(us / 1000),
	    (long long)(us % 1000));
}

void
span_tell(const struct call *c, int64_t start)
{
	static const char *const names[TRACE_SYSTEM__MAX] = {
		[TRACE_POSTGRESQL] = "postgresql",
		[TRACE_REDIS] = "redis",
		[TRACE_HTTP] = "issuer",
	};
	const struct trace_total *t = trace_totals();
	const char *text;

	if (!settings.trace_server_timing || c->who == NULL ||
	    !rights_has(&c->who->rights, ROLE_ADMIN))
		return;
	text = arena_printf(c->arena, "total;dur=%s",
	    span_ms(c, clock_mono_us() - start));
	for (size_t i = 0; i < TRACE_SYSTEM__MAX; i++)
		if (names[i] != NULL && t[i].calls > 0)
			text = arena_printf(c->arena,
			    "%s, %s;dur=%s;desc=\"calls: %lld\"", text,
			    names[i], span_ms(c, t[i].us),
			    (long long)t[i].calls);
	response_header(c->res, "Server-Timing", "%s", text);
}

/* A method that no route has is any text. */
static const char *
span_name(const struct call *c)
{
	const char *method =
	    c->req->method == METHOD_OTHER ? "HTTP" : methods[c->req->method];

	if (c->route == NULL)
		return method;
	return arena_printf(c->arena, "%s %s", method, c->route->pattern);
}

void
span_end(struct trace_span *span, const struct call *c)
{
	const struct request *req = c->req;
	int status = c->res->status;
	char error[16];
	struct log_field f[9] = {
		LS("http.request.method", req->method == METHOD_OTHER
					      ? "_OTHER"
					      : methods[req->method]),
		LI("http.response.status_code", status),
		LS("url.path", req->address),
		LS("client.address", req->remote_addr),
		LS("errand.request_id", req->id),
	};
	size_t n = 5;

	if (!trace_now)
		return;
	if (c->route != NULL)
		f[n++] = LS("http.route", c->route->pattern);
	if (req->method == METHOD_OTHER)
		f[n++] = LS("http.request.method_original", req->method_name);
	if (c->cache_result != NULL)
		f[n++] = LS("errand.cache", c->cache_result);
	snprintf(error, sizeof(error), "%d", status);
	trace_close(span, &(struct trace_end){ .kind = TRACE_SERVER,
			      .name = span_name(c),
			      .error = status >= 500 ? error : NULL,
			      .fields = f });
	trace_send();
}
