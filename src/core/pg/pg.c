/* SPDX-License-Identifier: ISC */
/* Statements: non-blocking libpq driven against deadlines. */
#include "config.h"

#include "pg_own.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "conf/conf.h"
#include "log/log.h"
#include "pg_wait.h"

const struct stmt_row pg_stmts[STMT__MAX] = {
#define STMT(id, nparams, mode, sql) { #id, nparams, mode, sql },
#include "stmt.def"
#undef STMT
};

/* What an error of the server means for us.  *again: nothing happened, and a
 * second try may well succeed. */
static enum pg_err
pg_judge(struct pg *pg, const struct stmt_row *s, const PGresult *r,
    bool *again)
{
	const char *state = pg_sqlstate(r);
	enum pg_err err = PG_FAILED;

	*again = false;
	if (str_starts(state, "40")) { /* deadlock, serialization */
		*again = true;
	} else if (str_eq(state, "57014")) { /* statement_timeout */
		err = PG_TIMEOUT;
	} else if (str_starts(state, "53")) { /* out of something */
		err = PG_DOWN;
	} else if (str_eq(state, "42P01") || str_eq(state, "42703") ||
		   str_eq(state, "42883") || str_eq(state, "42704")) {
		err = PG_SCHEMA;
	} else if (str_eq(state, "0A000") || str_eq(state, "26000") ||
		   str_eq(state, "25006")) { /* plan or session gone, standby */
		*again = true;
		err = PG_DOWN;
	} else if (state[0] == '\0' || str_starts(state, "57") ||
		   str_starts(state, "08")) {
		err = PG_LOST;
	}
	pg_log("statement failed", s->name, state, PQresultErrorMessage(r));
	if (err == PG_LOST || err == PG_SCHEMA || *again)
		pg_close(pg);
	return err;
}

enum pg_err
pg_take(struct pg *pg, const struct stmt_row *s, int sent, PGresult **out,
    bool *again)
{
	PGresult *r = sent == 1 ? pg_results(pg->conn) : NULL;
	enum pg_err err;

	*again = false;
	if (r == NULL) {
		pg_log(sent == 1 ? "no answer in time" : "cannot send", s->name,
		    "", PQerrorMessage(pg->conn));
		pg_close(pg);
		return sent == 1 ? PG_TIMEOUT : PG_LOST;
	}
	if (PQresultStatus(r) == PGRES_TUPLES_OK ||
	    PQresultStatus(r) == PGRES_COMMAND_OK) {
		*out = r;
		return PG_OK;
	}
	err = pg_judge(pg, s, r, again);
	PQclear(r);
	return err;
}

static enum pg_err
pg_prepare(struct pg *pg, enum stmt id, bool *again)
{
	const struct stmt_row *s = &pg_stmts[id];
	PGresult *r = NULL;
	enum pg_err err;

	err = pg_take(pg, s,
	    PQsendPrepare(pg->conn, s->name, s->sql, s->nparams, NULL), &r,
	    again);
	PQclear(r);
	if (err == PG_OK)
		pg->prepared[id] = true;
	else if (err == PG_LOST) /* the statement itself was not sent */
		*again = true;
	return err;
}

static enum pg_err
pg_try(struct pg *pg, enum stmt id, const struct pg_params *p, PGresult **out,
    bool *again)
{
	const struct stmt_row *s = &pg_stmts[id];
	bool plain = s->mode == PLAN || !settings.database_prepared_statements;
	enum pg_err err;
	int sent;

	if (!plain && !pg->prepared[id]) {
		err = pg_prepare(pg, id, again);
		if (err != PG_OK)
			return err;
	}
	sent = plain ? PQsendQueryParams(pg->conn, s->sql, p->n, NULL, p->value,
			   p->length, p->format, 1)
		     : PQsendQueryPrepared(pg->conn, s->name, p->n, p->value,
			   p->length, p->format, 1);
	err = pg_take(pg, s, sent, out, again);
	if (err == PG_LOST && s->mode != WRITE)
		*again = true;
	return err;
}

static void
pg_release(void *result)
{
	PQclear(result);
}

enum pg_err
pg_run(struct pg *pg, enum stmt id, const struct pg_params *p, struct arena *a,
    PGresult **out)
{
	enum pg_err err;
	bool again;

	if (p->n != pg_stmts[id].nparams)
		abort(); /* our own mistake */
	for (int try = 0; try < 2; try++) {
		err = pg_usable(pg);
		if (err != PG_OK)
			return err;
		err = pg_try(pg, id, p, out, &again);
		if (err == PG_OK) {
			arena_defer(a, pg_release, *out);
			return PG_OK;
		}
		if (!again || pg->inside)
			break;
	}
	return err;
}

enum pg_err
pg_odd(enum stmt id, const char *reason)
{
	pg_log("statement was not obeyed", pg_stmts[id].name, "", reason);
	return PG_ODD;
}

enum pg_err
pg_run_row(struct pg *pg, enum stmt id, const struct pg_params *p,
    struct arena *a, PGresult **out)
{
	enum pg_err err = pg_run(pg, id, p, a, out);

	if (err == PG_OK && PQntuples(*out) == 0)
		return pg_odd(id, "there is no row: a trigger or a rule "
				  "suppressed it");
	return err;
}

void
pg_unknown(struct pg *pg, const char *column, const char *word, size_t len)
{
	char text[64];
	size_t i;

	for (i = 0; i < NELEM(pg->told) && pg->told[i] != NULL; i++) {
		if (str_eq(pg->told[i], column))
			return;
	}
	if (i == NELEM(pg->told))
		return;
	pg->told[i] = column;
	snprintf(text, sizeof(text), "%.*s", (int)len, word);
	log_warning("column has a word that this release does not know",
	    LS("column", column), LS("word", text));
}

enum pg_err
pg_ping(struct pg *pg, const char **why)
{
	static const char *const reasons[PG__MAX] = { NULL,
		"the database cannot be reached",
		"the database schema does not fit this release",
		"the database does not answer in time",
		"the connection to the database broke",
		"the database refused a statement",
		"the database did not obey a statement" };
	struct arena *a = arena_new();
	struct pg_params p;
	PGresult *r;
	enum pg_err err;

	pg_params_init(&p, a);
	err = pg_run(pg, STMT_SCHEMA, &p, a, &r);
	arena_free(a);
	*why = reasons[err];
	return err;
}
