/* SPDX-License-Identifier: ISC */
/* Jobs that Celery's remote control has revoked: the parent hears of them, a
 * process with PostgreSQL cancels them. */
#ifndef REVOKE_H
#define REVOKE_H

#include "base/arena.h"
#include "redis/kv.h"
#include "work.h"

#define REVOKE_MAX 1000 /* ids at once */

/* Keeps up to REVOKE_MAX message ids: for the relays to cancel, and for three
 * hours for those that have no row yet.  0, or -1 without the broker. */
int revoke_add(struct kv *kv, struct arena *a, const char *const *ids, size_t n)
    MUSTCHECK;

/* Up to REVOKE_MAX of those that are kept, newest first; how many. */
size_t revoke_list(struct kv *kv, struct arena *a, const char **ids);

/* For relays: cancels the rows that are not running; false if PostgreSQL did
 * not answer, and then it is to be called again. */
bool revoke_run(struct work *w) MUSTCHECK;

/* For a child that has just made a row of somebody else's message: cancels it
 * if it was revoked before. */
enum pg_err revoke_adopted(struct work *w, const char *id,
    const struct uuid *row) MUSTCHECK;

#endif
