/* SPDX-License-Identifier: ISC */
/* Takes messages out: each is registered as ours in the step that takes it. */
#include "config.h"

#include "queue_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "celery/celery.h"
#include "log/log.h"
#include "text/json_write.h"

#define ANSWER_HEAD 2
#define ANSWER_EACH 3

/*
 * KEYS: unacked, index, dead, node, revoked ids, lists.  ARGV: tag, largest
 * message, most dead letters, seconds that a node lives, nothing, the queue of
 * each list as JSON, and behind them what tells the kind that is taken by the
 * dozen, how many of it, and how many tags a take may have.  All of these are
 * looked at first: a take whose answer got lost, or that was sent twice, must
 * not register anything over what it holds already.
 *
 * What was written stays written if a later command is refused.  So an element
 * leaves its list last, when there is a copy; and RPOP of none and EXPIRE come
 * first: a right that is missing shows there, and a server without memory lets
 * the rest pass, which frees some in the end.  Servers before 6.2 take no such
 * number, and are asked without.
 *
 * Answers the number of the list (0: these were held already, and are as they
 * were registered), how many were no messages, and then in threes: the place in
 * the take, the message, whether it was revoked; or of what was no message -1,
 * itself or both of its ends, and why.
 *
 * Where the dead letters are a key of another type, what is no message goes to
 * the end of its list.  Where the revoked ids are, nothing counts as revoked.
 *
 * Halves of surrogate pairs are overlooked: Python writes them, and the
 * server's reader refuses them.
 */
static struct kv_script take_script = {
	.text =
	    "local like, most = ARGV[#KEYS + 1], tonumber(ARGV[#KEYS + 2])\n"
	    "local largest = tonumber(ARGV[2])\n"
	    "local now = redis.call('TIME')\n"
	    "local dead, turned = 0, 0\n"
	    "local got, size = {}, 0\n"
	    "local tell, ends = {}, 16384\n"
	    "local function tag(k)\n"
	    "  return k == 0 and ARGV[1] or ARGV[1] .. '.' .. k\n"
	    "end\n"
	    "local some = redis.call('TYPE', KEYS[5])['ok'] == 'set'\n"
	    "if some then redis.call('SISMEMBER', KEYS[5], '') end\n"
	    "local function revoked(m)\n"
	    "  local h = some and type(m) == 'table' and m['headers']\n"
	    "  local id = type(h) == 'table' and h['id']\n"
	    "  return type(id) == 'string' and\n"
	    "    redis.call('SISMEMBER', KEYS[5], id) or 0\n"
	    "end\n"
	    "local function fault(raw)\n"
	    "  if #raw > largest then return 'it is larger than 1 MiB' end\n"
	    "  local ok, m = pcall(cjson.decode, raw)\n"
	    "  if not ok then\n"
	    "    ok, m = pcall(cjson.decode, (raw:gsub('\\\\\\\\', '')\n"
	    "      :gsub('\\\\u[dD][89a-fA-F]%x%x', '')))\n"
	    "  end\n"
	    "  if not ok then return 'it is not JSON' end\n"
	    "  if type(m) ~= 'table' then return 'it is no object' end\n"
	    "  local p = m['properties']\n"
	    "  if type(p) ~= 'table' or type(p['delivery_info']) ~= 'table'\n"
	    "      then return 'there is no delivery_info' end\n"
	    "  local t = p['delivery_tag']\n"
	    "  if t == nil or t == cjson.null then\n"
	    "    return 'there is no delivery_tag'\n"
	    "  end\n"
	    "  return nil, m\n"
	    "end\n"
	    "local alive, bad = false, false\n"
	    "local function ready(i)\n"
	    "  local r = redis.pcall('RPOP', KEYS[i], 0)\n"
	    "  if type(r) == 'table' and r.err and not\n"
	    "      r.err:find('umber of arg', 1, true) then\n"
	    "    redis.call('RPOP', KEYS[i], 0)\n"
	    "  end\n"
	    "  if not alive and redis.call('EXPIRE', KEYS[4], ARGV[4]) == 0 "
	    "then\n"
	    "    redis.call('SET', KEYS[4], 1, 'EX', ARGV[4])\n"
	    "  end\n"
	    "  alive = true\n"
	    "end\n"
	    "local function look(i)\n"
	    "  local raw = redis.pcall('LINDEX', KEYS[i], -1)\n"
	    "  if type(raw) == 'table' then\n"
	    "    if not raw.err:find('WRONGTYPE', 1, true) then\n"
	    "      redis.call('LINDEX', KEYS[i], -1)\n"
	    "    end\n"
	    "    bad = redis.error_reply(raw.err .. ' (' .. KEYS[i] .. ')')\n"
	    "    return false\n"
	    "  end\n"
	    "  return raw\n"
	    "end\n"
	    "local function bury(raw, why, i)\n"
	    "  local t = redis.call('TYPE', KEYS[3])['ok']\n"
	    "  if t ~= 'list' and t ~= 'none' then\n"
	    "    bad = redis.error_reply('WRONGTYPE (' .. KEYS[3] .. ')')\n"
	    "    redis.call('LPUSH', KEYS[i], raw)\n"
	    "    redis.call('RPOP', KEYS[i])\n"
	    "    turned = turned + 1\n"
	    "    return\n"
	    "  end\n"
	    "  redis.call('LPUSH', KEYS[3], '{\"at\":' .. now[1] ..\n"
	    "    ',\"queue\":' .. ARGV[i] .. ',\"why\":\"' .. why ..\n"
	    "    '\"}\\n' .. raw:sub(1, largest))\n"
	    "  redis.call('RPOP', KEYS[i])\n"
	    "  redis.call('LTRIM', KEYS[3], 0, ARGV[3] - 1)\n"
	    "  dead = dead + 1\n"
	    "  if #raw > 2 * ends then\n"
	    "    raw = raw:sub(1, ends) .. '\\n' .. raw:sub(-ends)\n"
	    "  end\n"
	    "  tell[#tell + 1] = -1\n"
	    "  tell[#tell + 1] = raw\n"
	    "  tell[#tell + 1] = why\n"
	    "end\n"
	    "local function answer(list)\n"
	    "  for _, v in ipairs(tell) do got[#got + 1] = v end\n"
	    "  return {list, dead, unpack(got)}\n"
	    "end\n"
	    "local function register(raw, i, m)\n"
	    "  local k = #got / 3\n"
	    "  redis.call('ZADD', KEYS[2],\n"
	    "    string.format('%d.%06d', now[1], now[2]), tag(k))\n"
	    "  redis.call('HSET', KEYS[1], tag(k),\n"
	    "    '[' .. raw .. ', \"\", ' .. ARGV[i] .. ']')\n"
	    "  redis.call('RPOP', KEYS[i])\n"
	    "  got[#got + 1] = k\n"
	    "  got[#got + 1] = raw\n"
	    "  got[#got + 1] = revoked(m)\n"
	    "  size = size + #raw\n"
	    "end\n"
	    "local function alike(raw)\n"
	    "  return like ~= '' and raw:find(like, 1, true)\n"
	    "end\n"
	    "local function more(raw)\n"
	    "  return #got == 0 or #got < 3 * most and size < largest and\n"
	    "    alike(got[#got - 1]) and alike(raw)\n"
	    "end\n"
	    "local tags = {}\n"
	    "for k = 1, ARGV[#KEYS + 3] do tags[k] = tag(k - 1) end\n"
	    "for k, held in ipairs(redis.call('HMGET', KEYS[1], unpack(tags))) "
	    "do\n"
	    "  if held then\n"
	    "    local ok, m = pcall(cjson.decode, held)\n"
	    "    got[#got + 1] = k - 1\n"
	    "    got[#got + 1] = held\n"
	    "    got[#got + 1] = revoked(ok and type(m) == 'table' and m[1])\n"
	    "  end\n"
	    "end\n"
	    "if #got > 0 then return {0, 0, unpack(got)} end\n"
	    "for i = 6, #KEYS do\n"
	    "  local raw = look(i)\n"
	    "  if raw then ready(i) end\n"
	    "  while raw and dead + turned < 100 and more(raw) do\n"
	    "    local why, m = fault(raw)\n"
	    "    if why then bury(raw, why, i) else register(raw, i, m) end\n"
	    "    raw = look(i)\n"
	    "  end\n"
	    "  if #got > 0 then return answer(i - 5) end\n"
	    "end\n"
	    "if bad and dead == 0 then return bad end\n"
	    "return answer(0)\n"
};

#define TAKE_KEYS (5 + QUEUE_NAMES * QUEUE_STEPS)
#define TAKE_MORE 3

const char *
queue_next(const struct queue *q)
{
	return arena_printf(q->arena, QUEUE_TAG_MARK "%s:%s:%llu", q->node,
	    q->process, (unsigned long long)q->next);
}

const char *
queue_tag_of(struct arena *a, const char *first, size_t i)
{
	return i == 0 ? first : arena_printf(a, "%s.%zu", first, i);
}

static const char *
take_json_name(struct arena *a, const char *name)
{
	struct buf b = { 0 };
	struct json_write w = json_write(&b);
	const char *text;

	json_put_text(&w, NULL, name);
	text = arena_strdup(a, b.data);
	buf_free(&b);
	return text;
}

/* The words of the script; list i - 1 is of queue names[(turn + i) % n]. */
static const redisReply *
take_run(struct queue *q, const struct queue_want *want, const char *tag)
{
	struct kv_word words[2 * TAKE_KEYS + TAKE_MORE];
	size_t nkeys = 5 + want->n * queue_steps(), k = 0, i;
	struct kv_word *keys = words, *args = words + nkeys;

	keys[k++] = KV(queue_key(q->arena, "unacked", ""));
	keys[k++] = KV(queue_key(q->arena, "unacked_index", ""));
	keys[k++] = KV(queue_key(q->arena, "errand:dead", ""));
	keys[k++] = KV(queue_key(q->arena, "errand:node:", q->node));
	keys[k++] = KV(queue_key(q->arena, QUEUE_REVOKED, ""));
	args[0] = KV(tag);
	args[1] = KV(arena_printf(q->arena, "%zu", CELERY_MAX));
	args[2] = KV(QUEUE_DEAD_MAX);
	args[3] = KV(QUEUE_ALIVE_S);
	args[4] = KV("");
	for (i = 0; i < want->n * queue_steps(); i++, k++) {
		const char *name = want->names[(q->turn + i) % want->n];

		keys[k] = KV(queue_list_at(q->arena, name, i / want->n));
		args[k] = KV(take_json_name(q->arena, name));
	}
	args[k++] =
	    KV(want->kind == NULL ? "" : take_json_name(q->arena, want->kind));
	args[k++] = KV(arena_printf(q->arena, "%zu", want->most));
	args[k++] = KV(arena_printf(q->arena, "%d", QUEUE_MOST));
	return kv_eval(q->kv, q->arena, &take_script,
	    &(struct kv_args){ nkeys, nkeys + k, words });
}

/* What was registered by a take whose answer got lost.  1, 0, -1. */
static int
take_held(struct queue *q, const redisReply *held, struct queue_item *item)
{
	struct queue_entry e = { .value = held->str, .len = held->len };

	queue_entry_parse(q->arena, &e);
	if (!e.whole)
		return queue_move_dead(q, item->tag, &e, "it is not JSON") == -1
			   ? -1
			   : 0;
	item->queue = e.key;
	item->text = e.text;
	item->len = e.text_len;
	return 1;
}

static void
take_tell_dead(long long n)
{
	if (n > 0)
		log_error("elements that are no messages went to errand:dead",
		    LI("count", n));
}

/* Whoever sent what is no message hears of it, if it says who that is.  It is
 * put aside already: without the broker there is no second try. */
static void
take_tell(struct queue *q, redisReply *const *part)
{
	struct celery_result r = { .state = CELERY_FAILURE,
		.exc_type = "ContentDisallowed",
		.exc_module = "kombu.exceptions" };
	struct buf b = { 0 };

	if (part[1]->type != REDIS_REPLY_STRING ||
	    part[2]->type != REDIS_REPLY_STRING)
		return;
	r.message = part[2]->str;
	r.id = celery_id_of(q->arena, part[1]->str, part[1]->len);
	if (r.id == NULL)
		return;
	celery_result_format(&b, &r);
	if (queue_result(q, r.id, b.data) == -1)
		log_warning("result cannot be stored", LS("job", r.id));
	buf_free(&b);
}

/* One part of the answer; queue NULL: it was held.  1, 0 not whole, -1. */
static int
take_item(struct queue *q, redisReply *const *part, const char *first,
    const char *queue, struct queue_item *item)
{
	*item = (struct queue_item){ .queue = queue,
		.revoked = part[2]->integer != 0 };
	snprintf(item->tag, sizeof(item->tag), "%s",
	    queue_tag_of(q->arena, first, (size_t)part[0]->integer));
	if (queue == NULL)
		return take_held(q, part[1], item);
	item->text = part[1]->str;
	item->len = part[1]->len;
	return 1;
}

int
queue_take(struct queue *q, const struct queue_want *want,
    struct queue_item *items)
{
	const char *tag, *queue = NULL;
	const redisReply *r;
	long long list;
	int n = 0, rc;

	if (want->n == 0 || want->n > QUEUE_NAMES || q->node[0] == '\0' ||
	    want->most > QUEUE_MOST)
		abort();
	tag = queue_next(q);
	r = take_run(q, want, tag);
	if (!kv_fits(r, "ii", "take"))
		return -1;
	list = r->element[0]->integer;
	take_tell_dead(r->element[1]->integer);
	if (list > 0) {
		queue = want->names[(q->turn + (size_t)list - 1) % want->n];
		q->turn = (unsigned)((q->turn + 1) % want->n);
	}
	if (r->elements > ANSWER_HEAD)
		q->pause = QUEUE_PAUSE;
	for (size_t i = ANSWER_HEAD; i + 2 < r->elements; i += ANSWER_EACH) {
		if (r->element[i + 1]->type != REDIS_REPLY_STRING)
			return -1;
		if (r->element[i]->integer == -1) {
			take_tell(q, &r->element[i]);
			continue;
		}
		rc = take_item(q, &r->element[i], tag, queue, &items[n]);
		if (rc == -1)
			return -1; /* they are still held */
		n += rc;
	}
	q->next++;
	return n;
}
