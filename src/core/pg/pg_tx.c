/* SPDX-License-Identifier: ISC */
/* Transactions of several statements. */
#include "config.h"

#include "pg_own.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "conf/conf.h"

/* One command without parameters; its tag must be the one given. */
static enum pg_err
pg_command(struct pg *pg, const struct pg_stmt *s, const char *tag, bool *again)
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

static enum pg_err
pg_begin_as(struct pg *pg, const char *kind, int64_t ms)
{
	char sql[160 + PG_GUARD], guard[PG_GUARD];
	const struct pg_stmt begin = { .name = "BEGIN", .sql = sql };
	enum pg_err err;
	bool again;

	if (pg->inside)
		abort(); /* our own mistake */
	for (int try = 0; try < 2; try++) {
		err = pg_usable(pg);
		if (err != PG_OK)
			return err;
		pg_guard(pg, ms, guard);
		snprintf(sql, sizeof(sql),
		    "BEGIN%s; SET LOCAL idle_in_transaction_session_timeout = "
		    "%lld; %s",
		    kind, (long long)settings.database_query_timeout, guard);
		err = pg_command(pg, &begin, "BEGIN", &again);
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
pg_begin(struct pg *pg)
{
	return pg_begin_within(pg, settings.database_query_timeout);
}

enum pg_err
pg_begin_within(struct pg *pg, int64_t ms)
{
	return pg_begin_as(pg, "", ms);
}

enum pg_err
pg_begin_snapshot(struct pg *pg)
{
	return pg_begin_as(pg, " ISOLATION LEVEL REPEATABLE READ READ ONLY",
	    settings.database_query_timeout);
}

enum pg_err
pg_commit(struct pg *pg)
{
	static const struct pg_stmt commit = { .name = "COMMIT",
		.sql = "COMMIT" };
	enum pg_err err = pg_usable(pg);
	bool again;

	if (!pg->inside)
		abort(); /* our own mistake */
	if (err == PG_OK)
		err = pg_command(pg, &commit, "COMMIT", &again);
	else
		err = PG_FAILED; /* it went with the connection */
	/* What was refused before it had begun leaves the transaction open, and
	 * all that follows would be undone with it. */
	if (err != PG_OK && pg->conn != NULL)
		pg_close(pg);
	pg->inside = false;
	return err;
}

void
pg_rollback(struct pg *pg)
{
	static const struct pg_stmt rollback = { .name = "ROLLBACK",
		.sql = "ROLLBACK" };
	bool again;

	if (pg->inside && pg->conn != NULL &&
	    pg_command(pg, &rollback, "ROLLBACK", &again) != PG_OK)
		pg_close(pg);
	pg->inside = false;
}
