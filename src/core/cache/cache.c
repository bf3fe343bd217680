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
#include "cache_own.h"
#include "conf/conf.h"
#include "log/log.h"
#include "metric/metric.h"

#define CACHE_LEASE_MS "3000"
#define CACHE_WAIT_MS  32 /* longest of the waits 1, 2, 4, ... */

const char *const cache_results[CACHE__MAX] = { "hit", "miss", "bypass" };

/* KEYS: data, meta, generation, source, filled.  ARGV: run id, token, lease in
 * ms, a new generation, our source, the most bytes of a window.  Answers
 * {"filled"}, {"busy"}, {"full"} if nobody shall fill it now, {"other"} if the
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
	"local meta, window = redis.call('GET', KEYS[2]), nil\n"
	"if meta then\n"
	"  local kind, run, a, b, rest =\n"
	"      meta:match('^(%a) (%S+) (%S+) (%S+)(.*)')\n"
	"  if kind == 'x' and redis.call('EXISTS', KEYS[1]) == 1 then\n"
	"    if run == ARGV[1] and a == gen then return {'filled'} end\n"
	"    window = rest:match('^ %S+ %S+ (%S+)$')\n"
	"  end\n"
	"  if kind == 'l' and run == ARGV[1] and b == gen then\n"
	"    return {'busy'}\n"
	"  end\n"
	"  if kind == 'n' and run == ARGV[1] and a == gen then\n"
	"    return {'full'}\n"
	"  end\n"
	"end\n"
	"local known, bytes =\n"
	"    (redis.call('GET', KEYS[5]) or ''):match('^(%S+) (%d+) %d+$')\n"
	"if known and known ~= window and\n"
	"    tonumber(bytes) >= tonumber(ARGV[6]) then\n"
	"  return {'full'}\n"
	"end\n"
	"if not window then redis.call('DEL', KEYS[1]) end\n"
	"redis.call('SET', KEYS[2], 'l ' .. ARGV[1] .. ' ' .. ARGV[2] .. ' ' ..\n"
	"    gen .. (window and ' ' .. window or ''), 'PX', ARGV[3])\n"
	"return {'leased', gen}\n"
};

/* What a small entry takes beside its document. */
#define CACHE_BESIDE "512"

/* KEYS: data, meta, source, filled.  ARGV: the lease, the document, its meta,
 * TTL in ms, our source, the most bytes of a window, the name of a new one,
 * the meta that says no, and for how many ms. */
static struct kv_script cache_put_script = {
	.text =
	    "local meta = redis.call('GET', KEYS[2])\n"
	    "if not meta or meta:sub(1, #ARGV[1]) ~= ARGV[1] or\n"
	    "    ARGV[5] ~= '' and redis.call('GET', KEYS[3]) ~= ARGV[5] then\n"
	    "  return 0\n"
	    "end\n"
	    "local t = redis.call('TIME')\n"
	    "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
	    "local known, bytes, till = (redis.call('GET', KEYS[4]) or ''):\n"
	    "    match('^(%S+) (%d+) (%d+)$')\n"
	    "if not known or tonumber(till) <= now or\n"
	    "    tonumber(till) > now + ARGV[4] then\n"
	    "  known, bytes, till = ARGV[7], 0, now + ARGV[4]\n"
	    "end\n"
	    "local more = #ARGV[2] + " CACHE_BESIDE "\n"
	    "if known == meta:sub(#ARGV[1] + 2) then\n"
	    "  local old = redis.call('GET', KEYS[1])\n"
	    "  if old then more = math.max(#ARGV[2] - #old, 0) end\n"
	    "end\n"
	    "if bytes + more > tonumber(ARGV[6]) then\n"
	    "  redis.call('DEL', KEYS[1])\n"
	    "  redis.call('SET', KEYS[2], ARGV[8], 'PX', ARGV[9])\n"
	    "  return 0\n"
	    "end\n"
	    "redis.call('SET', KEYS[4], string.format('%s %d %.0f', known,\n"
	    "    bytes + more, till), 'PX', string.format('%.0f', till - now))\n"
	    "redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4])\n"
	    "redis.call('SET', KEYS[2], ARGV[3] .. ' ' .. known,\n"
	    "    'PX', ARGV[4])\n"
	    "return 1\n"
};

/* KEYS: meta, data.  ARGV: the lease, the meta that says no, or "", and for how
 * many ms. */
static struct kv_script cache_abandon_script = {
	.text = "local meta = redis.call('GET', KEYS[1])\n"
		"if not meta or meta:sub(1, #ARGV[1]) ~= ARGV[1] then\n"
		"  return 0\n"
		"end\n"
		"redis.call('DEL', KEYS[1], KEYS[2])\n"
		"if ARGV[2] ~= '' then\n"
		"  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])\n"
		"end\n"
		"return 1\n"
};

struct cache *
cache_new(struct kv *kv, const char *source)
{
	struct cache *c = xcalloc(1, sizeof(*c));

	c->kv = kv;
	c->look = kv_look_new(kv);
	c->now = source;
	return c;
}

void
cache_free(struct cache *c)
{
	if (c != NULL)
		kv_look_free(c->look);
	free(c);
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

/* The next word, NULL for "-". */
static const char *
cache_word_or_none(char **rest)
{
	const char *word = cache_word(rest);

	return str_eq(word, "-") ? NULL : word;
}

/* True if meta belongs to a document that may be served. */
static bool
cache_read_meta(const struct cache *c, struct arena *a, const redisReply *meta,
    const char *generation, struct cache_entry *e)
{
	char *rest = arena_strndup(a, meta->str, meta->len);

	if (!str_eq(cache_word(&rest), "x") ||
	    !str_eq(cache_word(&rest), kv_run_id(c->kv)) ||
	    !str_eq(cache_word(&rest), generation))
		return false;
	e->tag = cache_word(&rest);
	e->next = cache_word_or_none(&rest);
	e->since = cache_word_or_none(&rest);
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
	       (e->next == NULL || cache_is_word(e->next)) &&
	       (e->since == NULL || cache_is_word(e->since)) && e->len > len &&
	       memcmp(e->body, len == 0 ? "" : slot->begins, len) == 0 &&
	       cache_is_printable(e->body, e->len - 1);
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
		KV(slot->meta), KV(cache_key(a, slot->guard)) };
	const redisReply *r = kv_run(c->kv, a, NELEM(words), words);

	if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != 3)
		return CACHE_BYPASS;
	if (!cache_trusted(c) || !cache_knows(c)) /* it is another connection */
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
	CACHE_TURN_FULL,
	CACHE_TURN_DOWN
};

/* How much may be put into slots of its sort in one window. */
static const char *
cache_most(struct arena *a, const struct cache_slot *slot)
{
	return arena_printf(a, "%lld", (long long)(slot->room / 2));
}

/* Asks for the right to fill the slot. */
static enum cache_turn
cache_lease(struct cache *c, struct arena *a, struct cache_slot *slot)
{
	char generation[CACHE_TOKEN];
	const redisReply *r;

	cache_random_word(slot->token);
	cache_random_word(generation);
	const struct kv_word words[] = { KV(slot->data), KV(slot->meta),
		KV(cache_key(a, slot->guard)), KV(cache_key(a, CACHE_SOURCE)),
		KV(cache_key(a, slot->filled)), KV(kv_run_id(c->kv)),
		KV(slot->token), KV(CACHE_LEASE_MS), KV(generation),
		KV(c->source), KV(cache_most(a, slot)) };

	r = kv_eval(c->kv, a, &cache_lease_script,
	    &(struct kv_args){ 5, NELEM(words), words });
	if (!kv_fits(r, "s", "lease"))
		return CACHE_TURN_DOWN;
	if (str_eq(r->element[0]->str, "filled"))
		return CACHE_TURN_FILLED;
	if (str_eq(r->element[0]->str, "busy"))
		return CACHE_TURN_BUSY;
	if (str_eq(r->element[0]->str, "full"))
		return CACHE_TURN_FULL;
	if (str_eq(r->element[0]->str, "other")) {
		c->other = true;
		return CACHE_TURN_DOWN;
	}
	if (!kv_fits(r, "ss", "lease"))
		return CACHE_TURN_DOWN;
	snprintf(slot->generation, sizeof(slot->generation), "%s",
	    r->element[1]->str);
	if (!cache_knows(c)) /* it is another connection, which voids it */
		return CACHE_TURN_DOWN;
	slot->leased = true;
	return CACHE_TURN_MINE;
}

static void
cache_wait(int ms)
{
	const struct timespec t = { .tv_nsec = ms * 1000000L };

	nanosleep(&t, NULL);
}

static enum cache_result
cache_try(struct cache *c, struct arena *a, struct cache_slot *slot,
    struct cache_entry *e)
{
	enum cache_result result;

	if (!settings.cache_enabled || cache_meet(c, a) == -1 ||
	    !cache_trusted(c))
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
		case CACHE_TURN_FULL:
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

enum cache_result
cache_get(struct cache *c, struct arena *a, struct cache_slot *slot,
    struct cache_entry *e)
{
	static const enum metric_word words[CACHE__MAX] = {
		[CACHE_HIT] = METRIC_read_hit,
		[CACHE_MISS] = METRIC_read_miss,
		[CACHE_BYPASS] = METRIC_read_bypass,
	};
	enum cache_result result = cache_try(c, a, slot, e);

	metric_count(METRIC_cache,
	    str_eq(slot->guard, CACHE_TASKS) ? METRIC_entry_task
					     : METRIC_entry_list,
	    words[result]);
	return result;
}

static const char *
cache_lease_text(struct cache *c, struct arena *a,
    const struct cache_slot *slot)
{
	return arena_printf(a, "l %s %s %s", kv_run_id(c->kv), slot->token,
	    slot->generation);
}

/* What keeps others from filling the slot for a while. */
static const char *
cache_no(struct cache *c, struct arena *a, const struct cache_slot *slot)
{
	return arena_printf(a, "n %s %s -", kv_run_id(c->kv), slot->generation);
}

/* Ends the lease.  no: as cache_no, or "" if the next may fill the slot. */
static void
cache_give_back(struct cache *c, struct arena *a, struct cache_slot *slot,
    const char *no)
{
	const char *lease;

	if (!slot->leased || !kv_up(c->kv))
		return;
	lease = cache_lease_text(c, a, slot);
	const struct kv_word words[] = { KV(slot->meta), KV(slot->data),
		KV(lease), KV(no), KV(CACHE_LEASE_MS) };
	kv_eval(c->kv, a, &cache_abandon_script,
	    &(struct kv_args){ 2, NELEM(words), words });
	slot->leased = false;
}

void
cache_put(struct cache *c, struct arena *a, struct cache_slot *slot,
    const struct cache_entry *e)
{
	const char *lease, *meta, *ttl;

	if (!slot->leased || !kv_up(c->kv) || cache_match_source(c, a) == -1)
		return;
	if (e->len > (size_t)settings.cache_max_document) {
		cache_give_back(c, a, slot, cache_no(c, a, slot));
		return;
	}
	lease = cache_lease_text(c, a, slot);
	meta = arena_printf(a, "x %s %s %s %s %s", kv_run_id(c->kv),
	    slot->generation, e->tag, e->next == NULL ? "-" : e->next,
	    e->since == NULL ? "-" : e->since);
	ttl = arena_printf(a, "%lld", (long long)slot->ttl);
	const struct kv_word words[] = { KV(slot->data), KV(slot->meta),
		KV(cache_key(a, CACHE_SOURCE)), KV(cache_key(a, slot->filled)),
		KV(lease), KVN(e->body, e->len), KV(meta), KV(ttl),
		KV(c->source), KV(cache_most(a, slot)), KV(slot->token),
		KV(cache_no(c, a, slot)), KV(CACHE_LEASE_MS) };
	kv_eval(c->kv, a, &cache_put_script,
	    &(struct kv_args){ 4, NELEM(words), words });
	slot->leased = false;
}

void
cache_abandon(struct cache *c, struct arena *a, struct cache_slot *slot)
{
	cache_give_back(c, a, slot, "");
}
