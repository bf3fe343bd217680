/* SPDX-License-Identifier: ISC */
/* Jobs for people: one, a list, and steering them. */
#include "config.h"

#include "job_list.h"

#include "jobs_own.h"

enum pg_err
job_get(struct pg *pg, const struct uuid *id, bool *found, struct job *job)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	err = pg_run(pg, &STMT_JOB_GET, &p, &r);
	if (err != PG_OK)
		return err;
	*found = PQntuples(r) > 0;
	if (*found)
		job_row(pg, r, 0, job);
	return PG_OK;
}

enum pg_err
job_is_of(struct pg *pg, const struct uuid *id, const char *owner, bool *found)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	pg_put_text(&p, owner);
	err = pg_run_row(pg, &STMT_JOB_IS_OF, &p, &r);
	if (err == PG_OK)
		*found = pg_bool(r, 0, 0);
	return err;
}

enum pg_err
job_oldest_due(struct pg *pg, int64_t *us)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	err = pg_run_row(pg, &STMT_JOB_OLDEST_DUE, &p, &r);
	if (err == PG_OK)
		*us = pg_null(r, 0, 0) ? -1 : pg_int(r, 0, 0);
	return err;
}

/* The one state that is asked for, or JOB_STATE__MAX. */
static int
single_state(const struct job_filter *f)
{
	int i;

	for (i = 0; i < JOB_STATE__MAX; i++) {
		if (f->states == 1U << i)
			break;
	}
	return i;
}

/* Rows of these states are in jobs_state, which has their order. */
static bool
is_indexed(int state)
{
	return state == JOB_PUBLISHED || state == JOB_RUNNING ||
	       state == JOB_FAILED || state == JOB_CANCELLED;
}

static void
put_states(struct pg_params *p, const struct job_filter *f)
{
	const char *words[JOB_STATE__MAX];
	int i, single = single_state(f);
	size_t n = 0;

	for (i = 0; i < JOB_STATE__MAX; i++) {
		if ((f->states & 1U << i) != 0)
			words[n++] = job_states[i];
	}
	pg_put_text(p, single < JOB_STATE__MAX ? job_states[single] : NULL);
	if (n > 1)
		pg_put_texts(p, words, n);
	else
		pg_put_null(p);
}

enum pg_err
job_list(struct pg *pg, const struct job_filter *f, struct job_set *jobs,
    bool *more)
{
	struct pg_params p;
	enum pg_err err;

	pg_params_init(&p, pg);
	put_states(&p, f);
	pg_put_text(&p, f->kind);
	if (f->has_task)
		pg_put_uuid(&p, &f->task_id);
	else
		pg_put_null(&p);
	pg_put_int(&p, f->limit + 1); /* to see whether there are more */
	if (f->has_cursor) {
		pg_put_uuid(&p, &f->id);
		pg_put_time(&p, f->created_at);
	} else {
		pg_put_null(&p);
		pg_put_null(&p);
	}
	pg_put_text(&p, f->owner);
	err = job_rows(pg,
	    is_indexed(single_state(f)) ? &STMT_JOB_LIST_STATE : &STMT_JOB_LIST,
	    &p, jobs);
	if (err != PG_OK)
		return err;
	*more = jobs->n > (size_t)f->limit;
	if (*more)
		jobs->n--;
	return PG_OK;
}

static void
steer_log(enum life_event event, const struct job *job)
{
	char id[UUID_TEXT];

	life_log(event,
	    LS("job", job->message_id != NULL ? job->message_id
					      : uuid_format(&job->id, id)),
	    LS("kind", job->kind));
}

static enum pg_err
steer(struct pg *pg, const struct pg_stmt *s, const struct pg_params *p,
    enum job_steer *result, struct job *job)
{
	const bool cancel = s == &STMT_JOB_CANCEL;
	enum pg_err err;
	PGresult *r;

	err = pg_run(pg, s, p, &r);
	if (err == PG_FAILED) /* see steer_some */
		err = pg_run(pg, s, p, &r);
	if (err != PG_OK)
		return err;
	*result = JOB_STEER_ABSENT;
	if (PQntuples(r) == 0)
		return PG_OK;
	if (pg_bool(r, 0, JOB_COL__MAX + 1))
		return pg_odd(s, "the job was not changed: a trigger or a rule "
				 "suppressed it");
	job_row(pg, r, 0, job);
	*result =
	    pg_bool(r, 0, JOB_COL__MAX) ? JOB_STEER_DONE : JOB_STEER_REFUSED;
	if (*result == JOB_STEER_REFUSED && !cancel &&
	    life_next(LIFE_EVENT_again, job->state) != LIFE_NONE)
		*result = JOB_STEER_KEY;
	if (*result == JOB_STEER_DONE)
		steer_log(cancel ? LIFE_EVENT_cancel : LIFE_EVENT_again, job);
	return PG_OK;
}

enum pg_err
job_retry(struct pg *pg, const struct uuid *id, enum job_steer *result,
    struct job *job)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	return steer(pg, &STMT_JOB_RETRY, &p, result, job);
}

enum pg_err
job_cancel(struct pg *pg, const struct uuid *id, const char *why,
    enum job_steer *result, struct job *job)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	pg_put_text(&p, why);
	return steer(pg, &STMT_JOB_CANCEL, &p, result, job);
}

/* Another job may have taken the key of one while the statement ran, and is
 * seen by the next. */
static enum pg_err
steer_some(struct pg *pg, enum life_event event, const struct pg_stmt *s,
    const struct pg_params *p, struct job_set *done)
{
	enum pg_err err = job_rows(pg, s, p, done);

	if (err == PG_FAILED)
		err = job_rows(pg, s, p, done);
	for (size_t i = 0; err == PG_OK && i < done->n; i++)
		steer_log(event, &done->v[i]);
	return err;
}

enum pg_err
job_retry_some(struct pg *pg, const struct job_ids *ids, struct job_set *done)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	job_put_ids(&p, ids);
	return steer_some(pg, LIFE_EVENT_again, &STMT_JOB_RETRY_SOME, &p, done);
}

enum pg_err
job_cancel_some(struct pg *pg, const struct job_ids *ids, const char *why,
    struct job_set *done)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	job_put_ids(&p, ids);
	pg_put_text(&p, why);
	return steer_some(pg, LIFE_EVENT_cancel, &STMT_JOB_CANCEL_SOME, &p,
	    done);
}
