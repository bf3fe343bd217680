/* SPDX-License-Identifier: ISC */
/* Jobs that no change of a task causes: somebody asks for them. */
#include "config.h"

#include "job_make.h"

#include "base/buf.h"
#include "celery/celery.h"
#include "jobs_own.h"
#include "kind.h"

#define TRIES 5

/* The message keeps what no column has: the priority, and every digit. */
static const char *
make_message(struct arena *a, const struct job_new *n, const char *id)
{
	const struct kind *k = kind_find(n->kind, NULL);
	struct celery_message m = { .id = id,
		.kind = n->kind,
		.args = n->args,
		.kwargs = n->kwargs,
		.priority = n->priority,
		.queue = k == NULL ? "" : k->queue,
		.request_id = n->request_id,
		.traceparent = n->traceparent };
	struct buf b = { 0 };
	const char *text;

	if (k != NULL && k->foreign_queue) {
		m.soft_limit = k->soft_limit;
		m.hard_limit = k->hard_limit;
	}
	celery_encode(&b, &m);
	text = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return text;
}

static enum pg_err
make_row(struct pg *pg, const struct job_new *n, bool *made, struct job *job)
{
	struct uuid id = uuid_new();
	struct pg_params p;
	char text[UUID_TEXT];
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_text(&p, uuid_format(&id, text));
	pg_put_text(&p, n->kind);
	pg_put_text(&p, n->args == NULL ? "[]" : n->args);
	pg_put_text(&p, n->kwargs == NULL ? "{}" : n->kwargs);
	pg_put_text(&p, make_message(p.arena, n, text));
	job_put_time(&p, n->has_run_at, n->run_at);
	pg_put_text(&p, n->unique_key);
	pg_put_text(&p, n->request_id);
	pg_put_text(&p, n->traceparent);
	pg_put_int(&p, n->priority);
	err = pg_run(pg, &STMT_JOB_MAKE, &p, &r);
	*made = err == PG_OK && PQntuples(r) > 0;
	if (*made)
		job_row(pg, r, 0, job);
	return err;
}

/* The job that has the key; *found is false if it is over by now. */
static enum pg_err
make_look(struct pg *pg, const struct job_new *n, bool *found, struct job *job)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_text(&p, n->kind);
	pg_put_text(&p, n->unique_key);
	err = pg_run(pg, &STMT_JOB_OF_KEY, &p, &r);
	*found = err == PG_OK && PQntuples(r) > 0;
	if (*found)
		job_row(pg, r, 0, job);
	return err;
}

enum pg_err
job_make(struct pg *pg, const struct job_new *n, bool *made, struct job *job)
{
	enum pg_err err;
	bool found;

	for (int i = 0; i < TRIES; i++) {
		err = make_row(pg, n, made, job);
		if (err != PG_OK || *made)
			return err;
		err = make_look(pg, n, &found, job);
		if (err != PG_OK || found)
			return err;
	}
	return PG_BUSY;
}
