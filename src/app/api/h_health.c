/* SPDX-License-Identifier: ISC */
/* Health in the form of application/health+json. */
#include "config.h"

#include "base/clock.h"
#include "handlers.h"
#include "health/health.h"
#include "text/json.h"

static void
health_add_check(struct buf *b, const struct check *k)
{
	char time[CLOCK_TEXT];

	json_add_cstring(b, k->member);
	buf_adds(b, ":[{\"componentType\":");
	json_add_cstring(b, k->component);
	buf_adds(b, ",\"status\":");
	json_add_cstring(b, health_names[k->status]);
	if (k->us != -1)
		buf_printf(b,
		    ",\"observedValue\":%lld.%03d,\"observedUnit\":\"ms\"",
		    (long long)(k->us / 1000), (int)(k->us % 1000));
	buf_adds(b, ",\"time\":");
	json_add_cstring(b, clock_format(k->time, time));
	if (k->status != HEALTH_PASS && k->words != NULL) {
		buf_adds(b, ",\"output\":");
		json_add_cstring(b, k->words);
	}
	buf_adds(b, "}]");
}

static void
health_answer(struct call *c, const struct health_report *report)
{
	struct buf *b = &c->res->body;
	bool failed = report->worst == HEALTH_FAIL;

	c->res->status = failed ? 503 : 200;
	c->res->content_type = "application/health+json";
	if (failed)
		response_header(c->res, "Retry-After", "2");
	buf_adds(b, "{\"status\":");
	json_add_cstring(b, health_names[report->worst]);
	buf_adds(b, ",\"serviceId\":\"errand\",\"version\":");
	json_add_cstring(b, PACKAGE_VERSION);
	buf_adds(b, ",\"checks\":{");
	for (size_t i = 0; i < report->n; i++) {
		if (i > 0)
			buf_addc(b, ',');
		health_add_check(b, &report->checks[i]);
	}
	buf_adds(b, "}}\n");
}

void
h_health_live(struct call *c)
{
	health_answer(c, &(struct health_report){ .worst = HEALTH_PASS });
}

/* Ready is who can serve tasks: the same checks, so that 503 takes a process
 * out of rotation exactly when it would answer 503 itself. */
void
h_health_ready(struct call *c)
{
	static const enum health introspection[] = {
		[AUTH_ASKS_NOBODY] = HEALTH_PASS,
		[AUTH_ASKS_WELL] = HEALTH_PASS,
		[AUTH_ASKS_IN_VAIN] = HEALTH_WARN,
		[AUTH_ASKS_LATER] = HEALTH_FAIL,
	};
	const enum auth_asks asks = auth_asks(c->deps->auth);
	struct health_issuer issuer = {
		.introspects = asks != AUTH_ASKS_NOBODY,
		.introspection = introspection[asks],
	};
	const struct health_sources from = {
		.arena = c->arena,
		.pg = c->deps->pg,
		.kv = c->deps->kv,
		.issuer = &issuer,
	};
	struct health_report report;
	int64_t age_s;

	issuer.usable =
	    auth_ready(c->deps->auth, &age_s, &issuer.keys, &issuer.fetch_us);
	report = health_run(&from);
	health_answer(c, &report);
}

void
h_health(struct call *c)
{
	h_health_ready(c);
}
