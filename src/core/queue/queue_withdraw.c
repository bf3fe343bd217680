/* SPDX-License-Identifier: ISC */
/* Takes a message back before anybody has taken it. */
#include "config.h"

#include "queue_own.h"

#include "base/clock.h"

#define PAGE 1000

/* KEYS: a list.  ARGV: id, first and last element.  -1: it was there, and is
 * removed; else how many were looked at. */
static struct kv_script withdraw_script = {
	.text = "local page = redis.call('LRANGE', KEYS[1], ARGV[2], ARGV[3])\n"
		"for i, raw in ipairs(page) do\n"
		"  if raw:find(ARGV[1], 1, true) then\n"
		"    local ok, m = pcall(cjson.decode, raw)\n"
		"    local h = ok and type(m) == 'table' and m['headers']\n"
		"    if type(h) == 'table' and h['id'] == ARGV[1] then\n"
		"      redis.call('LREM', KEYS[1], 1, raw)\n"
		"      return -1\n"
		"    end\n"
		"  end\n"
		"end\n"
		"return #page\n"
};

/* What comes in meanwhile moves what is there to the right, so nothing is
 * missed.  1 removed, 0 not there, -1. */
static int
withdraw_from(struct queue *q, const char *list, const char *id, int64_t until)
{
	long long from = 0;
	const redisReply *r;

	do {
		const struct kv_word words[] = { KV(list), KV(id),
			KV(arena_printf(q->arena, "%lld", from)),
			KV(arena_printf(q->arena, "%lld", from + PAGE - 1)) };

		if (clock_mono_us() >= until)
			return -1;
		r = kv_eval(q->kv, q->arena, &withdraw_script,
		    &(struct kv_args){ 1, NELEM(words), words });
		if (r == NULL || r->type != REDIS_REPLY_INTEGER)
			return -1;
		from += PAGE;
	} while (r->integer == PAGE);
	return r->integer == -1;
}

int
queue_withdraw(struct queue *q, const char *name, const char *id, int64_t until)
{
	int rc = 0;

	for (size_t i = 0; i < queue_steps() && rc == 0; i++)
		rc = withdraw_from(q, queue_list_at(q->arena, name, i), id,
		    until);
	return rc;
}
