/* SPDX-License-Identifier: ISC */
/* errandctl health: can everything be reached that Errand needs? */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cmd.h"
#include "conf/conf.h"
#include "database.h"
#include "health/health.h"
#include "pg/pg.h"
#include "queue/queue.h"
#include "redis/kv.h"
#include "setup/setup.h"
#include "text/json_write.h"

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
		if (k->lines != -1)
			printf("%6lld lines", (long long)k->lines);
		else if (k->us == -1)
			printf("%12s", "");
		else
			printf("%5lld.%03d ms", (long long)(k->us / 1000),
			    (int)(k->us % 1000));
		printf("%s%s\n", k->words == NULL ? "" : "  ",
		    k->words == NULL ? "" : k->words);
	}
	printf("%-*s  %s\n", (int)width, "tasks", settings.rbac_tasks);
	printf("%-*s  %s\n", (int)width, "together",
	    health_names[report->worst]);
}

static void
print_json(const struct health_report *report)
{
	struct buf b = { 0 };
	struct json_write w = json_write(&b);

	json_open_object(&w, NULL);
	json_put_text(&w, "status", health_names[report->worst]);
	json_put_text(&w, "tasks", settings.rbac_tasks);
	json_open_object(&w, "checks");
	for (size_t i = 0; i < report->n; i++) {
		const struct check *k = &report->checks[i];

		json_open_object(&w, k->name);
		json_put_text(&w, "status", health_names[k->status]);
		if (k->us != -1)
			buf_printf(json_put_by_hand(&w, "latency_ms"),
			    "%lld.%03d", (long long)(k->us / 1000),
			    (int)(k->us % 1000));
		if (k->lines != -1)
			json_put_int(&w, "lines", k->lines);
		if (k->words != NULL)
			json_put_text(&w, "detail", k->words);
		json_close_object(&w);
	}
	json_close_object(&w);
	json_close_object(&w);
	json_write_end(&w);
	puts(b.data);
	buf_free(&b);
}

/* Returns the exit status, which is that of the worst check. */
static int
check(bool json)
{
	struct arena *a = arena_new();
	struct kv *broker = kv_new_broker();
	struct database d = database_open();
	struct health_sources from = {
		.arena = a,
		.pg = d.pg,
		.kv = d.kv,
		.broker = queue_new(broker, NULL),
		.within = HEALTH_WITHIN,
	};
	struct health_report report = health_run(&from);

	if (json)
		print_json(&report);
	else
		print_table(&report);
	queue_free(from.broker);
	kv_free(broker);
	database_close(&d);
	arena_free(a);
	return (int)report.worst;
}

static int
run(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "ready", no_argument, NULL, 'r' },
		{ 0 },
	};
	bool json = false, ready = false;
	int c, rc;

	while ((c = getopt_long(argc, argv, "jr", longs, NULL)) != -1) {
		if (c != 'j' && c != 'r') {
			cmd_misused(&cmd_health, NULL);
			return HEALTH_UNKNOWN;
		}
		json = json || c == 'j';
		ready = ready || c == 'r';
	}
	if (optind != argc) {
		cmd_misused(&cmd_health, "it takes no \"%s\"", argv[optind]);
		return HEALTH_UNKNOWN;
	}
	if (setup_load_or_say("errandctl", ctl->conf) == -1)
		return HEALTH_UNKNOWN;
	rc = check(json);
	conf_free();
	return ready && rc == HEALTH_WARN ? HEALTH_PASS : rc;
}

const struct cmd cmd_health = {
	.name = "health",
	.summary = "Checks all that Errand needs",
	.usage = "[--json] [--ready]",
	.options = "  -j, --json   print an object for programs\n"
		   "  -r, --ready  take a warning for a pass in the exit "
		   "status\n\n"
		   "exit status: 0 pass, 1 warn, 2 fail, 3 could not check\n",
	.run = run,
};
