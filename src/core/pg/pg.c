/* SPDX-License-Identifier: ISC */
/* Statements: non-blocking libpq driven against deadlines. */
#include "config.h"

#include "pg_own.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "log/log.h"
#include "metric/metric.h"
#include "pg_wait.h"
#include "trace/trace.h"

/* What an error of the server means for us; the first row that fits counts. */
static const struct {
	const char *state; /* SQLSTATE, or the class that it begins with */
	enum pg_err err;
	bool again; /* nothing happened, and a second try may well succeed */
	bool close; /* with this connection nothing will */
} meanings[] = {
	{ "08", PG_LOST, false, true },        /* the connection */
	{ "0A000", PG_DOWN, true, true },      /* a plan that fits no more */
	{ "22", PG_FAILED, false, false },     /* a value that is none */
	{ "23502", PG_REFUSED, false, false }, /* a column that we leave out */
	{ "23", PG_FAILED, false, false },     /* what the tables forbid */
	{ "25006", PG_STANDBY, true, true },   /* read-only */
	{ "26000", PG_DOWN, true, true },     /* statement of another session */
	{ "40", PG_BUSY, true, false },       /* deadlock, serialization */
	{ "42501", PG_DENIED, false, false }, /* insufficient privilege */
	{ "42703", PG_SCHEMA, false, true },  /* no such column */
	{ "42704", PG_SCHEMA, false, true },  /* no such type */
	{ "42883", PG_SCHEMA, false, true },  /* no such function */
	{ "42P01", PG_SCHEMA, false, true },  /* no such table */
	{ "42P05", PG_DOWN, true, true },     /* statement of another session */
	{ "53", PG_BUSY, false, false },      /* out of something */
	{ "54", PG_FAILED, false, false },    /* too large, or too deep */
	{ "55", PG_BUSY, false, false },      /* locked, in use */
	{ "57014", PG_TIMEOUT, false, false }, /* statement_timeout */
	{ "57", PG_LOST, false, true },        /* it is going down */
	{ "58", PG_BUSY, false, false },       /* its disk or system */
	{ "XX", PG_BUSY, true, true },         /* its own fault, its files', or
						* tables that were replaced */
	{ "", PG_REFUSED, false, false },
};

static enum pg_err
pg_judge(struct pg *pg, const struct pg_stmt *s, const PGresult *r, bool *again)
{
	const char *state = pg_sqlstate(r);
	size_t i = 0;

	if (pg_is_elsewhere(r)) {
		log_info("a pooler leads to another server now");
		pg_close(pg);
		*again = true;
		return PG_DOWN;
	}
	pg_log("statement failed", s->name, state, PQresultErrorMessage(r));
	if (settings.database_prepared_statements &&
	    (str_eq(state, "26000") || str_eq(state, "42P05")))
		log_error(
		    "a pooler changes sessions under prepared statements: "
		    "set [database] prepared_statements = off");
	if (state[0] == '\0') /* libpq itself: the connection broke */
		state = "08";
	while (!str_starts(state, meanings[i].state))
		i++;
	*again = meanings[i].again;
	if (meanings[i].close)
		pg_close(pg);
	return meanings[i].err;
}

enum pg_err
pg_take(struct pg *pg, const struct pg_stmt *s, int sent, PGresult **out,
    bool *again)
{
	int64_t begun = clock_mono_us();
	PGresult *r = sent == 1 ? pg_results(pg->conn) : NULL;
	enum pg_err err = sent == 1 ? PG_TIMEOUT : PG_LOST;

	*again = false;
	metric_time(METRIC_db,
	    METRIC_AT(METRIC_system_postgresql, METRIC_server_postgresql),
	    clock_mono_us() - begun, NULL);
	if (r == NULL) {
		pg_log(sent == 1 ? "no answer in time" : "cannot send", s->name,
		    "", PQerrorMessage(pg->conn));
		pg_close(pg);
		pg_count(err);
		return err;
	}
	if (PQresultStatus(r) == PGRES_TUPLES_OK ||
	    PQresultStatus(r) == PGRES_COMMAND_OK) {
		*out = r;
		return PG_OK;
	}
	err = pg_judge(pg, s, r, again);
	pg_count(err);
	PQclear(r);
	return err;
}

static bool
pg_is_prepared(const struct pg *pg, const struct pg_stmt *s)
{
	for (size_t i = 0; i < pg->nprepared; i++) {
		if (pg->prepared[i] == s)
			return true;
	}
	return false;
}

static enum pg_err
pg_prepare(struct pg *pg, const struct pg_stmt *s, bool *again)
{
	PGresult *r = NULL;
	enum pg_err err;

	err = pg_take(pg, s,
	    PQsendPrepare(pg->conn, s->name, s->sql, s->nparams, NULL), &r,
	    again);
	PQclear(r);
	if (err == PG_OK)
		pg->prepared[pg->nprepared++] = s;
	else if (err == PG_LOST) /* the statement itself was not sent */
		*again = true;
	return err;
}

/* Sends a statement behind its own time limit, in one transaction and one round
 * trip: a pooler lets no limit of the session through, and what nobody waits
 * for any more must not be carried out later.  A pooler changes the server
 * without a word, too. */
static int
pg_send_limited(const struct pg *pg, const struct pg_stmt *s,
    const struct pg_params *p)
{
	PGconn *conn = pg->conn;
	char sql[PG_GUARD];

	pg_guard(pg, settings.database_query_timeout, sql);
	return PQenterPipelineMode(conn) == 1 &&
	       PQsendQueryParams(conn, sql, 0, NULL, NULL, NULL, NULL, 1) ==
		   1 &&
	       PQsendQueryParams(conn, s->sql, p->n, NULL, p->value, p->length,
		   p->format, 1) == 1 &&
	       PQpipelineSync(conn) == 1;
}

static enum pg_err
pg_try(struct pg *pg, const struct pg_stmt *s, const struct pg_params *p,
    PGresult **out, bool *again)
{
	bool plain =
	    s->mode == PG_PLAN || !settings.database_prepared_statements;
	enum pg_err err;
	int sent;

	if (!plain && !pg_is_prepared(pg, s)) {
		plain = pg->nprepared == PG_PREPARED_MAX;
		err = plain ? PG_OK : pg_prepare(pg, s, again);
		if (err != PG_OK)
			return err;
	}
	if (!plain)
		sent = PQsendQueryPrepared(pg->conn, s->name, p->n, p->value,
		    p->length, p->format, 1);
	else if (!settings.database_prepared_statements && !pg->inside)
		sent = pg_send_limited(pg, s, p);
	else
		sent = PQsendQueryParams(pg->conn, s->sql, p->n, NULL, p->value,
		    p->length, p->format, 1);
	err = pg_take(pg, s, sent, out, again);
	if (err == PG_LOST && s->mode != PG_WRITE)
		*again = true;
	return err;
}

static void
pg_release(void *result)
{
	PQclear(result);
}

static enum pg_err
pg_run_now(struct pg *pg, const struct pg_stmt *s, const struct pg_params *p,
    PGresult **out)
{
	enum pg_err err;
	bool again;

	if (p->n != s->nparams)
		abort(); /* our own mistake */
	for (int try = 0; try < 2; try++) {
		err = pg_usable(pg);
		if (err != PG_OK)
			return err;
		err = pg_try(pg, s, p, out, &again);
		if (err == PG_OK) {
			arena_defer(p->arena, pg_release, *out);
			return PG_OK;
		}
		if (!again || pg->inside)
			break;
	}
	return err;
}

static enum pg_err
pg_run_traced(struct pg *pg, const struct pg_stmt *s, const struct pg_params *p,
    PGresult **out)
{
	static const char *const errors[PG__MAX] = {
		[PG_DOWN] = "down",
		[PG_STANDBY] = "standby",
		[PG_SCHEMA] = "schema",
		[PG_TIMEOUT] = "timeout",
		[PG_LOST] = "lost",
		[PG_BUSY] = "busy",
		[PG_DENIED] = "denied",
		[PG_FAILED] = "failed",
		[PG_REFUSED] = "refused",
		[PG_ODD] = "odd",
	};
	const char *host;
	struct trace_span span;
	enum pg_err err;

	trace_open(&span);
	err = pg_run_now(pg, s, p, out);
	host = pg->conn == NULL ? NULL : PQhost(pg->conn);
	trace_close(&span, &(struct trace_end){ .kind = TRACE_CLIENT,
			       .system = TRACE_POSTGRESQL,
			       .name = s->name,
			       .error = errors[err],
			       .fields = (struct log_field[]){
				   LS("db.system.name", "postgresql"),
				   LS("db.query.summary", s->name),
				   LS("server.address", host), { 0 } } });
	return err;
}

enum pg_err
pg_run(struct pg *pg, const struct pg_stmt *s, const struct pg_params *p,
    PGresult **out)
{
	return trace_now ? pg_run_traced(pg, s, p, out)
			 : pg_run_now(pg, s, p, out);
}

enum pg_err
pg_odd(const struct pg_stmt *s, const char *reason)
{
	pg_log("statement was not obeyed", s->name, "", reason);
	return PG_ODD;
}

enum pg_err
pg_run_row(struct pg *pg, const struct pg_stmt *s, const struct pg_params *p,
    PGresult **out)
{
	enum pg_err err = pg_run(pg, s, p, out);

	if (err == PG_OK && PQntuples(*out) == 0)
		return pg_odd(s, "there is no row: a trigger or a rule "
				 "suppressed it");
	return err;
}

enum pg_err
pg_run_change(struct pg *pg, const struct pg_stmt *s, const struct pg_params *p,
    size_t *n)
{
	PGresult *r;
	enum pg_err err = pg_run(pg, s, p, &r);

	if (err == PG_OK)
		*n = strtoul(PQcmdTuples(r), NULL, 10);
	return err;
}

void
pg_unknown(struct pg *pg, const char *column, const char *word, size_t len)
{
	char text[64];
	size_t i;

	for (i = 0; i < NELEM(pg->told) && pg->told[i] != NULL; i++) {
		if (str_eq(pg->told[i], column))
			return;
	}
	if (i == NELEM(pg->told))
		return;
	pg->told[i] = column;
	snprintf(text, sizeof(text), "%.*s", (int)len, word);
	log_warning("column has a word that this release does not know",
	    LS("column", column), LS("word", text));
}

enum pg_err
pg_ping(struct pg *pg, const char **why)
{
	static const char *const reasons[PG__MAX] = { NULL,
		"the database cannot be reached",
		"the database is no primary, or no longer",
		"the database lacks what a statement needs; see errandctl migrate",
		"the database does not answer in time",
		"the connection to the database broke",
		"the database is busy or in trouble",
		"the database denies a right; see the log",
		"the database refused a statement",
		"the database refused a statement for a reason of its own",
		"the database did not obey a statement" };
	struct arena *a = arena_new(), *before = pg_use(pg, a);
	struct pg_params p;
	PGresult *r;
	enum pg_err err;

	pg_params_init(&p, pg);
	err = pg_run(pg, &pg_schema_stmt, &p, &r);
	if (err == PG_OK)
		err = pg_judge_schema(pg, r);
	pg_use(pg, before);
	arena_free(a);
	*why = err != PG_OK && err == pg->failure ? pg->why : reasons[err];
	return err;
}
