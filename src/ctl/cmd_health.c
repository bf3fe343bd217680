/* SPDX-License-Identifier: ISC */
/* errandctl health: can everything be reached that Errand needs? */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cmd.h"
#include "conf/conf.h"
#include "health_keys.h"
#include "pg/pg.h"
#include "redis/kv.h"
#include "setup/setup.h"
#include "text/json.h"

/* As monitoring programs expect it of a check. */
#define HEALTH_UNKNOWN 3

enum health { HEALTH_PASS, HEALTH_WARN, HEALTH_FAIL, HEALTH__MAX };

static const char *const health_names[HEALTH__MAX] = { "pass", "warn", "fail" };

struct check {
	const char *name;
	enum health health;
	int64_t us;
	char detail[256];
};

enum { CHECK_POSTGRESQL, CHECK_SCHEMA, CHECK_REDIS, CHECK_KEYS, CHECK__MAX };

/* PostgreSQL and its schema: two lines, because two people mend them. */
static void
health_postgresql(struct check *postgresql, struct check *schema)
{
	int64_t start = clock_mono_us();
	struct pg *pg = pg_new();
	const char *why = NULL;
	enum pg_err err = pg_ping(pg, &why);

	postgresql->us = clock_mono_us() - start;
	if (err == PG_OK)
		snprintf(schema->detail, sizeof(schema->detail), "version %lld",
		    (long long)pg_schema(pg));
	else if (err == PG_SCHEMA) {
		schema->health = HEALTH_FAIL;
		snprintf(schema->detail, sizeof(schema->detail),
		    "%s; see errandctl migrate", why);
	} else {
		postgresql->health = schema->health = HEALTH_FAIL;
		snprintf(postgresql->detail, sizeof(postgresql->detail), "%s",
		    why);
		snprintf(schema->detail, sizeof(schema->detail),
		    "not known without the database");
	}
	pg_free(pg);
}

static void
health_redis(struct check *k)
{
	int64_t start = clock_mono_us();
	struct arena *a = arena_new();
	struct kv *kv = kv_new_redis();
	const struct kv_word ping[] = { KV("PING") };

	if (!kv_up(kv) || kv_run(kv, a, NELEM(ping), ping) == NULL) {
		k->health = HEALTH_WARN;
		snprintf(k->detail, sizeof(k->detail),
		    "Redis cannot be "
		    "reached; tasks come from PostgreSQL alone");
	}
	k->us = clock_mono_us() - start;
	kv_free(kv);
	arena_free(a);
}

static void
health_keys(struct check *k)
{
	int64_t start = clock_mono_us();
	struct buf why = { 0 };
	int n = health_keys_count(&why);

	k->us = clock_mono_us() - start;
	if (n > 0)
		snprintf(k->detail, sizeof(k->detail), "%d signing key%s", n,
		    n == 1 ? "" : "s");
	else {
		k->health = HEALTH_FAIL;
		snprintf(k->detail, sizeof(k->detail), "%.250s", why.data);
	}
	buf_free(&why);
}

static void
health_print_table(const struct check *checks, enum health worst)
{
	size_t i;

	for (i = 0; i < CHECK__MAX; i++) {
		const struct check *k = &checks[i];

		printf("%-10s  %s  ", k->name, health_names[k->health]);
		if (i == CHECK_SCHEMA)
			printf("%12s", "");
		else
			printf("%5lld.%03d ms", (long long)(k->us / 1000),
			    (int)(k->us % 1000));
		printf("%s%s\n", k->detail[0] == '\0' ? "" : "  ", k->detail);
	}
	printf("%-10s  %s\n", "together", health_names[worst]);
}

static void
health_print_json(const struct check *checks, enum health worst)
{
	struct buf b = { 0 };
	size_t i;

	buf_printf(&b, "{\"status\":\"%s\",\"checks\":{", health_names[worst]);
	for (i = 0; i < CHECK__MAX; i++) {
		const struct check *k = &checks[i];

		buf_printf(&b, "%s\"%s\":{\"status\":\"%s\"", i == 0 ? "" : ",",
		    k->name, health_names[k->health]);
		if (i != CHECK_SCHEMA)
			buf_printf(&b, ",\"latency_ms\":%lld.%03d",
			    (long long)(k->us / 1000), (int)(k->us % 1000));
		if (k->detail[0] != '\0') {
			buf_adds(&b, ",\"detail\":");
			json_add_cstring(&b, k->detail);
		}
		buf_addc(&b, '}');
	}
	buf_adds(&b, "}}");
	puts(b.data);
	buf_free(&b);
}

static int
health_check(bool json)
{
	struct check checks[CHECK__MAX] = {
		[CHECK_POSTGRESQL] = { .name = "postgresql" },
		[CHECK_SCHEMA] = { .name = "schema" },
		[CHECK_REDIS] = { .name = "redis" },
		[CHECK_KEYS] = { .name = "keyset" },
	};
	enum health worst = HEALTH_PASS;
	size_t i;

	health_postgresql(&checks[CHECK_POSTGRESQL], &checks[CHECK_SCHEMA]);
	health_redis(&checks[CHECK_REDIS]);
	health_keys(&checks[CHECK_KEYS]);
	for (i = 0; i < CHECK__MAX; i++) {
		if (checks[i].health > worst)
			worst = checks[i].health;
	}
	if (json)
		health_print_json(checks, worst);
	else
		health_print_table(checks, worst);
	return (int)worst;
}

static int
health_run(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	bool json = false;
	int c, rc;

	while ((c = getopt_long(argc, argv, "j", longs, NULL)) != -1) {
		if (c != 'j') {
			cmd_misused(&cmd_health, NULL);
			return HEALTH_UNKNOWN;
		}
		json = true;
	}
	if (optind != argc) {
		cmd_misused(&cmd_health, "it takes no \"%s\"", argv[optind]);
		return HEALTH_UNKNOWN;
	}
	if (setup_load_or_say("errandctl", ctl->conf) == -1)
		return HEALTH_UNKNOWN;
	rc = health_check(json);
	conf_free();
	return rc;
}

const struct cmd cmd_health = {
	.name = "health",
	.summary = "Checks PostgreSQL, schema, Redis and key set",
	.usage = "[--json]",
	.options = "  -j, --json  print an object for programs\n\n"
		   "exit status: 0 pass, 1 warn, 2 fail, 3 could not check\n",
	.run = health_run,
};
