/* SPDX-License-Identifier: ISC */
/* Readers of the log, step by step, in the PostgreSQL of the settings. */
#include "config.h"

#include <libpq-fe.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "jobs/reader.h"
#include "jobs/stats.h"
#include "lib/harness.h"
#include "setup/setup.h"

#define TASK_A "0191d5a0-0000-7000-8000-00000000000a"
#define TASK_B "0191d5a0-0000-7000-8000-00000000000b"
#define FAR    "4611686018427387904" /* a transaction of another server */

static struct arena *arena;
static struct pg *one;
static PGconn *plain, *other; /* two writers */

static const char *
run(PGconn *conn, const char *text)
{
	PGresult *r = PQexec(conn, text);
	const char *cell = "";

	ck_assert_msg(PQresultStatus(r) == PGRES_TUPLES_OK ||
			  PQresultStatus(r) == PGRES_COMMAND_OK,
	    "%s: %s", text, PQerrorMessage(conn));
	if (PQntuples(r) > 0)
		cell = arena_strdup(arena, PQgetvalue(r, 0, 0));
	PQclear(r);
	return cell;
}

static const char *
sql(const char *text)
{
	return run(plain, text);
}

static void
set_up(void)
{
	ck_assert_int_eq(setup_load_or_say("log_steps", NULL), 0);
	arena = arena_new();
	one = pg_new();
	pg_use(one, arena);
	plain = PQconnectdb(settings.database_conninfo);
	other = PQconnectdb(settings.database_conninfo);
	sql("TRUNCATE task_events, stats_days, stats_times");
	sql("UPDATE log_readers SET (xid, id, floor, snapshot) ="
	    " (SELECT pg_snapshot_xmin(now_), 0, 0, now_"
	    " FROM pg_current_snapshot() AS now_)");
}

static void
tear_down(void)
{
	PQfinish(other);
	PQfinish(plain);
	pg_free(one);
	arena_free(arena);
	conf_free();
}

/* A change of a task, by a writer. */
static void
change(PGconn *conn, const char *task)
{
	run(conn,
	    arena_printf(arena,
		"INSERT INTO task_events (task_id, version, action, actor,"
		" status_now) VALUES ('%s', 1, 'created', 'x', 'pending')",
		task));
}

/* How many events the statistics have read now, and how many changes they have
 * counted in all. */
static size_t
read_some(void)
{
	struct reader_step step;

	ck_assert_int_eq(stats_read(one, &step), PG_OK);
	return step.n;
}

static const char *
counted(void)
{
	return sql("SELECT coalesce(sum(created), 0) FROM stats_days");
}

static struct reader_lag
lag_of(const char *name)
{
	struct reader_lags lags;

	ck_assert_int_eq(reader_lags(one, &lags), PG_OK);
	for (size_t i = 0; i < lags.n; i++) {
		if (str_eq(lags.v[i].name, name))
			return lags.v[i];
	}
	ck_abort_msg("no reader %s", name);
	return (struct reader_lag){ 0 };
}

/* The tasks that were changed since the look before, by their last digits. */
static const char *
look(const char **seen)
{
	struct reader_look l;
	const char *text = "";

	ck_assert_int_eq(reader_look(one, *seen, 100, &l), PG_OK);
	for (size_t i = 0; i < l.n; i++)
		text = arena_printf(arena, "%s%c", text,
		    l.tasks[i][UUID_TEXT - 2]);
	ck_assert(!l.more);
	*seen = l.now;
	return str_eq(text, "ba") ? "ab" : text;
}

/* The lower number is committed last.  A reader of the order waits for it; the
 * keeper has each as soon as it is committed; nobody misses one, or has it
 * twice. */
START_TEST(interleaved)
{
	const char *seen;
	struct reader_lag lag;

	ck_assert_int_eq(reader_now(one, &seen), PG_OK);
	run(other, "BEGIN");
	change(other, TASK_A);
	for (int i = 0; i < 3; i++)
		change(plain, TASK_B);
	ck_assert_str_eq(look(&seen), "b");
	ck_assert_str_eq(look(&seen), "");
	ck_assert_uint_eq(read_some(), 0);
	lag = lag_of("statistics");
	ck_assert(lag.waits);
	ck_assert_int_eq(lag.unread, 3);
	ck_assert_int_gt(lag.us, 0);
	run(other, "COMMIT");
	change(plain, TASK_B);
	ck_assert_str_eq(look(&seen), "ab");
	ck_assert_str_eq(look(&seen), "");
	ck_assert(!lag_of("statistics").waits);
	ck_assert_uint_eq(read_some(), 5);
	ck_assert_uint_eq(read_some(), 0);
	ck_assert_str_eq(counted(), "5");
	lag = lag_of("statistics");
	ck_assert_int_eq(lag.unread, 0);
	ck_assert_int_eq(lag.us, 0);
}
END_TEST

/* A transaction that has only begun to write holds readers up as well, and what
 * it then does not do is nowhere. */
START_TEST(rolled_back)
{
	const char *seen;

	ck_assert_int_eq(reader_now(one, &seen), PG_OK);
	run(other, "BEGIN; SELECT pg_current_xact_id()");
	change(plain, TASK_B);
	ck_assert_uint_eq(read_some(), 0);
	change(other, TASK_A);
	run(other, "ROLLBACK");
	ck_assert_str_eq(look(&seen), "b");
	ck_assert_uint_eq(read_some(), 1);
	ck_assert_str_eq(counted(), "1");
}
END_TEST

/* Only who has the lock reads; nobody waits for it. */
START_TEST(one_at_a_time)
{
	change(plain, TASK_A);
	run(other,
	    "BEGIN; SELECT name FROM log_readers WHERE name = 'statistics'"
	    " FOR UPDATE");
	ck_assert_uint_eq(read_some(), 0);
	ck_assert_str_eq(counted(), "0");
	run(other, "ROLLBACK");
	ck_assert_uint_eq(read_some(), 1);
	ck_assert_str_eq(counted(), "1");
}
END_TEST

/* Without its effect a reader does not move. */
START_TEST(effect_and_position)
{
	struct reader_step step;

	change(plain, TASK_A);
	sql("ALTER TABLE stats_days ADD CONSTRAINT no CHECK (created < 0)");
	ck_assert_int_eq(stats_read(one, &step), PG_FAILED);
	sql("ALTER TABLE stats_days DROP CONSTRAINT no");
	ck_assert_int_eq(lag_of("statistics").unread, 1);
	ck_assert_uint_eq(read_some(), 1);
	ck_assert_str_eq(counted(), "1");
}
END_TEST

/* The statuses decide; what the release before has written has none. */
static const struct {
	const char *action, *was, *now;
	const char *counts; /* created completed deleted, pending in-progress
			     * completed more */
} changes[] = {
	{ "created", "NULL", "'pending'", "1 0 0 1 0 0" },
	{ "created", "NULL", "'completed'", "1 1 0 0 0 1" },
	{ "updated", "'pending'", "'completed'", "0 1 0 -1 0 1" },
	{ "updated", "'completed'", "'in-progress'", "0 0 0 0 1 -1" },
	{ "updated", "'pending'", "'pending'", NULL },
	{ "deleted", "'in-progress'", "NULL", "0 0 1 0 -1 0" },
	{ "created", "NULL", "NULL", NULL },
	{ "deleted", "NULL", "NULL", NULL },
};

START_TEST(what_is_counted)
{
	sql(arena_printf(arena,
	    "INSERT INTO task_events (task_id, version, action, actor, at,"
	    " status_was, status_now) VALUES ('" TASK_A "', 1, '%s', 'x',"
	    " '2026-03-01T23:59:59.999999Z', %s, %s)",
	    changes[_i].action, changes[_i].was, changes[_i].now));
	ck_assert_uint_eq(read_some(), 1);
	ck_assert_str_eq(sql("SELECT count(*) FROM stats_days"),
	    changes[_i].counts == NULL ? "0" : "1");
	if (changes[_i].counts != NULL)
		ck_assert_str_eq(
		    sql("SELECT concat_ws(' ', created, completed, deleted,"
			" pending_more, in_progress_more, completed_more)"
			" FROM stats_days WHERE day = '2026-03-01'"),
		    changes[_i].counts);
}
END_TEST

/* Times are those since the task was created, of each time that it became
 * completed; in fourths of a power of two. */
static const struct {
	const char *was, *now, *age;
	const char *step; /* NULL: none is counted */
} times[] = {
	{ "'pending'", "'completed'", "0", "0" },
	{ "'in-progress'", "'completed'", "1.1", "0" },
	{ "'in-progress'", "'completed'", "2.1", "4" },
	{ "'pending'", "'completed'", "1030", "40" },
	{ "'pending'", "'completed'", "-5", "0" },
	{ "NULL", "'completed'", "1030", NULL },
	{ "'completed'", "'completed'", "1030", NULL },
	{ "'pending'", "'in-progress'", "1030", NULL },
	{ "'completed'", "NULL", "1030", NULL },
};

START_TEST(what_takes_long)
{
	const char *step = times[_i].step;

	sql("DELETE FROM tasks");
	sql(arena_printf(arena,
	    "INSERT INTO tasks (id, title, created_by, created_at) VALUES"
	    " ('" TASK_A "', 'a', 'x', now() - interval '%s s')",
	    times[_i].age));
	sql(arena_printf(arena,
	    "INSERT INTO task_events (task_id, version, action, actor,"
	    " status_was, status_now) VALUES"
	    " ('" TASK_A "', 2, 'updated', 'x', %s, %s)",
	    times[_i].was, times[_i].now));
	ck_assert_uint_eq(read_some(), 1);
	ck_assert_str_eq(
	    sql("SELECT coalesce(string_agg(concat_ws(' ', step, tasks), ','),"
		" '') FROM stats_times"),
	    step == NULL ? "" : arena_printf(arena, "%s 1", step));
	sql("DELETE FROM tasks");
}
END_TEST

/* Of a task that is gone its history tells; if that is gone, nothing does. */
START_TEST(times_of_what_is_gone)
{
	sql("INSERT INTO task_events (task_id, version, action, actor, at,"
	    " status_was, status_now) VALUES"
	    " ('" TASK_A "', 1, 'created', 'x', now() - interval '1030 s',"
	    " NULL, 'pending'),"
	    " ('" TASK_A "', 2, 'updated', 'x', now(), 'pending', 'completed'),"
	    " ('" TASK_B
	    "', 2, 'updated', 'x', now(), 'pending', 'completed')");
	ck_assert_uint_eq(read_some(), 3);
	ck_assert_uint_eq(read_some(), 0);
	ck_assert_str_eq(
	    sql("SELECT string_agg(concat_ws(' ', step, tasks), ',')"
		" FROM stats_times"),
	    "40 1");
}
END_TEST

/* A batch has an end, and says so. */
START_TEST(batches)
{
	const char *seen;
	struct reader_step step;
	struct reader_look l;

	ck_assert_int_eq(reader_now(one, &seen), PG_OK);
	sql("INSERT INTO task_events (task_id, version, action, actor,"
	    " status_now) SELECT gen_random_uuid(), 1, 'created', 'x',"
	    " 'pending' FROM generate_series(1, 1500)");
	ck_assert_int_eq(stats_read(one, &step), PG_OK);
	ck_assert(step.more);
	ck_assert_int_eq(stats_read(one, &step), PG_OK);
	ck_assert(!step.more);
	ck_assert_str_eq(counted(), "1500");
	ck_assert_int_eq(reader_look(one, seen, 1499, &l), PG_OK);
	ck_assert(l.more);
	ck_assert_int_eq(reader_look(one, seen, 1500, &l), PG_OK);
	ck_assert(!l.more);
	ck_assert_uint_eq(l.n, 1500);
}
END_TEST

/* A dump of another server, whose transactions are far ahead: what it had not
 * counted is counted, and then what this server does. */
START_TEST(restored)
{
	const struct reader *r = &readers[READER_statistics];
	bool rebased;

	change(plain, TASK_A);
	change(plain, TASK_B);
	change(plain, TASK_B);
	sql("CREATE TEMP TABLE came AS SELECT * FROM task_events");
	sql("TRUNCATE task_events");
	sql("INSERT INTO task_events OVERRIDING SYSTEM VALUE"
	    " SELECT * FROM came");
	sql("DROP TRIGGER task_events_refuse ON task_events");
	sql("UPDATE task_events SET xid = (" FAR " + id)::text::xid8");
	sql("UPDATE log_readers SET (xid, id) = (SELECT xid, id"
	    " FROM task_events ORDER BY id LIMIT 1)"
	    " WHERE name = 'statistics'");
	change(plain, TASK_A); /* here, before a pool begins */
	ck_assert_int_eq(reader_rebase(one, r, &rebased), PG_OK);
	ck_assert(!rebased); /* there is something left */
	ck_assert_uint_eq(read_some(), 2);
	ck_assert_int_eq(reader_rebase(one, r, &rebased), PG_OK);
	ck_assert(rebased);
	change(plain, TASK_A);
	ck_assert_uint_eq(read_some(), 2);
	ck_assert_uint_eq(read_some(), 0);
	ck_assert_int_eq(reader_rebase(one, r, &rebased), PG_OK);
	ck_assert(!rebased);
	ck_assert_str_eq(counted(), "4");
	sql("CREATE TRIGGER task_events_refuse BEFORE UPDATE ON task_events"
	    " FOR EACH STATEMENT EXECUTE FUNCTION task_events_refuse()");
}
END_TEST

/* Three events are there, two of them had: rewinding to one of them. */
static const struct {
	const char *reader;
	int event; /* -1: by time, before all */
	enum reader_back back;
	size_t again;
} rewinds[] = {
	{ "statistics", 1, READER_BACK_DONE, 3 },
	{ "statistics", 2, READER_BACK_DONE, 2 },
	{ "statistics", 3, READER_BACK_AHEAD, 1 },
	{ "statistics", 9, READER_BACK_GONE, 1 },
	{ "statistics", -1, READER_BACK_DONE, 3 },
	{ "statistic", 1, READER_BACK_NONE, 1 },
};

START_TEST(rewound)
{
	struct reader_goal goal = { .since = 1 };
	enum reader_back back;

	sql("ALTER TABLE task_events ALTER id RESTART");
	change(plain, TASK_A);
	change(plain, TASK_B);
	ck_assert_uint_eq(read_some(), 2);
	change(plain, TASK_A);
	if (rewinds[_i].event > 0)
		goal.event = rewinds[_i].event;
	ck_assert_int_eq(reader_rewind(one, rewinds[_i].reader, &goal, &back),
	    PG_OK);
	ck_assert_int_eq(back, rewinds[_i].back);
	if (back == READER_BACK_DONE)
		ck_assert_int_eq(goal.next,
		    rewinds[_i].event > 0 ? rewinds[_i].event : 1);
	ck_assert_uint_eq(read_some(), rewinds[_i].again);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ interleaved, 0, 0 },
		{ rolled_back, 0, 0 },
		{ one_at_a_time, 0, 0 },
		{ effect_and_position, 0, 0 },
		{ what_is_counted, NELEM(changes), 0 },
		{ what_takes_long, NELEM(times), 0 },
		{ times_of_what_is_gone, 0, 0 },
		{ batches, 0, 0 },
		{ restored, 0, 0 },
		{ rewound, NELEM(rewinds), 0 },
	};

	return harness_run_in("log steps", set_up, tear_down, tests,
	    NELEM(tests));
}
