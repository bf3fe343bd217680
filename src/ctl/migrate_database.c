/* SPDX-License-Identifier: ISC */
/* The database of the settings, as other programs want to be told of it. */
#include "config.h"

#include "migrate.h"

#include <stdio.h>
#include <stdlib.h>

#include <libpq-fe.h>

#include "base/str.h"

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
	PQconninfoOption *options, *o;
	char *why = NULL;
	int rc = 0;

	options = PQconninfoParse(conninfo, &why);
	if (options == NULL) {
		fprintf(stderr, SAY "the connection string is wrong: %s",
		    why == NULL ? "out of memory\n" : why);
		PQfreemem(why);
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

/* Everything of somebody's in the schemas that names are looked up in, and
 * sqitch's own register. */
static const char in_use[] =
    "SELECT min(what), count(*) FROM ("
    " SELECT format('%I.%I', n.nspname, c.relname)"
    "  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    "  WHERE n.nspname = ANY (current_schemas(false))"
    "  AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')"
    " UNION ALL SELECT 'schema ' || nspname FROM pg_namespace"
    "  WHERE nspname = 'sqitch') AS used (what)";

int
migrate_is_empty(void)
{
	PGconn *conn = PQconnectdb("connect_timeout=10 "
				   "options='-c statement_timeout=10s'");
	PGresult *r = NULL;
	int rc = -1;

	if (PQstatus(conn) != CONNECTION_OK) {
		fprintf(stderr, SAY "%s", PQerrorMessage(conn));
		goto out;
	}
	r = PQexec(conn, in_use);
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		fprintf(stderr, SAY "%s", PQerrorMessage(conn));
	else if (!str_eq(PQgetvalue(r, 0, 1), "0"))
		fprintf(stderr,
		    SAY "--psql is for an empty database, but "
			"there is %s; use sqitch\n",
		    PQgetvalue(r, 0, 0));
	else
		rc = 0;
out:
	PQclear(r);
	PQfinish(conn);
	return rc;
}
