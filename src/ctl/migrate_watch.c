/* SPDX-License-Identifier: ISC */
/* Waits for what migrate has started, says whom that waits for, and lets
 * others pass when it takes long. */
#include "config.h"

#include "migrate.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "base/str.h"

#define SAY        "errandctl migrate: "
#define LOOK_MS    200
#define HELD_US    (2 * CLOCK_SECOND) /* others wait behind us */
#define PAUSE_MS   2000               /* in which they get what they want */
#define GIVE_UP_US (60 * CLOCK_SECOND)

struct watch {
	PGconn *conn;
	char name[32];  /* of the sessions that are watched */
	char told[16];  /* process that was said to be waited for */
	int64_t held;   /* since then a table is waited for; 0: it is not */
	bool cancelled; /* so ours has failed for that */
};

/* Who waits, and whether for a table, which others may want as well; for whom,
 * and what that does. */
static const char waits[] =
    "SELECT w.pid, l.locktype = 'relation', b.pid,"
    " format('user %s, %s, %s for %s s: %s', b.usename,"
    "  coalesce(nullif(b.application_name, ''), 'without a name'), b.state,"
    "  extract(epoch FROM clock_timestamp() - b.xact_start)::bigint,"
    "  left(regexp_replace(b.query, '\\s+', ' ', 'g'), 80))"
    " FROM pg_stat_activity AS w"
    " JOIN pg_locks AS l ON l.pid = w.pid AND NOT l.granted"
    " CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS by (pid)"
    " JOIN pg_stat_activity AS b ON b.pid = by.pid"
    " WHERE w.application_name = $1 AND w.datname = current_database()"
    " ORDER BY b.xact_start LIMIT 1";

static PGresult *
ask(const struct watch *w, const char *sql, const char *value)
{
	return PQexecParams(w->conn, sql, 1, NULL, &value, NULL, NULL, 0);
}

/* Others wait behind who waits for a table, so that it cannot take long. */
static void
let_pass(struct watch *w, const char *pid)
{
	int64_t now = clock_mono_us();

	if (w->held == 0)
		w->held = now;
	if (now - w->held < HELD_US || w->cancelled)
		return;
	PQclear(ask(w, "SELECT pg_cancel_backend($1::int)", pid));
	w->cancelled = true;
}

static void
look(struct watch *w)
{
	PGresult *r = ask(w, waits, w->name);

	if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) == 0) {
		w->held = 0;
		PQclear(r);
		return;
	}
	if (!str_eq(w->told, PQgetvalue(r, 0, 2)))
		fprintf(stderr,
		    SAY "waits for the session of process %s (%s)\n",
		    PQgetvalue(r, 0, 2), PQgetvalue(r, 0, 3));
	snprintf(w->told, sizeof(w->told), "%s", PQgetvalue(r, 0, 2));
	if (str_eq(PQgetvalue(r, 0, 1), "t"))
		let_pass(w, PQgetvalue(r, 0, 0));
	PQclear(r);
}

static void
pause_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* Its status as of wait, or -1. */
static int
watch_once(struct watch *w, int (*start)(const void *arg), const void *arg)
{
	int status = -1;
	pid_t pid, ended;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		(void)start(arg);
		fputs(SAY "nothing was changed\n", stderr);
		_exit(EXIT_FAILURE);
	}
	w->held = 0;
	w->cancelled = false;
	while (pid > 0 && (ended = waitpid(pid, &status, WNOHANG)) != pid) {
		if (ended == -1 && errno != EINTR)
			return -1;
		if (PQstatus(w->conn) == CONNECTION_OK)
			look(w);
		pause_ms(LOOK_MS);
	}
	return status;
}

int
migrate_watch(int (*start)(const void *arg), const void *arg)
{
	int64_t end = clock_mono_us() + GIVE_UP_US;
	struct watch w = { 0 };
	int status;

	snprintf(w.name, sizeof(w.name), "errandctl migrate %ld",
	    (long)getpid());
	w.conn = PQconnectdb("connect_timeout=10 application_name=errandctl");
	if (setenv("PGAPPNAME", w.name, 1) == -1)
		perror(SAY "environment");
	for (;;) {
		status = watch_once(&w, start, arg);
		if (status == 0 || !w.cancelled || clock_mono_us() >= end)
			break;
		fputs(SAY "others waited behind it: it is tried again in 2 s\n",
		    stderr);
		pause_ms(PAUSE_MS);
	}
	if (status != 0 && w.cancelled)
		fputs(SAY "gave up after a minute: try again when that session "
			  "is over, or end it\n",
		    stderr);
	PQfinish(w.conn);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
