/* SPDX-License-Identifier: ISC */
/* What the files of the connection share. */
#ifndef PG_OWN_H
#define PG_OWN_H

#include "base/buf.h"
#include "pg.h"

#define PG_PREPARED_MAX 64 /* statements of one connection; others are plain */
#define PG_TOLD_MAX     4

struct pg {
	PGconn *conn;
	struct arena *arena; /* of parameters and results */
	const struct pg_stmt *prepared[PG_PREPARED_MAX];
	size_t nprepared;
	bool counted; /* as a connection, by the metrics */
	bool inside;  /* a transaction, even if the connection broke in it */
	int64_t schema;
	char source[PG_SOURCE];
	bool source_told; /* that it cannot be known: said in the log */
	const char *told[PG_TOLD_MAX]; /* columns with words not known here */
	int64_t retry_at;              /* answer failure until then */
	enum pg_err
	    failure;     /* why there is no connection; PG_OK: all is well */
	const char *why; /* a constant sentence for clients, unless it is OK */
	int64_t
	    written; /* pg_try_writing went well then (clock_mono_us), or 0 */
};

/* pg_tx.c: as pg_begin, with the server's limit for a statement, in
 * milliseconds. */
enum pg_err pg_begin_within(struct pg *pg, int64_t ms) MUSTCHECK;

/* pg_conn.c: connected, and alive as far as one can see; within a transaction
 * only the connection that began it. */
enum pg_err pg_usable(struct pg *pg) MUSTCHECK;
void pg_close(struct pg *pg);

/* Counts a statement or an attempt to connect that went wrong. */
void pg_count(enum pg_err err);

/* Where libpq is to connect to: lists of the same length n, for its parameters
 * of these names; n is 0 if the connection string names no host to look up. */
struct pg_hosts {
	size_t n;
	struct buf host, hostaddr, port;
	char why[256];
};

/* Looks up the hosts of the connection string, each for at most [database]
 * connect_timeout; those that cannot be found are left out.  0, or -1 if none
 * can be found, and why says it of the last.  The caller frees h either way. */
int pg_hosts_find(struct pg_hosts *h) MUSTCHECK;
void pg_hosts_free(struct pg_hosts *h);

/* The version of the schema, and what it asks of programs. */
extern const struct pg_stmt pg_schema_stmt;

/* Judges the answer to that; unless it is PG_OK the connection is closed. */
enum pg_err pg_judge_schema(struct pg *pg, const PGresult *r) MUSTCHECK;

/* libpq's messages have several lines; the first says what happened. */
void pg_log(const char *msg, const char *stmt, const char *sqlstate,
    const char *reason);

/* A word that the client library and SQLSTATE agree on; "" if there is none. */
const char *pg_sqlstate(const PGresult *r);

/* pg.c: waits for the answer to what was sent (sent 1) and judges it; on PG_OK
 * the caller clears *out.  *again: nothing happened, and a second try may well
 * succeed. */
enum pg_err pg_take(struct pg *pg, const struct pg_stmt *s, int sent,
    PGresult **out, bool *again) MUSTCHECK;

#endif
