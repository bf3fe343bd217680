/* SPDX-License-Identifier: ISC */
/* Job rows, step by step, in the PostgreSQL that the settings name. */
#include "config.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "lib/harness.h"
#include "lib/later.h"
#include "jobs/job_list.h"
#include "jobs/job_purge.h"
#include "jobs/job_relay.h"
#include "jobs/job_step.h"
#include "jobs/job_take.h"
#include "jobs/job_tell.h"
#include "jobs/limit.h"
#include "jobs/stats.h"
#include "setup/setup.h"

#define MINUTE INT64_C(60000000)

static struct arena *arena;
static struct pg *one, *two; /* two processes as PostgreSQL sees it */
static PGconn *plain;

/* Runs SQL that no program has; the first cell. */
static const char *
sql(const char *text)
{
	PGresult *r = PQexec(plain, text);
	const char *cell = "";

	ck_assert_msg(PQresultStatus(r) == PGRES_TUPLES_OK ||
			  PQresultStatus(r) == PGRES_COMMAND_OK,
	    "%s: %s", text, PQerrorMessage(plain));
	if (PQntuples(r) > 0)
		cell = arena_strdup(arena, PQgetvalue(r, 0, 0));
	PQclear(r);
	return cell;
}

static void
set_up(void)
{
	ck_assert_int_eq(setup_load_or_say("job_steps", NULL), 0);
	arena = arena_new();
	one = pg_new();
	two = pg_new();
	pg_use(one, arena);
	pg_use(two, arena);
	plain = PQconnectdb(settings.database_conninfo);
	sql("TRUNCATE jobs, job_tells, stats_days, job_limits");
}

static void
tear_down(void)
{
	PQfinish(plain);
	pg_free(two);
	pg_free(one);
	arena_free(arena);
	conf_free();
}

static struct job
get(const struct uuid *id)
{
	struct job job = { 0 };
	bool found = false;

	ck_assert_int_eq(job_get(one, id, &found, &job), PG_OK);
	ck_assert(found);
	return job;
}

/* The row of a message that was sent to the queue, or that waits for a time. */
static struct uuid
adopt(int64_t run_at)
{
	struct uuid id = uuid_new();
	char text[UUID_TEXT];

	sql(arena_printf(arena,
	    "INSERT INTO jobs (id, message_id, kind, args, state, run_at,"
	    " published_at, relayed_at) VALUES ('%s', 'm', 'a.kind',"
	    " '{\"args\": [], \"kwargs\": {}}', '%s',"
	    " to_timestamp(%lld::numeric / 1000000), now(), now())",
	    uuid_format(&id, text), run_at == 0 ? "published" : "queued",
	    (long long)(run_at == 0 ? clock_wall_us() : run_at)));
	return id;
}

static enum job_turn
start(struct pg *pg, const struct uuid *id, const char *tag, struct job *job)
{
	const struct job_by by = { .worker = "node", .tag = tag };
	enum job_turn turn = JOB_TURN_UNKNOWN;
	const struct job_message m = { .id = *id,
		.message_id = "m",
		.kind = get(id).kind,
		.args = "{}",
		.message = "{}",
		.ours = true };

	ck_assert_int_eq(job_take(pg, &m, &by, &turn, job), PG_OK);
	return turn;
}

static bool
finish(const struct job *job, const char *tag, enum job_state state,
    int64_t delay, const char *error)
{
	const struct job_end end = {
		.state = state, .delay = delay, .error = error
	};
	bool ours = false;

	ck_assert_int_eq(job_finish(one, job, tag, &end, &ours), PG_OK);
	return ours;
}

START_TEST(a_run)
{
	struct uuid id = adopt(0);
	struct job job, other;

	ck_assert_int_eq(start(one, &id, "t1", &job), JOB_TURN_MINE);
	ck_assert_int_eq(job.state, JOB_RUNNING);
	ck_assert_int_eq(job.attempts, 1);
	ck_assert_str_eq(job.message_id, "m");
	ck_assert_str_eq(job.worker, "node");
	/* The answer was lost: still the same run. */
	ck_assert_int_eq(start(one, &id, "t1", &job), JOB_TURN_MINE);
	ck_assert_int_eq(job.attempts, 1);
	ck_assert_int_eq(start(two, &id, "t2", &other), JOB_TURN_ELSEWHERE);
	ck_assert(!finish(&job, "t2", JOB_SUCCEEDED, 0, NULL));
	other = job;
	other.attempts = 2;
	ck_assert(!finish(&other, "t1", JOB_SUCCEEDED, 0, NULL));
	ck_assert(finish(&job, "t1", JOB_SUCCEEDED, 0, NULL));
	ck_assert(!finish(&job, "t1", JOB_FAILED, 0, "too late"));
	ck_assert_int_eq(start(two, &id, "t3", &other), JOB_TURN_OVER);
	job = get(&id);
	ck_assert_int_eq(job.state, JOB_SUCCEEDED);
	ck_assert_int_ge(job.finished_at, job.started_at);
	ck_assert_ptr_null(job.last_error);
	/* Sent, begun, ended: whatever the order in which that was noted. */
	id = adopt(0);
	sql("UPDATE jobs SET published_at = now() + interval '1 s'"
	    " WHERE state = 'published'");
	ck_assert_int_eq(start(one, &id, "t1", &job), JOB_TURN_MINE);
	ck_assert(finish(&job, "t1", JOB_FAILED, 0, NULL));
	job = get(&id);
	ck_assert_int_ge(job.started_at, job.published_at);
	ck_assert_int_ge(job.finished_at, job.started_at);
}
END_TEST

/* A message as its sender makes it; more goes to its headers. */
static const char *
message(const char *tag, int retries)
{
	return arena_printf(arena,
	    "{\"body\": \"W1tdLCB7fSwge31d\", \"content-type\":"
	    " \"application/json\", \"headers\": {\"id\": \"m\", \"task\":"
	    " \"k\", \"retries\": %d}, \"properties\": {\"delivery_tag\":"
	    " \"%s\", \"body_encoding\": \"base64\", \"delivery_info\":"
	    " {\"routing_key\": \"q\"}}}",
	    retries, tag);
}

/* What becomes of a message whose row is in that state, made by the first. */
static const struct {
	const char *state, *tag, *kind;
	int retries;
	bool ours;
	int64_t eta, expires; /* milliseconds from now; 0: none */
	enum job_turn turn;
	const char *then;
} copies[] = {
	/* No row. */
	{ NULL, "a", "k", 0, false, 0, 0, JOB_TURN_MINE, "running" },
	{ NULL, "a", "k", 0, true, 0, 0, JOB_TURN_MINE, "running" },
	{ NULL, "a", "k", 0, false, 9000, 0, JOB_TURN_LATER, "queued" },
	{ NULL, "a", "k", 0, false, 0, -1, JOB_TURN_CANCELLED, "cancelled" },
	{ NULL, "a", "k", 0, false, 9000, -1, JOB_TURN_CANCELLED, "cancelled" },
	/* The same message. */
	{ "published", "a", "k", 0, false, 0, 0, JOB_TURN_MINE, "running" },
	{ "published", "x", "k", 0, true, 0, 0, JOB_TURN_MINE, "running" },
	{ "queued", "a", "k", 0, false, 0, 0, JOB_TURN_LATER, "queued" },
	{ "running", "a", "k", 0, false, 0, -1, JOB_TURN_ELSEWHERE, "running" },
	{ "failed", "a", "k", 0, false, 0, -1, JOB_TURN_OVER, "failed" },
	{ "failed", "x", "k", 9, true, 0, 0, JOB_TURN_OVER, "failed" },
	/* That of another job: it is left alone. */
	{ "published", "b", "l", 0, false, 0, 0, JOB_TURN_OTHER, "published" },
	{ "queued", "b", "l", 0, false, 0, 0, JOB_TURN_OTHER, "queued" },
	{ "running", "b", "l", 0, false, 0, 0, JOB_TURN_OTHER, "running" },
	{ "succeeded", "b", "l", 0, false, 0, 0, JOB_TURN_OTHER, "succeeded" },
	/* Sent anew: a failure is made good, nothing else is done twice. */
	{ "failed", "b", "k", 0, false, 0, 0, JOB_TURN_MINE, "running" },
	{ "failed", "b", "l", 0, false, 0, 0, JOB_TURN_MINE, "running" },
	{ "failed", "b", "k", 0, false, 9000, 0, JOB_TURN_LATER, "queued" },
	{ "succeeded", "b", "k", 0, false, 0, 0, JOB_TURN_OVER, "succeeded" },
	{ "cancelled", "b", "k", 0, false, 0, 0, JOB_TURN_OVER, "cancelled" },
	{ "running", "b", "k", 1, false, 0, 0, JOB_TURN_ELSEWHERE, "running" },
	/* The next try of a stock worker. */
	{ "published", "b", "k", 1, false, 9000, 0, JOB_TURN_LATER, "queued" },
	{ "published", "b", "k", 1, false, 0, 0, JOB_TURN_MINE, "running" },
	{ "queued", "b", "k", 1, false, 0, 0, JOB_TURN_MINE, "running" },
	{ "published", "b", "k", 0, false, 9000, 0, JOB_TURN_MINE, "running" },
};

START_TEST(messages)
{
	const struct job_by by = { .worker = "node", .tag = "t" };
	const int64_t now = clock_wall_us();
	struct job_message m = { .id = uuid_new(),
		.message_id = "m",
		.kind = copies[_i].kind,
		.args = "{\"args\": [2], \"kwargs\": {}}",
		.message = message(copies[_i].tag, copies[_i].retries),
		.tag = copies[_i].tag,
		.ours = copies[_i].ours,
		.retries = copies[_i].retries,
		.has_eta = copies[_i].eta != 0,
		.eta = now + copies[_i].eta * 1000,
		.has_expires = copies[_i].expires != 0,
		.expires = now + copies[_i].expires * 1000 };
	char text[UUID_TEXT];
	enum job_turn turn;
	struct job job;

	if (copies[_i].state != NULL)
		sql(arena_printf(arena,
		    "INSERT INTO jobs (id, message_id, kind, args, message,"
		    " state, run_at, heartbeat_at, tag) VALUES ('%s', 'm', 'k',"
		    " '{\"args\": [1]}', '%s', '%s', now() + interval '1 h',"
		    " now(), 's')",
		    uuid_format(&m.id, text), message("a", 0),
		    copies[_i].state));
	ck_assert_int_eq(job_take(one, &m, &by, &turn, &job), PG_OK);
	ck_assert_int_eq(turn, copies[_i].turn);
	job = get(&m.id);
	ck_assert_str_eq(job.state_word, copies[_i].then);
	if (turn == JOB_TURN_CANCELLED)
		ck_assert_str_eq(sql("SELECT count(*) FROM job_tells"), "1");
	if (turn == JOB_TURN_MINE) {
		ck_assert_str_eq(job.kind, m.kind);
		ck_assert_str_eq(job.worker, "node");
		ck_assert_int_eq(job.attempts, 1);
		ck_assert_int_ge(job.started_at, job.published_at);
		/* The answer was lost: still the same run. */
		ck_assert_int_eq(job_take(one, &m, &by, &turn, &job), PG_OK);
		ck_assert_int_eq(turn, JOB_TURN_MINE);
		ck_assert_int_eq(job.attempts, 1);
	}
}
END_TEST

/* Those whose state allows it, and what is to be told of them. */
static const struct {
	bool cancel;
	const char *then[7]; /* of one of each state, in their order */
	const char *tells;   /* one was told of each of the last three */
} together[] = {
	{ false,
	    { "queued", "published", "running", "retrying", "succeeded",
		"queued", "queued" },
	    "1" },
	{ true,
	    { "cancelled", "cancelled", "running", "cancelled", "succeeded",
		"failed", "cancelled" },
	    "6" },
};

START_TEST(steered_together)
{
	struct uuid ids[NELEM(together[0].then)];
	struct job_ids all = { ids, NELEM(ids) };
	struct job_set done = { 0 };
	char text[UUID_TEXT];
	size_t changed = 0;

	for (size_t i = 0; i < NELEM(ids); i++) {
		ids[i] = adopt(0);
		sql(arena_printf(arena,
		    "UPDATE jobs SET state = '%s', attempts = 3 WHERE id = '%s'",
		    job_states[i], uuid_format(&ids[i], text)));
	}
	sql("INSERT INTO job_tells (job_id) SELECT id FROM jobs"
	    " WHERE state IN ('succeeded', 'failed', 'cancelled')");
	if (together[_i].cancel)
		ck_assert_int_eq(job_cancel_some(one, &all, "no", &done),
		    PG_OK);
	else
		ck_assert_int_eq(job_retry_some(one, &all, &done), PG_OK);
	for (size_t i = 0; i < NELEM(ids); i++) {
		const struct job job = get(&ids[i]);
		bool moved = !str_eq(together[_i].then[i], job_states[i]);

		ck_assert_str_eq(job.state_word, together[_i].then[i]);
		if (moved)
			ck_assert_pstr_eq(job.last_error,
			    together[_i].cancel ? "no" : NULL);
		changed += moved;
		ck_assert_int_eq(job.attempts,
		    moved && !together[_i].cancel ? 0 : 3);
	}
	ck_assert_uint_eq(done.n, changed);
	ck_assert_str_eq(sql("SELECT count(*) FROM job_tells"),
	    together[_i].tells);
}
END_TEST

/* What a rule that is not ours refuses, whatever SQLSTATE it says, is the fault
 * of a message only if another one is taken meanwhile. */
static const struct {
	const char *state; /* of a row made before; NULL: there is none */
	const char *tag;
	int retries;
	int64_t eta;       /* milliseconds from now; 0: none */
	const char *word;  /* its argument */
	const char *rule;  /* what is refused */
	const char *error; /* and how */
	bool own;
} blames[] = {
	{ NULL, "b", 0, 0, "poison", "false", "22012", false },
	{ NULL, "b", 0, 0, "\\u0000", "false", "22012", true },
	{ NULL, "b", 0, 0, "poison", "true", "22012", false },
	{ NULL, "b", 0, 0, "poison", "true", "23514", false },
	{ NULL, "b", 0, 0, "poison", "true", "54000", false },
	{ NULL, "b", 0, 0, "poison", "true", "P0001", false },
	{ NULL, "b", 0, 9000, "poison", "NEW.state = 'queued'", "23514",
	    false },
	{ NULL, "b", 0, 0, "poison", "NEW.args->>'args' ~ 'poison'", "22012",
	    true },
	{ NULL, "b", 0, 0, "poison", "NEW.args->>'args' ~ 'poison'", "P0001",
	    true },
	{ "failed", "b", 0, 0, "poison", "TG_OP = 'UPDATE'", "22012", false },
	{ "failed", "b", 0, 0, "\\u0000", "false", "22012", true },
	{ "failed", "b", 0, 0, "poison",
	    "TG_OP = 'UPDATE' AND NEW.args->>'args' ~ 'poison'", "22012",
	    true },
	{ "published", "b", 1, 0, "poison",
	    "TG_OP = 'UPDATE' AND NEW.args->>'args' ~ 'poison'", "22012",
	    true },
	{ "published", "a", 0, 0, "poison", "NEW.state = 'running'", "22012",
	    false },
};

START_TEST(whose_fault)
{
	const struct job_by by = { .worker = "node", .tag = "t" };
	struct job_message m = { .id = uuid_new(),
		.message_id = "m",
		.kind = "k",
		.args = arena_printf(arena,
		    "{\"args\": [\"%s\"], \"kwargs\": {}}", blames[_i].word),
		.message = message(blames[_i].tag, blames[_i].retries),
		.tag = blames[_i].tag,
		.retries = blames[_i].retries,
		.has_eta = blames[_i].eta != 0,
		.eta = clock_wall_us() + blames[_i].eta * 1000 };
	enum job_turn turn;
	char text[UUID_TEXT];
	struct job job;
	bool own = !blames[_i].own;

	if (blames[_i].state != NULL)
		sql(arena_printf(arena,
		    "INSERT INTO jobs (id, message_id, kind, args, message,"
		    " state) VALUES ('%s', 'm', 'k', '{\"args\": [1]}',"
		    " '%s', '%s')",
		    uuid_format(&m.id, text), message("a", 0),
		    blames[_i].state));
	sql(arena_printf(arena,
	    "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS"
	    " $$BEGIN IF %s THEN RAISE SQLSTATE '%s'; END IF; RETURN NEW; END$$;"
	    " CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON jobs"
	    " FOR EACH ROW EXECUTE FUNCTION public.refuse()",
	    blames[_i].rule, blames[_i].error));
	if (!str_eq(blames[_i].rule, "false") || blames[_i].own)
		ck_assert_int_ne(job_take(one, &m, &by, &turn, &job), PG_OK);
	ck_assert_int_ne(job_take_blame(one, &m, &by, &own), PG_LOST);
	ck_assert(own == blames[_i].own);
	ck_assert_str_eq(sql("SELECT count(*) FROM jobs"),
	    blames[_i].state == NULL ? "0" : "1");
	sql("DROP FUNCTION public.refuse() CASCADE");
}
END_TEST

/* What waits in a row is too late as well, and its row knows since when. */
START_TEST(too_late)
{
	struct uuid id = adopt(0);
	struct job job;

	sql("UPDATE jobs SET args = args || '{\"expires\":"
	    " \"2020-01-01T00:00:00+00:00\"}'");
	ck_assert_int_eq(start(one, &id, "t", &job), JOB_TURN_CANCELLED);
	ck_assert_int_eq(job.state, JOB_CANCELLED);
	ck_assert_int_eq(job.attempts, 0);
	ck_assert_str_eq(job.last_error, "it expired before it was run");
	ck_assert_int_ne(job.finished_at, 0);
	ck_assert_str_eq(sql("SELECT count(*) FROM job_tells"), "1");
}
END_TEST

START_TEST(unknown_kinds)
{
	struct uuid id = adopt(0);
	struct job job;
	bool changed;

	ck_assert_int_eq(job_unknown(one, &id, 60000, &changed), PG_OK);
	ck_assert(changed);
	ck_assert_int_eq(start(one, &id, "t", &job), JOB_TURN_LATER);
	ck_assert_int_eq(job_unknown(one, &id, 60000, &changed), PG_OK);
	ck_assert(!changed);
	/* Its message was taken before it was marked as published. */
	sql("UPDATE jobs SET run_at = now()");
	ck_assert_int_eq(job_unknown(one, &id, 60000, &changed), PG_OK);
	ck_assert(changed);
}
END_TEST

START_TEST(retries)
{
	int64_t soon = clock_wall_us() + 10 * MINUTE;
	struct uuid id = adopt(soon);
	struct job job;

	ck_assert_int_eq(get(&id).state, JOB_QUEUED);
	ck_assert_int_eq(start(one, &id, "t1", &job), JOB_TURN_LATER);
	id = adopt(0);
	ck_assert_int_eq(start(one, &id, "t1", &job), JOB_TURN_MINE);
	/* The clock that counts is PostgreSQL's, whatever ours says. */
	later(-120 * MINUTE / 1000);
	ck_assert(finish(&job, "t1", JOB_RETRYING, MINUTE / 1000,
	    "bad \xff\xc3 bytes"));
	ck_assert_int_eq(start(one, &id, "t1", &job), JOB_TURN_LATER);
	ck_assert_str_eq(sql("SELECT run_at BETWEEN now() + interval '50 s'"
			     " AND now() + interval '60 s' FROM jobs"
			     " WHERE state = 'retrying'"),
	    "t");
	ck_assert_int_eq(job.finished_at, 0);
	ck_assert_str_eq(job.last_error, "bad ?? bytes");
	later(120 * MINUTE / 1000);
	sql("UPDATE jobs SET run_at = now()");
	ck_assert_int_eq(start(one, &id, "t2", &job), JOB_TURN_MINE);
	ck_assert_int_eq(job.attempts, 2);
	ck_assert(finish(&job, "t2", JOB_FAILED, 0, "no"));
	ck_assert_int_eq(start(one, &id, "t3", &job), JOB_TURN_OVER);
}
END_TEST

static const struct job_kinds all_kinds = { .others = true };
#define SENT(at) ((struct job_sent){ .of = { .others = true }, .until = (at) })

static size_t
publishable(struct pg *pg, int64_t limit, struct job_set *due)
{
	bool more;

	ck_assert_int_eq(job_publishable(pg, &all_kinds, limit, due, &more),
	    PG_OK);
	return due->n;
}

static const char *
in_state(const char *state)
{
	return sql(arena_printf(arena,
	    "SELECT count(*) FROM jobs WHERE state = '%s'", state));
}

#define FIVE                                                                   \
	"INSERT INTO jobs (kind, run_at)"                                      \
	" SELECT 'k', now() - n * interval '1 s' FROM generate_series(0, 4) n"

/* PostgreSQL ends the transaction of a relay that stands still, but not of one
 * whose broker is slow. */
START_TEST(a_slow_push_is_waited_for)
{
	int64_t timeout = settings.database_query_timeout;
	struct job_set due;

	sql(FIVE);
	settings.database_query_timeout = 200;
	ck_assert_uint_eq(publishable(one, 9, &due), 5);
	sql("SELECT pg_sleep(0.6)");
	ck_assert_int_ne(job_published(one, &due), PG_OK);
	ck_assert_uint_eq(publishable(one, 9, &due), 5);
	ck_assert_int_eq(job_publish_slowly(one, 60000), PG_OK);
	sql("SELECT pg_sleep(0.6)");
	ck_assert_int_eq(job_published(one, &due), PG_OK);
	settings.database_query_timeout = timeout;
	ck_assert_str_eq(in_state("published"), "5");
}
END_TEST

static const struct {
	const char *const v[2];
	size_t n;
	bool others;
	const char *oldest; /* of five k, then one l and one m */
	size_t due;
} kinds[] = {
	{ { "k" }, 1, false, "k", 5 },
	{ { "k" }, 1, true, "l", 2 },
	{ { "k", "l" }, 2, true, "m", 1 },
	{ { "m", "l" }, 2, false, "l", 2 },
	{ { "x" }, 1, false, NULL, 0 },
	{ { NULL }, 0, false, NULL, 0 },
	{ { NULL }, 0, true, "k", 7 },
};

START_TEST(some_kinds_are_left_alone)
{
	const struct job_kinds of = {
		.v = kinds[_i].v, .n = kinds[_i].n, .others = kinds[_i].others
	};
	struct job_set due;
	const char *kind;
	bool more;

	sql(FIVE
	    "; INSERT INTO jobs (kind, run_at) VALUES"
	    " ('l', now() + interval '1 us'), ('m', now() + interval '2 us'),"
	    " ('x', now() + interval '1 h')");
	ck_assert_int_eq(job_due_kind(one, &of, &kind), PG_OK);
	ck_assert_pstr_eq(kind, kinds[_i].oldest);
	ck_assert_int_eq(job_publishable(one, &of, 9, &due, &more), PG_OK);
	ck_assert_uint_eq(due.n, kinds[_i].due);
	if (due.n > 0)
		job_unpublished(one);
}
END_TEST

/* What is recorded next is not part of a transaction that could not be ended,
 * or it would be undone with it. */
START_TEST(a_refused_commit)
{
	const char *order = getenv("PG_CUT_ORDER");
	struct job_set due;
	bool changed;
	FILE *f;

	ck_assert_ptr_nonnull(order);
	sql(FIVE);
	ck_assert_uint_eq(publishable(one, 9, &due), 5);
	f = fopen(order, "w");
	ck_assert_ptr_nonnull(f);
	fputs("COMMIT 57014", f);
	fclose(f);
	ck_assert_int_ne(job_published(one, &due), PG_OK);
	ck_assert_int_eq(access(order, F_OK), -1);
	ck_assert_str_eq(in_state("published"), "0");
	ck_assert_int_eq(job_close(one, &due.v[0].id, LIFE_EVENT_cancel, "no",
			     &changed),
	    PG_OK);
	ck_assert(changed);
	ck_assert_str_eq(in_state("cancelled"), "1");
	ck_assert_uint_eq(publishable(one, 9, &due), 4);
	ck_assert_int_eq(job_published(one, &due), PG_OK);
	ck_assert_str_eq(in_state("published"), "4");
}
END_TEST

START_TEST(relays_share)
{
	struct job_set first, second;

	sql(FIVE "; INSERT INTO jobs (kind, run_at)"
		 " VALUES ('k', now() + interval '1 h')");
	ck_assert_uint_eq(publishable(one, 2, &first), 2);
	ck_assert_uint_eq(publishable(two, 9, &second), 3);
	ck_assert_int_lt(first.v[1].run_at, second.v[0].run_at);
	ck_assert_int_eq(job_published(one, &first), PG_OK);
	job_unpublished(two);
	ck_assert_str_eq(in_state("published"), "2");
	ck_assert_uint_eq(publishable(one, 9, &first), 3);
	ck_assert_int_eq(job_published(one, &first), PG_OK);
	ck_assert_uint_eq(publishable(one, 9, &first), 0);
}
END_TEST

/* Arguments of 100 kB each: a batch ends with the fetch that brings 512 KiB,
 * however many rows are wanted. */
START_TEST(batches_are_bounded)
{
	static const size_t batches[] = { 50, 50, 20 };
	struct job_set due;
	bool more;

	sql("INSERT INTO jobs (kind, args) SELECT 'k',"
	    " jsonb_build_object('a', repeat('x', 100000))"
	    " FROM generate_series(1, 120)");
	for (size_t i = 0; i < NELEM(batches); i++) {
		ck_assert_int_eq(job_publishable(one, &all_kinds, 1000, &due,
				     &more),
		    PG_OK);
		ck_assert_uint_eq(due.n, batches[i]);
		ck_assert(more == (i < 2));
		ck_assert_int_eq(job_published(one, &due), PG_OK);
	}
}
END_TEST

START_TEST(a_lost_broker)
{
	int64_t until = 0;
	struct job_set jobs;
	size_t n = 0;

	sql(FIVE);
	ck_assert_uint_eq(publishable(one, 5, &jobs), 5);
	/* What is being published is waited for. */
	settings.database_query_timeout = 300;
	ck_assert_int_ne(job_published_until(two, &until), PG_OK);
	ck_assert_int_eq(until, 0);
	settings.database_query_timeout = 5000;
	ck_assert_int_eq(job_published(one, &jobs), PG_OK);
	ck_assert_int_eq(job_published_until(two, &until), PG_OK);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(job_requeue(two, &SENT(until), 2, &n), PG_OK);
		ck_assert_uint_eq(n, i < 2 ? 2 : 1);
		/* What is sent again meanwhile is left alone. */
		ck_assert_uint_ge(publishable(one, 1, &jobs), 1);
		ck_assert_int_eq(job_published(one, &jobs), PG_OK);
	}
	ck_assert_str_eq(in_state("queued"), "2");
	ck_assert_str_eq(in_state("published"), "3");
}
END_TEST

/* Of five k, published 9, 8, 7, 6 and 5 minutes ago. */
static const struct {
	int64_t ms; /* that they may be neither here nor there */
	bool any;
	const char *more; /* milliseconds more for k, or NULL */
	const char *kind; /* that is left out, or NULL */
	size_t sent;
} missing[] = {
	{ 10 * 60000, false, NULL, NULL, 0 },
	{ 8 * 60000 + 30000, true, NULL, NULL, 1 },
	{ 30000, true, NULL, NULL, 5 },
	{ 30000, true, "360000", NULL, 3 },
	{ 30000, true, "3600000", NULL, 0 },
	{ 30000, true, NULL, "k", 0 },
	{ 30000, true, NULL, "l", 5 },
};

START_TEST(what_is_missing)
{
	const char *k = "k";
	struct job_sent sent = { .of = { &missing[_i].kind,
				     missing[_i].kind != NULL, true },
		.kinds = &k,
		.ms = &missing[_i].more,
		.n = missing[_i].more != NULL };
	struct job_set jobs, rest;
	size_t n = 0;
	bool any;

	sql(FIVE "; UPDATE jobs SET state = 'published',"
		 " published_at = run_at - interval '5 min'"
		 " - 59 * (now() - run_at)");
	ck_assert_int_eq(job_missing(one, missing[_i].ms, &any, &sent.until),
	    PG_OK);
	ck_assert_int_eq(any, missing[_i].any);
	if (!any)
		return;
	ck_assert_int_eq(job_sent_page(one, &sent, 9, NULL, &jobs), PG_OK);
	ck_assert_uint_eq(jobs.n, missing[_i].sent);
	if (jobs.n > 0) {
		ck_assert_int_eq(job_sent_page(one, &sent, 9, &jobs.v[0],
				     &rest),
		    PG_OK);
		ck_assert_uint_eq(rest.n, jobs.n - 1);
	}
	ck_assert_int_eq(job_requeue(one, &sent, 9, &n), PG_OK);
	ck_assert_uint_eq(n, missing[_i].sent);
}
END_TEST

START_TEST(what_a_broker_still_has)
{
	int64_t until = 0;
	struct job_set jobs;
	struct uuid ids[3];
	size_t n = 0;

	sql(FIVE);
	ck_assert_uint_eq(publishable(one, 5, &jobs), 5);
	ids[0] = jobs.v[0].id;
	ids[1] = jobs.v[3].id;
	ids[2] = (struct uuid){ { 1 } }; /* not ours */
	ck_assert_int_eq(job_published(one, &jobs), PG_OK);
	ck_assert_int_eq(job_published_until(two, &until), PG_OK);
	ck_assert_int_eq(job_still_there(two, &(struct job_ids){ ids, 0 },
			     until),
	    PG_OK);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(job_still_there(two,
				     &(struct job_ids){ ids, 3 }, until),
		    PG_OK);
	ck_assert_int_eq(job_requeue(two, &SENT(until), 9, &n), PG_OK);
	ck_assert_uint_eq(n, 3);
	/* What is no longer published stays so. */
	ck_assert_int_eq(job_still_there(two,
			     &(struct job_ids){ &jobs.v[1].id, 1 }, until),
	    PG_OK);
	ck_assert_str_eq(in_state("queued"), "3");
	ck_assert_str_eq(in_state("published"), "2");
}
END_TEST

/* What could not be begun, or was stopped, has not been tried. */
START_TEST(a_run_that_was_none)
{
	const struct job_end end = {
		.state = JOB_RETRYING, .error = "no process", .no_try = true
	};
	struct uuid id = adopt(0);
	bool ours = false;
	struct job job;

	ck_assert_int_eq(start(one, &id, "t1", &job), JOB_TURN_MINE);
	ck_assert_int_eq(job_finish(one, &job, "t2", &end, &ours), PG_OK);
	ck_assert(!ours);
	ck_assert_int_eq(job_finish(one, &job, "t1", &end, &ours), PG_OK);
	ck_assert(ours);
	job = get(&id);
	ck_assert_int_eq(job.state, JOB_RETRYING);
	ck_assert_int_eq(job.attempts, 0);
	ck_assert_str_eq(job.last_error, "no process");
	ck_assert_int_eq(start(one, &id, "t3", &job), JOB_TURN_MINE);
	ck_assert_int_eq(job.attempts, 1);
}
END_TEST

START_TEST(deaths)
{
	struct uuid id = adopt(0);
	struct job_death d = { .id = id,
		.max_deaths = 3,
		.why = "signal 9",
		.state = JOB_RUNNING };
	struct job job;

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(start(one, &id, "t", &job), JOB_TURN_MINE);
		d.tag = "u";
		ck_assert_int_eq(job_died(one, &d), PG_OK);
		ck_assert(!d.ours);
		d.tag = "t";
		ck_assert_int_eq(job_died(one, &d), PG_OK);
		ck_assert(d.ours);
		ck_assert_int_eq(d.state, i < 2 ? JOB_QUEUED : JOB_FAILED);
	}
	job = get(&id);
	ck_assert_int_eq(job.deaths, 3);
	ck_assert_int_eq(job.attempts, 3);
	ck_assert_str_eq(job.last_error, "signal 9");
	ck_assert_int_ne(job.finished_at, 0);
}
END_TEST

static size_t
revive(const struct job_beats *beats)
{
	size_t n = 0;

	ck_assert_int_eq(job_revive(one, 3, beats, &n), PG_OK);
	return n;
}

/* Those that were given up are ended, by what was seen of them and not by a
 * clock; who has said something since is alive. */
START_TEST(lost_nodes)
{
	struct uuid lost, alive, last, once;
	struct job_beats seen;
	struct job job;

	lost = adopt(0), alive = adopt(0), last = adopt(0);
	ck_assert_int_eq(start(one, &lost, "t1", &job), JOB_TURN_MINE);
	ck_assert_int_eq(start(one, &last, "t2", &job), JOB_TURN_MINE);
	sql("UPDATE jobs SET deaths = 2 WHERE tag = 't2'");
	ck_assert_int_eq(start(one, &alive, "t3", &job), JOB_TURN_MINE);
	ck_assert_int_eq(job_running(one, 10, &seen), PG_OK);
	ck_assert_uint_eq(seen.n, 3);
	ck_assert_int_eq(job_heartbeat(one, "another",
			     &(struct job_ids){ &lost, 1 }),
	    PG_OK);
	ck_assert_int_eq(job_heartbeat(one, "node",
			     &(struct job_ids){ &alive, 1 }),
	    PG_OK);
	/* No other delivery takes it over, however late it is by this clock. */
	sql("UPDATE jobs SET heartbeat_at = heartbeat_at - interval '1 day'"
	    " WHERE tag = 't3'");
	ck_assert_int_eq(start(two, &alive, "t4", &job), JOB_TURN_ELSEWHERE);
	ck_assert_uint_eq(revive(&seen), 2);
	ck_assert_int_eq(get(&alive).state, JOB_RUNNING);
	ck_assert_int_eq(get(&alive).deaths, 0);
	ck_assert_int_eq(get(&lost).state, JOB_QUEUED);
	ck_assert_int_eq(get(&last).state, JOB_FAILED);
	ck_assert_str_eq(get(&last).last_error,
	    "worker node was lost while it ran");
	/* Each kind has its own limit; one may have said nothing at all. */
	once = adopt(0);
	sql("UPDATE jobs SET kind = 't.once', state = 'running', tag = 't5',"
	    " heartbeat_at = NULL WHERE state = 'published'");
	ck_assert_int_eq(job_running(one, 10, &seen), PG_OK);
	ck_assert_uint_eq(revive(&seen), 2);
	ck_assert_int_eq(get(&once).state, JOB_FAILED);
	ck_assert_int_eq(get(&alive).state, JOB_QUEUED);
}
END_TEST

START_TEST(counted_once)
{
	static const char add[] =
	    "INSERT INTO jobs (id, kind, args, created_at) VALUES"
	    " ('%s', 'errand.record_analytics', '%s', '2026-03-0%dT12:00Z')";
	static const char *const args[] = {
		"{\"action\": \"created\", \"from\": null, \"to\": "
		"\"pending\"}",
		"{\"action\": \"updated\", \"from\": \"pending\","
		" \"to\": \"completed\"}",
		"{\"action\": \"updated\", \"from\": \"pending\","
		" \"to\": \"pending\"}",
		"{\"action\": \"created\", \"to\": \"in-progress\"}",
		"{\"action\": \"deleted\", \"from\": \"in-progress\"}",
		"[1]",
		"{\"action\": 7, \"from\": {}}",
	};
	struct uuid ids[NELEM(args)];
	char text[UUID_TEXT];
	const struct job_by by = { .worker = "node", .tag = "t" };
	const struct job_ids all = { ids, NELEM(ids) };
	struct job_set done;
	struct job job;

	for (int i = 0; i < (int)NELEM(args); i++) {
		ids[i] = uuid_new();
		sql(arena_printf(arena, add, uuid_format(&ids[i], text),
		    args[i], 1 + i / 3));
		if (i % 2 == 0)
			ck_assert_int_eq(start(one, &ids[i], "t", &job),
			    JOB_TURN_MINE);
	}
	for (int again = 0; again < 2; again++) {
		ck_assert_int_eq(stats_record(one, &all, &by, &done), PG_OK);
		ck_assert_uint_eq(done.n, again == 0 ? NELEM(args) : 0);
	}
	for (size_t i = 0; i < NELEM(args); i++) {
		job = get(&ids[i]);
		ck_assert_int_eq(job.state, JOB_SUCCEEDED);
		ck_assert_int_eq(job.attempts, 1);
		ck_assert_str_eq(job.worker, "node");
		ck_assert_int_ne(job.started_at, 0);
	}
	ck_assert_str_eq(
	    sql("SELECT string_agg(concat_ws(' ', day, c, f, d), ', ' ORDER BY"
		" day) FROM (SELECT day, sum(created) AS c, sum(completed) AS"
		" f, sum(deleted) AS d FROM stats_days GROUP BY day) AS s"),
	    "2026-03-01 1 1 0, 2026-03-02 1 0 1, 2026-03-03 0 0 0");
	ck_assert_str_eq(sql("SELECT concat_ws(' ', sum(pending_more),"
			     " sum(in_progress_more), sum(completed_more)) "
			     "FROM stats_days"),
	    "0 0 1");
}
END_TEST

/* What is over, not yet due, somebody else's, of another kind or unknown. */
START_TEST(only_its_own_are_counted)
{
	static const char *const rows[] = {
		"'succeeded', 'errand.record_analytics', now(), NULL",
		"'failed', 'errand.record_analytics', now(), NULL",
		"'cancelled', 'errand.record_analytics', now(), NULL",
		("'queued', 'errand.record_analytics',"
		 " now() + interval '1 hour', NULL"),
		"'running', 'errand.record_analytics', now(), 'other'",
		"'published', 'errand.purge', now(), NULL",
	};
	struct uuid ids[NELEM(rows) + 2];
	char text[UUID_TEXT];
	const struct job_by by = { .worker = "node", .tag = "t" };
	const struct job_ids all = { ids, NELEM(ids) };
	struct job_set done;

	sql("TRUNCATE stats_days");
	for (size_t i = 0; i < NELEM(ids); i++)
		ids[i] = uuid_new();
	for (size_t i = 0; i < NELEM(rows); i++)
		sql(arena_printf(arena,
		    "INSERT INTO jobs (id, args, state, kind, run_at, tag)"
		    " VALUES ('%s', '{\"action\": \"created\","
		    " \"to\": \"pending\"}', %s)",
		    uuid_format(&ids[i], text), rows[i]));
	sql(arena_printf(arena,
	    "INSERT INTO jobs (id, args, kind) VALUES ('%s',"
	    " '{\"action\": \"created\", \"to\": \"pending\"}',"
	    " 'errand.record_analytics')",
	    uuid_format(&ids[NELEM(rows)], text)));
	ck_assert_int_eq(stats_record(one, &all, &by, &done), PG_OK);
	ck_assert_uint_eq(done.n, 1);
	ck_assert_mem_eq(&done.v[0].id, &ids[NELEM(rows)], sizeof(ids[0]));
	ck_assert_str_eq(sql("SELECT sum(created) FROM stats_days"), "1");
	ck_assert_int_eq(job_over(one, &all, &done), PG_OK);
	/* The three that were, and the one just done. */
	ck_assert_uint_eq(done.n, 4);
}
END_TEST

START_TEST(purging)
{
	const int64_t day = 24 * 60 * (MINUTE / 1000);
	bool added;
	size_t n;

	later(60 * day);

	sql("INSERT INTO jobs (kind, state, created_at, finished_at)"
	    " SELECT 'k', 'succeeded', at, at FROM generate_series(0, 5) AS n,"
	    " LATERAL (SELECT now() - n * interval '1 day' AS at) AS t");
	sql("UPDATE jobs SET state = 'running', finished_at = NULL"
	    " WHERE created_at < now() - interval '5 days'");
	ck_assert_int_eq(job_purge(one, day * 3 / 2, 2, &n), PG_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(job_purge(one, day * 3 / 2, 2, &n), PG_OK);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(job_purge(one, -MINUTE, 9, &n), PG_OK);
	ck_assert_uint_eq(n, 2); /* not what runs */
	ck_assert_str_eq(sql("SELECT count(*) FROM jobs"), "1");
	sql("TRUNCATE task_events");
	sql("INSERT INTO task_events (task_id, version, action, actor, at)"
	    " SELECT gen_random_uuid(), 1, 'created', 'a',"
	    " now() - n * interval '1 day' FROM generate_series(0, 3) AS n");
	ck_assert_int_eq(job_purge_events(one, MINUTE / 1000, 2, &n), PG_OK);
	ck_assert_uint_eq(n, 0); /* readers have not had them */
	sql("UPDATE log_readers SET (xid, id) = (SELECT xid, max(id)"
	    " FROM task_events GROUP BY xid)");
	ck_assert_int_eq(job_purge_events(one, MINUTE / 1000, 2, &n), PG_OK);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(job_purge_events(one, MINUTE / 1000, 2, &n), PG_OK);
	ck_assert_uint_eq(n, 1);
	/* One tick in thousands of years, whoever asks. */
	ck_assert_int_eq(job_purge_tick(one, INT64_MAX / 2, &added), PG_OK);
	ck_assert(added);
	ck_assert_int_eq(job_purge_tick(two, INT64_MAX / 2, &added), PG_OK);
	ck_assert(!added);
	ck_assert_int_eq(job_purge_tick(two, INT64_MAX / 3, &added), PG_OK);
	ck_assert(added);
	later(-60 * day);
}
END_TEST

START_TEST(settling)
{
	struct uuid id = adopt(0);
	bool changed;

	ck_assert_int_eq(job_close(one, &id, LIFE_EVENT_refused, "x", &changed),
	    PG_OK);
	ck_assert(changed);
	ck_assert_int_eq(job_close(one, &id, LIFE_EVENT_seen_success, NULL,
			     &changed),
	    PG_OK);
	ck_assert(!changed);
	ck_assert_str_eq(get(&id).last_error, "x");
}
END_TEST

/* The due ones of what is to be told, as "state value exception". */
static const char *
tells(struct job_tells *t)
{
	const char *text = "";

	sql("UPDATE job_tells SET tell_at = tell_at - interval '3 s'");
	ck_assert_int_eq(job_tells(one, 10, t), PG_OK);
	for (size_t i = 0; i < t->n; i++)
		text = arena_printf(arena, "%s%s %s %s;", text,
		    t->v[i].job.state_word,
		    t->v[i].value == NULL ? "-" : t->v[i].value,
		    t->v[i].exception == NULL ? "-" : t->v[i].exception);
	return text;
}

static void
is_told(const struct job_tells *t)
{
	struct uuid id;

	for (size_t i = 0; i < t->n; i++) {
		id = t->v[i].job.id;
		ck_assert_int_eq(job_told(one, &(struct job_ids){ &id, 1 },
				     t->until),
		    PG_OK);
	}
}

/* Whoever closes it: what is to be told is put down. */
START_TEST(telling)
{
	struct job_end end = { .state = JOB_SUCCEEDED, .value = "[1]" };
	struct job_ended told = { .tag = "t1" };
	struct job_death d = { .tag = "t",
		.max_deaths = 1,
		.why = "signal 9",
		.exception = "billiard.exceptions.WorkerLostError" };
	struct job_tells t;
	struct job job;
	enum job_steer steer;
	bool is;

	/* By a run; and its sender need not be told again. */
	told.id = adopt(0);
	ck_assert_int_eq(start(one, &told.id, "t1", &job), JOB_TURN_MINE);
	ck_assert_int_eq(job_finish(one, &job, "t1", &end, &is), PG_OK);
	ck_assert_str_eq(tells(&t), "succeeded [1] -;");
	d.id = adopt(0);
	ck_assert_int_eq(start(one, &d.id, "t", &job), JOB_TURN_MINE);
	end = (struct job_end){ .state = JOB_RETRYING, .told = &told };
	ck_assert_int_eq(job_finish(one, &job, "t", &end, &is), PG_OK);
	ck_assert_str_eq(tells(&t), "");
	/* By a death. */
	ck_assert_int_eq(start(one, &d.id, "t", &job), JOB_TURN_MINE);
	ck_assert_int_eq(job_died(one, &d), PG_OK);
	ck_assert_str_eq(tells(&t),
	    "failed - billiard.exceptions.WorkerLostError;");
	/* Nobody hears of a failure that people have taken back. */
	ck_assert_int_eq(job_retry(one, &d.id, &steer, &job), PG_OK);
	ck_assert_int_eq(steer, JOB_STEER_DONE);
	ck_assert_str_eq(tells(&t), "");
	/* By people.  What was closed anew meanwhile is told. */
	ck_assert_int_eq(job_cancel(one, &d.id, "x", &steer, &job), PG_OK);
	ck_assert_str_eq(tells(&t), "cancelled - -;");
	ck_assert_int_eq(job_retry(one, &d.id, &steer, &job), PG_OK);
	ck_assert_int_eq(job_cancel(one, &d.id, "y", &steer, &job), PG_OK);
	is_told(&t);
	ck_assert_str_eq(tells(&t), "cancelled - -;");
	is_told(&t);
	ck_assert_str_eq(tells(&t), "");
	ck_assert_int_eq(job_tell_again(one, &d.id), PG_OK);
	ck_assert_str_eq(tells(&t), "cancelled - -;");
	ck_assert_int_eq(job_tell_later(one, &(struct job_ids){ &d.id, 1 }),
	    PG_OK);
	ck_assert_str_eq(tells(&t), "");
	sql("TRUNCATE job_tells");
	/* By a refusal; what was seen is known. */
	d.id = adopt(0);
	ck_assert_int_eq(job_close(one, &d.id, LIFE_EVENT_too_large, "x", &is),
	    PG_OK);
	ck_assert_str_eq(tells(&t), "failed - -;");
	is_told(&t);
	d.id = adopt(0);
	ck_assert_int_eq(job_close(one, &d.id, LIFE_EVENT_seen_failure, "x",
			     &is),
	    PG_OK);
	ck_assert_str_eq(tells(&t), "");
	/* Nobody waits for ours, and for those of whom it was said. */
	d.id = adopt(0);
	sql("UPDATE jobs SET ignore_result = true WHERE state = 'published'");
	ck_assert_int_eq(job_cancel(one, &d.id, "x", &steer, &job), PG_OK);
	sql("INSERT INTO jobs (kind, state, worker, heartbeat_at) VALUES"
	    " ('k', 'running', 'w', now() - interval '1 h')");
	ck_assert_int_eq(job_tell_again(one, &d.id), PG_OK);
	ck_assert_str_eq(sql("SELECT count(*) FROM job_tells"), "0");
	/* What is to be told is not purged. */
	d.id = adopt(0);
	ck_assert_int_eq(job_cancel(one, &d.id, "x", &steer, &job), PG_OK);
	ck_assert_str_eq(tells(&t), "cancelled - -;");
	{
		size_t n;

		ck_assert_int_eq(job_purge(one, -MINUTE, 100, &n), PG_OK);
		ck_assert_int_eq(get(&d.id).state, JOB_CANCELLED);
	}
}
END_TEST

/* A statement that fails if the id is none. */
static enum pg_err
run_get(struct pg *pg, const char *id)
{
	static const struct pg_stmt get_stmt = { "TEST_GET", 1, PG_READ,
		"SELECT FROM jobs WHERE id = $1" };
	struct pg_params p;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_text(&p, id);
	return pg_run(pg, &get_stmt, &p, &r);
}

#define SOME_ID "0191d5a0-0000-7000-8000-000000000000"

START_TEST(transactions)
{
	struct job_set jobs;

	ck_assert_int_eq(pg_begin(one), PG_OK);
	ck_assert_int_eq(run_get(one, SOME_ID), PG_OK);
	ck_assert_int_eq(pg_commit(one), PG_OK);
	/* What fails spoils the whole. */
	ck_assert_int_eq(pg_begin(one), PG_OK);
	ck_assert_int_eq(run_get(one, "no id"), PG_FAILED);
	ck_assert_int_eq(run_get(one, SOME_ID), PG_REFUSED);
	ck_assert_int_eq(pg_commit(one), PG_FAILED);
	ck_assert_int_eq(run_get(one, SOME_ID), PG_OK);
	/* A broken connection is not mended inside. */
	sql(FIVE);
	ck_assert_uint_eq(publishable(one, 5, &jobs), 5);
	sql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
	    " WHERE application_name = 'errand'");
	ck_assert_int_eq(job_published(one, &jobs), PG_LOST);
	ck_assert_str_eq(in_state("published"), "0");
	/* One that the server has ended is opened anew outside. */
	ck_assert_int_eq(run_get(one, SOME_ID), PG_OK);
	sql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
	    " WHERE application_name = 'errand'");
	ck_assert_uint_eq(publishable(one, 5, &jobs), 5);
	/* One that forgets to end it does not hold the rows for ever. */
	sql("SELECT 1");
	ck_assert_int_eq(job_published(one, &jobs), PG_OK);
	settings.database_query_timeout = 200;
	sql("UPDATE jobs SET state = 'queued'");
	ck_assert_uint_eq(publishable(one, 5, &jobs), 5);
	while (publishable(two, 5, &jobs) == 0)
		poll(NULL, 0, 20);
	ck_assert_int_ne(job_published(one, &jobs), PG_OK);
}
END_TEST

static size_t
let_go(const struct kind *k, int64_t *us)
{
	size_t n;

	ck_assert_int_eq(limit_go(one, k, &n, us), PG_OK);
	return n;
}

#define HELD_FIVE                                                              \
	FIVE "; UPDATE jobs SET due_at = run_at, run_at = now()"               \
	     " + interval '1 h'; INSERT INTO job_limits (kind) VALUES ('k')"
#define MOVE(from, to)                                                         \
	"UPDATE jobs SET state = '" to "' WHERE id = (SELECT id FROM jobs"     \
	" WHERE state = '" from "' LIMIT 1)"

START_TEST(some_at_once)
{
	const struct kind k = { .name = "k", .concurrency = 2 };
	struct job_set due;
	int64_t us;

	sql(HELD_FIVE);
	ck_assert_uint_eq(publishable(one, 9, &due), 0);
	sql("BEGIN");
	sql("SELECT kind FROM job_limits FOR UPDATE");
	ck_assert_uint_eq(let_go(&k, &us), 0);
	sql("ROLLBACK");
	ck_assert_uint_eq(let_go(&k, &us), 2);
	ck_assert_uint_eq(let_go(&k, &us), 0);
	ck_assert_uint_eq(publishable(one, 9, &due), 2);
	ck_assert_str_eq(
	    sql("SELECT count(*) FROM jobs AS j WHERE run_at = due_at"
		" AND due_at <= (SELECT min(due_at) FROM jobs"
		" WHERE due_at < run_at)"),
	    "2");
	ck_assert_int_eq(job_published(one, &due), PG_OK);
	ck_assert_uint_eq(let_go(&k, &us), 0);
	sql(MOVE("published", "running"));
	ck_assert_uint_eq(let_go(&k, &us), 0);
	sql(MOVE("running", "succeeded"));
	ck_assert_uint_eq(let_go(&k, &us), 1);
	/* what is to be tried again waits for its turn again */
	sql(MOVE("published", "retrying"));
	ck_assert_uint_eq(let_go(&k, &us), 1);
	ck_assert_uint_eq(let_go(&k, &us), 0);
}
END_TEST

START_TEST(one_after_another)
{
	const struct kind k = { .name = "k", .pace = MINUTE };
	int64_t us;

	sql(HELD_FIVE);
	sql("UPDATE jobs SET priority = 9; UPDATE jobs SET priority = 0"
	    " WHERE id = (SELECT id FROM jobs ORDER BY due_at DESC LIMIT 1)");
	ck_assert_uint_eq(let_go(&k, &us), 1);
	ck_assert_int_eq(us, MINUTE);
	ck_assert_str_eq(sql("SELECT priority FROM jobs WHERE run_at = due_at"),
	    "0");
	sql("UPDATE jobs SET state = 'running' WHERE run_at = due_at");
	ck_assert_uint_eq(let_go(&k, &us), 0);
	ck_assert_int_gt(us, 0);
	ck_assert_int_le(us, MINUTE);
	/* a slower pace before */
	sql("UPDATE job_limits SET free_at = now() + interval '1 h'");
	ck_assert_uint_eq(let_go(&k, &us), 1);
	/* the one before has not begun */
	sql("UPDATE job_limits SET free_at = NULL");
	ck_assert_uint_eq(let_go(&k, &us), 0);
	ck_assert_int_eq(us, 0);
	sql("UPDATE jobs SET state = 'running' WHERE run_at = due_at");
	ck_assert_uint_eq(let_go(&k, &us), 1);
}
END_TEST

START_TEST(what_a_limit_holds_is_not_begun)
{
	struct uuid id = adopt(1);
	const struct job_by by = { .worker = "node", .tag = "t1" };
	struct job_message m = { .id = id,
		.message_id = "m",
		.kind = get(&id).kind,
		.args = "{}",
		.message = "{}",
		.ours = true,
		.limited = true };
	enum job_turn turn;
	struct job job;

	ck_assert_int_eq(job_take(one, &m, &by, &turn, &job), PG_OK);
	ck_assert_int_eq(turn, JOB_TURN_LATER);
	sql("UPDATE jobs SET due_at = run_at");
	ck_assert_int_eq(job_take(one, &m, &by, &turn, &job), PG_OK);
	ck_assert_int_eq(turn, JOB_TURN_MINE);
	ck_assert_str_eq(sql("SELECT due_at IS NULL FROM jobs"), "t");
	/* sent by others */
	m.ours = false;
	m.id = uuid_new();
	ck_assert_int_eq(job_take(one, &m, &by, &turn, &job), PG_OK);
	ck_assert_int_eq(turn, JOB_TURN_LATER);
	ck_assert_int_eq(get(&m.id).state, JOB_QUEUED);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ some_at_once, 0, 0 },
		{ one_after_another, 0, 0 },
		{ what_a_limit_holds_is_not_begun, 0, 0 },
		{ a_run, 0, 0 },
		{ messages, NELEM(copies), 0 },
		{ whose_fault, NELEM(blames), 0 },
		{ steered_together, NELEM(together), 0 },
		{ too_late, 0, 0 },
		{ unknown_kinds, 0, 0 },
		{ retries, 0, 0 },
		{ a_refused_commit, 0, 0 },
		{ relays_share, 0, 0 },
		{ what_is_missing, NELEM(missing), 0 },
		{ a_slow_push_is_waited_for, 0, 0 },
		{ some_kinds_are_left_alone, NELEM(kinds), 0 },
		{ batches_are_bounded, 0, 0 },
		{ a_lost_broker, 0, 0 },
		{ what_a_broker_still_has, 0, 0 },
		{ a_run_that_was_none, 0, 0 },
		{ deaths, 0, 0 },
		{ lost_nodes, 0, 0 },
		{ counted_once, 0, 0 },
		{ only_its_own_are_counted, 0, 0 },
		{ purging, 0, 0 },
		{ settling, 0, 0 },
		{ telling, 0, 0 },
		{ transactions, 0, 0 },
	};

	return harness_run_in("job steps", set_up, tear_down, tests,
	    NELEM(tests));
}
