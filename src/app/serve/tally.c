/* SPDX-License-Identifier: ISC */
/* Counts and logs requests, in the words of the routes' table. */
#include "config.h"

#include "tally.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "log/log.h"
#include "metric/metric.h"
#include "router.h"

#define TALLY_STATUSES 32

void
tally_open(enum metric_word role)
{
	static const char *codes[TALLY_STATUSES];
	const char *const *patterns;
	size_t n = 0;

	while (n < NELEM(codes) && (codes[n] = response_code(n)) != NULL)
		n++;
	metric_words(METRIC_SET_code, codes, n);
	metric_words(METRIC_SET_method, methods, METHOD_OTHER);
	n = router_patterns(&patterns);
	metric_words(METRIC_SET_route, patterns, n);
	/* Without it each process counts for itself, which the log tells. */
	(void)metric_open(settings.metrics_file, role);
}

void
tally_socket(const struct sockaddr_storage *sa, socklen_t len)
{
	const struct sockaddr_un *un = (const void *)sa;
	char name[sizeof(un->sun_path) + 1];
	int port;

	if (sa->ss_family == AF_UNIX) {
		len -= (socklen_t)offsetof(struct sockaddr_un, sun_path);
		snprintf(name, sizeof(name), "%.*s", (int)len, un->sun_path);
	} else {
		port =
		    sa->ss_family == AF_INET6
			? ntohs(((const struct sockaddr_in6 *)(const void *)sa)
				    ->sin6_port)
			: ntohs(((const struct sockaddr_in *)(const void *)sa)
				    ->sin_port);
		snprintf(name, sizeof(name), "tcp:%d", port);
	}
	metric_listens(name);
}

/* The id of the trace, if its sender keeps it. */
static const char *
tally_trace(const struct request *req)
{
	const char *text = req->traceparent;

	if (text == NULL || (str_hex_digit(text[54]) & 1) == 0)
		return NULL;
	return req->trace_id;
}

void
tally_request(const struct call *c, int64_t us)
{
	metric_time(METRIC_requests,
	    METRIC_AT((unsigned)c->req->method,
		(unsigned)router_index(c->route),
		(unsigned)response_index(c->res->status)),
	    us, tally_trace(c->req));
	if (c->within.was != NULL)
		tally_request(c->within.was, c->within.us);
}

/* A line a request, and one for what it had done. */
static void
tally_line(const struct call *c, int64_t us)
{
	const struct request *req = c->req;
	struct log_field f[10] = {
		LS("method", req->method_name),
		LS("route", c->route == NULL ? "-" : c->route->pattern),
		LS("path", req->path),
		LI("status", c->res->status),
		LI("duration_us", us),
		LS("remote", req->remote_addr),
	};
	size_t n = 6;

	if (c->who != NULL)
		f[n++] = LS("user", c->who->username);
	if (c->cache_result != NULL)
		f[n++] = LS("cache", c->cache_result);
	if (req->traceparent != NULL)
		f[n++] = LS("traceparent", req->traceparent);
	log_write(LOGL_INFO, "request", f);
	if (c->within.was != NULL)
		tally_line(c->within.was, c->within.us);
}

void
tally_log(const struct call *c, int64_t start)
{
	if (settings.log_requests)
		tally_line(c, clock_mono_us() - start);
}
