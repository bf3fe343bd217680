/* SPDX-License-Identifier: ISC */
/* Waits for PostgreSQL's answers, never beyond a deadline. */
#include "config.h"

#include "pg_wait.h"

#include <errno.h>

#include "base/clock.h"
#include "base/longwait.h"
#include "conf/conf.h"

/* Waits until the socket is readable (or writable, if asked); false when the
 * deadline has passed. */
static bool
pg_wait(PGconn *conn, bool writable, int64_t deadline)
{
	struct pollfd p = { .fd = PQsocket(conn), .events = POLLIN };
	int64_t left;
	int n;

	if (writable)
		p.events |= POLLOUT;
	do {
		left = deadline - clock_mono_us();
		if (left <= 0)
			return false;
		n = longwait_poll(&p, (int)(left / 1000 + 1));
	} while (n == 0 || (n == -1 && errno == EINTR));
	return true;
}

/* Sends what libpq holds back and waits for one result; NULL with *late false
 * is the end of the results. */
static PGresult *
pg_next_result(PGconn *conn, int64_t deadline, bool *late)
{
	int unsent;

	*late = false;
	while ((unsent = PQflush(conn)) == 1) {
		if (!pg_wait(conn, true, deadline))
			goto late;
		if (PQconsumeInput(conn) == 0)
			break;
	}
	while (PQisBusy(conn)) {
		if (!pg_wait(conn, false, deadline))
			goto late;
		if (PQconsumeInput(conn) == 0)
			break;
	}
	return PQgetResult(conn);
late:
	*late = true;
	return NULL;
}

static bool
pg_is_error(const PGresult *r)
{
	return PQresultStatus(r) == PGRES_FATAL_ERROR;
}

/* The answers to one statement, or to all of a pipeline up to its end. */
PGresult *
pg_results(PGconn *conn)
{
	bool pipeline = PQpipelineStatus(conn) != PQ_PIPELINE_OFF, late;
	int64_t deadline =
	    clock_mono_us() + settings.database_query_timeout * 1000;
	PGresult *kept = NULL, *r;

	for (;;) {
		r = pg_next_result(conn, deadline, &late);
		if (late) {
			PQclear(kept);
			return NULL;
		}
		if (r == NULL && pipeline && PQstatus(conn) == CONNECTION_OK)
			continue; /* the next statement's */
		if (r == NULL || PQresultStatus(r) == PGRES_PIPELINE_SYNC)
			break;
		/* Of a pipeline the last statement is ours. */
		if (kept == NULL ||
		    (!pg_is_error(kept) && (pipeline || pg_is_error(r)))) {
			PQclear(kept);
			kept = r;
		} else {
			PQclear(r);
		}
	}
	PQclear(r);
	if (pipeline)
		PQexitPipelineMode(conn);
	return kept;
}
