/* SPDX-License-Identifier: ISC */
/* The job out of a result, and into JSON. */
#include "config.h"

#include "job.h"

#include <stdlib.h>
#include <string.h>

#include "jobs_own.h"
#include "text/trail.h"

const char *const job_states[JOB_STATE__MAX] = {
	[JOB_QUEUED] = "queued",
	[JOB_PUBLISHED] = "published",
	[JOB_RUNNING] = "running",
	[JOB_RETRYING] = "retrying",
	[JOB_SUCCEEDED] = "succeeded",
	[JOB_FAILED] = "failed",
	[JOB_CANCELLED] = "cancelled",
};

int
job_state_parse(const char *name, size_t len, enum job_state *state)
{
	int i;

	for (i = 0; i < JOB_STATE__MAX; i++) {
		if (strlen(job_states[i]) == len &&
		    memcmp(name, job_states[i], len) == 0) {
			*state = (enum job_state)i;
			return 0;
		}
	}
	return -1;
}

bool
job_is_over(enum job_state state)
{
	return state == JOB_SUCCEEDED || state == JOB_FAILED ||
	       state == JOB_CANCELLED;
}

/* What no job of ours is without: the column may get nulls from others. */
static const char *
row_word(struct arena *a, const PGresult *r, int row, enum job_column col,
    const char *otherwise)
{
	const char *text = pg_text_dup(a, r, row, col);

	return text == NULL ? otherwise : text;
}

void
job_row(struct pg *pg, const PGresult *r, int row, struct job *job)
{
	struct arena *a = pg_arena(pg);
	char trace[TRAIL_TRACE];

	*job = (struct job){ 0 };
	job->id = pg_uuid(r, row, JOB_COL_ID);
	job->message_id = pg_text_dup(a, r, row, JOB_COL_MESSAGE_ID);
	job->kind = row_word(a, r, row, JOB_COL_KIND, "");
	job->args = row_word(a, r, row, JOB_COL_ARGS, "null");
	job->has_task = !pg_null(r, row, JOB_COL_TASK_ID);
	job->task_id = pg_uuid(r, row, JOB_COL_TASK_ID);
	job->state_word = row_word(a, r, row, JOB_COL_STATE, "");
	if (job_state_parse(job->state_word, strlen(job->state_word),
		&job->state) == -1) {
		job->state = JOB_STATE__MAX;
		pg_unknown(pg, "jobs.state", job->state_word,
		    strlen(job->state_word));
	}
	job->attempts = pg_int(r, row, JOB_COL_ATTEMPTS);
	job->deaths = pg_int(r, row, JOB_COL_DEATHS);
	job->last_error = pg_text_dup(a, r, row, JOB_COL_LAST_ERROR);
	job->worker = pg_text_dup(a, r, row, JOB_COL_WORKER);
	job->run_at = pg_time_or_zero(r, row, JOB_COL_RUN_AT);
	job->created_at = pg_time_or_zero(r, row, JOB_COL_CREATED_AT);
	job->published_at = pg_time_or_zero(r, row, JOB_COL_PUBLISHED_AT);
	job->started_at = pg_time_or_zero(r, row, JOB_COL_STARTED_AT);
	job->finished_at = pg_time_or_zero(r, row, JOB_COL_FINISHED_AT);
	job->request_id = pg_text_dup(a, r, row, JOB_COL_REQUEST_ID);
	job->traceparent = pg_text_dup(a, r, row, JOB_COL_TRACEPARENT);
	if (trail_trace(job->traceparent, trace) != NULL)
		job->trace_id = arena_strdup(a, trace);
	job->message = pg_text_dup(a, r, row, JOB_COL_MESSAGE);
	job->unique_key = pg_text_dup(a, r, row, JOB_COL_UNIQUE_KEY);
	job->priority = pg_int(r, row, JOB_COL_PRIORITY);
	job->held =
	    !pg_null(r, row, JOB_COL_HELD) && pg_bool(r, row, JOB_COL_HELD);
}

enum pg_err
job_rows(struct pg *pg, const struct pg_stmt *s, const struct pg_params *p,
    struct job_set *jobs)
{
	enum pg_err err;
	PGresult *r;

	err = pg_run(pg, s, p, &r);
	if (err != PG_OK)
		return err;
	jobs->n = (size_t)PQntuples(r);
	jobs->v = arena_alloc(pg_arena(pg), jobs->n * sizeof(*jobs->v));
	for (size_t i = 0; i < jobs->n; i++)
		job_row(pg, r, (int)i, &jobs->v[i]);
	return PG_OK;
}

void
job_put_time(struct pg_params *p, bool has, int64_t us)
{
	if (has)
		pg_put_time(p, us);
	else
		pg_put_null(p);
}

void
job_put_ids(struct pg_params *p, const struct job_ids *ids)
{
	const char **words = arena_alloc(p->arena, ids->n * sizeof(*words));
	char *text = arena_alloc(p->arena, ids->n * UUID_TEXT);

	for (size_t i = 0; i < ids->n; i++)
		words[i] = uuid_format(&ids->v[i], text + i * UUID_TEXT);
	pg_put_texts(p, words, ids->n);
}

void
job_format(struct json_write *w, const struct job *job)
{
	json_open_object(w, NULL);
	json_put_uuid(w, "id", &job->id);
	json_put_text(w, "kind", job->kind);
	json_put_text(w, "state", job->state_word);
	if (job->has_task)
		json_put_uuid(w, "task_id", &job->task_id);
	else
		json_put_null(w, "task_id");
	json_put_raw(w, "args", job->args);
	json_put_int(w, "attempts", job->attempts);
	json_put_int(w, "deaths", job->deaths);
	json_put_text(w, "last_error", job->last_error);
	json_put_text(w, "worker", job->worker);
	json_put_time(w, "run_at", job->run_at);
	json_put_time(w, "created_at", job->created_at);
	json_put_time_or_null(w, "published_at", job->published_at);
	json_put_time_or_null(w, "started_at", job->started_at);
	json_put_time_or_null(w, "finished_at", job->finished_at);
	json_put_text(w, "request_id", job->request_id);
	json_put_text(w, "trace_id", job->trace_id);
	json_put_text(w, "unique_key", job->unique_key);
	json_put_int(w, "priority", job->priority);
	json_put_bool(w, "held", job->held);
	json_close_object(w);
}
