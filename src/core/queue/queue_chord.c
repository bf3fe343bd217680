/* SPDX-License-Identifier: ISC */
/* What follows in a canvas: messages that are sent once, and chords. */
#include "config.h"

#include <string.h>

#include "conf/conf.h"
#include "queue_own.h"

#define POSTS_MOST ((size_t)500) /* in one portion */

static const char *
queue_ttl(struct queue *q)
{
	return arena_printf(q->arena, "%lld",
	    (long long)(settings.broker_result_ttl / 1000));
}

/* KEYS: the name's, a list for each.  ARGV: seconds, and a text for each.  What
 * was written stays written if a later command is refused: then it is sent
 * twice, never not. */
static struct kv_script post_script = {
	.text =
	    "if redis.call('TYPE', KEYS[1])['ok'] == 'string' then\n"
	    "  return 0\n"
	    "end\n"
	    "for i = 2, #KEYS do\n"
	    "  local t = redis.call('TYPE', KEYS[i])['ok']\n"
	    "  if t ~= 'list' and t ~= 'none' then\n"
	    "    return redis.error_reply('WRONGTYPE (' .. KEYS[i] .. ')')\n"
	    "  end\n"
	    "end\n"
	    "for i = 2, #KEYS do redis.call('LPUSH', KEYS[i], ARGV[i]) end\n"
	    "redis.call('SETEX', KEYS[1], ARGV[1], 1)\n"
	    "return 1\n"
};

static int
post_some(struct queue *q, const char *name, const struct queue_post *posts,
    size_t n)
{
	struct kv_word *words =
	    arena_alloc(q->arena, (2 + 2 * n) * sizeof(*words));

	words[0] = KV(queue_key(q->arena, "errand:sent:", name));
	words[1 + n] = KV(queue_ttl(q));
	for (size_t i = 0; i < n; i++) {
		words[1 + i] =
		    KV(queue_list(q->arena, posts[i].queue, posts[i].priority));
		words[2 + n + i] = KVN(posts[i].text.data, posts[i].text.len);
	}
	return kv_eval(q->kv, q->arena, &post_script,
		   &(struct kv_args){ 1 + n, 2 + 2 * n, words }) == NULL
		   ? -1
		   : 0;
}

int
queue_post_once(struct queue *q, const char *name,
    const struct queue_post *posts, size_t n)
{
	size_t i, k, bytes;

	for (i = 0; i < n; i += k) {
		bytes = 0;
		for (k = 0; k < POSTS_MOST && i + k < n &&
			    (k == 0 || bytes + posts[i + k].text.len <=
					   QUEUE_PUSH_BYTES);
		     k++)
			bytes += posts[i + k].text.len;
		if (post_some(q, arena_printf(q->arena, "%s:%zu", name, i),
			posts + i, k) == -1)
			return -1;
	}
	return 0;
}

/* --- chords --- */

static struct kv_word
chord_key(struct queue *q, const char *group, const char *part)
{
	const char *name = arena_printf(q->arena, "%s%s", group, part);

	return KV(queue_meta_key(q->arena, "celery-taskset-meta-", name));
}

/* KEYS: size, what there may be of a chord of the same group before.  ARGV:
 * size, seconds. */
static struct kv_script size_script = {
	.text = "redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])\n"
		"redis.call('SETEX', KEYS[1], ARGV[2], ARGV[1])\n"
		"return 1\n"
};

int
queue_chord_size(struct queue *q, const char *group, size_t n)
{
	const struct kv_word words[] = { chord_key(q, group, ".s"),
		chord_key(q, group, ".c"), chord_key(q, group, ".d"),
		chord_key(q, group, ".j"), chord_key(q, group, ".t"),
		KV(arena_printf(q->arena, "%zu", n)), KV(queue_ttl(q)) };

	return kv_eval(queue_results(q), q->arena, &size_script,
		   &(struct kv_args){ 5, NELEM(words), words }) == NULL
		   ? -1
		   : 0;
}

/* KEYS: parts, more, size, counted, claim.  ARGV: the part's name, its text,
 * its place, seconds, who we are.  The parts of a sender that does not want
 * them in order are a list.  Answers nothing, or all texts if the chord is
 * complete and ours.  Nothing is counted in part: keys of another type are seen
 * first. */
static struct kv_script part_script = {
	.text =
	    "for i, want in ipairs({'zset', 'string', 'string', 'set', "
	    "'string'}) do\n"
	    "  local t = redis.call('TYPE', KEYS[i])['ok']\n"
	    "  if t ~= want and t ~= 'none' and (i > 1 or t ~= 'list') then\n"
	    "    return redis.error_reply('WRONGTYPE (' .. KEYS[i] .. ')')\n"
	    "  end\n"
	    "end\n"
	    "local claim = redis.call('GET', KEYS[5])\n"
	    "local again = redis.call('SISMEMBER', KEYS[4], ARGV[1]) == 1\n"
	    "if claim == 'done' or again and claim ~= ARGV[5] then\n"
	    "  return {}\n"
	    "end\n"
	    "local list = redis.call('TYPE', KEYS[1])['ok'] == 'list'\n"
	    "if not again then\n"
	    "  if list then redis.call('RPUSH', KEYS[1], ARGV[2])\n"
	    "  else redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2]) end\n"
	    "  redis.call('SADD', KEYS[4], ARGV[1])\n"
	    "end\n"
	    "for i = 1, 4 do redis.call('EXPIRE', KEYS[i], ARGV[4]) end\n"
	    "local all\n"
	    "if list then all = redis.call('LRANGE', KEYS[1], 0, -1)\n"
	    "else all = redis.call('ZRANGE', KEYS[1], 0, -1) end\n"
	    "local size = redis.call('GET', KEYS[3])\n"
	    "local more = redis.call('GET', KEYS[2])\n"
	    "if not size or #all ~= size + (more or 0) then\n"
	    "  return {}\n"
	    "end\n"
	    "if not claim then\n"
	    "  redis.call('SETEX', KEYS[5], ARGV[4], ARGV[5])\n"
	    "elseif claim ~= ARGV[5] then return {} end\n"
	    "return all\n"
};

int
queue_chord_part(struct queue *q, const struct queue_part *part,
    struct queue_chord *chord)
{
	struct arena *a = q->arena;
	const struct kv_word words[] = { chord_key(q, part->group, ".j"),
		chord_key(q, part->group, ".t"),
		chord_key(q, part->group, ".s"),
		chord_key(q, part->group, ".d"),
		chord_key(q, part->group, ".c"),
		KV(arena_printf(a, "%s:%s", part->id, part->index)),
		KV(part->text), KV(part->index), KV(queue_ttl(q)),
		KV(arena_printf(a, "errand %s", part->id)) };
	const redisReply *r = kv_eval(queue_results(q), a, &part_script,
	    &(struct kv_args){ 5, NELEM(words), words });

	*chord = (struct queue_chord){ 0 };
	if (r == NULL || r->type != REDIS_REPLY_ARRAY)
		return -1;
	chord->complete = r->elements > 0;
	chord->texts = arena_alloc(a, (r->elements + 1) * sizeof(char *));
	for (size_t i = 0; i < r->elements; i++)
		chord->texts[chord->n++] =
		    r->element[i]->type == REDIS_REPLY_STRING
			? r->element[i]->str
			: "";
	return 0;
}

/* KEYS: claim, parts, more, size.  ARGV: who we are.  A late copy of a part is
 * not to begin it anew: what was counted stays for as long as it may. */
static struct kv_script done_script = {
	.text = "if redis.call('GET', KEYS[1]) == ARGV[1] then\n"
		"  redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])\n"
		"  redis.call('SETEX', KEYS[1], 300, 'done')\n"
		"end\n"
		"return 1\n"
};

int
queue_chord_done(struct queue *q, const char *group, const char *id)
{
	const struct kv_word words[] = { chord_key(q, group, ".c"),
		chord_key(q, group, ".j"), chord_key(q, group, ".t"),
		chord_key(q, group, ".s"),
		KV(arena_printf(q->arena, "errand %s", id)) };

	return kv_eval(queue_results(q), q->arena, &done_script,
		   &(struct kv_args){ 4, NELEM(words), words }) == NULL
		   ? -1
		   : 0;
}

const char *
queue_group_get(struct queue *q, const char *group, bool *up)
{
	const struct kv_word words[] = { KV("GET"), chord_key(q, group, "") };
	const redisReply *r =
	    kv_run(queue_results(q), q->arena, NELEM(words), words);

	*up = r != NULL;
	return r != NULL && r->type == REDIS_REPLY_STRING ? r->str : NULL;
}
