/* SPDX-License-Identifier: ISC */
/* Handlers of background jobs: list, read, create, retry, cancel. */
#include "config.h"

#include "answer/answer.h"
#include "answer/body.h"
#include "answer/problem.h"
#include "conf/conf.h"
#include "handlers.h"
#include "job_form.h"
#include "job_query.h"
#include "jobs/job_list.h"
#include "jobs/job_make.h"
#include "log/log.h"

static void
not_found(struct call *c)
{
	problem(c, 404, "there is no such job");
}

/* The owner to whose tasks the caller keeps; NULL: to none. */
static const char *
owner(const struct call *c)
{
	if (c->scope.all)
		return NULL;
	return c->scope.owner == NULL ? "" : c->scope.owner;
}

/* {id} of a job that is there for the caller: *found. */
static enum pg_err
take_job(struct call *c, struct uuid *id, bool *found)
{
	*found = uuid_parse(c->param, id) == 0;
	if (!*found || c->scope.all)
		return PG_OK;
	return job_is_of(c->deps->pg, id, owner(c), found);
}

static void
answer_list(struct call *c, const struct page *p, const struct job_set *jobs,
    bool more)
{
	struct json_write w = answer_json(c);
	const char *next = NULL;

	json_open_object(&w, NULL);
	json_open_array(&w, "data");
	for (size_t i = 0; i < jobs->n; i++)
		job_format(&w, &jobs->v[i]);
	json_close_array(&w);
	if (more)
		next = page_cursor(c->arena, p, NULL,
		    jobs->v[jobs->n - 1].created_at, &jobs->v[jobs->n - 1].id);
	json_put_text(&w, "next_cursor", next);
	json_close_object(&w);
	answer_json_end(&w);
	answer_next(c, p, next);
}

void
h_job_list(struct call *c)
{
	struct faults *faults = faults_new(c->arena);
	struct job_filter filter;
	struct job_set jobs;
	struct job_query q;
	enum pg_err err;
	bool more;

	job_query_parse(c->arena, c->req->query, &q, faults);
	if (faults->n > 0) {
		problem_faults(c, faults);
		return;
	}
	filter = (struct job_filter){
		.states = q.states,
		.kind = q.kind,
		.owner = owner(c),
		.has_task = q.has_task,
		.task_id = q.task_id,
		.has_cursor = q.page.has_cursor,
		.created_at = q.page.key_number,
		.id = q.page.id,
		.limit = q.page.limit,
	};
	err = job_list(c->deps->pg, &filter, &jobs, &more);
	if (err == PG_OK)
		answer_list(c, &q.page, &jobs, more);
	else
		problem_database(c, err);
}

static void
answer(struct call *c, int status, const struct job *job)
{
	struct json_write w = answer_json(c);

	c->res->status = status;
	job_format(&w, job);
	answer_json_end(&w);
}

void
h_job_get(struct call *c)
{
	bool found;
	struct uuid id;
	struct job job;
	enum pg_err err = take_job(c, &id, &found);

	if (err == PG_OK && found)
		err = job_get(c->deps->pg, &id, &found, &job);
	if (err != PG_OK)
		problem_database(c, err);
	else if (!found)
		not_found(c);
	else
		answer(c, 200, &job);
}

/* What became of a wish; must says which jobs can have it. */
static void
answer_steer(struct call *c, enum pg_err err, enum job_steer result,
    const struct job *job, const char *must)
{
	if (err != PG_OK)
		problem_database(c, err);
	else if (result == JOB_STEER_ABSENT)
		not_found(c);
	else if (result == JOB_STEER_KEY)
		problem(c, 409,
		    "another job of its kind that is not over has its unique key");
	else if (result == JOB_STEER_REFUSED)
		problem(c, 409,
		    arena_printf(c->arena, "the job is %s; %s", job->state_word,
			must));
	else
		answer(c, 202, job);
}

static void
poke(struct call *c, enum pg_err err, const void *arg)
{
	(void)arg;
	if (err == PG_OK)
		queue_poke(c->deps->broker);
}

/* Who has had a job done is in the log. */
static void
tell_created(struct call *c, enum pg_err err, const void *arg)
{
	const struct job *job = arg;
	char id[UUID_TEXT];

	poke(c, err, NULL);
	if (err == PG_OK)
		log_info("job created", LS("job", uuid_format(&job->id, id)),
		    LS("kind", job->kind), LS("user", c->who->username));
}

void
h_job_create(struct call *c)
{
	struct job *job = arena_alloc(c->arena, sizeof(*job));
	struct faults *faults = faults_new(c->arena);
	struct json_object *tree;
	struct job_new n;
	char id[UUID_TEXT];
	enum pg_err err;
	bool made;

	if (!body_read(c, &tree))
		return;
	job_form_parse(tree, c->req->body, c->req->body_len, &n, faults);
	if (faults->n > 0) {
		problem_faults(c, faults);
		return;
	}
	n.request_id = c->req->id;
	n.traceparent = c->req->traceparent;
	err = job_make(c->deps->pg, &n, &made, job);
	if (err != PG_OK) {
		problem_database(c, err);
		return;
	}
	if (made)
		call_afterwards(c, tell_created, job);
	response_header(c->res, "Location", "%s/jobs/%s",
	    settings.http_base_path, uuid_format(&job->id, id));
	answer(c, made ? 201 : 200, job);
}

void
h_job_retry(struct call *c)
{
	enum job_steer result = JOB_STEER_ABSENT;
	bool found;
	struct uuid id;
	struct job job;
	enum pg_err err = take_job(c, &id, &found);

	if (err == PG_OK && found)
		err = job_get(c->deps->pg, &id, &found, &job);
	if (err == PG_OK && found) {
		job_unrevoke(c->deps->broker, c->arena, &job);
		err = job_retry(c->deps->pg, &id, &result, &job);
	}
	if (err == PG_OK && result == JOB_STEER_DONE)
		call_afterwards(c, poke, NULL);
	answer_steer(c, err, result, &job,
	    "only one that failed or was cancelled can be retried");
}

static void
take_terminate(struct object_reader *r, struct json_object *value)
{
	bool *end = r->into;

	*end = object_bool(r, "terminate", value);
}

static const struct object_member cancel_members[] = {
	{ "terminate", take_terminate },
};
static const struct object_form cancel_form = { cancel_members,
	NELEM(cancel_members), "there is only terminate", NULL };

/* A job that is cancelled, and whether whoever runs it is to end it. */
struct withdrawal {
	struct job job;
	bool end;
};

static void
withdraw(struct call *c, enum pg_err err, const void *arg)
{
	const struct withdrawal *w = arg;
	struct job job = w->job;

	if (err == PG_OK)
		job_withdraw(c->deps->broker, c->arena,
		    &(struct job_set){ &job, 1 }, w->end);
}

void
h_job_cancel(struct call *c)
{
	struct queue *broker = c->deps->broker;
	enum job_steer result = JOB_STEER_ABSENT;
	enum pg_err err;
	struct uuid id;
	struct job job;
	bool end = false, found;

	if (!body_options(c, &cancel_form, &end))
		return;
	err = take_job(c, &id, &found);
	if (err == PG_OK && found)
		err = job_cancel(c->deps->pg, &id,
		    arena_printf(c->arena, "cancelled by %s", c->who->username),
		    &result, &job);
	if (err == PG_OK && result == JOB_STEER_DONE) {
		struct withdrawal *w = arena_alloc(c->arena, sizeof(*w));

		*w = (struct withdrawal){ job, end };
		call_afterwards(c, withdraw, w);
	} else if (err == PG_OK && end && result == JOB_STEER_REFUSED &&
		   job.state == JOB_RUNNING) {
		result = JOB_STEER_DONE;
		if (!job_end_run(broker, c->arena, &job)) {
			problem_unavailable(c,
			    "the broker did not answer: the job may go on", 2);
			return;
		}
	}
	answer_steer(c, err, result, &job,
	    end ? "only one that is not over can be cancelled"
		: "only one that has not begun can be cancelled, unless "
		  "terminate is true");
}
