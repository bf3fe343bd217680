/* SPDX-License-Identifier: ISC */
/* Health in the form of application/health+json. */
#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "handlers.h"
#include "text/json.h"

enum health { HEALTH_PASS, HEALTH_WARN, HEALTH_FAIL, HEALTH__MAX };

static const char *const health_names[HEALTH__MAX] = { "pass", "warn", "fail" };

/* One line of "checks". */
struct check {
	const char *name; /* "postgresql:responseTime" */
	const char *kind; /* datastore, component, system */
	enum health status;
	bool measured; /* value_us was taken */
	int64_t value_us;
	const char *output; /* why it is not pass, or NULL */
};

/* Milliseconds with three decimals. */
static void
health_add_ms(struct buf *b, int64_t us)
{
	buf_addint(b, us / 1000);
	buf_printf(b, ".%03d", (int)(us % 1000));
}

static void
health_add_check(struct buf *b, const struct check *k)
{
	char now[CLOCK_TEXT];

	json_add_cstring(b, k->name);
	buf_adds(b, ":[{\"componentType\":");
	json_add_cstring(b, k->kind);
	buf_adds(b, ",\"status\":");
	json_add_cstring(b, health_names[k->status]);
	if (k->measured) {
		buf_adds(b, ",\"observedValue\":");
		health_add_ms(b, k->value_us);
		buf_adds(b, ",\"observedUnit\":\"ms\"");
	}
	buf_adds(b, ",\"time\":");
	json_add_cstring(b, clock_format(clock_wall_us(), now));
	if (k->output != NULL) {
		buf_adds(b, ",\"output\":");
		json_add_cstring(b, k->output);
	}
	buf_adds(b, "}]");
}

static void
health_answer(struct call *c, const struct check *checks, size_t n)
{
	struct buf *b = &c->res->body;
	enum health worst = HEALTH_PASS;

	for (size_t i = 0; i < n; i++)
		if (checks[i].status > worst)
			worst = checks[i].status;
	c->res->status = worst == HEALTH_FAIL ? 503 : 200;
	c->res->content_type = "application/health+json";
	if (worst == HEALTH_FAIL)
		response_header(c->res, "Retry-After", "2");
	buf_adds(b, "{\"status\":");
	json_add_cstring(b, health_names[worst]);
	buf_adds(b, ",\"serviceId\":\"errand\",\"version\":");
	json_add_cstring(b, PACKAGE_VERSION);
	buf_adds(b, ",\"checks\":{");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(b, ',');
		health_add_check(b, &checks[i]);
	}
	buf_adds(b, "}}\n");
}

/* PostgreSQL and its schema: two lines, because two people mend them. */
static void
health_postgresql(struct call *c, struct check k[2])
{
	int64_t start = clock_mono_us();
	const char *why;
	enum pg_err err = pg_ping(c->deps->pg, &why);

	k[0] = (struct check){ .name = "postgresql:responseTime",
		.kind = "datastore",
		.measured = true,
		.value_us = clock_mono_us() - start };
	k[1] = (struct check){ .name = "postgresql:schema",
		.kind = "component",
		.measured = true,
		.value_us = k[0].value_us };
	if (err == PG_SCHEMA) {
		k[1].status = HEALTH_FAIL;
		k[1].output = why;
	} else if (err != PG_OK) {
		k[0].status = HEALTH_FAIL;
		k[0].output = why;
		k[1].status = HEALTH_FAIL;
		k[1].output = "not known without the database";
	}
}

static struct check
health_redis(struct call *c)
{
	struct check k = { .name = "redis:responseTime",
		.kind = "datastore",
		.measured = true };
	int64_t start = clock_mono_us();

	if (!kv_up(c->deps->kv) ||
	    kv_run(c->deps->kv, c->arena, 1,
		(struct kv_word[]){ KV("PING") }) == NULL) {
		k.status = HEALTH_WARN;
		k.output = "Redis cannot be reached; tasks come from "
			   "PostgreSQL alone";
	}
	k.value_us = clock_mono_us() - start;
	return k;
}

static struct check
health_keys(struct call *c)
{
	struct check k = { .name = "keyset:fetchTime", .kind = "component" };
	int64_t age_s;
	int keys;

	if (auth_ready(c->deps->auth, &age_s, &keys, &k.value_us)) {
		k.measured = true;
		return k;
	}
	k.status = HEALTH_FAIL;
	k.output = "no key set could be fetched; tokens cannot be verified";
	return k;
}

/* Nobody is asked for this: a health check costs the issuer nothing. */
static struct check
health_introspection(enum auth_asks asks)
{
	static const enum health states[] = {
		[AUTH_ASKS_WELL] = HEALTH_PASS,
		[AUTH_ASKS_IN_VAIN] = HEALTH_WARN,
		[AUTH_ASKS_LATER] = HEALTH_FAIL,
	};
	struct check k = { .name = "introspection:available",
		.kind = "component",
		.status = states[asks] };

	if (k.status != HEALTH_PASS)
		k.output = "the last question about a token had no answer";
	return k;
}

void
h_health_live(struct call *c)
{
	health_answer(c, NULL, 0);
}

/* Ready is who can serve tasks: the same checks, so that 503 takes a process
 * out of rotation exactly when it would answer 503 itself. */
void
h_health_ready(struct call *c)
{
	enum auth_asks asks = auth_asks(c->deps->auth);
	struct check checks[5];

	health_postgresql(c, checks);
	checks[2] = health_redis(c);
	checks[3] = health_keys(c);
	checks[4] = health_introspection(asks);
	health_answer(c, checks, asks == AUTH_ASKS_NOBODY ? 4 : 5);
}

void
h_health(struct call *c)
{
	h_health_ready(c);
}
