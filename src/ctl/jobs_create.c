/* SPDX-License-Identifier: ISC */
/* errandctl jobs create: has a job done. */
#include "config.h"

#include "jobs_create.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "broker.h"
#include "celery/celery.h"
#include "conf/conf.h"
#include "database.h"
#include "jobs/job_make.h"
#include "jobs/kind.h"
#include "jobs_print.h"
#include "setup/setup.h"
#include "text/json_span.h"

#define SAY   "errandctl jobs: "
#define DEPTH 16

/* Arguments as POST /jobs takes them.  CMD_OK, or it was said. */
static int
create_json(const struct cmd *cmd, const char *option, const char *text,
    char type, const char **into)
{
	struct json_span v;
	unsigned odd = 0;
	const char *why = json_span_read(text, strlen(text), DEPTH, &v, &odd);

	if (why == NULL && !json_span_is(&v, type))
		why = type == '[' ? "it must be an array of JSON"
				  : "it must be an object of JSON";
	if (why == NULL && odd != 0)
		why = "it has what JSON has not, or the character U+0000";
	if (why != NULL)
		return cmd_misused(cmd, "--%s: %s", option, why);
	*into = text;
	return CMD_OK;
}

static int
create_take(const struct cmd *cmd, struct job_new *n, int option,
    const char *value)
{
	int64_t number;

	switch (option) {
	case 'A':
		return create_json(cmd, "args", value, '[', &n->args);
	case 'K':
		return create_json(cmd, "kwargs", value, '{', &n->kwargs);
	case 'p':
		if (str_to_int(value, 0, JOB_PRIORITY, &number) == -1)
			return cmd_misused(cmd,
			    "\"%s\" is no number from 0 to 9", value);
		n->priority = (int)number;
		return CMD_OK;
	case 't':
		n->has_run_at = true;
		if (clock_parse(value, &n->run_at) == 0 &&
		    pg_is_time(n->run_at))
			return CMD_OK;
		return cmd_misused(cmd,
		    "\"%s\" is no time such as 2026-11-22T11:05:00Z", value);
	case 'u':
		n->unique_key = value;
		if (value[0] != '\0' && strlen(value) <= JOB_KEY_MAX)
			return CMD_OK;
		return cmd_misused(cmd, "a key has from 1 to %d bytes",
		    JOB_KEY_MAX);
	default:
		return cmd_misused(cmd, NULL);
	}
}

/* What the row cannot hold.  NULL, or a sentence. */
static const char *
create_judge(const struct job_new *n)
{
	const struct celery_message m = { .kind = n->kind,
		.args = n->args == NULL ? "[]" : n->args,
		.kwargs = n->kwargs == NULL ? "{}" : n->kwargs };
	const struct kind *k = kind_find(n->kind, NULL);

	if (k == NULL || !k->create)
		return "its section in the settings has no create = yes";
	return celery_check_args(&m);
}

static int
create_row(const struct job_new *n, bool json)
{
	struct database d = database_open();
	struct broker broker = broker_open();
	struct arena *a = arena_new();
	char id[UUID_TEXT];
	const char *why;
	int rc = CMD_FAILED;
	struct job job;
	bool made;

	if (pg_ping(d.pg, &why) != PG_OK) {
		fprintf(stderr, SAY "%s; see [database]\n", why);
		goto out;
	}
	pg_use(d.pg, a);
	if (job_make(d.pg, n, &made, &job) != PG_OK) {
		fputs(SAY "the database did not do it\n", stderr);
		goto out;
	}
	if (made)
		queue_poke(broker.queue);
	if (json)
		jobs_print_one(&job, true);
	else
		printf("job %s is %s\n", uuid_format(&job.id, id),
		    made ? job.state_word : "there, with that key");
	rc = CMD_OK;
out:
	arena_free(a);
	broker_close(&broker);
	database_close(&d);
	return rc;
}

int
jobs_create(const struct ctl *ctl, const struct cmd *cmd, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "args", required_argument, NULL, 'A' },
		{ "at", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ "key", required_argument, NULL, 'u' },
		{ "kwargs", required_argument, NULL, 'K' },
		{ "priority", required_argument, NULL, 'p' },
		{ 0 },
	};
	struct job_new n = { 0 };
	bool json = false;
	const char *why;
	int c, rc;

	while ((c = getopt_long(argc, argv, "A:jK:p:t:u:", longs, NULL)) !=
	       -1) {
		json |= c == 'j';
		if (c != 'j' && create_take(cmd, &n, c, optarg) != CMD_OK)
			return CMD_USAGE;
	}
	if (argc - optind != 1)
		return cmd_misused(cmd, "create needs one kind");
	n.kind = argv[optind];
	if (setup_load_or_say("errandctl", ctl->conf) == -1)
		return CMD_FAILED;
	why = create_judge(&n);
	if (why != NULL)
		fprintf(stderr, SAY "no job of \"%s\" is created: %s\n", n.kind,
		    why);
	rc = why != NULL ? CMD_FAILED : create_row(&n, json);
	conf_free();
	return rc;
}
