/* SPDX-License-Identifier: ISC */
/* Limits of kinds over all pools. */
#include "config.h"

#include "limit.h"

#include "base/clock.h"
#include "jobs_own.h"

/* Not static, so that no other statement has the name of one of these. */
#define STMT PG_DECLARE
#include "limit.def"
#undef STMT
#define STMT PG_DEFINE
#include "limit.def"
#undef STMT

#define HOLD_MOST 1000                 /* rows of one statement */
#define ROUND_US  (CLOCK_SECOND / 100) /* of a relay, at least */
#define ANY       1000000

static void
put_limited(struct pg_params *p, struct pg *pg)
{
	const char *names[KIND_MAX];

	pg_params_init(p, pg);
	pg_put_texts(p, names, kind_limited(names));
}

enum pg_err
limit_begin(struct pg *pg, bool again, bool *more)
{
	const char *names[KIND_MAX];
	enum pg_err err = PG_OK;
	struct pg_params p;
	size_t changed = 0;

	if (kind_limited(names) > 0) {
		put_limited(&p, pg);
		err = pg_run_change(pg,
		    again ? &STMT_LIMIT_BACK : &STMT_LIMIT_BEGIN, &p, &changed);
		changed = 0;
	}
	if (err == PG_OK) {
		put_limited(&p, pg);
		err = pg_run_change(pg, &STMT_LIMIT_FREE, &p, &changed);
	}
	*more = err == PG_OK && changed == HOLD_MOST;
	return err;
}

enum pg_err
limit_hold(struct pg *pg, const struct job_kinds *of, bool *more)
{
	struct pg_params p;
	enum pg_err err;
	size_t changed;

	put_limited(&p, pg);
	pg_put_texts(&p, of->v, of->n);
	pg_put_bool(&p, !of->others);
	err = pg_run_change(pg, &STMT_LIMIT_HOLD, &p, &changed);
	*more = err == PG_OK && changed == HOLD_MOST;
	return err;
}

enum pg_err
limit_late(struct pg *pg)
{
	struct pg_params p;
	PGresult *r;

	put_limited(&p, pg);
	return pg_run(pg, &STMT_LIMIT_LATE, &p, &r);
}

enum pg_err
limit_held(struct pg *pg, const struct kind *held[KIND_MAX], size_t *n)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	*n = 0;
	put_limited(&p, pg);
	err = pg_run(pg, &STMT_LIMIT_HELD, &p, &r);
	for (int i = 0; err == PG_OK && i < PQntuples(r); i++) {
		held[*n] = kind_find(pg_text_dup(p.arena, r, i, 0), NULL);
		*n += held[*n] != NULL;
	}
	return err;
}

/* Those that are let go together where a relay cannot look as often as they may
 * go; and those that may wait to be begun, so that a pool that was busy does
 * not begin many at once: a second's.  When others begin is not known. */
static void
put_pace(struct pg_params *p, const struct kind *k)
{
	int64_t pace = k->pace == 0 ? ANY : k->pace;
	int64_t waiting = k->foreign_queue ? ANY : CLOCK_SECOND / pace;
	int64_t most = ROUND_US / pace;

	pg_put_int(p, k->pace);
	pg_put_int(p, most > 1 ? most : 1);
	pg_put_int(p, waiting > 1 ? waiting : 1);
}

static enum pg_err
go_locked(struct pg *pg, const struct kind *k, size_t *n, int64_t *us)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_text(&p, k->name);
	err = pg_run(pg, &STMT_LIMIT_LOCK, &p, &r);
	if (err != PG_OK || PQntuples(r) == 0)
		return err;
	pg_params_init(&p, pg);
	pg_put_text(&p, k->name);
	pg_put_int(&p, k->concurrency);
	put_pace(&p, k);
	err = pg_run_row(pg, &STMT_LIMIT_GO, &p, &r);
	if (err != PG_OK)
		return err;
	*n = (size_t)pg_int(r, 0, 0);
	*us = pg_int(r, 0, 1);
	return PG_OK;
}

enum pg_err
limit_go(struct pg *pg, const struct kind *k, size_t *n, int64_t *us)
{
	enum pg_err err;

	*n = 0;
	*us = 0;
	err = pg_begin(pg);
	if (err != PG_OK)
		return err;
	err = go_locked(pg, k, n, us);
	if (err == PG_OK && *n > 0)
		return pg_commit(pg);
	pg_rollback(pg);
	return err;
}
