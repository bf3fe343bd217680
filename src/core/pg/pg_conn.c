/* SPDX-License-Identifier: ISC */
/* One PostgreSQL connection: opened, judged, and left alone for a while. */
#include "config.h"

#include "pg_own.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/longwait.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "log/log.h"
#include "metric/metric.h"
#include "pg_wait.h"

const struct pg_stmt pg_schema_stmt = { "SCHEMA", 0, PG_READ,
	"SELECT version, min_program FROM schema_version"
	" ORDER BY version DESC LIMIT 1" };

struct pg *
pg_new(void)
{
	return xcalloc(1, sizeof(struct pg));
}

/* Whether there is a connection. */
static void
pg_note(struct pg *pg, bool open)
{
	if (pg->counted != open)
		metric_change(METRIC_db_connections,
		    METRIC_AT(METRIC_server_postgresql), open ? 1 : -1);
	pg->counted = open;
}

void
pg_count(enum pg_err err)
{
	static const enum metric_word words[PG__MAX] = {
		[PG_DOWN] = METRIC_error_down,
		[PG_STANDBY] = METRIC_error_down,
		[PG_SCHEMA] = METRIC_error_schema,
		[PG_TIMEOUT] = METRIC_error_timeout,
		[PG_LOST] = METRIC_error_lost,
	};

	metric_count(METRIC_db_errors, METRIC_server_postgresql,
	    words[err] == METRIC_WORD_NONE ? METRIC_error_refused : words[err]);
}

void
pg_close(struct pg *pg)
{
	pg_note(pg, false);
	PQfinish(pg->conn);
	pg->conn = NULL;
	pg->nprepared = 0;
	pg->written = 0;
}

void
pg_free(struct pg *pg)
{
	if (pg == NULL)
		return;
	pg_close(pg);
	free(pg);
}

void
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
	pg->why = failure == PG_SCHEMA
		      ? "the database schema does not fit this release; see "
			"errandctl migrate"
		  : failure == PG_STANDBY
		      ? "the database only reads: it is a standby, or was "
			"demoted"
		      : "the database cannot be reached";
	if (pg->failure != failure)
		pg_log(failure == PG_SCHEMA    ? "database schema unusable"
		       : failure == PG_STANDBY ? "database only reads"
					       : "database unreachable",
		    "", "", reason);
	pg_close(pg);
	pg_count(failure);
	metric_count(METRIC_db_connects, METRIC_server_postgresql,
	    METRIC_done_failed);
	pg->failure = failure;
	pg->retry_at =
	    clock_mono_us() + settings.database_retry_interval * 1000;
	return failure;
}

static PGconn *
pg_open(struct pg_hosts *h)
{
	char timeout[24];
	const char *keys[10] = { "dbname", "fallback_application_name",
		"client_encoding", "connect_timeout" };
	const char *values[10] = { settings.database_conninfo, "errand", "UTF8",
		timeout };
	size_t n = 4;

	snprintf(timeout, sizeof(timeout), "%lld",
	    (long long)(settings.database_connect_timeout + 999) / 1000);
	if (settings.database_password[0] != '\0') {
		keys[n] = "password";
		values[n++] = settings.database_password;
	}
	if (h->n > 0) {
		keys[n] = "host";
		values[n++] = h->host.data;
		keys[n] = "hostaddr";
		values[n++] = h->hostaddr.data;
		keys[n] = "port";
		values[n++] = h->port.data;
	}
	longwait_begin();
	return PQconnectdbParams(keys, values, 1);
}

/* True if there was a server, and it said no.  Not all libraries keep its
 * SQLSTATE. */
static bool
pg_refused(const PGconn *conn)
{
	return PQconnectionUsedPassword(conn) != 0 ||
	       PQconnectionNeedsPassword(conn) != 0 ||
	       strstr(PQerrorMessage(conn), "FATAL:") != NULL;
}

/* Connects, in a time that has a bound. */
static enum pg_err
pg_reach(struct pg *pg)
{
	struct pg_hosts h;
	enum pg_err err = PG_OK;
	bool refused;

	if (pg_hosts_find(&h) == -1) {
		err = pg_fail(pg, PG_DOWN, h.why);
		goto done;
	}
	pg->conn = pg_open(&h);
	if (PQstatus(pg->conn) != CONNECTION_OK) {
		refused = pg_refused(pg->conn);
		err = pg_fail(pg, PG_DOWN, PQerrorMessage(pg->conn));
		if (refused)
			pg->why = "the database is there, but it refused the "
				  "connection";
	} else if (PQsetnonblocking(pg->conn, 1) == -1) {
		err = pg_fail(pg, PG_DOWN, PQerrorMessage(pg->conn));
	}
done:
	pg_hosts_free(&h);
	return err;
}

const char *
pg_sqlstate(const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	return state == NULL ? "" : state;
}

/* What the session is to be, whatever role and database have as defaults.
 * Behind a pooler it is another's session, too. */
static enum pg_err
pg_set_session(struct pg *pg)
{
	char sql[160];
	PGresult *r;
	bool fine;

	if (!settings.database_prepared_statements)
		return PG_OK;
	snprintf(sql, sizeof(sql),
	    "SELECT set_config('statement_timeout', '%lld', false), "
	    "set_config('default_transaction_isolation', 'read committed', "
	    "false)",
	    (long long)settings.database_query_timeout);
	r = PQsendQuery(pg->conn, sql) == 1 ? pg_results(pg->conn) : NULL;
	fine = PQresultStatus(r) == PGRES_TUPLES_OK;
	PQclear(r);
	return fine ? PG_OK : pg_fail(pg, PG_DOWN, PQerrorMessage(pg->conn));
}

/* A standby has no name of a WAL file, whose first part is the timeline. */
static const struct pg_stmt pg_source_stmt = { "SOURCE", 0, PG_READ,
	"SELECT pg_is_in_recovery(),"
	" current_setting('transaction_read_only') = 'on',"
	" concat_ws('.', system_identifier,"
	"  CASE WHEN NOT pg_is_in_recovery() THEN"
	"   left(pg_walfile_name(pg_current_wal_lsn()), 8) END,"
	"  (SELECT oid FROM pg_database WHERE datname = current_database()),"
	"  to_regclass('tasks')::oid,"
	"  (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint)"
	" FROM pg_control_system()" };

/* Its word, where our role may not ask for it: the cache then cannot tell one
 * database from another. */
static enum pg_err
pg_source_unknown(struct pg *pg, const PGresult *r)
{
	if (!str_eq(pg_sqlstate(r), "42501"))
		return pg_fail(pg, PG_DOWN, PQerrorMessage(pg->conn));
	if (!pg->source_told)
		pg_log("the cache cannot know its database: grant the right",
		    "", "42501", PQresultErrorMessage(r));
	pg->source_told = true;
	pg->source[0] = '\0';
	return PG_OK;
}

static enum pg_err
pg_read_source(struct pg *pg)
{
	PGresult *r = NULL;
	enum pg_err err = PG_OK;
	const char *text;
	size_t len;

	if (PQsendQueryParams(pg->conn, pg_source_stmt.sql, 0, NULL, NULL, NULL,
		NULL, 1) == 1)
		r = pg_results(pg->conn);
	if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1) {
		err = pg_source_unknown(pg, r);
	} else if (pg_bool(r, 0, 0)) {
		err = pg_fail(pg, PG_STANDBY, "it is in recovery: a standby");
	} else if (pg_bool(r, 0, 1)) {
		err = pg_fail(pg, PG_STANDBY, "transaction_read_only is on");
	} else {
		text = pg_text(r, 0, 2, &len);
		snprintf(pg->source, sizeof(pg->source), "%.*s", (int)len,
		    text);
	}
	PQclear(r);
	return err;
}

enum pg_err
pg_learn_source(struct pg *pg)
{
	enum pg_err err = pg_usable(pg);

	return err == PG_OK ? pg_read_source(pg) : err;
}

const char *
pg_source(const struct pg *pg)
{
	return pg->source;
}

/* Elsewhere a character is not what Errand takes for one.  A pooler may not
 * tell the encoding. */
static enum pg_err
pg_check_encoding(struct pg *pg)
{
	const char *encoding = PQparameterStatus(pg->conn, "server_encoding");
	char reason[160];

	if (encoding == NULL || str_eq(encoding, "UTF8"))
		return PG_OK;
	snprintf(reason, sizeof(reason),
	    "the encoding of the database is %.40s and must be UTF8: see "
	    "createdb --template template0 --encoding UTF8",
	    encoding);
	pg_fail(pg, PG_SCHEMA, reason);
	pg->why = "the encoding of the database is not UTF8; see createdb "
		  "--template template0 --encoding UTF8";
	return PG_SCHEMA;
}

enum pg_err
pg_judge_schema(struct pg *pg, const PGresult *r)
{
	int64_t version, min_program;
	char reason[160];

	if (PQntuples(r) == 0)
		return pg_fail(pg, PG_SCHEMA,
		    "it is missing: run errandctl migrate");
	version = pg_int(r, 0, 0);
	min_program = pg_int(r, 0, 1);
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
	if (PQsendQueryParams(pg->conn, pg_schema_stmt.sql, 0, NULL, NULL, NULL,
		NULL, 1) == 1)
		r = pg_results(pg->conn);
	if (PQresultStatus(r) == PGRES_TUPLES_OK)
		err = pg_judge_schema(pg, r);
	else if (str_eq(pg_sqlstate(r), "42P01"))
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
	err = pg_reach(pg);
	if (err == PG_OK)
		err = pg_check_encoding(pg);
	if (err == PG_OK)
		err = pg_set_session(pg);
	if (err == PG_OK)
		err = pg_check_schema(pg);
	if (err == PG_OK)
		err = pg_read_source(pg);
	if (err != PG_OK)
		return err;
	if (pg->failure != PG_OK)
		log_info("database reachable again");
	metric_count(METRIC_db_connects, METRIC_server_postgresql,
	    METRIC_done_done);
	pg_note(pg, true);
	pg->failure = PG_OK;
	pg->retry_at = 0;
	return PG_OK;
}

/* An idle connection says nothing.  If it does, that is farewell, whose end may
 * still be on its way; and nothing is lost with a connection that is idle. */
static bool
pg_alive(const struct pg *pg)
{
	struct pollfd p = { .fd = PQsocket(pg->conn), .events = POLLIN };

	return poll(&p, 1, 0) <= 0;
}

enum pg_err
pg_usable(struct pg *pg)
{
	if (pg->inside)
		return pg->conn != NULL ? PG_OK : PG_LOST;
	if (pg->conn != NULL && !pg_alive(pg))
		pg_close(pg);
	return pg->conn != NULL ? PG_OK : pg_connect(pg);
}

struct arena *
pg_use(struct pg *pg, struct arena *a)
{
	struct arena *before = pg->arena;

	pg->arena = a;
	return before;
}

struct arena *
pg_arena(const struct pg *pg)
{
	return pg->arena;
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
