/* SPDX-License-Identifier: ISC */
/* Waits for PostgreSQL's answers, never beyond a deadline. */
#include "config.h"

#include "pg_wait.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"
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
		n = poll(&p, 1, (int)(left / 1000 + 1));
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

PGresult *
pg_results(PGconn *conn)
{
	int64_t deadline =
	    clock_mono_us() + settings.database_query_timeout * 1000;
	PGresult *kept = NULL, *r;
	bool late;

	while ((r = pg_next_result(conn, deadline, &late)) != NULL) {
		if (kept == NULL) {
			kept = r;
		} else if (PQresultStatus(r) == PGRES_FATAL_ERROR) {
			PQclear(kept);
			kept = r;
		} else {
			PQclear(r);
		}
	}
	if (late) {
		PQclear(kept);
		return NULL;
	}
	return kept;
}
