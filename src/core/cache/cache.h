/* SPDX-License-Identifier: ISC */
/* The cache protocol: leases for fills, a generation for lists, nothing stale.
 * Why it is right is written down in DESIGN.md, "The cache". */
#ifndef CACHE_H
#define CACHE_H

#include "base/arena.h"
#include "base/base.h"
#include "pg/pg.h"
#include "redis/kv.h"

struct cache;

enum cache_result {
	CACHE_HIT,
	CACHE_MISS,
	CACHE_BYPASS, /* off, Redis unreachable, or not trusted yet */
	CACHE__MAX
};
extern const char *const cache_results[CACHE__MAX]; /* as X-Cache says it */

/* A document with what an answer needs beside it. */
struct cache_entry {
	const char *body;
	size_t len;
	const char *tag;   /* entity tag without quotes; no blanks in it */
	const char *next;  /* cursor of the next page, or NULL; no blanks; of a
			    * task a word that says whose it is */
	const char *since; /* of the changes that it may lack, as next */
};

/* One entry's place, and the right to fill it once cache_get has given it. */
#define CACHE_KEY   128 /* half of it for [cache] key_prefix */
#define CACHE_TOKEN 33
struct cache_slot {
	char data[CACHE_KEY];
	char meta[CACHE_KEY + sizeof(":meta")];
	const char *guard;  /* name of the generation that it belongs to, */
	const char *filled; /* of what tells how much its sort has, */
	int64_t room;       /* and how much that may be, in bytes */
	int64_t ttl;        /* of its document, milliseconds */
	/* With what its document begins, set by the caller: what begins
	 * differently is not served.  NULL: any that has a byte.  Control
	 * characters can be the last byte only. */
	const char *begins;
	bool leased;
	char token[CACHE_TOKEN];
	char generation[CACHE_TOKEN];
};

/* Keeps kv; reads [cache].  Entries count only for the database that filled
 * them: source is what pg_source gives, borrowed, and is looked at again with
 * each use.  Where it is "" nothing is compared.  Never NULL. */
struct cache *cache_new(struct kv *kv, const char *source);
void cache_free(struct cache *c);

/* The slot of a task (id as lower-case text), or of the list that a canonical
 * query asks for.  filtered: there are any number of such lists, so that they
 * get room and a lifetime of their own. */
void cache_slot_task(struct cache_slot *slot, const char *id);
void cache_slot_list(struct cache_slot *slot, const char *canonical,
    bool filtered);

/* Looks the slot up; on CACHE_HIT *e is set and lives in the arena.  After
 * CACHE_MISS the caller reads PostgreSQL, and then calls cache_put or
 * cache_abandon.  Waits a few milliseconds if another process is about to fill
 * the slot. */
enum cache_result cache_get(struct cache *c, struct arena *a,
    struct cache_slot *slot, struct cache_entry *e) MUSTCHECK;

/* Fills the slot with what was read after cache_get, unless a change came in
 * between, or it is larger than documents may be, or slots of its sort have no
 * room left.  Does nothing without a lease. */
void cache_put(struct cache *c, struct arena *a, struct cache_slot *slot,
    const struct cache_entry *e);

/* Gives the lease back unused, so that nobody waits for it. */
void cache_abandon(struct cache *c, struct arena *a, struct cache_slot *slot);

/* Drops the entries of n tasks (ids as text) and of all lists, after the
 * change was committed and before it is answered.  Where sentinels have named
 * another server a moment ago, waits until nobody serves from the one of
 * before: KV_SURE_MS at most.  0, or -1 if Redis did not confirm it: then the
 * relay will. */
int cache_invalidate(struct cache *c, struct arena *a, const char *const *ids,
    size_t n);

/* Drops every entry at once, whatever their number.  0 or -1, as above. */
int cache_invalidate_all(struct cache *c, struct arena *a);

/* Deletes what the cache holds of one task (its id as text), which PostgreSQL
 * was found not to have like that. */
void cache_drop(struct cache *c, struct arena *a, const char *id);

/* If the source is another one than that of the entries, drops them all.
 * Whatever reads or fills does that by itself; this is for who looks after
 * the cache of others.  0, or -1 if Redis did not do it, or knows that ours is
 * a former primary: see cache_is_of_another. */
int cache_match_source(struct cache *c, struct arena *a);

/* True after a CACHE_BYPASS because the entries are of another source than
 * ours: the owner should look whether ours is still right. */
bool cache_is_of_another(const struct cache *c);

/* For pg_hear: the source that Redis knows, which lives until the next call, or
 * NULL. */
const char *cache_heard(void *cache);

/* Sees about once a second whether Redis is still the server that we are
 * connected to, and takes writes.  If it is another, the entries of both are
 * dropped and it becomes ours.  For loops: it waits only where something has
 * changed, and at its first call. */
void cache_watch(struct cache *c);

/* True if that goes on as soon as poll says so of *p. */
bool cache_watching(const struct cache *c, struct pollfd *p);

/* Makes every entry void at once, then deletes them, which takes a walk through
 * the whole key space and ends at until (clock_mono_us) at the latest: the rest
 * expires.  Sets *dropped to the number of deleted keys, and *whole if none is
 * left.  0, or -1 if Redis did not do it.  For administrators. */
int cache_flush(struct cache *c, int64_t until, int64_t *dropped, bool *whole)
    MUSTCHECK;

#endif
