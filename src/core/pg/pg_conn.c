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
	struct pg *pg = xcalloc(1, sizeof(*pg));

	pg->seen = &pg->own;
	return pg;
}

void
pg_free(struct pg *pg)
{
	if (pg == NULL)
		return;
	pg_close(pg);
	free(pg);
}

/* host: NULL if libpq is to find it.  Whether it writes is judged here, more
 * strictly than by target_session_attrs. */
static PGconn *
pg_open(const struct pg_host *host)
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
	if (host != NULL) {
		keys[n] = "host";
		values[n++] = host->name;
		keys[n] = "hostaddr";
		values[n++] = host->address;
		keys[n] = "port";
		values[n++] = host->port;
		keys[n] = "target_session_attrs";
		values[n++] = "any";
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

/* What libpq says of target_session_attrs. */
static bool
pg_only_reads(const PGconn *conn)
{
	const char *text = PQerrorMessage(conn);

	return strstr(text, "session is read-only") != NULL ||
	       strstr(text, "server is in hot standby mode") != NULL;
}

/* Connects, in a time that has a bound. */
static enum pg_err
pg_reach(struct pg *pg, const struct pg_host *host)
{
	bool open;

	pg->conn = pg_open(host);
	open = PQstatus(pg->conn) == CONNECTION_OK;
	if (!open && pg_only_reads(pg->conn))
		return pg_fail(pg, PG_STANDBY, PQerrorMessage(pg->conn));
	if (!open && pg_refused(pg->conn))
		return pg_fail_as(pg, PG_DOWN,
		    "the database is there, but it refused the connection",
		    PQerrorMessage(pg->conn));
	if (!open || PQsetnonblocking(pg->conn, 1) == -1)
		return pg_fail(pg, PG_DOWN, PQerrorMessage(pg->conn));
	return PG_OK;
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
	return pg_fail_as(pg, PG_SCHEMA,
	    "the encoding of the database is not UTF8; see createdb "
	    "--template template0 --encoding UTF8",
	    reason);
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

/* Whether what is there now is the truth, before what it is like. */
static enum pg_err
pg_meet(struct pg *pg, const struct pg_host *host)
{
	enum pg_err err = pg_reach(pg, host);

	if (err == PG_OK)
		err = pg_check_encoding(pg);
	if (err == PG_OK)
		err = pg_set_session(pg);
	if (err == PG_OK)
		err = pg_read_source(pg);
	if (err == PG_OK)
		err = pg_check_schema(pg);
	return err;
}

/* The first of the hosts that is of use, from the one on that was last. */
static enum pg_err
pg_meet_any(struct pg *pg, const struct pg_hosts *h)
{
	struct pg_trial t = { .host = "" };
	enum pg_err err = PG_DOWN;

	pg->trial = &t;
	for (size_t i = 0; err != PG_OK && i < h->n; i++) {
		const size_t at = (pg->host + i) % h->n;
		const struct pg_host *host = &h->list[at];

		snprintf(t.host, sizeof(t.host), "%.100s port %s",
		    host->name[0] == '\0' ? host->address : host->name,
		    host->port);
		err = pg_meet(pg, host);
		if (err == PG_OK)
			pg->host = at;
	}
	pg->trial = NULL;
	return err == PG_OK ? PG_OK : pg_fail_as(pg, t.err, t.why, t.reason);
}

enum pg_err
pg_connect(struct pg *pg)
{
	struct pg_hosts h;
	enum pg_err err;

	if (pg->retry_at != 0 && clock_mono_us() < pg->retry_at)
		return pg->failure;
	if (pg_hosts_find(&h) == -1)
		err = pg_fail(pg, PG_DOWN, h.why);
	else if (h.n <= 1)
		err = pg_meet(pg, h.n == 0 ? NULL : &h.list[0]);
	else
		err = pg_meet_any(pg, &h);
	pg_hosts_free(&h);
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
	if (pg->conn != NULL && (!pg_alive(pg) || pg_overtaken(pg)))
		pg_close(pg);
	return pg->conn != NULL ? PG_OK : pg_connect(pg);
}

enum pg_err
pg_learn_source(struct pg *pg)
{
	enum pg_err err = pg_usable(pg);

	if (err == PG_OK)
		err = pg_read_source(pg);
	if (err != PG_STANDBY || pg->conn != NULL)
		return err;
	pg_retry(pg); /* where it leads now, and the other hosts */
	return pg_connect(pg);
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
