/* SPDX-License-Identifier: ISC */
/* What the schedules and rates of kinds of jobs must fulfil. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "conf_own.h"
#include "text/cron.h"
#include "text/json.h"
#include "text/json_span.h"
#include "text/rate.h"

#define DEPTH 16

static const char *
schedule_judge_kwargs(const char *text)
{
	struct json_fault fault = { 0 };
	struct json_object *tree;
	struct json_span v;
	unsigned odd = 0;
	bool is;

	tree = json_read(text, strlen(text), DEPTH, &fault);
	is = json_object_is_type(tree, json_type_object);
	json_release(tree);
	if (fault.msg != NULL)
		return fault.msg;
	if (!is)
		return "it must be an object of JSON";
	if (json_span_read(text, strlen(text), DEPTH, &v, &odd) == NULL &&
	    (odd & JSON_SPAN_NUL) != 0)
		return "it must not contain the character U+0000";
	return NULL;
}

static void
schedule_judge(struct conf_run *run, const struct conf_job *job, int rows)
{
	const char *zone = job->schedule_zone, *up = job->catch_up, *why;
	struct buf fault = { 0 };
	struct cron cron;
	int64_t pace;

	if (job->schedule != NULL &&
	    cron_parse(job->schedule, &cron, &fault) == -1)
		conf_fault_row(run, rows + CONF_JOB_schedule, fault.data);
	buf_free(&fault);
	if (zone != NULL && !cron_zone_known(zone))
		conf_fault_row(run, rows + CONF_JOB_schedule_zone,
		    "there is no such time zone in /usr/share/zoneinfo");
	why = job->schedule_kwargs == NULL
		  ? NULL
		  : schedule_judge_kwargs(job->schedule_kwargs);
	if (why != NULL)
		conf_fault_row(run, rows + CONF_JOB_schedule_kwargs, why);
	if (job->rate != NULL && rate_parse(job->rate, &pace) == -1)
		conf_fault_row(run, rows + CONF_JOB_rate,
		    "it must be a number from 1 to 1000000, with /s, /m or /h "
		    "behind it, or nothing");
	if (up != NULL && !str_eq(up, "one") && !str_eq(up, "all") &&
	    !str_eq(up, "skip"))
		conf_fault_row(run, rows + CONF_JOB_catch_up,
		    "it must be one, all or skip");
}

void
conf_check_schedules(struct conf_run *run)
{
	for (size_t i = 0; i < run->set->njobs; i++)
		schedule_judge(run, &run->set->jobs[i],
		    CONF_ROWS + (int)i * CONF_JOB_ROWS);
}
