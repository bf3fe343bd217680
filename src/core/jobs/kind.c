/* SPDX-License-Identifier: ISC */
/* The table of kinds: jobs.def, and what [job:<kind>] in the ini says. */
#include "config.h"

#include "kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "metric/metric.h"
#include "text/near.h"
#include "text/rate.h"

#define KIND_MAIL      "errand.send_notification"
#define KIND_TOGETHER  "errand.record_analytics"
#define KIND_MAIL_MORE (30 * CONF_SEC)

#define KIND_UNSCHEDULED                                                       \
	.schedule = "", .schedule_zone = "UTC", .schedule_kwargs = "{}",       \
	.catch_up = "one"

static const struct kind brought[] = {
#define JOB(kind, handler, retries, soft, hard, back, back_max, share,         \
    together)                                                                  \
	{ .name = kind,                                                        \
		.command = "",                                                 \
		KIND_UNSCHEDULED,                                              \
		.max_retries = retries,                                        \
		.children = share, /* made a number by kind_brought */         \
		.soft_limit = (soft)*CONF_SEC,                                 \
		.hard_limit = (hard)*CONF_SEC,                                 \
		.backoff = (back)*CONF_SEC,                                    \
		.backoff_max = (back_max)*CONF_SEC },
#include "jobs.def"
#undef JOB
};

/* What a kind has that Errand does not bring along. */
static const struct kind other = {
	.own = -1,
	.command = "",
	KIND_UNSCHEDULED,
	.max_retries = 3,
	.hard_limit = 3600 * CONF_SEC,
	.backoff = 10 * CONF_SEC,
	.backoff_max = 600 * CONF_SEC,
};

static struct kind kinds[KIND_MAX];
static size_t nkinds;

/* A table that is being made, before it is known to be good. */
struct kind_run {
	const struct conf_set *set;
	conf_fault_fn fault;
	void *arg;
	unsigned faults;
	size_t n;
	struct kind v[KIND_MAX];
};

_Static_assert(NELEM(brought) + CONF_JOBS_MAX <= KIND_MAX,
    "each kind needs a counter in the slot");

static void
kind_fault(struct kind_run *run, const struct conf_job *job,
    const char *sentence)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s:%u: [job:%s] %s", run->set->path, job->line,
	    job->kind, sentence);
	run->faults++;
	if (run->fault != NULL)
		run->fault(run->arg, b.data);
	buf_free(&b);
}

bool
kind_runs(const struct kind *k)
{
	return k->own != -1 || k->command[0] != '\0';
}

static void
kind_fault_unknown(struct kind_run *run, const struct conf_job *job)
{
	char sentence[256];
	struct near near;
	size_t i;

	near_init(&near, job->kind);
	for (i = 0; i < NELEM(brought); i++)
		near_offer(&near, brought[i].name);
	snprintf(sentence, sizeof(sentence),
	    "is no kind of Errand's own, so it needs a command, or a queue "
	    "that others serve%s%s%s",
	    near_best(&near) == NULL ? "" : "; did you mean ",
	    near_best(&near) == NULL ? "" : near_best(&near),
	    near_best(&near) == NULL ? "" : "?");
	kind_fault(run, job, sentence);
}

/* Longer than the longest mail, which else would be sent again and again. */
static int64_t
kind_mail_time(const struct kind_run *run)
{
	const struct conf *s = &run->set->values;

	return s->mail_timeout + conf_mail_answer(s);
}

static void
kind_check(struct kind_run *run, const struct conf_job *job,
    const struct kind *k)
{
	if (!kind_runs(k) && !k->foreign_queue)
		kind_fault_unknown(run, job);
	if (k->foreign_queue && k->command[0] != '\0')
		kind_fault(run, job,
		    "has a command, but its queue is served by others: give "
		    "only one of the two");
	if (k->max_retries == 0 && k->max_deaths > 1)
		kind_fault(run, job,
		    "has max_retries = 0, so that it is never run twice: its "
		    "max_deaths can only be 1");
	if (k->schedule[0] == '\0' &&
	    (job->schedule_zone != NULL || job->schedule_kwargs != NULL ||
		job->catch_up != NULL))
		kind_fault(run, job, "has settings of a schedule, but none");
	if (kind_is_limited(k) && str_eq(k->name, KIND_TOGETHER))
		kind_fault(run, job,
		    "has a rate or a concurrency, but many of its jobs are "
		    "done in one statement");
	if (k->stdout_result && k->command[0] == '\0')
		kind_fault(run, job, "has stdout_result, but no command");
	if (k->track_started && k->foreign_queue)
		kind_fault(run, job,
		    "has track_started, but its queue is served by others");
	if (k->foreign_queue &&
	    (job->max_retries != -1 || job->max_deaths != -1 ||
		job->backoff != -1 || job->backoff_max != -1))
		kind_fault(run, job,
		    "has settings for retries, but its queue is served by "
		    "others, who do not hear of them: only the limits are "
		    "sent");
	if (k->soft_limit != 0 && k->hard_limit != 0 &&
	    k->soft_limit >= k->hard_limit)
		kind_fault(run, job,
		    "has a soft_limit that is not shorter than its "
		    "hard_limit");
	if (str_eq(k->name, KIND_MAIL) && k->command[0] == '\0' &&
	    ((k->soft_limit != 0 && k->soft_limit <= kind_mail_time(run)) ||
		(k->hard_limit != 0 && k->hard_limit <= kind_mail_time(run))))
		kind_fault(run, job,
		    "has a limit that is not longer than [mail] timeout and "
		    "answer_timeout together: mails would come twice");
	if (job->backoff != -1 && job->backoff_max != -1 &&
	    job->backoff > job->backoff_max)
		kind_fault(run, job,
		    "has a backoff that is longer than its backoff_max");
}

static void
kind_number(int64_t *field, int64_t given)
{
	if (given != -1)
		*field = given;
}

static void
kind_text(const char **field, const char *given)
{
	if (given != NULL)
		*field = given;
}

static void
kind_override(struct kind_run *run, struct kind *k, const struct conf_job *job)
{
	if (job->queue != NULL)
		k->queue = job->queue;
	k->foreign_queue = !str_eq(k->queue, run->set->values.broker_queue);
	if (job->command != NULL)
		k->command = job->command;
	if (job->stdout_result)
		k->stdout_result = true;
	if (job->track_started)
		k->track_started = true;
	if (job->create)
		k->create = true;
	kind_text(&k->schedule, job->schedule);
	kind_text(&k->schedule_zone, job->schedule_zone);
	kind_text(&k->schedule_kwargs, job->schedule_kwargs);
	kind_text(&k->catch_up, job->catch_up);
	kind_number(&k->max_retries, job->max_retries);
	kind_number(&k->max_deaths, job->max_deaths);
	kind_number(&k->children, job->children);
	kind_number(&k->concurrency, job->concurrency);
	if (job->rate != NULL && rate_parse(job->rate, &k->pace) == -1)
		k->pace = 0; /* conf_check has told it */
	kind_number(&k->soft_limit, job->soft_limit);
	/* Without a word of the settings, others have limits of their own. */
	if (k->foreign_queue && k->own == -1 && job->hard_limit == -1 &&
	    k->hard_limit == other.hard_limit)
		k->hard_limit = 0;
	kind_number(&k->hard_limit, job->hard_limit);
	kind_number(&k->backoff, job->backoff);
	kind_number(&k->backoff_max, job->backoff_max);
	if (k->backoff_max < k->backoff)
		k->backoff_max = k->backoff;
}

/* The kind of that name, which is made if it was not there yet. */
static struct kind *
kind_open(struct kind_run *run, const char *name)
{
	size_t i;

	for (i = 0; i < run->n; i++) {
		if (str_eq(run->v[i].name, name))
			return &run->v[i];
	}
	run->v[run->n] = other;
	run->v[run->n].name = name;
	run->v[run->n].queue = run->set->values.broker_queue;
	return &run->v[run->n++];
}

static void
kind_bring(struct kind_run *run, size_t i)
{
	const struct conf *s = &run->set->values;
	struct kind *k = &run->v[i];

	*k = brought[i];
	k->own = (int)i;
	k->queue = s->broker_queue;
	k->children = k->children == 100
			  ? 0
			  : (s->worker_children * k->children + 99) / 100;
	if (!str_eq(k->name, KIND_MAIL))
		return;
	k->soft_limit = kind_mail_time(run) + KIND_MAIL_MORE;
	k->hard_limit = k->soft_limit + KIND_MAIL_MORE;
}

unsigned
kind_load(const struct conf_set *set, conf_fault_fn fault, void *arg)
{
	struct kind_run run = { .set = set, .fault = fault, .arg = arg };
	size_t i;

	for (i = 0; i < NELEM(brought); i++)
		kind_bring(&run, i);
	run.n = NELEM(brought);
	for (i = 0; i < set->njobs; i++) {
		const struct conf_job *job = &set->jobs[i];
		struct kind *k = kind_open(&run, job->kind);

		kind_override(&run, k, job);
		kind_check(&run, job, k);
	}
	for (i = 0; i < run.n; i++) {
		if (run.v[i].max_deaths != 0)
			continue;
		run.v[i].max_deaths = run.v[i].max_retries == 0
					  ? 1
					  : set->values.worker_max_deaths;
	}
	if (run.faults == 0 && set->faults == 0) {
		memcpy(kinds, run.v, sizeof(kinds));
		nkinds = run.n;
	}
	return run.faults;
}

const struct kind *
kind_find(const char *name, size_t *index)
{
	size_t i;

	for (i = 0; i < nkinds; i++) {
		if (!str_eq(kinds[i].name, name))
			continue;
		if (index != NULL)
			*index = i;
		return &kinds[i];
	}
	return NULL;
}

bool
kind_is_limited(const struct kind *k)
{
	return k->concurrency != 0 || k->pace != 0;
}

size_t
kind_limited(const char *names[KIND_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < nkinds; i++) {
		if (kind_is_limited(&kinds[i]))
			names[n++] = kinds[i].name;
	}
	return n;
}

const struct kind *
kind_at(size_t index)
{
	return &kinds[index];
}

size_t
kind_count(void)
{
	return nkinds;
}

void
kind_measure(void)
{
	static const char *names[KIND_MAX];

	for (size_t i = 0; i < nkinds; i++)
		names[i] = kinds[i].name;
	metric_words(METRIC_SET_kind, names, nkinds);
	metric_show(METRIC_finished);
}
