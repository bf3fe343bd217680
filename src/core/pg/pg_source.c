/* SPDX-License-Identifier: ISC */
/* Which database answers, and whether it is one to be believed. */
#include "config.h"

#include "pg_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "log/log.h"
#include "pg_wait.h"

/* Which server it is, as a word; in recovery, another one. */
#define PG_PLACE_SQL                                                           \
	"concat_ws('.', CASE WHEN NOT pg_is_in_recovery() THEN"                \
	" left(pg_walfile_name(pg_current_wal_lsn()), 8) END,"                 \
	" (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint)"

/* What a server says that is another than was met. */
#define PG_ELSEWHERE "errand met another server before "

/* A standby has no name of a WAL file, whose first part is the timeline. */
static const struct pg_stmt pg_source_stmt = { "SOURCE", 0, PG_READ,
	"SELECT current_setting('transaction_read_only') = 'on',"
	" pg_is_in_recovery(), " PG_PLACE_SQL
	", concat_ws('.', system_identifier,"
	"  CASE WHEN NOT pg_is_in_recovery() THEN"
	"   left(pg_walfile_name(pg_current_wal_lsn()), 8) END,"
	"  (SELECT oid FROM pg_database WHERE datname = current_database()),"
	"  to_regclass('tasks')::oid,"
	"  (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint)"
	" FROM pg_control_system()" };

/* What every role may ask. */
static const struct pg_stmt pg_source_less = { "SOURCE_LESS", 0, PG_READ,
	"SELECT current_setting('transaction_read_only') = 'on',"
	" pg_is_in_recovery(), " PG_PLACE_SQL ", ''" };

/* The cluster, and the timeline in it: what a source begins with. */
static bool
pg_source_split(const char *source, uint64_t *system, uint64_t *timeline)
{
	char *end;

	*system = strtoull(source, &end, 10);
	if (end == source || *end != '.')
		return false;
	source = end + 1;
	*timeline = strtoull(source, &end, 16);
	return end - source == 8 && *end == '.';
}

bool
pg_source_precedes(const char *a, const char *b)
{
	uint64_t system_a, system_b, timeline_a, timeline_b;

	return pg_source_split(a, &system_a, &timeline_a) &&
	       pg_source_split(b, &system_b, &timeline_b) &&
	       system_a == system_b && timeline_a < timeline_b;
}

void
pg_share_seen(struct pg *pg, struct pg_seen *seen)
{
	pg->seen = seen;
}

void
pg_hear(struct pg *pg, pg_heard *heard, void *arg)
{
	pg->heard = heard;
	pg->heard_arg = arg;
}

bool
pg_overtaken(const struct pg *pg)
{
	return pg->met.timeline != 0 && pg->met.system == pg->seen->system &&
	       pg->met.timeline < pg->seen->timeline;
}

/* A former primary that nobody has fenced off takes writes as ever, and they
 * are lost. */
static bool
pg_is_former(struct pg *pg)
{
	const char *heard = pg->heard == NULL ? NULL : pg->heard(pg->heard_arg);
	uint64_t system, timeline;
	bool former;

	pg->met = (struct pg_seen){ 0 };
	if (!pg_source_split(pg->source, &system, &timeline))
		return false;
	pg->met = (struct pg_seen){ system, timeline };
	former = heard == NULL ? pg_overtaken(pg)
			       : pg_source_precedes(pg->source, heard);
	if (!former) {
		pg->seen->timeline = timeline;
		pg->seen->system = system;
	}
	return former;
}

static void
pg_copy(char *out, size_t size, const PGresult *r, int col)
{
	size_t len;
	const char *text = pg_text(r, 0, col, &len);

	snprintf(out, size, "%.*s", (int)len, text);
}

static PGresult *
pg_ask_source(struct pg *pg, const struct pg_stmt *s)
{
	return PQsendQueryParams(pg->conn, s->sql, 0, NULL, NULL, NULL, NULL,
		   1) == 1
		   ? pg_results(pg->conn)
		   : NULL;
}

static enum pg_err
pg_judge_source(struct pg *pg, const PGresult *r)
{
	if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1)
		return pg_fail(pg, PG_DOWN, PQerrorMessage(pg->conn));
	if (pg_bool(r, 0, 1))
		return pg_fail(pg, PG_STANDBY, "it is in recovery: a standby");
	if (pg_bool(r, 0, 0))
		return pg_fail(pg, PG_STANDBY, "transaction_read_only is on");
	pg_copy(pg->place, sizeof(pg->place), r, 2);
	pg_copy(pg->source, sizeof(pg->source), r, 3);
	if (pg_is_former(pg))
		return pg_fail_as(pg, PG_STANDBY,
		    "the database is a former primary: another one has taken "
		    "over since",
		    "it is a former primary, of an older timeline than one "
		    "that was met; if it was restored from a backup, run "
		    "errandctl cache flush and restart all programs");
	return PG_OK;
}

/* Where our role may not ask for all, the cache cannot tell one database from
 * another. */
enum pg_err
pg_read_source(struct pg *pg)
{
	PGresult *r = pg_ask_source(pg, &pg_source_stmt);
	enum pg_err err;

	if (str_eq(pg_sqlstate(r), "42501")) {
		if (!pg->source_told)
			pg_log("the cache cannot know its database: grant the "
			       "right",
			    "", "42501", PQresultErrorMessage(r));
		pg->source_told = true;
		PQclear(r);
		r = pg_ask_source(pg, &pg_source_less);
	}
	err = pg_judge_source(pg, r);
	PQclear(r);
	return err;
}

const char *
pg_source(const struct pg *pg)
{
	return pg->source;
}

void
pg_guard(const struct pg *pg, int64_t ms, char out[PG_GUARD])
{
	snprintf(out, PG_GUARD,
	    "SELECT CASE " PG_PLACE_SQL " WHEN '%s' THEN"
	    " set_config('statement_timeout', '%lld', true)"
	    " ELSE ('" PG_ELSEWHERE "' || now())::int::text END",
	    pg->place, (long long)ms);
}

bool
pg_is_elsewhere(const PGresult *r)
{
	return strstr(PQresultErrorMessage(r), PG_ELSEWHERE) != NULL;
}
