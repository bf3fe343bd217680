/* SPDX-License-Identifier: ISC */
/* One PostgreSQL connection: non-blocking libpq driven against deadlines. */
#include "config.h"

#include "pg.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "conf.h"
#include "log.h"
#include "pg_wait.h"
#include "str.h"
#include "xalloc.h"

enum stmt_mode {
	READ,  /* prepared; may be sent again when its answer was lost */
	WRITE, /* prepared; never sent again once it may have arrived */
	PLAN   /* a read that is planned with its actual parameters */
};

static const struct stmt_row {
	const char *name;
	int nparams;
	enum stmt_mode mode;
	const char *sql;
} stmts[STMT__MAX] = {
#define STMT(id, nparams, mode, sql) { #id, nparams, mode, sql },
#include "stmt.def"
#undef STMT
};

struct pg {
	PGconn *conn;
	bool prepared[STMT__MAX];
	bool inside; /* a transaction, even if the connection broke in it */
	int64_t schema;
	int64_t retry_at;    /* answer failure until then */
	enum pg_err failure; /* PG_DOWN or PG_SCHEMA; PG_OK: all is well */
};

struct pg *
pg_new(void)
{
	return xcalloc(1, sizeof(struct pg));
}

static void
pg_close(struct pg *pg)
{
	PQfinish(pg->conn);
	pg->conn = NULL;
	memset(pg->prepared, 0, sizeof(pg->prepared));
}

void
pg_free(struct pg *pg)
{
	if (pg == NULL)
		return;
	pg_close(pg);
	free(pg);
}

/* libpq's messages have several lines; the first says what happened. */
static void
pg_log(const char *msg, const char *stmt, const char *sqlstate,
    const char *reason)
{
	char line[256];

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(reason, "\n"),
	    reason);
	log_error(msg, LS("statement", stmt), LS("sqlstate", sqlstate),
	    LS("reason", line));
}

/* Remembers why there is no connection; one line when that changes. */
static enum pg_err
pg_fail(struct pg *pg, enum pg_err failure, const char *reason)
{
	if (pg->failure != failure)
		pg_log(failure == PG_SCHEMA ? "database schema unusable"
					    : "database unreachable",
		    "", "", reason);
	pg_close(pg);
	pg->failure = failure;
	pg->retry_at =
	    clock_mono_us() + settings.database_retry_interval * 1000;
	return failure;
}

static PGconn *
pg_open(void)
{
	char timeout[24];
	const char *keys[] = { "dbname", "fallback_application_name",
		"client_encoding", "connect_timeout", "password", NULL };
	const char *values[] = { settings.database_conninfo, "errand", "UTF8",
		timeout, settings.database_password, NULL };

	if (settings.database_password[0] == '\0')
		keys[4] = NULL;
	snprintf(timeout, sizeof(timeout), "%lld",
	    (long long)(settings.database_connect_timeout + 999) / 1000);
	return PQconnectdbParams(keys, values, 1);
}

/* A word that the client library and SQLSTATE agree on. */
static const char *
pg_sqlstate(const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	return state == NULL ? "" : state;
}

/* Without a pooler in between, the server itself ends what takes too long. */
static enum pg_err
pg_set_timeout(struct pg *pg)
{
	char sql[64];
	PGresult *r;
	bool fine;

	if (!settings.database_prepared_statements)
		return PG_OK;
	snprintf(sql, sizeof(sql), "SET statement_timeout = %lld",
	    (long long)settings.database_query_timeout);
	r = PQsendQuery(pg->conn, sql) == 1 ? pg_results(pg->conn) : NULL;
	fine = PQresultStatus(r) == PGRES_COMMAND_OK;
	PQclear(r);
	return fine ? PG_OK : pg_fail(pg, PG_DOWN, PQerrorMessage(pg->conn));
}

static enum pg_err
pg_judge_schema(struct pg *pg, int64_t version, int64_t min_program)
{
	char reason[160];

	pg->schema = version;
	if (version >= PG_SCHEMA_VERSION && min_program <= PG_SCHEMA_VERSION)
		return PG_OK;
	snprintf(reason, sizeof(reason),
	    "version %lld is too %s for this program, which needs %d: "
	    "run errandctl migrate or install the matching release",
	    (long long)version, version < PG_SCHEMA_VERSION ? "old" : "new",
	    PG_SCHEMA_VERSION);
	return pg_fail(pg, PG_SCHEMA, reason);
}

static enum pg_err
pg_check_schema(struct pg *pg)
{
	PGresult *r = NULL;
	enum pg_err err;

	pg->schema = 0;
	if (PQsendQueryParams(pg->conn, stmts[STMT_SCHEMA].sql, 0, NULL, NULL,
		NULL, NULL, 1) == 1)
		r = pg_results(pg->conn);
	if (PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1)
		err = pg_judge_schema(pg, pg_int(r, 0, 0), pg_int(r, 0, 1));
	else if (PQresultStatus(r) == PGRES_TUPLES_OK ||
		 str_eq(pg_sqlstate(r), "42P01"))
		err = pg_fail(pg, PG_SCHEMA,
		    "it is missing: run errandctl migrate");
	else
		err = pg_fail(pg, PG_DOWN, PQerrorMessage(pg->conn));
	PQclear(r);
	return err;
}

static enum pg_err
pg_connect(struct pg *pg)
{
	enum pg_err err;

	if (pg->retry_at != 0 && clock_mono_us() < pg->retry_at)
		return pg->failure;
	pg->conn = pg_open();
	if (PQstatus(pg->conn) != CONNECTION_OK)
		return pg_fail(pg, PG_DOWN, PQerrorMessage(pg->conn));
	if (PQsetnonblocking(pg->conn, 1) == -1)
		return pg_fail(pg, PG_DOWN, PQerrorMessage(pg->conn));
	err = pg_set_timeout(pg);
	if (err == PG_OK)
		err = pg_check_schema(pg);
	if (err != PG_OK)
		return err;
	if (pg->failure != PG_OK)
		log_info("database reachable again");
	pg->failure = PG_OK;
	pg->retry_at = 0;
	return PG_OK;
}

/* An idle connection says nothing; if it does, it is most likely farewell. */
static bool
pg_alive(struct pg *pg)
{
	struct pollfd p = { .fd = PQsocket(pg->conn), .events = POLLIN };

	if (poll(&p, 1, 0) <= 0)
		return true;
	return PQconsumeInput(pg->conn) == 1 &&
	       PQstatus(pg->conn) == CONNECTION_OK;
}

static enum pg_err
pg_ready(struct pg *pg)
{
	if (pg->conn != NULL && !pg_alive(pg))
		pg_close(pg);
	return pg->conn != NULL ? PG_OK : pg_connect(pg);
}

/* The same; but within a transaction only the connection that began it. */
static enum pg_err
pg_usable(struct pg *pg)
{
	if (!pg->inside)
		return pg_ready(pg);
	return pg->conn != NULL ? PG_OK : PG_LOST;
}

/* What an error of the server means for us.  *again: nothing happened, and a
 * second try may well succeed. */
static enum pg_err
pg_judge(struct pg *pg, const struct stmt_row *s, const PGresult *r,
    bool *again)
{
	const char *state = pg_sqlstate(r);
	enum pg_err err = PG_FAILED;

	*again = false;
	if (str_starts(state, "40")) { /* deadlock, serialization */
		*again = true;
	} else if (str_eq(state, "57014")) { /* statement_timeout */
		err = PG_TIMEOUT;
	} else if (str_starts(state, "53")) { /* out of something */
		err = PG_DOWN;
	} else if (str_eq(state, "42P01") || str_eq(state, "42703") ||
		   str_eq(state, "42883") || str_eq(state, "42704")) {
		err = PG_SCHEMA;
	} else if (str_eq(state, "0A000") || str_eq(state, "26000") ||
		   str_eq(state, "25006")) { /* plan or session gone, standby */
		*again = true;
		err = PG_DOWN;
	} else if (state[0] == '\0' || str_starts(state, "57") ||
		   str_starts(state, "08")) {
		err = PG_LOST;
	}
	pg_log("statement failed", s->name, state, PQresultErrorMessage(r));
	if (err == PG_LOST || err == PG_SCHEMA || *again)
		pg_close(pg);
	return err;
}

/* Waits for the answer to what was sent (sent 1) and judges it. */
static enum pg_err
pg_take(struct pg *pg, const struct stmt_row *s, int sent, PGresult **out,
    bool *again)
{
	PGresult *r = sent == 1 ? pg_results(pg->conn) : NULL;
	enum pg_err err;

	*again = false;
	if (r == NULL) {
		pg_log(sent == 1 ? "no answer in time" : "cannot send", s->name,
		    "", PQerrorMessage(pg->conn));
		pg_close(pg);
		return sent == 1 ? PG_TIMEOUT : PG_LOST;
	}
	if (PQresultStatus(r) == PGRES_TUPLES_OK ||
	    PQresultStatus(r) == PGRES_COMMAND_OK) {
		*out = r;
		return PG_OK;
	}
	err = pg_judge(pg, s, r, again);
	PQclear(r);
	return err;
}

static enum pg_err
pg_prepare(struct pg *pg, enum stmt id, bool *again)
{
	const struct stmt_row *s = &stmts[id];
	PGresult *r = NULL;
	enum pg_err err;

	err = pg_take(pg, s,
	    PQsendPrepare(pg->conn, s->name, s->sql, s->nparams, NULL), &r,
	    again);
	PQclear(r);
	if (err == PG_OK)
		pg->prepared[id] = true;
	else if (err == PG_LOST) /* the statement itself was not sent */
		*again = true;
	return err;
}

static enum pg_err
pg_try(struct pg *pg, enum stmt id, const struct pg_params *p, PGresult **out,
    bool *again)
{
	const struct stmt_row *s = &stmts[id];
	bool plain = s->mode == PLAN || !settings.database_prepared_statements;
	enum pg_err err;
	int sent;

	if (!plain && !pg->prepared[id]) {
		err = pg_prepare(pg, id, again);
		if (err != PG_OK)
			return err;
	}
	sent = plain ? PQsendQueryParams(pg->conn, s->sql, p->n, NULL, p->value,
			   p->length, p->format, 1)
		     : PQsendQueryPrepared(pg->conn, s->name, p->n, p->value,
			   p->length, p->format, 1);
	err = pg_take(pg, s, sent, out, again);
	if (err == PG_LOST && s->mode != WRITE)
		*again = true;
	return err;
}

static void
pg_release(void *result)
{
	PQclear(result);
}

enum pg_err
pg_run(struct pg *pg, enum stmt id, const struct pg_params *p, struct arena *a,
    PGresult **out)
{
	enum pg_err err;
	bool again;

	if (p->n != stmts[id].nparams)
		abort(); /* our own mistake */
	for (int try = 0; try < 2; try++) {
		err = pg_usable(pg);
		if (err != PG_OK)
			return err;
		err = pg_try(pg, id, p, out, &again);
		if (err == PG_OK) {
			arena_defer(a, pg_release, *out);
			return PG_OK;
		}
		if (!again || pg->inside)
			break;
	}
	return err;
}

/* One command without parameters; its tag must be the one given. */
static enum pg_err
pg_command(struct pg *pg, const struct stmt_row *s, const char *tag,
    bool *again)
{
	PGresult *r;
	enum pg_err err;

	err = pg_take(pg, s, PQsendQuery(pg->conn, s->sql), &r, again);
	if (err != PG_OK)
		return err;
	if (!str_eq(PQcmdStatus(r), tag)) {
		pg_log("transaction failed before", s->name, "", "");
		err = PG_FAILED;
	}
	PQclear(r);
	return err;
}

enum pg_err
pg_begin(struct pg *pg)
{
	char sql[128];
	const struct stmt_row row = { .name = "BEGIN", .sql = sql };
	enum pg_err err;
	bool again;

	if (pg->inside)
		abort(); /* our own mistake */
	snprintf(sql, sizeof(sql),
	    "BEGIN; SET LOCAL idle_in_transaction_session_timeout = %lld",
	    (long long)settings.database_query_timeout);
	for (int try = 0; try < 2; try++) {
		err = pg_ready(pg);
		if (err != PG_OK)
			return err;
		err = pg_command(pg, &row, "BEGIN", &again);
		if (err == PG_OK)
			break;
		pg_close(pg); /* it may have begun */
		if (err != PG_LOST && !again)
			break;
	}
	pg->inside = err == PG_OK;
	return err;
}

enum pg_err
pg_commit(struct pg *pg)
{
	static const struct stmt_row row = { .name = "COMMIT",
		.sql = "COMMIT" };
	enum pg_err err = pg_usable(pg);
	bool again;

	if (!pg->inside)
		abort(); /* our own mistake */
	if (err == PG_OK)
		err = pg_command(pg, &row, "COMMIT", &again);
	else
		err = PG_FAILED; /* it went with the connection */
	pg->inside = false;
	return err;
}

void
pg_rollback(struct pg *pg)
{
	static const struct stmt_row row = { .name = "ROLLBACK",
		.sql = "ROLLBACK" };
	bool again;

	if (pg->inside && pg->conn != NULL &&
	    pg_command(pg, &row, "ROLLBACK", &again) != PG_OK)
		pg_close(pg);
	pg->inside = false;
}

enum pg_err
pg_ping(struct pg *pg, const char **why)
{
	static const char *const reasons[PG__MAX] = { NULL,
		"the database cannot be reached",
		"the database schema does not fit this release",
		"the database does not answer in time",
		"the connection to the database broke",
		"the database refused a statement" };
	struct arena *a = arena_new();
	struct pg_params p;
	PGresult *r;
	enum pg_err err;

	pg_params_init(&p, a);
	err = pg_run(pg, STMT_SCHEMA, &p, a, &r);
	arena_free(a);
	*why = reasons[err];
	return err;
}

void
pg_retry(struct pg *pg)
{
	pg->retry_at = 0;
}

int64_t
pg_schema(const struct pg *pg)
{
	return pg->schema;
}
