/* SPDX-License-Identifier: ISC */
/* Jobs that are made when their time comes. */
#include "config.h"

#include "schedule.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "job_make.h"
#include "jobs_own.h"
#include "log/log.h"
#include "text/cron.h"

/* Not static, so that no other statement has the name of one of these. */
#define STMT PG_DECLARE
#include "schedule.def"
#undef STMT
#define STMT PG_DEFINE
#include "schedule.def"
#undef STMT

#define ALL_MOST 100 /* jobs of one kind that are made at once */
#define STEPS    1000
#define BACK_S   ((int64_t)2 * 86400)
#define GRACE_S  60 /* what is later than that was missed */
#define AGAIN_US (5 * CLOCK_SECOND)
#define TOLD_US  (300 * CLOCK_SECOND)
#define PAUSE_US (60 * CLOCK_SECOND)
#define LATE_US  (30 * CLOCK_SECOND)
#define NEVER_S  ((int64_t)30 * 366 * 86400)

/* A row of SCHEDULE_LOOK. */
struct noted {
	const char *kind, *spec;
	int64_t next, last, seen; /* microseconds since 1970 */
	bool left;                /* no pool has said so for long */
};

/* All rows, and the time. */
struct look {
	struct noted v[KIND_MAX];
	size_t n;
	int64_t now;
};

static enum pg_err
schedule_look(struct pg *pg, struct look *look)
{
	const char *names[KIND_MAX];
	struct pg_params p;
	enum pg_err err;
	PGresult *r;
	size_t n = 0;

	*look = (struct look){ 0 };
	for (size_t i = 0; i < kind_count(); i++) {
		if (kind_at(i)->schedule[0] != '\0')
			names[n++] = kind_at(i)->name;
	}
	pg_params_init(&p, pg);
	pg_put_texts(&p, names, n);
	err = pg_run_row(pg, &STMT_SCHEDULE_LOOK, &p, &r);
	if (err != PG_OK)
		return err;
	look->now = pg_time(r, 0, 5);
	for (int i = 0; i < PQntuples(r) && i < KIND_MAX; i++) {
		if (pg_null(r, i, 0))
			continue;
		look->v[look->n++] = (struct noted){
			.kind = pg_text_dup(p.arena, r, i, 0),
			.spec = pg_text_dup(p.arena, r, i, 1),
			.next = pg_time(r, i, 2),
			.last = pg_null(r, i, 3) ? 0 : pg_time(r, i, 3),
			.seen = pg_time(r, i, 4),
			.left = pg_bool(r, i, 6),
		};
	}
	return PG_OK;
}

static const struct noted *
schedule_noted(const struct look *look, const struct kind *k)
{
	for (size_t i = 0; i < look->n; i++) {
		if (str_eq(look->v[i].kind, k->name))
			return &look->v[i];
	}
	return NULL;
}

/* --- one kind --- */

/* A kind whose turn it is. */
struct turn {
	struct pg *pg;
	const struct kind *kind;
	struct cron cron;
	const char *spec;        /* what is noted of its schedule */
	int64_t now;             /* seconds since 1970, as all of these */
	int64_t times[ALL_MOST]; /* of the jobs that are to be made */
	size_t n;
	int64_t last, next; /* the last time that has come, and what follows */
	int64_t missed;
};

static int64_t
turn_next(const struct turn *t, int64_t after)
{
	int64_t next = cron_next(&t->cron, t->kind->schedule_zone, after);

	return next == -1 ? after + NEVER_S : next;
}

/* Which of the times that have come there are jobs for. */
static void
turn_judge(struct turn *t, int64_t at)
{
	bool all = str_eq(t->kind->catch_up, "all");
	int64_t steps = 0;

	for (; at <= t->now && t->n < ALL_MOST; at = turn_next(t, at)) {
		t->last = at;
		if (all)
			t->times[t->n++] = at;
		else if (++steps == STEPS && at < t->now - BACK_S)
			at = t->now - BACK_S;
	}
	t->next = at;
	if (all)
		return;
	t->missed = steps;
	if (t->now - t->last <= GRACE_S || !str_eq(t->kind->catch_up, "skip")) {
		t->times[t->n++] = t->last;
		t->missed--;
	}
}

static void
put_schedule(struct pg_params *p, const struct turn *t)
{
	pg_params_init(p, t->pg);
	pg_put_text(p, t->kind->name);
	pg_put_text(p, t->spec);
}

/* Within a transaction; *ours is false if another pool was faster. */
static enum pg_err
turn_make(const struct turn *t, int64_t at, bool *ours)
{
	struct pg_params p;
	enum pg_err err;
	struct job job;
	size_t changed;
	bool made;

	put_schedule(&p, t);
	pg_put_time(&p, at);
	pg_put_time(&p, t->next * CLOCK_SECOND);
	pg_put_time(&p, t->last * CLOCK_SECOND);
	err = pg_run_change(t->pg, &STMT_SCHEDULE_FIRE, &p, &changed);
	*ours = err == PG_OK && changed == 1;
	for (size_t i = 0; *ours && err == PG_OK && i < t->n; i++)
		err = job_make(t->pg,
		    &(struct job_new){ .kind = t->kind->name,
			.kwargs = t->kind->schedule_kwargs,
			.has_run_at = true,
			.run_at = t->times[i] * CLOCK_SECOND },
		    &made, &job);
	return err;
}

static enum pg_err
turn_fire(struct turn *t, int64_t at, schedule_fn fn, void *arg)
{
	enum pg_err err;
	bool ours;

	turn_judge(t, at / CLOCK_SECOND);
	err = pg_begin(t->pg);
	if (err != PG_OK)
		return err;
	err = turn_make(t, at, &ours);
	if (err != PG_OK || !ours) {
		pg_rollback(t->pg);
		return err;
	}
	err = pg_commit(t->pg);
	if (err == PG_OK)
		fn(arg, &(struct schedule_fired){
			    t->kind->name, (int64_t)t->n, t->missed });
	return err;
}

/* Puts down a schedule that is not there yet, or follows on another. */
static enum pg_err
turn_note(const struct turn *t, const struct noted *other)
{
	struct pg_params p;
	size_t changed;

	put_schedule(&p, t);
	if (other == NULL) {
		pg_put_time(&p, turn_next(t, t->now) * CLOCK_SECOND);
		return pg_run_change(t->pg, &STMT_SCHEDULE_ADD, &p, &changed);
	}
	pg_put_time(&p,
	    turn_next(t, other->seen / CLOCK_SECOND) * CLOCK_SECOND);
	pg_put_text(&p, other->spec);
	return pg_run_change(t->pg, &STMT_SCHEDULE_CHANGE, &p, &changed);
}

static enum pg_err
turn_take(struct turn *t, const struct look *look, schedule_fn fn, void *arg)
{
	const struct noted *noted = schedule_noted(look, t->kind);
	struct pg_params p;
	size_t changed;

	if (noted == NULL)
		return turn_note(t, NULL);
	if (!str_eq(noted->spec, t->spec))
		return noted->left ? turn_note(t, noted) : PG_OK;
	if (noted->next <= look->now)
		return turn_fire(t, noted->next, fn, arg);
	if (look->now - noted->seen < AGAIN_US)
		return PG_OK;
	put_schedule(&p, t);
	return pg_run_change(t->pg, &STMT_SCHEDULE_SEEN, &p, &changed);
}

/* Others are not to blame for one that is refused. */
static bool
schedule_holds(struct schedule_keep *keep, size_t i, enum pg_err err)
{
	int64_t now = clock_mono_us(), *told = &keep->of[i].told;
	int64_t *pause = &keep->of[i].pause;

	if (err != PG_FAILED && err != PG_REFUSED) {
		*told = *pause = keep->of[i].again = 0;
		return false;
	}
	*pause = *pause == 0 ? CLOCK_SECOND : 2 * *pause;
	if (*pause > PAUSE_US)
		*pause = PAUSE_US;
	keep->of[i].again = now + *pause;
	if (*told == 0 || now - *told >= TOLD_US) {
		log_warning("schedule is held", LS("kind", kind_at(i)->name));
		*told = now;
	}
	return true;
}

/* The settings have been judged before. */
static bool
schedule_parse(struct schedule_keep *keep, size_t i)
{
	struct buf why = { 0 };

	if (!keep->of[i].parsed && kind_at(i)->schedule[0] != '\0')
		keep->of[i].parsed = cron_parse(kind_at(i)->schedule,
					 &keep->of[i].cron, &why) == 0;
	buf_free(&why);
	return keep->of[i].parsed;
}

enum pg_err
schedule_run(struct pg *pg, struct schedule_keep *keep, schedule_fn fn,
    void *arg)
{
	struct look look;
	enum pg_err err = PG_OK, held = PG_OK;
	bool any = false;

	for (size_t i = 0; i < kind_count(); i++)
		any |= schedule_parse(keep, i);
	if (any)
		err = schedule_look(pg, &look);
	for (size_t i = 0; any && err == PG_OK && i < kind_count(); i++) {
		const struct kind *k = kind_at(i);
		struct turn t = { .pg = pg,
			.kind = k,
			.cron = keep->of[i].cron,
			.now = look.now / CLOCK_SECOND,
			.spec = arena_printf(pg_arena(pg), "%s %s", k->schedule,
			    k->schedule_zone) };

		if (!keep->of[i].parsed || clock_mono_us() < keep->of[i].again)
			continue;
		err = turn_take(&t, &look, fn, arg);
		if (schedule_holds(keep, i, err)) {
			held = err;
			err = PG_OK;
		}
	}
	return err == PG_OK ? held : err;
}

enum pg_err
schedule_list(struct pg *pg, struct schedule_set *set)
{
	struct look look;
	enum pg_err err = schedule_look(pg, &look);

	set->n = 0;
	for (size_t i = 0; err == PG_OK && i < kind_count(); i++) {
		const struct noted *noted = schedule_noted(&look, kind_at(i));

		if (kind_at(i)->schedule[0] == '\0')
			continue;
		set->v[set->n++] = (struct schedule){ kind_at(i),
			noted == NULL ? 0 : noted->next,
			noted == NULL ? 0 : noted->last,
			noted != NULL && look.now - noted->next > LATE_US };
	}
	return err;
}
