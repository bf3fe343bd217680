/* SPDX-License-Identifier: ISC */
/* What the pg*.c files share: the connection and the statements. */
#ifndef PG_OWN_H
#define PG_OWN_H

#include "pg.h"

enum stmt_mode {
	READ,  /* prepared; may be sent again when its answer was lost */
	WRITE, /* prepared; never sent again once it may have arrived */
	PLAN   /* a read that is planned with its actual parameters */
};

struct stmt_row {
	const char *name;
	int nparams;
	enum stmt_mode mode;
	const char *sql;
};
extern const struct stmt_row pg_stmts[STMT__MAX];

struct pg {
	PGconn *conn;
	bool prepared[STMT__MAX];
	bool inside; /* a transaction, even if the connection broke in it */
	int64_t schema;
	const char *told[4]; /* columns with words that are not known */
	int64_t retry_at;    /* answer failure until then */
	enum pg_err failure; /* PG_DOWN or PG_SCHEMA; PG_OK: all is well */
};

/* pg_conn.c: connected, and alive as far as one can see. */
enum pg_err pg_ready(struct pg *pg) MUSTCHECK;
void pg_close(struct pg *pg);

/* libpq's messages have several lines; the first says what happened. */
void pg_log(const char *msg, const char *stmt, const char *sqlstate,
    const char *reason);

/* A word that the client library and SQLSTATE agree on; "" if there is none. */
const char *pg_sqlstate(const PGresult *r);

/* pg_tx.c: as pg_ready; but within a transaction only the connection that began
 * it. */
enum pg_err pg_usable(struct pg *pg) MUSTCHECK;

/* pg.c: waits for the answer to what was sent (sent 1) and judges it; on PG_OK
 * the caller clears *out.  *again: nothing happened, and a second try may well
 * succeed. */
enum pg_err pg_take(struct pg *pg, const struct stmt_row *s, int sent,
    PGresult **out, bool *again) MUSTCHECK;

#endif
