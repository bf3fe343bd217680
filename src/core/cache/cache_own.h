/* SPDX-License-Identifier: ISC */
/* What the files of the cache share: its keys, and its state. */
#ifndef CACHE_OWN_H
#define CACHE_OWN_H

#include "cache.h"

/*
 * What is stored, each key with [cache] key_prefix before it (to change it,
 * change the letters "x", "l" and "n" as well: two releases may share one
 * Redis):
 *
 *   data         the document itself, nothing else
 *   meta         "x <run> <generation> <tag> <next> <since> <window>" beside
 *                a document, "l <run> <token> <generation> <window>" while
 *                somebody fills the slot, or "n <run> <generation> -" where
 *                nobody shall
 *   generation   a random word; made by the first reader, deleted by writers:
 *                of all lists by each change, of all tasks when it is not
 *                known which have changed
 *   source       which database filled all this (pg_source); who is connected
 *                to another one deletes both generations
 *   server       "<run> <since>": since when, in milliseconds since 1970, a
 *                server that sentinels name was known as such
 *   filled       "<window> <bytes> <end>": what was put into the slots of a
 *                sort since a window began, which lasts as long as an entry
 *                lives, and when it ends, milliseconds since 1970.
 *                What is alive was put there in two windows at most, so each
 *                has half of the room.  An entry that is filled again in its
 *                window counts only for what it has grown.
 *
 * An absent next or since is "-"; the window of a lease is that of the data that
 * are still there.
 */
#define CACHE_LISTS           "tasks:generation"
#define CACHE_TASKS           "task:generation"
#define CACHE_SOURCE          "tasks:source"
#define CACHE_SERVER          "tasks:server"
#define CACHE_TASKS_FILLED    "task:filled"
#define CACHE_LISTS_FILLED    "tasks:filled"
#define CACHE_FILTERED_FILLED "tasks:filtered"

/* The key of that name: lives in the arena, or is the name. */
const char *cache_key(struct arena *a, const char *name);

struct cache {
	struct kv *kv;
	struct kv_look *look;
	const char *now; /* the source that is in force, the owner's */
	bool owed;       /* Redis did not confirm that it dropped entries */
	char source[PG_SOURCE]; /* that Redis was told last, */
	unsigned told;          /* over this connection */
	char heard[PG_SOURCE];  /* for cache_heard */
	bool other;             /* it says another now, or it was evicted */
	unsigned met;  /* the connection before which all was dropped */
	char run[64];  /* the run of a server that sentinels named last, */
	int64_t found; /* when we found it, */
	int64_t alone; /* and when nobody has another any more; both of
			* clock_awake_us */
};

/* --- cache_server.c --- */

/* Deletes keys.  DEL works when Redis is full.  What it did not confirm is
 * owed: whoever could not drop an entry trusts none before all are dropped.  0
 * or -1. */
int cache_delete(struct cache *c, struct arena *a, const struct kv_word *words,
    size_t n);

/* True if it is still the connection that was met. */
bool cache_knows(const struct cache *c);

/* Connects if need be.  Over a new connection all entries are dropped first: in
 * between it may have been another server that was told of changes.  0, or -1
 * if Redis did not do it. */
int cache_meet(struct cache *c, struct arena *a);

/* True if entries may be served that are there now: all processes that may have
 * changed something have this server, and those that could not reach it have
 * had their time. */
bool cache_trusted(const struct cache *c);

/* Waits, after a change was told, until nobody serves what it has made old from
 * another server.  0, or -1 if it is not known which server others have. */
int cache_agree(struct cache *c, struct arena *a);

#endif
