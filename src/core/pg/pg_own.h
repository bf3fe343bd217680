/* SPDX-License-Identifier: ISC */
/* What the files of the connection share. */
#ifndef PG_OWN_H
#define PG_OWN_H

#include <netdb.h>

#include "pg.h"

#define PG_PREPARED_MAX 64 /* statements of one connection; others are plain */
#define PG_TOLD_MAX     4

#define PG_PLACE 48

/* While several hosts are tried: what the most telling of them says, and of
 * each the reason. */
struct pg_trial {
	enum pg_err err;
	const char *why;
	char host[128]; /* the one that is tried */
	char reason[512];
};

struct pg {
	PGconn *conn;
	struct arena *arena; /* of parameters and results */
	const struct pg_stmt *prepared[PG_PREPARED_MAX];
	size_t nprepared;
	bool counted; /* as a connection, by the metrics */
	bool inside;  /* a transaction, even if the connection broke in it */
	int64_t schema;
	char source[PG_SOURCE];
	bool source_told;     /* that it cannot be known: said in the log */
	char place[PG_PLACE]; /* which server, where a pooler may change it */
	struct pg_seen *seen, own, met; /* met: at the last connect */
	pg_heard *heard;
	void *heard_arg;
	struct pg_trial *trial;        /* NULL at other times */
	size_t host;                   /* which of several was of use last */
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

/* For the metrics: whether there is a connection. */
void pg_note(struct pg *pg, bool open);

/* Counts a statement or an attempt to connect that went wrong. */
void pg_count(enum pg_err err);

/* There is no connection, for this reason; in a trial it is one of several.
 * Returns the failure. */
enum pg_err pg_fail(struct pg *pg, enum pg_err failure, const char *reason);

/* The same with a constant sentence for clients. */
enum pg_err pg_fail_as(struct pg *pg, enum pg_err failure, const char *why,
    const char *reason);

/* Connects, unless a failure was too short ago. */
enum pg_err pg_connect(struct pg *pg) MUSTCHECK;

/* pg_source.c: learns which database it is; PG_STANDBY if it is none to be
 * believed. */
enum pg_err pg_read_source(struct pg *pg) MUSTCHECK;

/* True if a later timeline was met since by somebody. */
bool pg_overtaken(const struct pg *pg);

/* SQL for before a statement that a pooler may lead to any server: sets its
 * limit, and is an error unless it is the server that was met.  Then nothing of
 * the transaction happens. */
#define PG_GUARD 512
void pg_guard(const struct pg *pg, int64_t ms, char out[PG_GUARD]);

/* True for that error. */
bool pg_is_elsewhere(const PGresult *r);

/* Where libpq is to connect to, in turn; n is 0 if the connection string names
 * no host. */
struct pg_host {
	char name[NI_MAXHOST], address[NI_MAXHOST], port[8];
};
struct pg_hosts {
	size_t n;
	struct pg_host *list;
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
