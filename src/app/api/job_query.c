/* SPDX-License-Identifier: ISC */
/* The parameters of GET /jobs, and what its cursors are. */
#include "config.h"

#include "job_query.h"

#include "jobs/job.h"
#include "list/list.h"

#define JOB_QUERY_KIND_MAX 255 /* code points */

static const struct list_words job_state_words = { "state", job_states,
	JOB_STATE__MAX,
	"state must be queued, published, running, retrying, succeeded, failed "
	"or cancelled; for several put commas between them" };

static void
take_state(struct list_reader *r, const char *value)
{
	struct job_query *q = r->page->query;

	list_take_words(r, &job_state_words, value, &q->states);
}

static void
add_state(struct buf *b, const struct page *p)
{
	const struct job_query *q = p->query;

	list_add_words(b, &job_state_words, q->states);
}

static void
take_kind(struct list_reader *r, const char *value)
{
	struct job_query *q = r->page->query;

	q->kind = list_take_text(r, "kind", value, JOB_QUERY_KIND_MAX);
}

static void
add_kind(struct buf *b, const struct page *p)
{
	const struct job_query *q = p->query;

	if (q->kind != NULL)
		list_add(b, "kind", q->kind);
}

static void
take_task_id(struct list_reader *r, const char *value)
{
	struct job_query *q = r->page->query;

	q->has_task = uuid_parse(value, &q->task_id) == 0;
	if (!q->has_task)
		list_fault(r, "task_id", "uuid_parsing",
		    "task_id must be a UUID");
}

static void
add_task_id(struct buf *b, const struct page *p)
{
	const struct job_query *q = p->query;
	char text[UUID_TEXT];

	if (q->has_task)
		list_add(b, "task_id", uuid_format(&q->task_id, text));
}

static const struct list_param job_params[] = {
	{ "state", take_state, add_state, LIST_REPEATS },
	{ "kind", take_kind, add_kind, 0 },
	{ "task_id", take_task_id, add_task_id, 0 },
};

static void
judge_jobs(struct list_reader *r)
{
	struct job_query *q = r->page->query;

	q->states = list_words_wanted(&job_state_words, q->states);
}

static bool
is_job_key(const struct page *p, size_t key_len)
{
	return pg_is_time(p->key_number) && key_len == 0;
}

static const struct list jobs = {
	.params = job_params,
	.nparams = NELEM(job_params),
	.order = "-job",
	.judge = judge_jobs,
	.sane = is_job_key,
};

void
job_query_parse(struct arena *a, const char *text, struct job_query *q,
    struct faults *f)
{
	*q = (struct job_query){ .page = { .list = &jobs, .query = q } };
	page_parse(a, text, &q->page, f);
}
