/* SPDX-License-Identifier: ISC */
/* errandctl jobs: looks at background jobs and steers them. */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cmd.h"
#include "conf/conf.h"
#include "database.h"
#include "jobs/job_list.h"
#include "jobs/job_purge.h"
#include "jobs_aside.h"
#include "jobs_create.h"
#include "jobs_print.h"
#include "jobs_schedule.h"
#include "jobs_withdraw.h"
#include "setup/setup.h"

#define SAY   "errandctl jobs: "
#define PAGE  1000 /* rows that are read at once */
#define BATCH 1000

#define JOBS_WHY "cancelled by errandctl"

struct jobs {
	struct pg *pg;
	struct jobs_withdraw withdraw;
	struct job_filter filter;
	int64_t limit; /* of a list */
	bool json;
	bool all;       /* retry, cancel: whatever can be */
	int64_t before; /* purge; 0: not given */
	char **ids;     /* of show, retry, cancel */
	int nids;
	struct jobs_print print; /* list */
};

/* pg has logged why. */
static int
jobs_failed(void)
{
	fputs(SAY "the database did not do it\n", stderr);
	return CMD_FAILED;
}

/* Calls fn with each page of the list, up to the limit.  CMD_OK, or what fn
 * has returned first that is not. */
static int
jobs_each(struct jobs *j, int (*fn)(struct jobs *, const struct job_set *))
{
	int64_t left = j->limit;
	bool more = true;
	int rc = CMD_OK;

	while (more && left > 0 && rc == CMD_OK) {
		struct arena *a = arena_new();
		struct job_set rows = { 0 };

		pg_use(j->pg, a);
		j->filter.limit = left < PAGE ? left : PAGE;
		if (job_list(j->pg, &j->filter, &rows, &more) != PG_OK)
			rc = jobs_failed();
		else
			rc = fn(j, &rows);
		left -= (int64_t)rows.n;
		if (rows.n > 0) {
			j->filter.has_cursor = true;
			j->filter.created_at = rows.v[rows.n - 1].created_at;
			j->filter.id = rows.v[rows.n - 1].id;
		}
		arena_free(a);
	}
	return rc;
}

static int
jobs_list_page(struct jobs *j, const struct job_set *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		jobs_print_row(&j->print, &rows->v[i]);
	return CMD_OK;
}

static int
jobs_list(struct jobs *j)
{
	int rc;

	jobs_print_head(&j->print, j->json);
	rc = jobs_each(j, jobs_list_page);
	jobs_print_end(&j->print);
	return rc;
}

static int
jobs_show(struct jobs *j, const struct uuid *id, const char *text)
{
	struct job job;
	bool found;

	if (job_get(j->pg, id, &found, &job) != PG_OK)
		return jobs_failed();
	if (!found) {
		fprintf(stderr, SAY "there is no job %s\n", text);
		return CMD_FAILED;
	}
	jobs_print_one(&job, j->json);
	return CMD_OK;
}

/* Says what became of a wish. */
static int
jobs_steered(const struct jobs *j, enum pg_err err, enum job_steer result,
    const struct job *job, const char *text)
{
	if (err != PG_OK)
		return jobs_failed();
	if (j->all && result != JOB_STEER_DONE)
		return CMD_OK; /* somebody else was faster */
	switch (result) {
	case JOB_STEER_ABSENT:
		fprintf(stderr, SAY "there is no job %s\n", text);
		return CMD_FAILED;
	case JOB_STEER_REFUSED:
		fprintf(stderr, SAY "job %s is %s: nothing was changed\n", text,
		    job->state_word);
		return CMD_FAILED;
	case JOB_STEER_KEY:
		fprintf(stderr,
		    SAY "another job that is not over has the unique key of "
			"job %s: nothing was changed\n",
		    text);
		return CMD_FAILED;
	case JOB_STEER_DONE:
		break;
	}
	if (j->json)
		jobs_print_one(job, true);
	else
		printf("job %s is %s\n", text,
		    job->state == JOB_RUNNING ? "being ended"
					      : job->state_word);
	return CMD_OK;
}

static int
jobs_retry(struct jobs *j, const struct uuid *id, const char *text)
{
	enum job_steer result = JOB_STEER_ABSENT;
	struct job job;
	enum pg_err err;

	err = job_retry(j->pg, id, &result, &job);
	return jobs_steered(j, err, result, &job, text);
}

/* One that was cancelled may still be wanted to end. */
static int
jobs_retry_one(struct jobs *j, const struct uuid *id, const char *text)
{
	bool found;
	struct job job;

	if (job_get(j->pg, id, &found, &job) == PG_OK && found)
		job_unrevoke(j->withdraw.broker.queue, j->withdraw.broker.arena,
		    &job);
	return jobs_retry(j, id, text);
}

static int
jobs_cancel(struct jobs *j, const struct uuid *id, const char *text)
{
	enum job_steer result = JOB_STEER_ABSENT;
	struct job job;
	enum pg_err err;
	bool runs;
	int rc;

	err = job_cancel(j->pg, id, JOBS_WHY, &result, &job);
	runs = err == PG_OK && result == JOB_STEER_REFUSED &&
	       j->withdraw.running && job.state == JOB_RUNNING;
	if (runs)
		result = JOB_STEER_DONE;
	rc = jobs_steered(j, err, result, &job, text);
	if (rc != CMD_OK || result != JOB_STEER_DONE)
		return rc;
	if (runs)
		jobs_withdraw_end(&j->withdraw, &job);
	else
		jobs_withdraw_add(&j->withdraw, &job);
	return CMD_OK;
}

/* Does something to the job of that id; text is the id as it was given. */
typedef int jobs_one(struct jobs *j, const struct uuid *id, const char *text);

static int
jobs_row(struct jobs *j, const struct job *job, jobs_one *fn)
{
	struct arena *a = arena_new(), *rows = pg_use(j->pg, a);
	char text[UUID_TEXT];
	int rc;

	rc = fn(j, &job->id, uuid_format(&job->id, text));
	pg_use(j->pg, rows);
	arena_free(a);
	return rc;
}

static bool
jobs_has(const struct job_set *rows, const struct uuid *id)
{
	for (size_t i = 0; i < rows->n; i++) {
		if (memcmp(&rows->v[i].id, id, sizeof(*id)) == 0)
			return true;
	}
	return false;
}

/* Does the same to several: those that it was done to. */
typedef enum pg_err jobs_some(struct jobs *j, const struct job_ids *ids,
    struct job_set *done);

/* What the one statement did not change is looked at by itself. */
static int
jobs_page(struct jobs *j, const struct job_set *rows, jobs_some *some,
    jobs_one *one)
{
	struct uuid ids[PAGE];
	struct job_set done = { 0 };
	char text[UUID_TEXT];
	int rc = CMD_OK;
	size_t i;

	for (i = 0; i < rows->n; i++)
		ids[i] = rows->v[i].id;
	if (rows->n > 0 &&
	    some(j, &(struct job_ids){ ids, rows->n }, &done) != PG_OK)
		return jobs_failed();
	for (i = 0; i < done.n; i++)
		jobs_steered(j, PG_OK, JOB_STEER_DONE, &done.v[i],
		    uuid_format(&done.v[i].id, text));
	for (i = 0; i < rows->n && done.n < rows->n && rc == CMD_OK; i++) {
		if (!jobs_has(&done, &ids[i]))
			rc = jobs_row(j, &rows->v[i], one);
	}
	return rc;
}

static enum pg_err
jobs_retry_some(struct jobs *j, const struct job_ids *ids, struct job_set *done)
{
	return job_retry_some(j->pg, ids, done);
}

static int
jobs_retry_page(struct jobs *j, const struct job_set *rows)
{
	return jobs_page(j, rows, jobs_retry_some, jobs_retry);
}

static enum pg_err
jobs_cancel_some(struct jobs *j, const struct job_ids *ids,
    struct job_set *done)
{
	enum pg_err err = job_cancel_some(j->pg, ids, JOBS_WHY, done);

	for (size_t i = 0; err == PG_OK && i < done->n; i++)
		jobs_withdraw_add(&j->withdraw, &done->v[i]);
	return err;
}

static int
jobs_cancel_page(struct jobs *j, const struct job_set *rows)
{
	return jobs_page(j, rows, jobs_cancel_some, jobs_cancel);
}

/* Each id in turn, whatever becomes of the others. */
static int
jobs_ids(struct jobs *j, jobs_one *fn)
{
	int i, rc = CMD_OK;

	for (i = 0; i < j->nids; i++) {
		struct arena *a = arena_new();
		struct uuid id;

		pg_use(j->pg, a);
		if (uuid_parse(j->ids[i], &id) == -1 ||
		    fn(j, &id, j->ids[i]) != CMD_OK)
			rc = CMD_FAILED;
		arena_free(a);
	}
	return rc;
}

static int
jobs_purge(struct jobs *j)
{
	int64_t total = 0;
	size_t n = BATCH;

	while (n == BATCH) {
		struct arena *a = arena_new();
		enum pg_err err;

		pg_use(j->pg, a);
		if (j->before != 0)
			err = job_purge_before(j->pg, j->before, BATCH, &n);
		else
			err = job_purge(j->pg, job_purge_age(), BATCH, &n);
		arena_free(a);
		if (err != PG_OK)
			return jobs_failed();
		total += (int64_t)n;
	}
	jobs_print_purged(total, j->json);
	return CMD_OK;
}

static int
jobs_retry_all(struct jobs *j)
{
	j->filter.states = 1U << JOB_FAILED;
	j->limit = INT64_MAX;
	return jobs_each(j, jobs_retry_page);
}

/* Those that have not begun, and if so wished those that run. */
static int
jobs_cancel_all(struct jobs *j)
{
	j->filter.states =
	    1U << JOB_QUEUED | 1U << JOB_PUBLISHED | 1U << JOB_RETRYING;
	if (j->withdraw.running)
		j->filter.states |= 1U << JOB_RUNNING;
	j->limit = INT64_MAX;
	return jobs_each(j, jobs_cancel_page);
}

static int
jobs_schedule(struct jobs *j)
{
	return jobs_schedule_print(j->pg, j->json) == CMD_OK ? CMD_OK
							     : jobs_failed();
}

/* What can be done, in the order of cmd_jobs.actions, and which options it
 * knows: one does it to the job of each id that is given, run does it without
 * ids, aside does it in the broker, with ids of any form. */
static const struct action {
	const char *name;
	const char *options;
	int (*run)(struct jobs *j);
	jobs_one *one;
	int (*aside)(const struct jobs_aside *what);
} actions[] = {
	{ "list", "jskTn", jobs_list, NULL, NULL },
	{ "show", "j", NULL, jobs_show, NULL },
	{ "retry", "jak", jobs_retry_all, jobs_retry_one, NULL },
	{ "cancel", "jakr", jobs_cancel_all, jobs_cancel, NULL },
	{ "purge", "jb", jobs_purge, NULL, NULL },
	{ "dead", "jkn", NULL, NULL, jobs_aside_list },
	{ "redrive", "jak", NULL, NULL, jobs_aside_redrive },
	{ "schedule", "j", jobs_schedule, NULL, NULL },
	{ "create", NULL, NULL, NULL, NULL }, /* reads its own options */
};

static int
jobs_take_states(struct jobs *j, const char *value)
{
	enum job_state state;
	size_t len;

	for (;; value += len + 1) {
		len = strcspn(value, ",");
		if (job_state_parse(value, len, &state) == -1)
			return cmd_misused(&cmd_jobs,
			    "there is no state \"%.*s\"", (int)len, value);
		j->filter.states |= 1U << state;
		if (value[len] == '\0')
			return CMD_OK;
	}
}

static int
jobs_take(struct jobs *j, int option, const char *value)
{
	switch (option) {
	case 'a':
		j->all = true;
		return CMD_OK;
	case 'j':
		j->json = true;
		return CMD_OK;
	case 'k':
		j->filter.kind = value;
		if (value[0] != '\0')
			return CMD_OK;
		return cmd_misused(&cmd_jobs,
		    "--kind needs the name of a kind");
	case 'r':
		j->withdraw.running = true;
		return CMD_OK;
	case 's':
		return jobs_take_states(j, value);
	case 'T':
		j->filter.has_task = true;
		if (uuid_parse(value, &j->filter.task_id) == 0)
			return CMD_OK;
		return cmd_misused(&cmd_jobs, "\"%s\" is no UUID", value);
	case 'n':
		if (str_to_int(value, 1, INT64_MAX, &j->limit) == 0)
			return CMD_OK;
		return cmd_misused(&cmd_jobs, "\"%s\" is no number from 1 on",
		    value);
	case 'b':
		if (clock_parse(value, &j->before) == 0 && j->before > 0)
			return CMD_OK;
		return cmd_misused(&cmd_jobs,
		    "\"%s\" is no date such as 2026-11-22, nor a time such as "
		    "2026-11-22T11:05:00Z",
		    value);
	default:
		return cmd_misused(&cmd_jobs, NULL);
	}
}

/* What the options together must be.  CMD_OK, or it was said. */
static int
jobs_judge(const struct jobs *j, const struct action *action)
{
	bool some = strchr(action->options, 'a') != NULL; /* or all */
	int i;

	if (!some && action->one == NULL && j->nids > 0)
		return cmd_misused(&cmd_jobs, "%s takes no \"%s\"",
		    action->name, j->ids[0]);
	if ((some || action->one != NULL) && (j->nids > 0) == j->all)
		return cmd_misused(&cmd_jobs,
		    j->all ? "either --all or --kind, or ids, not both"
			   : "%s needs the id of a job",
		    action->name);
	for (i = 0; i < j->nids && action->one != NULL; i++) {
		struct uuid id;

		if (uuid_parse(j->ids[i], &id) == -1)
			return cmd_misused(&cmd_jobs, "\"%s\" is no UUID",
			    j->ids[i]);
	}
	return CMD_OK;
}

static int
jobs_start(const struct ctl *ctl, struct jobs *j, const struct action *action)
{
	struct database d;
	const char *why;
	int rc = CMD_FAILED;

	if (setup_load_or_say("errandctl", ctl->conf) == -1)
		return CMD_FAILED;
	if (action->aside != NULL) {
		rc = action->aside(&(struct jobs_aside){
		    j->json, j->filter.kind, j->limit, j->ids, j->nids });
		conf_free();
		return rc;
	}
	d = database_open();
	j->pg = d.pg;
	j->withdraw.broker = broker_open();
	if (pg_ping(j->pg, &why) != PG_OK)
		fprintf(stderr, SAY "%s; see [database]\n", why);
	else if (action->run == jobs_purge && j->before == 0 &&
		 settings.purge_jobs_age == 0)
		fputs(SAY
		    "[purge] jobs_age keeps jobs for ever: say --before\n",
		    stderr);
	else if (j->nids > 0)
		rc = jobs_ids(j, action->one);
	else
		rc = action->run(j);
	jobs_withdraw_all(&j->withdraw);
	if (rc == CMD_OK && j->withdraw.failed)
		rc = CMD_FAILED;
	broker_close(&j->withdraw.broker);
	database_close(&d);
	conf_free();
	return rc;
}

static int
jobs_run(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "before", required_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },
		{ "kind", required_argument, NULL, 'k' },
		{ "limit", required_argument, NULL, 'n' },
		{ "running", no_argument, NULL, 'r' },
		{ "state", required_argument, NULL, 's' },
		{ "task", required_argument, NULL, 'T' },
		{ 0 },
	};
	const struct action *action;
	struct jobs j = { .limit = 50 };
	int c, which;

	which = cmd_action(&cmd_jobs, argv[1]);
	if (which == -1)
		return CMD_USAGE;
	action = &actions[which];
	argv[1] = argv[0];
	argc--;
	argv++;
	if (action->options == NULL)
		return jobs_create(ctl, &cmd_jobs, argc, argv);
	while ((c = getopt_long(argc, argv, "ab:jk:n:rs:T:", longs, NULL)) !=
	       -1) {
		if (c != '?' && strchr(action->options, c) == NULL)
			return cmd_misused(&cmd_jobs, "%s takes no -%c",
			    action->name, c);
		if (jobs_take(&j, c, optarg) != CMD_OK)
			return CMD_USAGE;
	}
	j.all = j.all ||
		(strchr(action->options, 'a') != NULL && j.filter.kind != NULL);
	j.ids = argv + optind;
	j.nids = argc - optind;
	if (jobs_judge(&j, action) != CMD_OK)
		return CMD_USAGE;
	return jobs_start(ctl, &j, action);
}

const struct cmd cmd_jobs = {
	.name = "jobs",
	.summary = "Looks at background jobs and steers them",
	.usage = "list | show | retry | cancel | purge | dead | redrive |\n"
		 "       schedule [OPTION...] [ID...]\n"
		 "       create [OPTION...] KIND",
	.options =
	    "  -j, --json         print JSON for programs\n"
	    "  -s, --state STATE  list: in this state; several with commas\n"
	    "  -k, --kind KIND    list, dead; retry, cancel, redrive: all of this\n"
	    "                     kind\n"
	    "  -T, --task ID      list: those that this task has caused\n"
	    "  -n, --limit N      list, dead: so many, newest first (50)\n"
	    "  -a, --all          retry: all that failed; cancel: all that have\n"
	    "                     not begun; redrive: all that was put aside\n"
	    "  -r, --running      cancel: end those that run as well\n"
	    "  -b, --before TIME  purge: what was finished before (default:\n"
	    "                     [purge] jobs_age ago)\n"
	    "  -A, --args JSON    create: the arguments, an array\n"
	    "  -K, --kwargs JSON  create: the named ones, an object\n"
	    "  -t, --at TIME      create: when it is run (now)\n"
	    "  -u, --key KEY      create: none beside another of this key\n"
	    "  -p, --priority N   create: 0, which is first, to 9\n"
	    "\nstates: queued, published, running, retrying, succeeded, "
	    "failed, cancelled\n",
	.actions = (const char *const[]){ "list", "show", "retry", "cancel",
	    "purge", "dead", "redrive", "schedule", "create", NULL },
	.run = jobs_run,
};
