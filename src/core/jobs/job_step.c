/* SPDX-License-Identifier: ISC */
/* One job's way through its states; each step is one statement. */
#include "config.h"

#include "job_step.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "jobs_own.h"

#define ERROR_MAX ((size_t)4096)        /* bytes of last_error */
#define VALUE_MAX ((size_t)1024 * 1024) /* of a result */

/* What a program wrote may be no text that PostgreSQL takes: each byte that is
 * not UTF-8 becomes a question mark. */
static const char *
clean(struct arena *a, const char *error, size_t max)
{
	size_t len, step, at = 0;
	char *out;

	if (error == NULL)
		return NULL;
	out = arena_strndup(a, error, max);
	len = strlen(out);
	while (at < len) {
		step = str_utf8_len(out + at, len - at);
		if (step == 0)
			out[at] = '?';
		at += step == 0 ? 1 : step;
	}
	return out;
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
	pg_put_text(&p, clean(p.arena, end->error, ERROR_MAX));
	err = pg_run_change(pg, &STMT_JOB_PUT_BACK, &p, &n);
	if (err == PG_OK)
		*ours = n > 0;
	return err;
}

enum life_event
job_end_event(const struct job_end *end)
{
	static const enum life_event events[JOB_STATE__MAX] = {
		[JOB_SUCCEEDED] = LIFE_EVENT_done,
		[JOB_RETRYING] = LIFE_EVENT_tried,
		[JOB_FAILED] = LIFE_EVENT_given_up,
		[JOB_CANCELLED] = LIFE_EVENT_unwanted,
	};

	return end->no_try ? LIFE_EVENT_stopped : events[end->state];
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
	pg_put_text(&p, job_states[life_next(job_end_event(end), JOB_RUNNING)]);
	if (end->state == JOB_RETRYING)
		pg_put_int(&p, end->delay);
	else
		pg_put_null(&p);
	pg_put_text(&p, clean(p.arena, end->error, ERROR_MAX));
	pg_put_text(&p, end->state == JOB_SUCCEEDED
			    ? clean(p.arena, end->value, VALUE_MAX)
			    : NULL);
	pg_put_text(&p, end->exception);
	if (end->told == NULL) {
		pg_put_null(&p);
		pg_put_null(&p);
	} else {
		pg_put_uuid(&p, &end->told->id);
		pg_put_text(&p, end->told->tag);
	}
	err = pg_run_change(pg, &STMT_JOB_FINISH, &p, &n);
	if (err == PG_OK)
		*ours = n > 0;
	return err;
}

enum pg_err
job_over(struct pg *pg, const struct job_ids *ids, struct job_set *over)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	job_put_ids(&p, ids);
	return job_rows(pg, &STMT_JOB_OVER, &p, over);
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
	pg_put_text(&p, clean(p.arena, d->why, ERROR_MAX));
	pg_put_text(&p, d->exception);
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
job_close(struct pg *pg, const struct uuid *id, enum life_event event,
    const char *error, bool *changed)
{
	struct pg_params p;
	enum pg_err err;
	size_t n = 0;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	pg_put_text(&p, job_states[life_next(event, JOB_PUBLISHED)]);
	pg_put_text(&p, clean(p.arena, error, ERROR_MAX));
	pg_put_bool(&p, life_told(event)[0] != '\0');
	err = pg_run_change(pg, &STMT_JOB_SETTLE, &p, &n);
	if (err == PG_OK)
		*changed = n > 0;
	return err;
}

enum pg_err
job_unknown(struct pg *pg, const struct uuid *id, int64_t ms, bool *changed)
{
	struct pg_params p;
	enum pg_err err;
	size_t n = 0;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	pg_put_int(&p, ms);
	err = pg_run_change(pg, &STMT_JOB_UNKNOWN, &p, &n);
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
