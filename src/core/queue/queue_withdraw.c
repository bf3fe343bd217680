/* SPDX-License-Identifier: ISC */
/* Takes messages back before anybody has taken them. */
#include "config.h"

#include "queue_own.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define PAGE 500

/* A message is decoded only if it is wanted: all of it is too much. */
#define EACH_ID                                                                \
	"for i, raw in ipairs(redis.call('LRANGE', KEYS[1], ARGV[1], "         \
	"ARGV[2])) do\n"                                                       \
	"  n = i\n"                                                            \
	"  for id in raw:gmatch('\"id\" *: *\"([^\"]+)\"') do\n"

/* KEYS: a list.  ARGV: first and last element.  How many there are, and what
 * may be their ids. */
static struct kv_script ids_script = { .text = "local n, ids = 0, {}\n" EACH_ID
					       "    ids[#ids + 1] = id\n"
					       "  end\n"
					       "end\n"
					       "return {n, ids}\n" };

/* KEYS: a list.  ARGV: first and last element, ids.  How many elements there
 * were, and the ids of those that were removed.  They are marked first, since
 * LREM walks to each; but before that it is seen that it may. */
static struct kv_script withdraw_script = {
	.text = "redis.call('LREM', KEYS[1], 1, 'withdrawn')\n"
		"local n, want, found = 0, {}, {}\n"
		"for i = 3, #ARGV do want[ARGV[i]] = true end\n" EACH_ID
		"    local ok, m = want[id], nil\n"
		"    if ok then ok, m = pcall(cjson.decode, raw) end\n"
		"    local h = ok and type(m) == 'table' and m['headers']\n"
		"    if type(h) == 'table' and h['id'] == id then\n"
		"      redis.call('LSET', KEYS[1], ARGV[1] + i - 1, "
		"'withdrawn')\n"
		"      found[#found + 1] = id\n"
		"      want[id] = nil\n"
		"      break\n"
		"    end\n"
		"  end\n"
		"end\n"
		"if #found > 0 then\n"
		"  redis.call('LREM', KEYS[1], #found, 'withdrawn')\n"
		"end\n"
		"return {n, found}\n"
};

struct wanted {
	const char *id;
	bool *found;
};

struct withdraw {
	struct wanted *v; /* by id */
	size_t n, left;   /* those that were not found yet */
	int64_t until;
};

static int
wanted_compare(const void *a, const void *b)
{
	return strcmp(((const struct wanted *)a)->id,
	    ((const struct wanted *)b)->id);
}

static struct wanted *
withdraw_find(const struct withdraw *w, const char *id)
{
	const struct wanted key = { .id = id };

	return bsearch(&key, w->v, w->n, sizeof(key), wanted_compare);
}

static const redisReply *
withdraw_ask(struct queue *q, struct kv_script *script, size_t n,
    const struct kv_word *words)
{
	const redisReply *r =
	    kv_eval(q->kv, q->arena, script, &(struct kv_args){ 1, n, words });

	return kv_fits(r, "ia", "withdraw") ? r : NULL;
}

/* A page.  How many of it were removed, or -1; *more: it was full. */
static long long
withdraw_page(struct queue *q, const char *list, long long from,
    struct withdraw *w, bool *more)
{
	const redisReply *r;
	struct kv_word *words;
	struct wanted *one;
	size_t n = 3, i;

	words = arena_alloc(q->arena, n * sizeof(*words));
	words[0] = KV(list);
	words[1] = KV(arena_printf(q->arena, "%lld", from));
	words[2] = KV(arena_printf(q->arena, "%lld", from + PAGE - 1));
	r = withdraw_ask(q, &ids_script, n, words);
	if (r == NULL)
		return -1;
	*more = r->element[0]->integer == PAGE;
	words = memcpy(arena_alloc(q->arena,
			   (n + r->element[1]->elements) * sizeof(*words)),
	    words, n * sizeof(*words));
	for (i = 0; i < r->element[1]->elements; i++) {
		one = withdraw_find(w, r->element[1]->element[i]->str);
		if (one != NULL && !*one->found)
			words[n++] = KV(one->id);
	}
	if (n == 3)
		return 0;
	r = withdraw_ask(q, &withdraw_script, n, words);
	if (r == NULL)
		return -1;
	for (i = 0; i < r->element[1]->elements; i++) {
		one = withdraw_find(w, r->element[1]->element[i]->str);
		if (one == NULL || *one->found)
			continue;
		*one->found = true;
		w->left--;
	}
	return (long long)r->element[1]->elements;
}

/* What comes in meanwhile moves what is there to the right, so nothing is
 * missed; what is removed moves it to the left.  0 or -1. */
static int
withdraw_from(struct queue *q, const char *list, struct withdraw *w)
{
	long long from = 0, removed;
	bool more = true;

	while (more && w->left > 0) {
		if (clock_mono_us() >= w->until)
			return -1;
		removed = withdraw_page(q, list, from, w, &more);
		if (removed == -1)
			return -1;
		from += PAGE - removed;
	}
	return 0;
}

int
queue_withdraw(struct queue *q, const char *name, const char *const *ids,
    size_t n, bool *found, int64_t until)
{
	struct withdraw w = { .v = arena_alloc(q->arena, n * sizeof(*w.v)),
		.n = n,
		.left = n,
		.until = until };
	size_t i;

	for (i = 0; i < n; i++) {
		found[i] = false;
		w.v[i] = (struct wanted){ ids[i], &found[i] };
	}
	qsort(w.v, n, sizeof(*w.v), wanted_compare);
	for (i = 0; i < queue_steps() && w.left > 0; i++) {
		if (withdraw_from(q, queue_list_at(q->arena, name, i), &w) ==
		    -1)
			return -1;
	}
	return 0;
}
