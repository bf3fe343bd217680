/* SPDX-License-Identifier: ISC */
/* The table of kinds: jobs.def, and what [job:<kind>] in the ini says. */
#include "config.h"

#include "kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "conf/conf_row.h"
#include "text/near.h"

#define SECOND ((int64_t)1000)

static const struct kind brought[] = {
#define JOB(kind, handler, retries, soft, hard, back, back_max, together)      \
	{ .name = kind,                                                        \
		.command = "",                                                 \
		.max_retries = retries,                                        \
		.soft_limit = (soft)*SECOND,                                   \
		.hard_limit = (hard)*SECOND,                                   \
		.backoff = (back)*SECOND,                                      \
		.backoff_max = (back_max)*SECOND },
#include "jobs.def"
#undef JOB
};

/* What a kind has that Errand does not bring along. */
static const struct kind other = {
	.own = -1,
	.command = "",
	.max_retries = 3,
	.hard_limit = 3600 * SECOND,
	.backoff = 10 * SECOND,
	.backoff_max = 600 * SECOND,
};

static struct kind kinds[KIND_MAX];
static size_t nkinds;

_Static_assert(NELEM(brought) + CONF_JOBS_MAX <= KIND_MAX,
    "each kind needs a counter in the slot");

struct kind_run {
	conf_fault_fn fault;
	void *arg;
	unsigned faults;
};

static void
kind_fault(struct kind_run *run, const struct conf_job *job,
    const char *sentence)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s:%u: [job:%s] %s", conf_path(), job->line, job->kind,
	    sentence);
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

/* A list in the broker has the name of its queue. */
static bool
kind_queue_fits(const char *name)
{
	static const char *const taken[] = { "unacked",
		"errand:", "task:", "tasks:", "celery-task-meta-", "_kombu." };
	size_t i;

	for (i = 0; i < NELEM(taken); i++) {
		if (str_starts(name, taken[i]))
			return false;
	}
	return strpbrk(name, " \t") == NULL;
}

static void
kind_check(struct kind_run *run, const struct conf_job *job,
    const struct kind *k)
{
	if (!kind_runs(k) && !k->foreign_queue)
		kind_fault_unknown(run, job);
	if (!kind_queue_fits(k->queue))
		kind_fault(run, job,
		    "has a queue whose name the broker needs for something "
		    "else, or with white space in it");
	if (k->foreign_queue && k->command[0] != '\0')
		kind_fault(run, job,
		    "has a command, but its queue is served by others: give "
		    "only one of the two");
	if (k->soft_limit != 0 && k->hard_limit != 0 &&
	    k->soft_limit >= k->hard_limit)
		kind_fault(run, job,
		    "has a soft_limit that is not shorter than its "
		    "hard_limit");
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
kind_override(struct kind *k, const struct conf_job *job)
{
	if (job->queue != NULL)
		k->queue = job->queue;
	k->foreign_queue = !str_eq(k->queue, settings.broker_queue);
	if (job->command != NULL)
		k->command = job->command;
	kind_number(&k->max_retries, job->max_retries);
	kind_number(&k->soft_limit, job->soft_limit);
	kind_number(&k->hard_limit, job->hard_limit);
	kind_number(&k->backoff, job->backoff);
	kind_number(&k->backoff_max, job->backoff_max);
	if (k->backoff_max < k->backoff)
		k->backoff_max = k->backoff;
}

static struct kind *
kind_slot(const char *name)
{
	size_t i;

	for (i = 0; i < nkinds; i++) {
		if (str_eq(kinds[i].name, name))
			return &kinds[i];
	}
	kinds[nkinds] = other;
	kinds[nkinds].name = name;
	kinds[nkinds].queue = settings.broker_queue;
	return &kinds[nkinds++];
}

unsigned
kind_load(conf_fault_fn fault, void *arg)
{
	struct kind_run run = { .fault = fault, .arg = arg };
	size_t i;

	nkinds = NELEM(brought);
	memcpy(kinds, brought, sizeof(brought));
	for (i = 0; i < nkinds; i++) {
		kinds[i].own = (int)i;
		kinds[i].queue = settings.broker_queue;
	}
	for (i = 0; i < conf_job_count(); i++) {
		const struct conf_job *job = conf_job_at(i);
		struct kind *k = kind_slot(job->kind);

		kind_override(k, job);
		kind_check(&run, job, k);
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
