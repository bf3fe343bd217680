/* SPDX-License-Identifier: ISC */
/* Many job rows at a time: what the relay does with them. */
#include "config.h"

#include "job_relay.h"

#include <string.h>

#include "jobs_own.h"
#include "kind.h"

#define BATCH_BYTES ((size_t)512 * 1024)

/* Fetches rows behind those that are there; *more is false if these were the
 * last, *bytes grows by what they have to be sent. */
static enum pg_err
fetch(struct pg *pg, struct job_set *jobs, int64_t room, bool *more,
    size_t *bytes)
{
	struct pg_params p;
	bool some = room >= JOB_FETCH;
	enum pg_err err;
	PGresult *r;
	int got;

	pg_params_init(&p, pg);
	err = pg_run(pg, some ? &STMT_JOB_FETCH_SOME : &STMT_JOB_FETCH_ONE, &p,
	    &r);
	if (err != PG_OK)
		return err;
	got = PQntuples(r);
	*more = got == (some ? JOB_FETCH : 1);
	for (int i = 0; i < got; i++) {
		struct job *job = &jobs->v[jobs->n++];

		job_row(pg, r, i, job);
		*bytes += strlen(job->args);
		if (job->message != NULL)
			*bytes += strlen(job->message);
	}
	return PG_OK;
}

static void
put_kinds(struct pg_params *p, const struct job_kinds *of)
{
	pg_put_texts(p, of->v, of->n);
	pg_put_bool(p, !of->others);
}

/* Those of them that may be sent now. */
static void
put_sendable(struct pg_params *p, const struct job_kinds *of)
{
	const char *names[KIND_MAX];

	put_kinds(p, of);
	pg_put_texts(p, names, kind_limited(names));
}

enum pg_err
job_due_kind(struct pg *pg, const struct job_kinds *of, const char **kind)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	*kind = NULL;
	pg_params_init(&p, pg);
	put_sendable(&p, of);
	err = pg_run(pg, &STMT_JOB_DUE_KIND, &p, &r);
	if (err != PG_OK || PQntuples(r) == 0)
		return err;
	*kind = pg_text_dup(pg_arena(pg), r, 0, 0);
	return PG_OK;
}

enum pg_err
job_publishable(struct pg *pg, const struct job_kinds *of, int64_t limit,
    struct job_set *due, bool *more)
{
	size_t bytes = 0;
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	*due = (struct job_set){ 0 };
	*more = false;
	err = pg_begin(pg);
	if (err != PG_OK)
		return err;
	due->v = arena_alloc(pg_arena(pg), (size_t)limit * sizeof(*due->v));
	pg_params_init(&p, pg);
	put_sendable(&p, of);
	err = pg_run(pg, &STMT_JOB_PUBLISHABLE, &p, &r);
	*more = err == PG_OK;
	while (*more && (int64_t)due->n < limit && bytes < BATCH_BYTES) {
		err = fetch(pg, due, limit - (int64_t)due->n, more, &bytes);
		*more &= err == PG_OK;
	}
	if (err != PG_OK)
		due->n = 0;
	if (due->n == 0)
		pg_rollback(pg);
	return err;
}

enum pg_err
job_publish_slowly(struct pg *pg, int64_t ms)
{
	struct pg_params p;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_int(&p, ms);
	return pg_run(pg, &STMT_JOB_PATIENT, &p, &r);
}

enum pg_err
job_published(struct pg *pg, const struct job_set *due)
{
	struct uuid *ids = arena_alloc(pg_arena(pg), due->n * sizeof(*ids));
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	for (size_t i = 0; i < due->n; i++)
		ids[i] = due->v[i].id;
	pg_params_init(&p, pg);
	job_put_ids(&p, &(struct job_ids){ ids, due->n });
	err = pg_run(pg, &STMT_JOB_PUBLISHED, &p, &r);
	if (err == PG_OK)
		return pg_commit(pg);
	pg_rollback(pg);
	return err;
}

void
job_unpublished(struct pg *pg)
{
	pg_rollback(pg);
}

enum pg_err
job_published_until(struct pg *pg, int64_t *until)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	err = pg_run_row(pg, &STMT_JOB_LOCK_ALONE, &p, &r);
	if (err == PG_OK)
		*until = pg_time(r, 0, 0);
	return err;
}

enum pg_err
job_still_there(struct pg *pg, const struct job_ids *ids, int64_t until)
{
	struct pg_params p;
	size_t changed;

	if (ids->n == 0)
		return PG_OK;
	pg_params_init(&p, pg);
	job_put_ids(&p, ids);
	pg_put_time(&p, until);
	return pg_run_change(pg, &STMT_JOB_STILL_THERE, &p, &changed);
}

enum pg_err
job_missing(struct pg *pg, int64_t ms, bool *any, int64_t *until)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	*any = false;
	pg_params_init(&p, pg);
	pg_put_int(&p, ms);
	err = pg_run(pg, &STMT_JOB_MISSING, &p, &r);
	if (err != PG_OK || PQntuples(r) == 0)
		return err;
	*any = true;
	*until = pg_time(r, 0, 0);
	return PG_OK;
}

static void
put_sent(struct pg_params *p, const struct job_sent *sent, int64_t limit)
{
	put_kinds(p, &sent->of);
	pg_put_time(p, sent->until);
	pg_put_texts(p, sent->kinds, sent->n);
	pg_put_texts(p, sent->ms, sent->n);
	pg_put_int(p, limit);
}

enum pg_err
job_sent_page(struct pg *pg, const struct job_sent *sent, int64_t limit,
    const struct job *after, struct job_set *jobs)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	put_sent(&p, sent, limit);
	job_put_time(&p, after != NULL, after != NULL ? after->created_at : 0);
	if (after != NULL)
		pg_put_uuid(&p, &after->id);
	else
		pg_put_null(&p);
	return job_rows(pg, &STMT_JOB_SENT_PAGE, &p, jobs);
}

enum pg_err
job_requeue(struct pg *pg, const struct job_sent *sent, int64_t limit,
    size_t *n)
{
	struct pg_params p;

	*n = 0;
	pg_params_init(&p, pg);
	put_sent(&p, sent, limit);
	return pg_run_change(pg, &STMT_JOB_REQUEUE, &p, n);
}

enum pg_err
job_heartbeat(struct pg *pg, const char *worker, const struct job_ids *ids)
{
	struct pg_params p;
	size_t changed;

	if (ids->n == 0)
		return PG_OK;
	pg_params_init(&p, pg);
	pg_put_text(&p, worker);
	job_put_ids(&p, ids);
	return pg_run_change(pg, &STMT_JOB_HEARTBEAT, &p, &changed);
}

enum pg_err
job_running(struct pg *pg, int64_t limit, struct job_beats *beats)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_int(&p, limit);
	err = pg_run(pg, &STMT_JOB_RUNNING, &p, &r);
	if (err != PG_OK)
		return err;
	beats->n = (size_t)PQntuples(r);
	beats->v = arena_alloc(p.arena, (beats->n + 1) * sizeof(*beats->v));
	for (size_t i = 0; i < beats->n; i++) {
		size_t len;
		const char *tag = pg_text(r, (int)i, 1, &len);

		beats->v[i].id = pg_uuid(r, (int)i, 0);
		beats->v[i].tag = arena_strndup(p.arena, tag, len);
		beats->v[i].at = pg_time(r, (int)i, 2);
	}
	return PG_OK;
}

enum pg_err
job_revive(struct pg *pg, int64_t max_deaths, const struct job_beats *gone,
    size_t *n)
{
	const char *names[KIND_MAX], *most[KIND_MAX], **at;
	struct uuid *ids;
	struct pg_params p;
	size_t i;

	pg_params_init(&p, pg);
	pg_put_int(&p, max_deaths);
	pg_put_int(&p, (int64_t)gone->n);
	for (i = 0; i < kind_count(); i++) {
		names[i] = kind_at(i)->name;
		most[i] = arena_printf(p.arena, "%lld",
		    (long long)kind_at(i)->max_deaths);
	}
	pg_put_texts(&p, names, i);
	pg_put_texts(&p, most, i);
	at = arena_alloc(p.arena, (gone->n + 1) * sizeof(*at));
	ids = arena_alloc(p.arena, (gone->n + 1) * sizeof(*ids));
	for (i = 0; i < gone->n; i++) {
		ids[i] = gone->v[i].id;
		at[i] = arena_printf(p.arena, "%lld", (long long)gone->v[i].at);
	}
	job_put_ids(&p, &(struct job_ids){ ids, gone->n });
	pg_put_texts(&p, at, gone->n);
	return pg_run_change(pg, &STMT_JOB_REVIVE, &p, n);
}
