/* SPDX-License-Identifier: ISC */
/* What was counted, for those whose address [metrics] allow names. */
#include "config.h"

#include "answer/problem.h"
#include "handlers.h"
#include "metric/metric.h"
#include "monitor.h"

void
h_metrics(struct call *c)
{
	enum metric_format format = metric_format_of(c->req->accept);

	if (!monitor_allowed(c->req->remote_addr)) {
		problem(c, 403,
		    "this address is not one that may read metrics here");
		return;
	}
	c->res->content_type = metric_content_type(format);
	response_header(c->res, "Vary", "Accept");
	metric_print(&c->res->body, format);
}
