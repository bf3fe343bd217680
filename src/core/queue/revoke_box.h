/* SPDX-License-Identifier: ISC */
/* Ids of revoked jobs, kept in the broker until somebody cancels their rows. */
#ifndef REVOKE_BOX_H
#define REVOKE_BOX_H

#include "base/arena.h"
#include "base/base.h"
#include "redis/kv.h"

#define REVOKE_MAX 50000 /* ids, as in stock workers */

/* Puts message ids there: for the relays to cancel, and for three hours for
 * those that have no row yet.  No more than REVOKE_MAX are kept.  From then on
 * queue_take marks their messages (QUEUE_REVOKED).  end: those that run are to
 * be ended as well.  0, or -1 without the broker: then some may be there. */
int revoke_box_add(struct kv *kv, struct arena *a, const char *const *ids,
    size_t n, bool end) MUSTCHECK;

/* Up to max of those that the relays still have to look at; how many. */
size_t revoke_box_open(struct kv *kv, struct arena *a, const char **ids,
    size_t max);

/* No relay has to look at it any more.  0, or -1 without the broker. */
int revoke_box_close(struct kv *kv, struct arena *a, const char *id) MUSTCHECK;

/* It is as if it had never been revoked: it is to run again.  0, or -1 without
 * the broker. */
int revoke_box_forget(struct kv *kv, struct arena *a, const char *id) MUSTCHECK;

/* True if it is to be ended where it runs; false also without the broker. */
bool revoke_box_ends(struct kv *kv, struct arena *a, const char *id);

/* Up to REVOKE_MAX of all that were revoked, newest first; how many. */
size_t revoke_box_list(struct kv *kv, struct arena *a, const char **ids);

/* 1 if it is one of those, 0 if not, -1 if the broker does not say.  A key of
 * another type has none, since nothing could be put there. */
int revoke_box_has(struct kv *kv, struct arena *a, const char *id) MUSTCHECK;

#endif
