/* SPDX-License-Identifier: ISC */
/* What the database is like, and what its role may not do in it. */
#include "config.h"

#include "conf/conf.h"
#include "pg_own.h"

/*
 * Each right that a statement of the programs needs.  Rights on all columns
 * count as the right on the table.  Tables that are missing are the schema's
 * matter.  $1: the purge of events is on.
 */
static const struct pg_stmt pg_facts_stmt = { "FACTS", 1, PG_PLAN,
	"SELECT (SELECT string_agg(word || ' on ' || name, ', ')"
	" FROM (VALUES ('tasks', '{SELECT,INSERT,UPDATE,DELETE}'::text[]),"
	" ('task_events', '{SELECT,INSERT}'),"
	" ('task_events', CASE WHEN $1::bool THEN '{DELETE}'::text[] END),"
	" ('jobs', '{SELECT,INSERT,UPDATE,DELETE}'),"
	" ('job_tells', '{SELECT,INSERT,UPDATE,DELETE}'),"
	" ('stats_days', '{SELECT,INSERT,UPDATE}')) AS need (name, words),"
	" unnest(words) AS word"
	" WHERE NOT has_table_privilege(to_regclass(name), word)"
	" AND NOT CASE WHEN word = 'DELETE' THEN false"
	" ELSE has_any_column_privilege(to_regclass(name), word) END),"
	" datctype::text IN ('C', 'POSIX')"
	" AND coalesce(to_jsonb(d)->>'datlocprovider', 'c') = 'c'"
	" FROM pg_database AS d WHERE datname = current_database()" };

enum pg_err
pg_facts(struct pg *pg, struct pg_facts *facts)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;
	size_t len;

	pg_params_init(&p, pg);
	pg_put_bool(&p, settings.purge_events_age > 0);
	err = pg_run_row(pg, &pg_facts_stmt, &p, &r);
	if (err != PG_OK)
		return err;
	facts->missing = pg_null(r, 0, 0) ? NULL : pg_text(r, 0, 0, &len);
	facts->plain_locale = pg_bool(r, 0, 1);
	return PG_OK;
}
