/* SPDX-License-Identifier: ISC */
/* Readers of the log of changes, their positions, and how far they lag. */
#include "config.h"

#include "reader.h"

#include "jobs_own.h"

#define STMT PG_DECLARE
#include "reader.def"
#undef STMT
#define STMT PG_DEFINE
#include "reader.def"
#undef STMT

enum pg_err
reader_step(struct pg *pg, const struct pg_stmt *s, size_t rows,
    struct reader_step *step)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	*step = (struct reader_step){ 0 };
	pg_params_init(&p, pg);
	err = pg_run_row(pg, s, &p, &r);
	if (err != PG_OK)
		return err;
	step->n = (size_t)pg_int(r, 0, 0);
	step->more = step->n == rows;
	if (step->n > 0 && pg_int(r, 0, 1) == 0)
		return pg_odd(s,
		    "the reader's position did not move: a trigger "
		    "or a rule suppressed it");
	return PG_OK;
}

enum pg_err
reader_rebase(struct pg *pg, const struct reader *r, bool *rebased)
{
	struct pg_params p;
	enum pg_err err;
	size_t n = 0;

	pg_params_init(&p, pg);
	pg_put_text(&p, r->name);
	err = pg_run_change(pg, &STMT_READER_REBASE, &p, &n);
	*rebased = n > 0;
	return err;
}

enum pg_err
reader_now(struct pg *pg, const char **snapshot)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	err = pg_run_row(pg, &STMT_READER_NOW, &p, &r);
	if (err == PG_OK)
		*snapshot = pg_text_dup(pg_arena(pg), r, 0, 0);
	return err;
}

enum pg_err
reader_look(struct pg *pg, const char *snapshot, int64_t most,
    struct reader_look *look)
{
	struct arena *a = pg_arena(pg);
	char text[UUID_TEXT];
	struct pg_params p;
	int64_t events = 0;
	enum pg_err err;
	PGresult *r;

	*look = (struct reader_look){ 0 };
	pg_params_init(&p, pg);
	pg_put_text(&p, snapshot);
	pg_put_int(&p, most + 1);
	err = pg_run_row(pg, &STMT_READER_LOOK, &p, &r);
	if (err != PG_OK)
		return err;
	look->now = pg_text_dup(a, r, 0, 0);
	if (pg_null(r, 0, 1))
		return PG_OK;
	look->tasks =
	    arena_alloc(a, (size_t)PQntuples(r) * sizeof(*look->tasks));
	for (int i = 0; i < PQntuples(r); i++) {
		struct uuid id = pg_uuid(r, i, 1);

		look->tasks[look->n++] =
		    arena_strdup(a, uuid_format(&id, text));
		events += pg_int(r, i, 2);
	}
	look->more = events > most;
	return PG_OK;
}

enum pg_err
reader_looked(struct pg *pg, const char *snapshot)
{
	struct pg_params p;
	size_t n;

	pg_params_init(&p, pg);
	pg_put_text(&p, snapshot);
	return pg_run_change(pg, &STMT_READER_LOOKED, &p, &n);
}

enum pg_err
reader_rewind(struct pg *pg, const char *name, struct reader_goal *goal,
    enum reader_back *back)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_text(&p, name);
	if (goal->event != 0)
		pg_put_int(&p, goal->event);
	else
		pg_put_null(&p);
	job_put_time(&p, goal->event == 0, goal->since);
	err = pg_run_row(pg, &STMT_READER_REWIND, &p, &r);
	if (err != PG_OK)
		return err;
	goal->next = pg_null(r, 0, 1) ? 0 : pg_int(r, 0, 1);
	if (!pg_bool(r, 0, 0))
		*back = READER_BACK_NONE;
	else if (goal->next == 0)
		*back = READER_BACK_GONE;
	else
		*back = pg_bool(r, 0, 2) ? READER_BACK_DONE : READER_BACK_AHEAD;
	return PG_OK;
}

enum pg_err
reader_lags(struct pg *pg, struct reader_lags *lags)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	err = pg_run(pg, &STMT_READER_LAGS, &p, &r);
	if (err != PG_OK)
		return err;
	lags->n = (size_t)PQntuples(r);
	lags->v = arena_alloc(p.arena, (lags->n + 1) * sizeof(*lags->v));
	for (int i = 0; i < PQntuples(r); i++) {
		lags->v[i] = (struct reader_lag){
			.name = pg_text_dup(p.arena, r, i, 0),
			.xid = pg_int(r, i, 1),
			.id = pg_int(r, i, 2),
			.moved_at = pg_time(r, i, 3),
			.unread = pg_int(r, i, 4),
			.us = pg_int(r, i, 5),
			.waits = pg_bool(r, i, 6),
		};
	}
	return PG_OK;
}
