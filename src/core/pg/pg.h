/* SPDX-License-Identifier: ISC */
/* The PostgreSQL connection: deadlines, reconnect, statements by name. */
#ifndef PG_H
#define PG_H

#include <libpq-fe.h>

#include "base/arena.h"
#include "base/base.h"
#include "base/uuid.h"

enum pg_mode {
	PG_READ,  /* prepared; sent again when its answer was lost */
	PG_WRITE, /* prepared; never sent again once it may have arrived */
	PG_PLAN   /* changes nothing; planned anew with its actual parameters,
		   * because the best plan depends on which of them are null */
};

/* A statement: a constant of whoever runs it.  It is one transaction by itself,
 * unless it runs between pg_begin and pg_commit. */
struct pg_stmt {
	const char *name; /* no other has it */
	int nparams;
	enum pg_mode mode;
	const char *sql;
};

/* For a table of statements, STMT(id, nparams, mode, sql) in each row: their
 * declarations, and their definitions. */
#define PG_DECLARE(id, nparams, mode, sql)                                     \
	extern const struct pg_stmt STMT_##id;
#define PG_DEFINE(id, nparams, mode, sql)                                      \
	const struct pg_stmt STMT_##id = { #id, nparams, PG_##mode, sql };

enum pg_err {
	PG_OK,
	PG_DOWN,    /* no connection; nothing was sent */
	PG_STANDBY, /* no primary: it only reads, or another one has taken
		     * over since; nothing was sent */
	PG_SCHEMA,  /* the schema is missing, too old or too new */
	PG_TIMEOUT, /* no answer in time; a change may have happened */
	PG_LOST,    /* connection broke meanwhile; a change may have happened */
	PG_BUSY,    /* a passing state of PostgreSQL; nothing changed */
	PG_DENIED,  /* our role lacks a right, named in the log */
	PG_FAILED,  /* a value is refused, mostly for what it is; but a trigger
		     * or a constraint may say so as well; nothing changed */
	PG_REFUSED, /* refused, and nobody knows what is to blame: a trigger, a
		     * policy, an extension; nothing changed */
	PG_ODD,     /* its answer is not what the statement gives: pg_odd */
	PG__MAX
};

/* What this build needs: max(schema_version.version) is at least this, and
 * the min_program of that row at most this. */
#define PG_SCHEMA_VERSION 15

struct pg;

/* Reads [database]; connects at first use. */
struct pg *pg_new(void);
void pg_free(struct pg *pg);

/* Parameters and results live in this arena from now on, so it is to be there
 * as long as the connection is used.  Returns the one before, or NULL. */
struct arena *pg_use(struct pg *pg, struct arena *a);
struct arena *pg_arena(const struct pg *pg);

/* Parameters of one statement, in order: pg_params_init, then one pg_put_*
 * each.  The memory is that of the connection's arena. */
#define PG_PARAMS_MAX 16
struct pg_params {
	struct arena *arena;
	int n;
	const char *value[PG_PARAMS_MAX];
	int length[PG_PARAMS_MAX];
	int format[PG_PARAMS_MAX];
};
void pg_params_init(struct pg_params *p, const struct pg *pg);
void pg_put_null(struct pg_params *p);
void pg_put_text(struct pg_params *p, const char *s); /* NULL is null */
void pg_put_uuid(struct pg_params *p, const struct uuid *u);
void pg_put_int(struct pg_params *p, int64_t n); /* int8 */
void pg_put_bool(struct pg_params *p, bool v);
void pg_put_time(struct pg_params *p, int64_t us); /* timestamptz */
bool pg_is_time(int64_t us); /* false: PostgreSQL has no such time */
/* text[]. */
void pg_put_texts(struct pg_params *p, const char *const *v, size_t n);

/* Runs one statement and waits at most [database] query_timeout.  Results are
 * in binary format and belong to the arena.  Connects first if need be.  When
 * the connection turns out to be dead before the statement was sent, it
 * connects anew and tries once more; a statement that changes nothing is also
 * tried once more when the connection breaks meanwhile.  Failures are logged
 * here. */
enum pg_err pg_run(struct pg *pg, const struct pg_stmt *s,
    const struct pg_params *p, PGresult **out) MUSTCHECK;

/* The same for a statement that always gives a row: PG_ODD without one. */
enum pg_err pg_run_row(struct pg *pg, const struct pg_stmt *s,
    const struct pg_params *p, PGresult **out) MUSTCHECK;

/* The same for a statement that gives none: *n is how many it has changed. */
enum pg_err pg_run_change(struct pg *pg, const struct pg_stmt *s,
    const struct pg_params *p, size_t *n) MUSTCHECK;

/* PostgreSQL answered what only a trigger, a rule or another schema explains:
 * says so in the log, and is PG_ODD. */
enum pg_err pg_odd(const struct pg_stmt *s, const char *reason) MUSTCHECK;

/* A column (a constant, with its table's name) has a word that this release
 * does not know, as when a newer one has widened its type.  Says so in the log
 * once for each column. */
void pg_unknown(struct pg *pg, const char *column, const char *word,
    size_t len);

/* A transaction of several statements.  After pg_begin pg_run neither
 * connects nor tries again, and whatever fails spoils the whole: then pg_commit
 * fails too and nothing has happened, unless it is PG_TIMEOUT or PG_LOST from
 * pg_commit itself.  The server ends a transaction that is left idle for as
 * long as [database] query_timeout.  Either of the last two ends it. */
enum pg_err pg_begin(struct pg *pg) MUSTCHECK;

/* The same for reading only: all its statements see one state. */
enum pg_err pg_begin_snapshot(struct pg *pg) MUSTCHECK;
enum pg_err pg_commit(struct pg *pg) MUSTCHECK;
void pg_rollback(struct pg *pg);

/* Connects if need be and asks PostgreSQL for the version of the schema, which
 * may ask for newer programs by now: then PG_SCHEMA, from now on.  *why is a
 * constant sentence fit for a client if the result is not PG_OK. */
enum pg_err pg_ping(struct pg *pg, const char **why) MUSTCHECK;

/* What the database is like.  The text lives as pg_use's arena does. */
struct pg_facts {
	const char *missing; /* rights that the role has not, such as "INSERT on
			      * jobs, UPDATE on jobs"; or NULL */
	bool plain_locale;   /* its letters are those of ASCII: no index serves
			      * searches for others */
	bool doubtful;       /* policies of a table apply to the role, or the
			      * session only reads: see pg_try_writing */
};
enum pg_err pg_facts(struct pg *pg, struct pg_facts *facts) MUSTCHECK;

/* Writes, changes and deletes rows as the programs do, and takes all of it
 * back: rights alone do not tell of policies, triggers, constraints and full
 * disks.  PG_TIMEOUT after a second, as when a lock is held.  What went well is
 * believed for five seconds on the same connection, unless now is set. */
enum pg_err pg_try_writing(struct pg *pg, bool now) MUSTCHECK;

/* Ends the pause after a failed connect, in which everything fails at once: for
 * callers that pause by themselves. */
void pg_retry(struct pg *pg);

/* Which database the last connect has found: a word that differs for another
 * cluster, another timeline of it, another database, other tables, and another
 * start of the server, since a copy of the files may have been put in place.
 * "" before the first connect, and if our role may not ask. */
#define PG_SOURCE 96
const char *pg_source(const struct pg *pg);

/* Asks again, where a pooler may have another server behind it by now. */
enum pg_err pg_learn_source(struct pg *pg) MUSTCHECK;

/* True if both words are of one cluster, and a of an older timeline of it: a
 * primary of before the failover that has brought b about. */
bool pg_source_precedes(const char *a, const char *b);

/* The newest timeline of a cluster that was met.  A server of an older one is a
 * former primary, and counts as PG_STANDBY.  Processes may share it: zeroed
 * memory, borrowed. */
struct pg_seen {
	volatile uint64_t system, timeline;
};
void pg_share_seen(struct pg *pg, struct pg_seen *seen);

/* Who else may know the newest: asked at each connect; the word of a source, or
 * NULL for none.  Its word counts more than what was seen here. */
typedef const char *pg_heard(void *arg);
void pg_hear(struct pg *pg, pg_heard *heard, void *arg);

/* The schema version found at the last connect, 0 if there was none. */
int64_t pg_schema(const struct pg *pg);

/* Cells of a binary result.  Borrowed from it. */
bool pg_null(const PGresult *r, int row, int col);
const char *pg_text(const PGresult *r, int row, int col, size_t *len);
/* A copy in the arena, or NULL for null. */
const char *pg_text_dup(struct arena *a, const PGresult *r, int row, int col);
int64_t pg_int(const PGresult *r, int row, int col); /* int4 and int8 */
/* The text of a jsonb; the caller has looked whether it is null. */
const char *pg_json(const PGresult *r, int row, int col, size_t *len);
bool pg_bool(const PGresult *r, int row, int col);
/* Microseconds since 1970.  Infinity and the last 30 years of timestamptz
 * come below CLOCK_WRAPPED, which clock_format and pg_put_time understand. */
int64_t pg_time(const PGresult *r, int row, int col);
int64_t pg_time_or_zero(const PGresult *r, int row, int col); /* 0: null */
/* A cell of eight bytes as it is, such as a time, as encode(..., 'hex') has
 * it. */
#define PG_HEX 17
void pg_hex(const PGresult *r, int row, int col, char out[PG_HEX]);
struct uuid pg_uuid(const PGresult *r, int row, int col);

#endif
