/* SPDX-License-Identifier: ISC */
/* The cache protocol on Redis. */
#include "config.h"

#include "cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "base/uuid.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "log/log.h"

/*
 * What is stored (to change it, change the prefixes "v" and "l" as well: two
 * releases may share one Redis):
 *
 *   data         the document itself, nothing else
 *   meta         "v <run> <generation> <tag> <next>" beside a document, or
 *                "l <run> <token> <generation>" while somebody fills the slot
 *   generation   a random word; made by the first reader, deleted by writers:
 *                of all lists by each change, of all tasks when it is not
 *                known which have changed
 *
 *   source       which database filled all this (pg_source); who is connected
 *                to another one deletes both generations
 *
 * An absent next is "-".
 */
#define CACHE_LISTS    "tasks:generation"
#define CACHE_TASKS    "task:generation"
#define CACHE_SOURCE   "tasks:source"
#define CACHE_LEASE_MS "3000"
#define CACHE_WAIT_MS  32 /* longest of the waits 1, 2, 4, ... */

const char *const cache_results[CACHE__MAX] = { "hit", "miss", "bypass" };

struct cache {
	struct kv *kv;
	const char *now; /* the source that is in force, the owner's */
	bool owed;       /* Redis did not confirm that it dropped entries */
	char source[PG_SOURCE]; /* that Redis was told last, */
	unsigned told;          /* over this connection */
	bool other;             /* it says another now, or it was evicted */
};

/* KEYS: source, both generations.  ARGV: the source that is in force. */
static struct kv_script cache_source_script = {
	.text = "if redis.call('TYPE', KEYS[1]).ok ~= 'string' then\n"
		"  redis.call('DEL', KEYS[1])\n"
		"end\n"
		"local known = redis.call('GET', KEYS[1])\n"
		"if known == ARGV[1] then return 0 end\n"
		"redis.call('DEL', KEYS[2], KEYS[3])\n"
		"redis.call('SET', KEYS[1], ARGV[1])\n"
		"return known and 1 or 0\n"
};

/* KEYS: data, meta, generation, source.  ARGV: run id, token, lease in ms, a
 * new generation, our source.  Answers {"filled"}, {"busy"}, {"other"} if the
 * entries are of another database, or {"leased", generation}. */
static struct kv_script cache_lease_script = {
	.text =
	    /* what is no text is not of ours, and is mended by deleting it */
	"for _, key in ipairs(KEYS) do\n"
	"  local kind = redis.call('TYPE', key).ok\n"
	"  if kind ~= 'string' then redis.call('DEL', key) end\n"
	"end\n"
	"if ARGV[5] ~= '' and\n"
	"    redis.call('GET', KEYS[4]) ~= ARGV[5] then\n"
	"  return {'other'}\n"
	"end\n"
	"local gen = redis.call('GET', KEYS[3])\n"
	"if not gen then\n"
	"  gen = ARGV[4]\n"
	"  redis.call('SET', KEYS[3], gen)\n"
	"end\n"
	"local meta = redis.call('GET', KEYS[2])\n"
	"if meta then\n"
	"  local kind, run, a, b = meta:match('^(%a) (%S+) (%S+) (%S+)')\n"
	"  if kind == 'v' and run == ARGV[1] and a == gen and\n"
	"      redis.call('EXISTS', KEYS[1]) == 1 then\n"
	"    return {'filled'}\n"
	"  end\n"
	"  if kind == 'l' and run == ARGV[1] and b == gen then\n"
	"    return {'busy'}\n"
	"  end\n"
	"end\n"
	"redis.call('SET', KEYS[2],\n"
	"    'l ' .. ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. gen, 'PX', "
	"ARGV[3])\n"
	"redis.call('DEL', KEYS[1])\n"
	"return {'leased', gen}\n"
};

/* KEYS: data, meta, source.  ARGV: the lease, the document, its meta, TTL in
 * ms, our source. */
static struct kv_script cache_put_script = {
	.text =
	    "if redis.call('GET', KEYS[2]) ~= ARGV[1] or ARGV[5] ~= '' and\n"
	    "    redis.call('GET', KEYS[3]) ~= ARGV[5] then\n"
	    "  return 0\n"
	    "end\n"
	    "redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4])\n"
	    "redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])\n"
	    "return 1\n"
};

/* KEYS: meta.  ARGV: the lease. */
static struct kv_script cache_abandon_script = {
	.text = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
		"return redis.call('DEL', KEYS[1])\n"
};

struct cache *
cache_new(struct kv *kv, const char *source)
{
	struct cache *c = xcalloc(1, sizeof(*c));

	c->kv = kv;
	c->now = source;
	return c;
}

void
cache_free(struct cache *c)
{
	free(c);
}

void
cache_slot_task(struct cache_slot *slot, const char *id)
{
	*slot = (struct cache_slot){ .guard = CACHE_TASKS };
	snprintf(slot->data, sizeof(slot->data), "task:%s", id);
	snprintf(slot->meta, sizeof(slot->meta), "task:%s:meta", id);
}

void
cache_slot_list(struct cache_slot *slot, const char *canonical)
{
	uint8_t digest[CODEC_SHA256];
	char hex[2 * CODEC_SHA256 + 1];

	codec_sha256(canonical, strlen(canonical), digest);
	codec_hex(digest, CODEC_SHA256 / 2, hex);
	*slot = (struct cache_slot){ .guard = CACHE_LISTS };
	snprintf(slot->data, sizeof(slot->data), "tasks:%.32s", hex);
	snprintf(slot->meta, sizeof(slot->meta), "tasks:%.32s:meta", hex);
}

/* Cuts the next word, ended by a blank, out of *rest; "" at the end. */
static const char *
cache_word(char **rest)
{
	char *word = *rest;

	*rest += strcspn(word, " ");
	if (**rest != '\0')
		*(*rest)++ = '\0';
	return word;
}

/* Words of letters, digits, - and _ alone go into headers. */
static bool
cache_is_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-_"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return word[0] != '\0' && word[strspn(word, plain)] == '\0';
}

/* True if meta belongs to a document that may be served. */
static bool
cache_read_meta(const struct cache *c, struct arena *a, const redisReply *meta,
    const char *generation, struct cache_entry *e)
{
	char *rest = arena_strndup(a, meta->str, meta->len);
	const char *next;

	if (!str_eq(cache_word(&rest), "v") ||
	    !str_eq(cache_word(&rest), kv_run_id(c->kv)) ||
	    !str_eq(cache_word(&rest), generation))
		return false;
	e->tag = cache_word(&rest);
	next = cache_word(&rest);
	e->next = str_eq(next, "-") ? NULL : next;
	return true;
}

/* True if there is no control character, which JSON has only in escapes. */
static bool
cache_is_printable(const char *text, size_t len)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t word, low = 0;
	size_t i = 0;

	/* of each eight bytes, the top bits of those below a blank */
	for (; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, text + i, sizeof(word));
		low |= (word - ones * 0x20) & ~word & ones * 0x80;
	}
	for (; i < len; i++)
		low |= (unsigned char)text[i] < 0x20;
	return low == 0;
}

/* True if what stands in Redis can be what belongs there: whoever else writes
 * there makes neither a header nor another document of it. */
static bool
cache_is_ours(const struct cache_slot *slot, const struct cache_entry *e)
{
	size_t len = slot->begins == NULL ? 0 : strlen(slot->begins);

	return cache_is_word(e->tag) &&
	       (e->next == NULL || cache_is_word(e->next)) && e->len > len &&
	       memcmp(e->body, len == 0 ? "" : slot->begins, len) == 0 &&
	       cache_is_printable(e->body, e->len - 1);
}

/* After an outage, entries that a change could not reach may still be there:
 * the relay needs a moment to drop them. */
static bool
cache_trusted(const struct cache *c)
{
	int64_t back = kv_back_since(c->kv);

	return back == 0 ||
	       clock_mono_us() - back >= settings.cache_settle * 1000;
}

/* Makes room where something foreign stands. */
static void
cache_mend(struct cache *c, struct arena *a, const struct cache_slot *slot)
{
	const struct kv_word words[] = { KV("DEL"), KV(slot->data),
		KV(slot->meta) };

	log_warning("cache entry is none of ours", LS("key", slot->data));
	kv_run(c->kv, a, NELEM(words), words);
}

/* One round trip.  HIT, MISS (nothing that may be served) or BYPASS. */
static enum cache_result
cache_look(struct cache *c, struct arena *a, const struct cache_slot *slot,
    struct cache_entry *e)
{
	const struct kv_word words[] = { KV("MGET"), KV(slot->data),
		KV(slot->meta), KV(slot->guard) };
	const redisReply *r = kv_run(c->kv, a, NELEM(words), words);

	if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != 3)
		return CACHE_BYPASS;
	if (!cache_trusted(c)) /* it was another connection until now */
		return CACHE_BYPASS;
	for (size_t i = 0; i < r->elements; i++)
		if (r->element[i]->type != REDIS_REPLY_STRING)
			return CACHE_MISS;
	if (!cache_read_meta(c, a, r->element[1], r->element[2]->str, e))
		return CACHE_MISS;
	e->body = r->element[0]->str;
	e->len = r->element[0]->len;
	if (cache_is_ours(slot, e))
		return CACHE_HIT;
	cache_mend(c, a, slot);
	return CACHE_MISS;
}

static void
cache_random_word(char out[CACHE_TOKEN])
{
	uint8_t bytes[(CACHE_TOKEN - 1) / 2];

	uuid_random(bytes, sizeof(bytes));
	codec_hex(bytes, sizeof(bytes), out);
}

enum cache_turn {
	CACHE_TURN_MINE,
	CACHE_TURN_BUSY,
	CACHE_TURN_FILLED,
	CACHE_TURN_DOWN
};

/* Asks for the right to fill the slot. */
static enum cache_turn
cache_lease(struct cache *c, struct arena *a, struct cache_slot *slot)
{
	char generation[CACHE_TOKEN];
	const redisReply *r;

	cache_random_word(slot->token);
	cache_random_word(generation);
	const struct kv_word words[] = { KV(slot->data), KV(slot->meta),
		KV(slot->guard), KV(CACHE_SOURCE), KV(kv_run_id(c->kv)),
		KV(slot->token), KV(CACHE_LEASE_MS), KV(generation),
		KV(c->source) };

	r = kv_eval(c->kv, a, &cache_lease_script,
	    &(struct kv_args){ 4, NELEM(words), words });
	if (!kv_fits(r, "s", "lease"))
		return CACHE_TURN_DOWN;
	if (str_eq(r->element[0]->str, "filled"))
		return CACHE_TURN_FILLED;
	if (str_eq(r->element[0]->str, "busy"))
		return CACHE_TURN_BUSY;
	if (str_eq(r->element[0]->str, "other")) {
		c->other = true;
		return CACHE_TURN_DOWN;
	}
	if (!kv_fits(r, "ss", "lease"))
		return CACHE_TURN_DOWN;
	snprintf(slot->generation, sizeof(slot->generation), "%s",
	    r->element[1]->str);
	slot->leased = true;
	return CACHE_TURN_MINE;
}

static void
cache_wait(int ms)
{
	const struct timespec t = { .tv_nsec = ms * 1000000L };

	nanosleep(&t, NULL);
}

enum cache_result
cache_get(struct cache *c, struct arena *a, struct cache_slot *slot,
    struct cache_entry *e)
{
	enum cache_result result;

	if (!settings.cache_enabled || !kv_up(c->kv) || !cache_trusted(c))
		return CACHE_BYPASS;
	if ((c->owed && cache_invalidate_all(c, a) == -1) ||
	    cache_match_source(c, a) == -1)
		return CACHE_BYPASS;
	for (int ms = 1; ms <= CACHE_WAIT_MS; ms *= 2) {
		result = cache_look(c, a, slot, e);
		if (result != CACHE_MISS)
			return result;
		switch (cache_lease(c, a, slot)) {
		case CACHE_TURN_MINE:
			return CACHE_MISS;
		case CACHE_TURN_DOWN:
			return CACHE_BYPASS;
		case CACHE_TURN_BUSY:
			cache_wait(ms);
			break;
		case CACHE_TURN_FILLED:
			break;
		}
	}
	return CACHE_MISS;
}

static const char *
cache_lease_text(struct cache *c, struct arena *a,
    const struct cache_slot *slot)
{
	return arena_printf(a, "l %s %s %s", kv_run_id(c->kv), slot->token,
	    slot->generation);
}

void
cache_put(struct cache *c, struct arena *a, struct cache_slot *slot,
    const struct cache_entry *e)
{
	const char *lease, *meta, *ttl;

	if (!slot->leased || !kv_up(c->kv) || cache_match_source(c, a) == -1)
		return;
	lease = cache_lease_text(c, a, slot);
	meta = arena_printf(a, "v %s %s %s %s", kv_run_id(c->kv),
	    slot->generation, e->tag, e->next == NULL ? "-" : e->next);
	ttl = arena_printf(a, "%lld", (long long)settings.cache_ttl);
	const struct kv_word words[] = { KV(slot->data), KV(slot->meta),
		KV(CACHE_SOURCE), KV(lease), KVN(e->body, e->len), KV(meta),
		KV(ttl), KV(c->source) };
	kv_eval(c->kv, a, &cache_put_script,
	    &(struct kv_args){ 3, NELEM(words), words });
	slot->leased = false;
}

void
cache_abandon(struct cache *c, struct arena *a, struct cache_slot *slot)
{
	const char *lease;

	if (!slot->leased || !kv_up(c->kv))
		return;
	lease = cache_lease_text(c, a, slot);
	const struct kv_word words[] = { KV(slot->meta), KV(lease) };
	kv_eval(c->kv, a, &cache_abandon_script,
	    &(struct kv_args){ 1, NELEM(words), words });
	slot->leased = false;
}

int
cache_match_source(struct cache *c, struct arena *a)
{
	const struct kv_word words[] = { KV(CACHE_SOURCE), KV(CACHE_LISTS),
		KV(CACHE_TASKS), KV(c->now) };
	const redisReply *r;

	if (c->now[0] == '\0' ||
	    (!c->other && c->told != 0 && c->told == kv_live(c->kv) &&
		str_eq(c->source, c->now)))
		return 0;
	r = kv_eval(c->kv, a, &cache_source_script,
	    &(struct kv_args){ 3, NELEM(words), words });
	if (r == NULL || r->type != REDIS_REPLY_INTEGER)
		return -1;
	if (r->integer == 1)
		log_info(
		    "cache was of another database, or another start of it",
		    LS("source", c->now));
	snprintf(c->source, sizeof(c->source), "%s", c->now);
	c->told = kv_live(c->kv);
	c->other = false;
	return 0;
}

/* DEL works when Redis is full.  What it did not confirm is owed: whoever
 * could not drop an entry trusts none before all are dropped. */
static int
cache_delete(struct cache *c, struct arena *a, const struct kv_word *words,
    size_t n)
{
	c->owed = kv_run(c->kv, a, n, words) == NULL;
	return c->owed ? -1 : 0;
}

int
cache_invalidate_all(struct cache *c, struct arena *a)
{
	const struct kv_word words[] = { KV("DEL"), KV(CACHE_LISTS),
		KV(CACHE_TASKS) };

	return cache_delete(c, a, words, NELEM(words));
}

int
cache_invalidate(struct cache *c, struct arena *a, const char *const *ids,
    size_t n)
{
	struct kv_word *words = arena_alloc(a, (2 * n + 2) * sizeof(*words));

	if (c->owed)
		return cache_invalidate_all(c, a);
	words[0] = KV("DEL");
	words[1] = KV(CACHE_LISTS);
	for (size_t i = 0; i < n; i++) {
		words[2 * i + 2] = KV(arena_printf(a, "task:%s", ids[i]));
		words[2 * i + 3] = KV(arena_printf(a, "task:%s:meta", ids[i]));
	}
	return cache_delete(c, a, words, 2 * n + 2);
}

bool
cache_is_of_another(const struct cache *c)
{
	return c->other;
}

void
cache_drop(struct cache *c, struct arena *a, const char *id)
{
	const struct kv_word words[] = { KV("DEL"),
		KV(arena_printf(a, "task:%s", id)),
		KV(arena_printf(a, "task:%s:meta", id)) };

	if (kv_up(c->kv))
		kv_run(c->kv, a, NELEM(words), words);
}

/* Deletes one page of keys; adds their number to *dropped. */
static int
cache_flush_page(struct cache *c, struct arena *a, const redisReply *keys,
    int64_t *dropped)
{
	struct kv_word *words;
	const redisReply *r;

	if (keys->elements == 0)
		return 0;
	words = arena_alloc(a, (keys->elements + 1) * sizeof(*words));
	words[0] = KV("DEL");
	for (size_t i = 0; i < keys->elements; i++)
		words[i + 1] =
		    KVN(keys->element[i]->str, keys->element[i]->len);
	r = kv_run(c->kv, a, keys->elements + 1, words);
	if (r == NULL)
		return -1;
	*dropped += r->integer;
	return 0;
}

/* Walks once through the keys that match; the number dropped, or -1. */
static int64_t
cache_flush_match(struct cache *c, struct arena *a, const char *pattern)
{
	const char *cursor = "0";
	int64_t dropped = 0;

	do {
		const struct kv_word words[] = { KV("SCAN"), KV(cursor),
			KV("MATCH"), KV(pattern), KV("COUNT"), KV("1000") };
		const redisReply *r = kv_run(c->kv, a, NELEM(words), words);

		if (!kv_fits(r, "sa", "SCAN") ||
		    cache_flush_page(c, a, r->element[1], &dropped) == -1)
			return -1;
		cursor = r->element[0]->str;
	} while (!str_eq(cursor, "0"));
	return dropped;
}

int64_t
cache_flush(struct cache *c)
{
	struct arena *a = arena_new();
	int64_t tasks = cache_flush_match(c, a, "task:*");
	int64_t lists = cache_flush_match(c, a, "tasks:*");

	arena_free(a);
	return tasks == -1 || lists == -1 ? -1 : tasks + lists;
}
