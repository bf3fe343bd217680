/* SPDX-License-Identifier: ISC */
/* A message is in a child's hands: whether its job is to be run now. */
#include "config.h"

#include "job_take.h"

#include <string.h>

#include "base/str.h"
#include "celery/celery.h"
#include "job_list.h"
#include "jobs_own.h"

/* The message that the row was made of; false: not known. */
static bool
take_first(const struct job *job, struct arena *a, struct celery_message *m)
{
	const char *why;

	return job->message != NULL &&
	       celery_decode(a, job->message, strlen(job->message), m, &why) ==
		   CELERY_OK &&
	       m->tag != NULL;
}

enum job_copy
job_copy(const struct job_message *m, const struct job *job)
{
	struct arena *a = arena_new();
	struct celery_message first;
	enum job_copy copy = JOB_COPY_SAME;
	bool same_kind = str_eq(m->kind, job->kind);
	bool anew = !m->ours && m->tag != NULL && take_first(job, a, &first) &&
		    !str_eq(m->tag, first.tag);

	if (anew && job->state == JOB_FAILED)
		copy = JOB_COPY_ANEW;
	else if (!same_kind)
		copy = JOB_COPY_OTHER;
	else if (anew && m->retries > first.retries &&
		 life_next(LIFE_EVENT_goes_on, job->state) != LIFE_NONE)
		copy = JOB_COPY_GOES_ON;
	arena_free(a);
	return copy;
}

/* Makes the row; *made is false if there is one. */
static enum pg_err
take_came(struct pg *pg, const struct job_message *m, const struct job_by *by,
    bool *made, struct job *job)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, &m->id);
	pg_put_text(&p, m->message_id);
	pg_put_text(&p, m->kind);
	pg_put_text(&p, m->args);
	job_put_time(&p, m->has_eta, m->eta);
	job_put_time(&p, m->has_expires, m->expires);
	pg_put_text(&p, m->message);
	pg_put_bool(&p, m->ignore_result);
	pg_put_text(&p, m->revoked);
	pg_put_text(&p, by->worker);
	pg_put_text(&p, by->tag);
	pg_put_text(&p, m->request_id);
	pg_put_text(&p, m->traceparent);
	pg_put_int(&p, m->priority);
	pg_put_bool(&p, m->limited);
	err = pg_run(pg, &STMT_JOB_CAME, &p, &r);
	if (err != PG_OK)
		return err;
	*made = PQntuples(r) > 0;
	if (*made)
		job_row(pg, r, 0, job);
	return PG_OK;
}

static enum pg_err
take_anew(struct pg *pg, const struct pg_stmt *s, const struct job_message *m)
{
	struct pg_params p;
	size_t changed;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, &m->id);
	pg_put_text(&p, m->kind);
	pg_put_text(&p, m->args);
	job_put_time(&p, m->has_eta, m->eta);
	pg_put_text(&p, m->message);
	pg_put_bool(&p, m->ignore_result);
	pg_put_int(&p, m->priority);
	pg_put_bool(&p, m->limited);
	return pg_run_change(pg, s, &p, &changed);
}

/* Why a row could not be started. */
static enum pg_err
take_explain(struct pg *pg, const struct uuid *id, enum job_turn *turn,
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

static enum pg_err
take_start(struct pg *pg, const struct job_message *m, const struct job_by *by,
    enum job_turn *turn, struct job *job)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, &m->id);
	pg_put_text(&p, by->worker);
	pg_put_text(&p, by->tag);
	pg_put_text(&p, m->kind);
	pg_put_bool(&p, m->limited);
	err = pg_run(pg, &STMT_JOB_START, &p, &r);
	if (err != PG_OK)
		return err;
	if (PQntuples(r) == 0)
		return take_explain(pg, &m->id, turn, job);
	job_row(pg, r, 0, job);
	*turn = job->state == JOB_RUNNING ? JOB_TURN_MINE : JOB_TURN_CANCELLED;
	return PG_OK;
}

/* The row is there, and was made by another message than this copy, if it is
 * one.  *go is true if it is to be started. */
static enum pg_err
take_compare(struct pg *pg, const struct job_message *m, enum job_turn *turn,
    struct job *job, bool *go)
{
	enum pg_err err;
	bool found;

	*go = false;
	err = job_get(pg, &m->id, &found, job);
	if (err != PG_OK || !found) {
		*turn = JOB_TURN_UNKNOWN;
		return err;
	}
	switch (job_copy(m, job)) {
	case JOB_COPY_OTHER:
		*turn = JOB_TURN_OTHER;
		return PG_OK;
	case JOB_COPY_ANEW:
		err = take_anew(pg, &STMT_JOB_SENT_AGAIN, m);
		break;
	case JOB_COPY_GOES_ON:
		err = take_anew(pg, &STMT_JOB_GOES_ON, m);
		break;
	case JOB_COPY_SAME:
		break;
	}
	*go = err == PG_OK;
	return err;
}

enum pg_err
job_take(struct pg *pg, const struct job_message *m, const struct job_by *by,
    enum job_turn *turn, struct job *job)
{
	bool made = false, go = true;
	enum pg_err err = PG_OK;

	*turn = JOB_TURN_UNKNOWN;
	if (m->ours)
		err = take_start(pg, m, by, turn, job);
	if (err != PG_OK || *turn != JOB_TURN_UNKNOWN)
		return err;
	err = take_came(pg, m, by, &made, job);
	if (err != PG_OK)
		return err;
	if (made) {
		*turn = job->state == JOB_RUNNING  ? JOB_TURN_MINE
			: job->state == JOB_QUEUED ? JOB_TURN_LATER
						   : JOB_TURN_CANCELLED;
		return PG_OK;
	}
	err = take_compare(pg, m, turn, job, &go);
	return err == PG_OK && go ? take_start(pg, m, by, turn, job) : err;
}

/* A statement that puts down what came with a message. */
enum take_stmt { TAKE_CAME, TAKE_SENT_AGAIN, TAKE_GOES_ON };

/* Whether PostgreSQL would take it now; nothing is changed. */
static enum pg_err
take_try(struct pg *pg, enum take_stmt stmt, const struct job_message *m,
    const struct job_by *by)
{
	enum pg_err err = pg_begin(pg);
	struct job job;
	bool made;

	if (err != PG_OK)
		return err;
	if (stmt == TAKE_CAME)
		err = take_came(pg, m, by, &made, &job);
	else
		err = take_anew(pg,
		    stmt == TAKE_GOES_ON ? &STMT_JOB_GOES_ON
					 : &STMT_JOB_SENT_AGAIN,
		    m);
	pg_rollback(pg);
	return err;
}

/* The harmless one first: what is over by then is nobody's fault. */
static enum pg_err
take_compare_tries(struct pg *pg, enum take_stmt stmt,
    const struct job_message *m, const struct job_by *by, bool *own)
{
	struct job_message other = *m;
	enum pg_err err;

	other.message_id = "-";
	other.args = "{\"args\": [], \"kwargs\": {}}";
	other.message = "{}";
	other.request_id = other.traceparent = NULL;
	if (stmt == TAKE_CAME)
		uuid_random(&other.id, sizeof(other.id));
	err = take_try(pg, stmt, &other, by);
	if (err != PG_OK)
		return err;
	err = take_try(pg, stmt, m, by);
	*own = err == PG_FAILED || err == PG_REFUSED;
	return *own ? PG_OK : err;
}

enum pg_err
job_take_blame(struct pg *pg, const struct job_message *m,
    const struct job_by *by, bool *own)
{
	enum pg_err err;
	struct job job;
	bool found;

	*own = false;
	err = job_get(pg, &m->id, &found, &job);
	/* What we sent ourselves has nothing that its row has not. */
	if (err != PG_OK || (found && m->ours))
		return err;
	err = take_compare_tries(pg, TAKE_CAME, m, by, own);
	if (err != PG_OK || *own || !found)
		return err;
	switch (job_copy(m, &job)) {
	case JOB_COPY_ANEW:
		return take_compare_tries(pg, TAKE_SENT_AGAIN, m, by, own);
	case JOB_COPY_GOES_ON:
		return take_compare_tries(pg, TAKE_GOES_ON, m, by, own);
	case JOB_COPY_SAME:
	case JOB_COPY_OTHER:
		break;
	}
	return PG_OK;
}
