/* SPDX-License-Identifier: ISC */
/* The end of a connection, and why there is none. */
#include "config.h"

#include "pg_own.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "log/log.h"
#include "metric/metric.h"

static const char pg_is_away[] = "the database cannot be reached";

void
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
pg_log(const char *msg, const char *stmt, const char *sqlstate,
    const char *reason)
{
	char line[512];

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(reason, "\n"),
	    reason);
	log_error(msg, LS("statement", stmt), LS("sqlstate", sqlstate),
	    LS("reason", line));
}

const char *
pg_sqlstate(const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);

	return state == NULL ? "" : state;
}

/* How much a reason tells of why there is no connection. */
static int
pg_telling(enum pg_err failure, const char *why)
{
	if (failure == PG_DOWN)
		return str_eq(why, pg_is_away) ? 1 : 2;
	return failure == PG_STANDBY ? 3 : 4;
}

/* One of several hosts is of no use: the next may be. */
static enum pg_err
pg_fail_at(struct pg *pg, enum pg_err failure, const char *why,
    const char *reason)
{
	struct pg_trial *t = pg->trial;
	size_t n = strlen(t->reason);

	snprintf(t->reason + n, sizeof(t->reason) - n, "%s%s%s%.*s",
	    n == 0 ? "" : "; ", t->host, t->host[0] == '\0' ? "" : ": ",
	    (int)strcspn(reason, "\n"), reason);
	if (t->err == PG_OK ||
	    pg_telling(failure, why) > pg_telling(t->err, t->why)) {
		t->err = failure;
		t->why = why;
	}
	pg_close(pg);
	return failure;
}

enum pg_err
pg_fail_as(struct pg *pg, enum pg_err failure, const char *why,
    const char *reason)
{
	if (pg->trial != NULL)
		return pg_fail_at(pg, failure, why, reason);
	if (pg->failure != failure || !str_eq(pg->why, why))
		pg_log(failure == PG_SCHEMA    ? "database schema unusable"
		       : failure == PG_STANDBY ? "database only reads"
					       : "database unreachable",
		    "", "", reason);
	pg->why = why;
	pg_close(pg);
	pg_count(failure);
	metric_count(METRIC_db_connects, METRIC_server_postgresql,
	    METRIC_done_failed);
	pg->failure = failure;
	pg->retry_at =
	    clock_mono_us() + settings.database_retry_interval * 1000;
	return failure;
}

enum pg_err
pg_fail(struct pg *pg, enum pg_err failure, const char *reason)
{
	return pg_fail_as(pg, failure,
	    failure == PG_SCHEMA
		? "the database schema does not fit this release; see "
		  "errandctl migrate"
	    : failure == PG_STANDBY
		? "the database only reads: it is a standby, or was demoted"
		: pg_is_away,
	    reason);
}
