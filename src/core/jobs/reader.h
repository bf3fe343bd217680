/* SPDX-License-Identifier: ISC */
/* Readers of the log of changes: what follows from a change, other than its
 * mail.  DESIGN.md tells of its order. */
#ifndef READER_H
#define READER_H

#include "base/base.h"
#include "pg/pg.h"

/* What one batch came to. */
struct reader_step {
	size_t n;  /* events that were read; none, too, if another host reads */
	bool more; /* there may be more to read at once */
};

/* Reads one batch, in one statement: it has its effect and moves the reader's
 * position, or neither. */
typedef enum pg_err (*reader_fn)(struct pg *pg, struct reader_step *step);

enum reader_id {
#define READER(name, read) READER_##name,
#include "readers.def"
	READER__MAX
};

struct reader {
	const char *name;
	reader_fn read; /* NULL: the keeper's */
};
extern const struct reader readers[READER__MAX];

/* Has each event put down for each webhook that wants it, with a job that sends
 * it. */
enum pg_err reader_webhooks(struct pg *pg, struct reader_step *step) MUSTCHECK;

/* If the reader is ahead of all transactions of this server, as after a dump of
 * another one was restored, and has had what came with it: it begins anew
 * behind that.  Then *rebased. */
enum pg_err reader_rebase(struct pg *pg, const struct reader *r, bool *rebased)
    MUSTCHECK;

/* What PostgreSQL shows now, as text in the arena: a point to look from. */
enum pg_err reader_now(struct pg *pg, const char **snapshot) MUSTCHECK;

/* All that was committed since a snapshot, each change once however long its
 * transaction took: ids of tasks as text.  *more: there are more than most, and
 * these are some of them.  The next look is from now. */
struct reader_look {
	const char *now;
	const char **tasks;
	size_t n;
	bool more;
};
enum pg_err reader_look(struct pg *pg, const char *snapshot, int64_t most,
    struct reader_look *look) MUSTCHECK;

/* The keeper has done with all that this snapshot shows. */
enum pg_err reader_looked(struct pg *pg, const char *snapshot) MUSTCHECK;

/* Sets a reader back, so that an event is its next one: that of the number, or,
 * if that is 0, the first since a time (us since 1970).  All from there on has
 * its effect again. */
enum reader_back {
	READER_BACK_DONE,
	READER_BACK_NONE,  /* there is no such reader */
	READER_BACK_GONE,  /* there is no such event, or it is not in the log */
	READER_BACK_AHEAD, /* it has not had that event yet */
};
struct reader_goal {
	int64_t event, since;
	int64_t next; /* what it has come to, the number of an event */
};
enum pg_err reader_rewind(struct pg *pg, const char *name,
    struct reader_goal *goal, enum reader_back *back) MUSTCHECK;

/* How far a reader is. */
struct reader_lag {
	const char *name;
	int64_t xid, id;  /* of the last event that it has had */
	int64_t moved_at; /* us since 1970 */
	int64_t unread;   /* events, 10000 at most */
	int64_t us;       /* age of the oldest of them, 0: none */
	bool waits;       /* they all wait for a transaction that is open */
};
struct reader_lags {
	struct reader_lag *v;
	size_t n;
};

/* Of each row of log_readers, by name, in the arena; newer releases may have
 * readers that we do not know. */
enum pg_err reader_lags(struct pg *pg, struct reader_lags *lags) MUSTCHECK;

#endif
