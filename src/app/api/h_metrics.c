/* SPDX-License-Identifier: ISC */
/* What was counted, for those whose address [metrics] allow names. */
#include "config.h"

#include "answer/problem.h"
#include "conf/conf.h"
#include "handlers.h"
#include "metric/metric.h"
#include "text/net.h"

static bool
h_metrics_allowed(const char *address)
{
	struct net_range one, range;

	if (net_range_parse(address, &one) == -1)
		return false;
	for (size_t i = 0; i < settings.metrics_allow.n; i++) {
		if (net_range_parse(settings.metrics_allow.v[i], &range) == 0 &&
		    net_range_has(&range, &one))
			return true;
	}
	return false;
}

void
h_metrics(struct call *c)
{
	enum metric_format format = metric_format_of(c->req->accept);

	if (!h_metrics_allowed(c->req->remote_addr)) {
		problem(c, 403,
		    "this address is not one that may read metrics here");
		return;
	}
	c->res->content_type = metric_content_type(format);
	response_header(c->res, "Vary", "Accept");
	metric_print(&c->res->body, format);
}
