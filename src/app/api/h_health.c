/* SPDX-License-Identifier: ISC */
/* Health in the form of application/health+json. */
#include "config.h"

#include "handlers.h"
#include "health/health.h"
#include "monitor.h"
#include "text/json_write.h"

static void
health_put_check(struct json_write *w, const struct check *k)
{
	json_open_array(w, k->member);
	json_open_object(w, NULL);
	json_put_text(w, "componentType", k->component);
	json_put_text(w, "status", health_names[k->status]);
	if (k->us != -1) {
		buf_printf(json_put_by_hand(w, "observedValue"), "%lld.%03d",
		    (long long)(k->us / 1000), (int)(k->us % 1000));
		json_put_text(w, "observedUnit", "ms");
	} else if (k->lines != -1) {
		json_put_int(w, "observedValue", k->lines);
		json_put_text(w, "observedUnit", "lines");
	}
	json_put_time(w, "time", k->time);
	if (k->status != HEALTH_PASS && k->words != NULL)
		json_put_text(w, "output", k->words);
	json_close_object(w);
	json_close_array(w);
}

/* Everybody is told how it is, and those who watch over it why. */
static void
health_answer(struct call *c, const struct health_report *report)
{
	struct json_write w = json_write(&c->res->body);
	bool failed = report->worst == HEALTH_FAIL;
	bool told = report->n > 0 && monitor_allowed(c->req->remote_addr);

	c->res->status = failed ? 503 : 200;
	c->res->content_type = "application/health+json";
	if (failed)
		response_header(c->res, "Retry-After", "2");
	json_open_object(&w, NULL);
	json_put_text(&w, "status", health_names[report->worst]);
	json_put_text(&w, "serviceId", "errand");
	json_put_text(&w, "version", PACKAGE_VERSION);
	json_open_object(&w, "checks");
	for (size_t i = 0; told && i < report->n; i++)
		health_put_check(&w, &report->checks[i]);
	json_close_object(&w);
	json_close_object(&w);
	json_write_end(&w);
	buf_addc(&c->res->body, '\n');
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
	const char *why;
	const enum auth_asks asks = auth_asks(c->deps->auth, &why);
	struct health_issuer issuer = {
		.introspects = asks != AUTH_ASKS_NOBODY,
		.introspection = introspection[asks],
		.why = why,
	};
	const struct health_sources from = {
		.arena = c->arena,
		.pg = c->deps->pg,
		.kv = c->deps->kv,
		.broker = c->deps->broker,
		.issuer = &issuer,
		.within = HEALTH_WITHIN,
		.stopping = c->deps->stopping,
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
