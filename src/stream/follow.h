/* SPDX-License-Identifier: ISC */
/* Reads the log of changes once, into the tape. */
#ifndef FOLLOW_H
#define FOLLOW_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "pg/pg.h"
#include "tape.h"

struct follow {
	struct pg *pg;
	struct tape *tape;
	bool known;   /* the tape's end is a place of the log */
	bool failing; /* the last question had no answer */
	int64_t due;  /* when to read next; clock_mono_us */
	int64_t step; /* how long to wait then, if nothing came */
	struct buf text;
	/* Called before events go out of the tape that came into it since the
	 * last call. */
	void (*full)(void *arg);
	void *arg;
	uint64_t told; /* events of the tape before this one may go */
};

void follow_free(struct follow *f);

/* Somebody has changed something. */
void follow_poke(struct follow *f);

/* Finds the end of the log, from where on it is read, unless that is known. */
enum pg_err follow_begin(struct follow *f) MUSTCHECK;

/* Forgets where the end was: nobody follows, or it is of another database. */
void follow_forget(struct follow *f);

/* Reads what there is, if it is due.  False if the log is not the one that was
 * followed until now: it is forgotten. */
bool follow_read(struct follow *f) MUSTCHECK;

/* Adds what comes behind a place to b, of a scope and as far as it is read at
 * once, and moves the place; *log says if that is not possible. */
enum pg_err follow_page(struct follow *f, const struct task_scope *scope,
    struct task_place *place, struct buf *b, enum task_log *log) MUSTCHECK;

#endif
