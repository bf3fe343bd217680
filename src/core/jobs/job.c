/* SPDX-License-Identifier: ISC */
/* One job's way through its states; each step is one statement. */
#include "config.h"

#include "job.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "jobs_own.h"

#define ERROR_MAX 4096 /* bytes of last_error */

/* What a program wrote may be no text that PostgreSQL takes: each byte that is
 * not UTF-8 becomes a question mark. */
static const char *
clean(struct arena *a, const char *error)
{
	size_t len, step, at = 0;
	char *out;

	if (error == NULL)
		return NULL;
	out = arena_strndup(a, error, ERROR_MAX);
	len = strlen(out);
	while (at < len) {
		step = str_utf8_len(out + at, len - at);
		if (step == 0)
			out[at] = '?';
		at += step == 0 ? 1 : step;
	}
	return out;
}

static void
put_time(struct pg_params *p, bool has, int64_t us)
{
	if (has)
		pg_put_time(p, us);
	else
		pg_put_null(p);
}

enum pg_err
job_adopt(struct pg *pg, struct arena *a, const struct job_foreign *f)
{
	struct pg_params p;
	PGresult *r;

	pg_params_init(&p, a);
	pg_put_uuid(&p, &f->id);
	pg_put_text(&p, f->message_id);
	pg_put_text(&p, f->kind);
	pg_put_text(&p, f->args);
	put_time(&p, f->has_run_at, f->run_at);
	return pg_run(pg, STMT_JOB_ADOPT, &p, a, &r);
}

/* Why a row could not be started. */
static enum pg_err
explain(struct pg *pg, struct arena *a, const struct uuid *id,
    enum job_turn *turn, struct job *job)
{
	static const enum job_turn turns[JOB_STATE__MAX + 1] = {
		[JOB_QUEUED] = JOB_TURN_LATER,
		[JOB_PUBLISHED] = JOB_TURN_ELSEWHERE,
		[JOB_RUNNING] = JOB_TURN_ELSEWHERE,
		[JOB_RETRYING] = JOB_TURN_LATER,
		[JOB_SUCCEEDED] = JOB_TURN_OVER,
		[JOB_FAILED] = JOB_TURN_OVER,
		[JOB_CANCELLED] = JOB_TURN_OVER,
		[JOB_STATE__MAX] = JOB_TURN_ELSEWHERE,
	};
	enum pg_err err;
	bool found;

	err = job_get(pg, a, id, &found, job);
	if (err == PG_OK)
		*turn = found ? turns[job->state] : JOB_TURN_UNKNOWN;
	return err;
}

enum pg_err
job_start(struct pg *pg, struct arena *a, const struct uuid *id,
    const char *worker, const char *tag, enum job_turn *turn, struct job *job)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, a);
	pg_put_uuid(&p, id);
	pg_put_text(&p, worker);
	pg_put_text(&p, tag);
	err = pg_run(pg, STMT_JOB_START, &p, a, &r);
	if (err != PG_OK)
		return err;
	if (PQntuples(r) == 0)
		return explain(pg, a, id, turn, job);
	*turn = JOB_TURN_MINE;
	job_row(pg, a, r, 0, job);
	return PG_OK;
}

enum pg_err
job_finish(struct pg *pg, struct arena *a, const struct job *job,
    const char *tag, enum job_state state, int64_t run_at, const char *error,
    bool *ours)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, a);
	pg_put_uuid(&p, &job->id);
	pg_put_text(&p, tag);
	pg_put_int(&p, job->attempts);
	pg_put_text(&p, job_states[state]);
	put_time(&p, state == JOB_RETRYING, run_at);
	pg_put_text(&p, clean(a, error));
	err = pg_run(pg, STMT_JOB_FINISH, &p, a, &r);
	if (err == PG_OK)
		*ours = job_changed(r) > 0;
	return err;
}

enum pg_err
job_record_analytics(struct pg *pg, struct arena *a, const struct uuid *ids,
    size_t n, const char *worker, const char *tag, struct job **done,
    size_t *ndone)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, a);
	job_put_ids(&p, ids, n);
	pg_put_text(&p, worker);
	pg_put_text(&p, tag);
	err = pg_run(pg, STMT_JOB_ANALYTICS, &p, a, &r);
	if (err == PG_OK)
		*done = job_rows(pg, a, r, ndone);
	return err;
}

enum pg_err
job_over(struct pg *pg, struct arena *a, const struct uuid *ids, size_t n,
    struct job **over, size_t *nover)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, a);
	job_put_ids(&p, ids, n);
	err = pg_run(pg, STMT_JOB_OVER, &p, a, &r);
	if (err == PG_OK)
		*over = job_rows(pg, a, r, nover);
	return err;
}

enum pg_err
job_died(struct pg *pg, struct arena *a, const struct uuid *id, const char *tag,
    int64_t max_deaths, const char *why, enum job_state *state, bool *ours)
{
	struct pg_params p;
	enum pg_err err;
	const char *text;
	PGresult *r;
	size_t len;

	pg_params_init(&p, a);
	pg_put_uuid(&p, id);
	pg_put_text(&p, tag);
	pg_put_int(&p, max_deaths);
	pg_put_text(&p, clean(a, why));
	err = pg_run(pg, STMT_JOB_DIED, &p, a, &r);
	if (err != PG_OK)
		return err;
	*ours = PQntuples(r) > 0;
	if (!*ours)
		return PG_OK;
	text = pg_text(r, 0, 0, &len);
	if (job_state_parse(text, len, state) == -1)
		return pg_odd(STMT_JOB_DIED,
		    "jobs.state has a word that this release does not know");
	return PG_OK;
}

enum pg_err
job_settle(struct pg *pg, struct arena *a, const struct uuid *id,
    enum job_state state, const char *error, bool *changed)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, a);
	pg_put_uuid(&p, id);
	pg_put_text(&p, job_states[state]);
	pg_put_text(&p, clean(a, error));
	err = pg_run(pg, STMT_JOB_SETTLE, &p, a, &r);
	if (err == PG_OK)
		*changed = job_changed(r) > 0;
	return err;
}
