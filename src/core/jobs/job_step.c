/* SPDX-License-Identifier: ISC */
/* One job's way through its states; each step is one statement. */
#include "config.h"

#include "job_step.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "job_list.h"
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

enum pg_err
job_adopt(struct pg *pg, const struct job_foreign *f)
{
	struct pg_params p;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, &f->id);
	pg_put_text(&p, f->message_id);
	pg_put_text(&p, f->kind);
	pg_put_text(&p, f->args);
	job_put_time(&p, f->has_run_at, f->run_at);
	return pg_run(pg, &STMT_JOB_ADOPT, &p, &r);
}

/* Why a row could not be started. */
static enum pg_err
explain(struct pg *pg, const struct uuid *id, enum job_turn *turn,
    struct job *job)
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

	err = job_get(pg, id, &found, job);
	if (err == PG_OK)
		*turn = found ? turns[job->state] : JOB_TURN_UNKNOWN;
	return err;
}

enum pg_err
job_start(struct pg *pg, const struct uuid *id, const struct job_by *by,
    enum job_turn *turn, struct job *job)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	pg_put_text(&p, by->worker);
	pg_put_text(&p, by->tag);
	pg_put_int(&p, by->max_deaths);
	err = pg_run(pg, &STMT_JOB_START, &p, &r);
	if (err != PG_OK)
		return err;
	if (PQntuples(r) == 0)
		return explain(pg, id, turn, job);
	*turn = JOB_TURN_MINE;
	job_row(pg, r, 0, job);
	return PG_OK;
}

/* The run was none. */
static enum pg_err
job_put_back(struct pg *pg, const struct job *job, const char *tag,
    const struct job_end *end, bool *ours)
{
	struct pg_params p;
	enum pg_err err;
	size_t n = 0;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, &job->id);
	pg_put_text(&p, tag);
	pg_put_int(&p, job->attempts);
	pg_put_int(&p, end->delay);
	pg_put_text(&p, clean(p.arena, end->error));
	err = job_change(pg, &STMT_JOB_PUT_BACK, &p, &n);
	if (err == PG_OK)
		*ours = n > 0;
	return err;
}

enum pg_err
job_finish(struct pg *pg, const struct job *job, const char *tag,
    const struct job_end *end, bool *ours)
{
	struct pg_params p;
	enum pg_err err;
	size_t n = 0;

	if (end->no_try)
		return job_put_back(pg, job, tag, end, ours);
	pg_params_init(&p, pg);
	pg_put_uuid(&p, &job->id);
	pg_put_text(&p, tag);
	pg_put_int(&p, job->attempts);
	pg_put_text(&p, job_states[end->state]);
	if (end->state == JOB_RETRYING)
		pg_put_int(&p, end->delay);
	else
		pg_put_null(&p);
	pg_put_text(&p, clean(p.arena, end->error));
	err = job_change(pg, &STMT_JOB_FINISH, &p, &n);
	if (err == PG_OK)
		*ours = n > 0;
	return err;
}

enum pg_err
job_over(struct pg *pg, const struct job_ids *ids, struct job_set *over)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	job_put_ids(&p, ids);
	err = pg_run(pg, &STMT_JOB_OVER, &p, &r);
	if (err == PG_OK)
		job_rows(pg, r, over);
	return err;
}

enum pg_err
job_died(struct pg *pg, struct job_death *d)
{
	struct pg_params p;
	enum pg_err err;
	const char *text;
	PGresult *r;
	size_t len;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, &d->id);
	pg_put_text(&p, d->tag);
	pg_put_int(&p, d->max_deaths);
	pg_put_text(&p, clean(p.arena, d->why));
	err = pg_run(pg, &STMT_JOB_DIED, &p, &r);
	if (err != PG_OK)
		return err;
	d->ours = PQntuples(r) > 0;
	if (!d->ours)
		return PG_OK;
	text = pg_text(r, 0, 0, &len);
	if (job_state_parse(text, len, &d->state) == -1)
		return pg_odd(&STMT_JOB_DIED,
		    "jobs.state has a word that this release does not know");
	return PG_OK;
}

enum pg_err
job_close(struct pg *pg, const struct uuid *id, enum job_state state,
    const char *error, bool *changed)
{
	struct pg_params p;
	enum pg_err err;
	size_t n = 0;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	pg_put_text(&p, job_states[state]);
	pg_put_text(&p, clean(p.arena, error));
	err = job_change(pg, &STMT_JOB_SETTLE, &p, &n);
	if (err == PG_OK)
		*changed = n > 0;
	return err;
}

enum pg_err
job_mailed(struct pg *pg, const struct uuid *id, const char *const *addresses,
    size_t n)
{
	struct pg_params p;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	pg_put_texts(&p, addresses, n);
	return pg_run(pg, &STMT_JOB_MAILED, &p, &r);
}
