/* SPDX-License-Identifier: ISC */
/* errandctl health: can everything be reached that Errand needs? */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cmd.h"
#include "conf/conf.h"
#include "health/health.h"
#include "pg/pg.h"
#include "redis/kv.h"
#include "setup/setup.h"
#include "text/json.h"

/* As monitoring programs expect it of a check. */
#define HEALTH_UNKNOWN 3

static void
print_table(const struct health_report *report)
{
	size_t width = strlen("together");

	for (size_t i = 0; i < report->n; i++) {
		size_t len = strlen(report->checks[i].name);

		if (len > width)
			width = len;
	}
	for (size_t i = 0; i < report->n; i++) {
		const struct check *k = &report->checks[i];

		printf("%-*s  %s  ", (int)width, k->name,
		    health_names[k->status]);
		if (k->us == -1)
			printf("%12s", "");
		else
			printf("%5lld.%03d ms", (long long)(k->us / 1000),
			    (int)(k->us % 1000));
		printf("%s%s\n", k->words == NULL ? "" : "  ",
		    k->words == NULL ? "" : k->words);
	}
	printf("%-*s  %s\n", (int)width, "together",
	    health_names[report->worst]);
}

static void
print_json(const struct health_report *report)
{
	struct buf b = { 0 };

	buf_printf(&b, "{\"status\":\"%s\",\"checks\":{",
	    health_names[report->worst]);
	for (size_t i = 0; i < report->n; i++) {
		const struct check *k = &report->checks[i];

		buf_printf(&b, "%s\"%s\":{\"status\":\"%s\"", i == 0 ? "" : ",",
		    k->name, health_names[k->status]);
		if (k->us != -1)
			buf_printf(&b, ",\"latency_ms\":%lld.%03d",
			    (long long)(k->us / 1000), (int)(k->us % 1000));
		if (k->words != NULL) {
			buf_adds(&b, ",\"detail\":");
			json_add_cstring(&b, k->words);
		}
		buf_addc(&b, '}');
	}
	buf_adds(&b, "}}");
	puts(b.data);
	buf_free(&b);
}

/* The exit status is that of the worst check. */
static int
check(bool json)
{
	struct arena *a = arena_new();
	struct health_sources from = {
		.arena = a,
		.pg = pg_new(),
		.kv = kv_new_redis(),
	};
	struct health_report report = health_run(&from);

	if (json)
		print_json(&report);
	else
		print_table(&report);
	kv_free(from.kv);
	pg_free(from.pg);
	arena_free(a);
	return (int)report.worst;
}

static int
run(const struct ctl *ctl, int argc, char **argv)
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
	rc = check(json);
	conf_free();
	return rc;
}

const struct cmd cmd_health = {
	.name = "health",
	.summary = "Checks PostgreSQL, schema, Redis and key set",
	.usage = "[--json]",
	.options = "  -j, --json  print an object for programs\n\n"
		   "exit status: 0 pass, 1 warn, 2 fail, 3 could not check\n",
	.run = run,
};
