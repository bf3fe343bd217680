/* SPDX-License-Identifier: ISC */
/* Requests that are made once: what was answered is kept by a key, in the
 * transaction of what was changed. */
#ifndef ONCE_H
#define ONCE_H

#include "base/base.h"
#include "base/codec.h"
#include "pg/pg.h"

/* Whose key it is, and what was asked for: as digests. */
struct once {
	uint8_t id[CODEC_SHA256];
	uint8_t fingerprint[CODEC_SHA256];
};

/* An answer; texts are terminated, and those that were kept live in the
 * arena. */
struct once_answer {
	int64_t status;
	const char *type;    /* of the body; or NULL */
	const char *caching; /* Cache-Control */
	const char *head;    /* further header lines */
	const char *body;
};

enum once_found {
	ONCE_NEW,   /* a transaction is open, for the change */
	ONCE_KEPT,  /* it was made: here is its answer */
	ONCE_OTHER, /* the key belongs to another request */
	ONCE_BUSY   /* it is being made, by another process */
};

/* Begins the request of this key, unless there is one that is no older than
 * keep (milliseconds).  Waits for nobody who makes the same.  On ONCE_NEW the
 * caller makes the change and ends with once_keep or once_drop; else, and after
 * a failure, no transaction is open. */
enum pg_err once_begin(struct pg *pg, const struct once *once, int64_t keep,
    enum once_found *found, struct once_answer *a) MUSTCHECK;

/* Keeps the answer and commits it together with the change.  Unless it is
 * PG_TIMEOUT or PG_LOST, a failure means that nothing has happened. */
enum pg_err once_keep(struct pg *pg, const struct once *once,
    const struct once_answer *a) MUSTCHECK;

/* Nothing has happened: the key is as free as before. */
void once_drop(struct pg *pg);

/* Deletes up to limit answers that are older than keep. */
enum pg_err once_purge(struct pg *pg, int64_t keep, int64_t limit, size_t *n)
    MUSTCHECK;

#endif
