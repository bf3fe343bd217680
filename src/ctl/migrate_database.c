/* SPDX-License-Identifier: ISC */
/* The database of the settings, as other programs want to be told of it. */
#include "config.h"

#include "migrate.h"

#include <stdio.h>
#include <stdlib.h>

#include <libpq-fe.h>

#include "base/str.h"
#include "conf/conf.h"

#define SAY "errandctl migrate: "

/* sqitch hands the name of the database on without quoting it, so an unusual
 * one is left to the environment. */
static bool
is_plain(const char *s)
{
	for (; *s != '\0'; s++) {
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= 'A' && *s <= 'Z') &&
		    !(*s >= '0' && *s <= '9') && *s != '_' && *s != '-')
			return false;
	}
	return true;
}

/* One option; those without a variable of their own are rare. */
static int
export_option(const PQconninfoOption *o)
{
	if (o->val == NULL)
		return 0;
	if (o->envvar == NULL) {
		fprintf(stderr,
		    SAY "%s in conninfo is left out, as it cannot "
			"be handed on\n",
		    o->keyword);
		return 0;
	}
	if (setenv(o->envvar, o->val, 1) == 0)
		return 0;
	perror(SAY "environment");
	return -1;
}

int
migrate_environment(const char *conninfo, const char *password, struct buf *uri)
{
	const char *why = conf_judge_database(conninfo);
	PQconninfoOption *options, *o;
	int rc = 0;

	/* Not in the words of libpq, which repeat parts of a password. */
	if (why != NULL) {
		fprintf(stderr, SAY "the connection string is wrong: %s\n",
		    why);
		return -1;
	}
	options = PQconninfoParse(conninfo, NULL);
	if (options == NULL) {
		fputs(SAY "out of memory\n", stderr);
		return -1;
	}
	buf_adds(uri, "db:pg:");
	for (o = options; o->keyword != NULL && rc == 0; o++) {
		rc = export_option(o);
		if (str_eq(o->keyword, "dbname") && o->val != NULL &&
		    is_plain(o->val))
			buf_adds(uri, o->val);
	}
	PQconninfoFree(options);
	if (rc == 0 && password[0] != '\0' &&
	    setenv("PGPASSWORD", password, 1) == -1) {
		perror(SAY "environment");
		rc = -1;
	}
	return rc;
}

/* What would not work in the database, and what there is in it that no
 * script of ours has made: in the schemas that names are looked up in, and
 * sqitch's own register.  Our tables are known by a column that others do
 * not have. */
static const char facts[] =
    "SELECT current_setting('server_encoding'),"
    " to_regcollation('pg_catalog.\"und-x-icu\"') IS NOT NULL,"
    " (SELECT datctype IN ('C', 'POSIX') FROM pg_database"
    "  WHERE datname = current_database()),"
    " (SELECT min(what) FROM ("
    "  SELECT format('%I.%I', n.nspname, c.relname)"
    "   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    "   WHERE n.nspname = ANY (current_schemas(false))"
    "   AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')"
    "   AND c.relname <> 'task_events_id_seq'"
    "   AND NOT EXISTS (SELECT FROM pg_attribute AS a"
    "    WHERE a.attrelid = c.oid AND (c.relname, a.attname) IN"
    "    (('tasks', 'created_by'), ('task_events', 'actor'),"
    "    ('jobs', 'deaths'), ('job_tells', 'tell_at'),"
    "    ('stats_days', 'pending_more'), ('stats_times', 'step'),"
    "    ('log_readers', 'floor'),"
    "    ('webhooks', 'secret_before'), ('webhook_deliveries', 'job_id'),"
    "    ('request_keys', 'fingerprint'), ('schedules', 'spec'),"
    "    ('job_limits', 'let_go'),"
    "    ('log_purged', 'source'), ('schema_version', 'min_program')))"
    "  UNION ALL SELECT 'schema ' || nspname FROM pg_namespace"
    "   WHERE nspname = 'sqitch') AS used (what))";

/* Says what is wrong with the row of facts, or what to know. */
static int
judge(const PGresult *r, bool psql)
{
	if (!str_eq(PQgetvalue(r, 0, 0), "UTF8")) {
		fprintf(stderr,
		    SAY "the encoding of the database is %s, and Errand needs "
			"UTF8: createdb --template template0 --encoding UTF8 "
			"--locale C.UTF-8\n",
		    PQgetvalue(r, 0, 0));
		return -1;
	}
	if (!str_eq(PQgetvalue(r, 0, 1), "t")) {
		fputs(SAY "this PostgreSQL is built without ICU, which Errand "
			  "needs\n",
		    stderr);
		return -1;
	}
	if (psql && !PQgetisnull(r, 0, 3)) {
		fprintf(stderr,
		    SAY "--psql is for a database with nothing in it but what "
			"--psql has made, but there is %s; use sqitch\n",
		    PQgetvalue(r, 0, 3));
		return -1;
	}
	if (str_eq(PQgetvalue(r, 0, 2), "t"))
		fputs(SAY "note: LC_CTYPE of the database is C: searches for "
			  "other letters than those of ASCII will be slow; "
			  "see createdb --locale C.UTF-8\n",
		    stderr);
	return 0;
}

int
migrate_fits(bool psql)
{
	PGconn *conn = PQconnectdb("connect_timeout=10 "
				   "options='-c statement_timeout=10s'");
	PGresult *r = NULL;
	int rc = -1;

	if (PQstatus(conn) == CONNECTION_OK)
		r = PQexec(conn, facts);
	else if (!psql)
		rc = 0; /* sqitch will say so */
	if (PQresultStatus(r) == PGRES_TUPLES_OK)
		rc = judge(r, psql);
	else if (rc == -1)
		fprintf(stderr, SAY "%s", PQerrorMessage(conn));
	PQclear(r);
	PQfinish(conn);
	return rc;
}
