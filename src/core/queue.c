/* SPDX-License-Identifier: ISC */
/* Puts messages in, takes them out, and ends what was taken. */
#include "config.h"

#include "queue_int.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "celery.h"
#include "clock.h"
#include "codec.h"
#include "conf.h"
#include "json.h"
#include "log.h"
#include "uuid.h"
#include "xalloc.h"

#define ALIVE_S "15"
/* A push whose answer comes too late was done all the same, so it is small,
 * and more time is given than usual. */
#define PUSH_AT_ONCE ((size_t)1000)
#define PUSH_BYTES   ((size_t)512 * 1024)
#define PUSH_MORE_MS 2000
#define FIRST_PAUSE  5
#define NO_PEEK_US   ((int64_t)60 * 1000 * 1000)
#define NAP_MAX      100

/* The name as part of tags and keys: short, and without our separator. */
static void
queue_set_node(struct queue *q, const char *node)
{
	uint8_t digest[CODEC_SHA256];
	char hex[2 * CODEC_SHA256 + 1];

	snprintf(q->node, sizeof(q->node), "%s", node);
	if (strlen(node) >= sizeof(q->node)) {
		codec_sha256(node, strlen(node), digest);
		codec_hex(digest, sizeof(digest), hex);
		snprintf(q->node + sizeof(q->node) - 18, 18, "-%.16s", hex);
	}
	for (char *p = q->node; *p != '\0'; p++) {
		if (*p == ':' || (uint8_t)*p <= ' ')
			*p = '-';
	}
}

struct queue *
queue_new(struct kv *kv, const char *node)
{
	struct queue *q = xcalloc(1, sizeof(*q));
	uint8_t process[8];

	q->kv = kv;
	q->pause = FIRST_PAUSE;
	if (node != NULL)
		queue_set_node(q, node);
	uuid_random(process, sizeof(process));
	codec_hex(process, sizeof(process), q->process);
	return q;
}

void
queue_free(struct queue *q)
{
	free(q);
}

const char *
queue_key(struct arena *a, const char *first, const char *second)
{
	return arena_printf(a, "%s%s%s", settings.broker_key_prefix, first,
	    second);
}

const char *
queue_list(struct arena *a, const char *name, int priority)
{
	static const char *const steps[QUEUE_STEPS] = { "", QUEUE_SEP "3",
		QUEUE_SEP "6", QUEUE_SEP "9" };

	return queue_key(a, name, steps[priority / 3]);
}

int
queue_push(struct queue *q, struct arena *a, const char *name,
    const struct queue_text *messages, size_t n)
{
	struct kv_word *words = arena_alloc(a,
	    (2 + (n < PUSH_AT_ONCE ? n : PUSH_AT_ONCE)) * sizeof(*words));
	size_t i, k, bytes;

	words[0] = KV("LPUSH");
	words[1] = KV(queue_list(a, name, 0));
	for (i = 0; i < n; i += k) {
		bytes = 0;
		for (k = 0; k < PUSH_AT_ONCE && i + k < n &&
			    (k == 0 || bytes < PUSH_BYTES);
		     k++) {
			words[2 + k] =
			    KVN(messages[i + k].data, messages[i + k].len);
			bytes += messages[i + k].len;
		}
		if (kv_run_slow(q->kv, a, 2 + k, words, PUSH_MORE_MS) == NULL)
			return -1;
	}
	return 0;
}

/* KEYS: unacked, index, dead, node, lists.  ARGV: tag, largest message, most
 * dead letters, seconds that a node lives, then the queue of each list as
 * JSON.  Answers the message, the number of its list, and how many were no
 * messages; or what is held under the tag already, 0 and 0.  Halves of
 * surrogate pairs are overlooked: Python writes them, and the server's reader
 * refuses them. */
static struct kv_script queue_take_script = {
	.text =
	    "local held = redis.call('HGET', KEYS[1], ARGV[1])\n"
	    "if held then return {held, 0, 0} end\n"
	    "local now = redis.call('TIME')\n"
	    "local function fault(raw)\n"
	    "  if #raw > tonumber(ARGV[2]) then\n"
	    "    return 'it is larger than 1 MiB'\n"
	    "  end\n"
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
	    "end\n"
	    "local dead = 0\n"
	    "for i = 5, #KEYS do\n"
	    "  local raw = redis.call('RPOP', KEYS[i])\n"
	    "  while raw do\n"
	    "    local why = fault(raw)\n"
	    "    if not why then\n"
	    "      redis.call('ZADD', KEYS[2],\n"
	    "        string.format('%d.%06d', now[1], now[2]), ARGV[1])\n"
	    "      redis.call('HSET', KEYS[1], ARGV[1],\n"
	    "        '[' .. raw .. ', \"\", ' .. ARGV[i] .. ']')\n"
	    "      redis.call('SET', KEYS[4], 1, 'EX', ARGV[4])\n"
	    "      return {raw, i - 4, dead}\n"
	    "    end\n"
	    "    redis.call('LPUSH', KEYS[3], '{\"at\":' .. now[1] ..\n"
	    "      ',\"queue\":' .. ARGV[i] .. ',\"why\":\"' .. why ..\n"
	    "      '\"}\\n' .. raw)\n"
	    "    redis.call('LTRIM', KEYS[3], 0, ARGV[3] - 1)\n"
	    "    dead = dead + 1\n"
	    "    if dead == 100 then return {false, 0, dead} end\n"
	    "    raw = redis.call('RPOP', KEYS[i])\n"
	    "  end\n"
	    "end\n"
	    "return {false, 0, dead}\n"
};

#define TAKE_KEYS (4 + QUEUE_NAMES * QUEUE_STEPS)

static const char *
queue_json_name(struct arena *a, const char *name)
{
	struct buf b = { 0 };
	const char *text;

	json_add_cstring(&b, name);
	text = arena_strdup(a, b.data);
	buf_free(&b);
	return text;
}

/* The words of the take script; list i - 1 is of queue order[i % n]. */
static size_t
queue_take_words(const struct queue *q, struct arena *a,
    const char *const *names, size_t n, const char *tag, struct kv_word *words)
{
	struct kv_word *keys = words, *args = words + 4 + n * QUEUE_STEPS;
	size_t k = 0, i;

	keys[k++] = KV(queue_key(a, "unacked", ""));
	keys[k++] = KV(queue_key(a, "unacked_index", ""));
	keys[k++] = KV(queue_key(a, "errand:dead", ""));
	keys[k++] = KV(queue_key(a, "errand:node:", q->node));
	args[0] = KV(tag);
	args[1] = KV(arena_printf(a, "%zu", CELERY_MAX));
	args[2] = KV(QUEUE_DEAD_MAX);
	args[3] = KV(ALIVE_S);
	for (i = 0; i < n * QUEUE_STEPS; i++, k++) {
		const char *name = names[(q->turn + i % n) % n];

		keys[k] = KV(queue_list(a, name, (int)(i / n) * 3));
		args[k] = KV(queue_json_name(a, name));
	}
	return 2 * k;
}

/* What was registered by a take whose answer got lost. */
static int
queue_take_held(struct queue *q, struct arena *a, const redisReply *held,
    struct queue_item *item)
{
	struct queue_entry e = { .value = held->str, .len = held->len };

	queue_entry_parse(a, &e);
	if (!e.whole)
		return queue_move_dead(q, a, item->tag, &e, "it is not JSON") ==
			       -1
			   ? -1
			   : 0;
	item->queue = e.key;
	item->text = e.text;
	item->len = e.text_len;
	return 1;
}

static void
queue_tell_dead(long long n)
{
	if (n > 0)
		log_error("elements that are no messages went to errand:dead",
		    LI("count", n));
}

int
queue_take(struct queue *q, struct arena *a, const char *const *names, size_t n,
    struct queue_item *item)
{
	struct kv_word words[2 * TAKE_KEYS];
	const redisReply *r, *text;
	size_t count;

	if (n == 0 || n > QUEUE_NAMES || q->node[0] == '\0')
		abort();
	if (!q->asked)
		q->taken++;
	q->asked = true;
	*item = (struct queue_item){ 0 };
	snprintf(item->tag, sizeof(item->tag), QUEUE_TAG_MARK "%s:%s:%llu",
	    q->node, q->process, (unsigned long long)q->taken);
	count = queue_take_words(q, a, names, n, item->tag, words);
	r = kv_eval(q->kv, a, &queue_take_script, count / 2, count, words);
	if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != 3)
		return -1;
	q->asked = false;
	queue_tell_dead(r->element[2]->integer);
	text = r->element[0];
	if (text->type != REDIS_REPLY_STRING)
		return 0;
	q->pause = FIRST_PAUSE;
	if (r->element[1]->integer == 0)
		return queue_take_held(q, a, text, item);
	item->queue =
	    names[(q->turn + (size_t)(r->element[1]->integer - 1) % n) % n];
	q->turn = (unsigned)((q->turn + 1) % n);
	item->text = text->str;
	item->len = text->len;
	return 1;
}

static void
queue_nap(int ms)
{
	poll(NULL, 0, ms < NAP_MAX ? ms : NAP_MAX);
}

/* Moving the next element to where it is changes nothing, and waits until
 * there is one. */
static void
queue_peek(struct queue *q, struct arena *a, const char *name, int ms)
{
	const char *list = queue_list(a, name, 0);
	const char *timeout = arena_printf(a, "%d.%03d", ms / 1000, ms % 1000);
	const struct kv_word words[] = { KV("BLMOVE"), KV(list), KV(list),
		KV("RIGHT"), KV("RIGHT"), KV(timeout) };

	if (kv_run_slow(q->kv, a, NELEM(words), words, ms) != NULL)
		return;
	if (kv_live(q->kv) != 0)
		q->no_peek = clock_mono_us() + NO_PEEK_US;
	queue_nap(ms);
}

void
queue_wait(struct queue *q, struct arena *a, const char *const *names, size_t n,
    int ms)
{
	bool peek = q->no_peek == 0 || clock_mono_us() >= q->no_peek;
	int wait = q->pause < ms ? q->pause : ms;

	q->pause = wait < ms / 2 ? wait * 2 : ms;
	if (q->pause < FIRST_PAUSE)
		q->pause = FIRST_PAUSE;
	if (ms <= 0)
		return;
	if (peek)
		queue_peek(q, a, names[0], n == 1 ? ms : wait);
	else
		queue_nap(wait);
}

/* Stores the result ARGV[2] for ARGV[3] seconds as KEYS[3], and tells it,
 * unless a success is there or there is none. */
#define LUA_STORE                                                              \
	"local function store()\n"                                             \
	"  if ARGV[2] == '' then return end\n"                                 \
	"  local old = redis.call('GET', KEYS[3])\n"                           \
	"  if old then\n"                                                      \
	"    local ok, m = pcall(cjson.decode, old)\n"                         \
	"    if ok and type(m) == 'table' and m['status'] == 'SUCCESS' then\n" \
	"      return\n"                                                       \
	"    end\n"                                                            \
	"  end\n"                                                              \
	"  redis.call('SETEX', KEYS[3], ARGV[3], ARGV[2])\n"                   \
	"  redis.call('PUBLISH', KEYS[3], ARGV[2])\n"                          \
	"end\n"

/* KEYS: unacked, index, result.  ARGV: tag, result or nothing, seconds. */
static struct kv_script queue_ack_script = {
	.text = LUA_STORE "redis.call('ZREM', KEYS[2], ARGV[1])\n"
			  "if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then\n"
			  "  return 0\n"
			  "end\n"
			  "store()\n"
			  "return 1\n"
};

/* The same without a message. */
static struct kv_script queue_result_script = { .text =
						    LUA_STORE "store()\n"
							      "return 1\n" };

/* Celery ends the prefix of results in a separator. */
static const char *
queue_result_key(struct arena *a, const char *id)
{
	const char *prefix = settings.broker_key_prefix;
	size_t len = strlen(prefix);
	bool ended = len == 0 || strchr(":_-.", prefix[len - 1]) != NULL;

	return arena_printf(a, "%s%scelery-task-meta-%s", prefix,
	    ended ? "" : "_", id);
}

static int
queue_store(struct queue *q, struct arena *a, struct kv_script *script,
    const char *tag, const char *id, const char *result)
{
	const char *ttl = arena_printf(a, "%lld",
	    (long long)(settings.broker_result_ttl / 1000));
	const struct kv_word words[] = { KV(queue_key(a, "unacked", "")),
		KV(queue_key(a, "unacked_index", "")),
		KV(queue_result_key(a, id)), KV(tag),
		KV(result == NULL ? "" : result), KV(ttl) };
	const redisReply *r = kv_eval(q->kv, a, script, 3, NELEM(words), words);

	if (r == NULL || r->type != REDIS_REPLY_INTEGER)
		return -1;
	return (int)r->integer;
}

int
queue_ack(struct queue *q, struct arena *a, const char *tag, const char *id,
    const char *result)
{
	return queue_store(q, a, &queue_ack_script, tag, id, result);
}

int
queue_result(struct queue *q, struct arena *a, const char *id,
    const char *result)
{
	int rc = queue_store(q, a, &queue_result_script, "", id, result);

	return rc == -1 ? -1 : 0;
}

int
queue_result_forget(struct queue *q, struct arena *a, const char *const *ids,
    size_t n)
{
	struct kv_word *words = arena_alloc(a, (n + 1) * sizeof(*words));
	size_t i;

	words[0] = KV("DEL");
	for (i = 0; i < n; i++)
		words[i + 1] = KV(queue_result_key(a, ids[i]));
	return kv_run(q->kv, a, n + 1, words) == NULL ? -1 : 0;
}

const char *
queue_result_get(struct queue *q, struct arena *a, const char *id, bool *up)
{
	const struct kv_word words[] = { KV("GET"),
		KV(queue_result_key(a, id)) };
	const redisReply *r = kv_run(q->kv, a, NELEM(words), words);

	*up = r != NULL;
	return r != NULL && r->type == REDIS_REPLY_STRING ? r->str : NULL;
}

/* KEYS: index.  ARGV: tags.  The clock is the server's, which every pool
 * shares. */
static struct kv_script queue_heartbeat_script = {
	.text = "local now = redis.call('TIME')\n"
		"local at = string.format('%d.%06d', now[1], now[2])\n"
		"for i = 1, #ARGV do\n"
		"  redis.call('ZADD', KEYS[1], 'XX', at, ARGV[i])\n"
		"end\n"
		"return 1\n"
};

int
queue_heartbeat(struct queue *q, struct arena *a, const char *const *tags,
    size_t n)
{
	struct kv_word *words = arena_alloc(a, (1 + n) * sizeof(*words));

	if (n == 0)
		return 0;
	words[0] = KV(queue_key(a, "unacked_index", ""));
	for (size_t i = 0; i < n; i++)
		words[1 + i] = KV(tags[i]);
	return kv_eval(q->kv, a, &queue_heartbeat_script, 1, 1 + n, words) ==
		       NULL
		   ? -1
		   : 0;
}

int
queue_alive(struct queue *q, struct arena *a)
{
	const struct kv_word words[] = { KV("SET"),
		KV(queue_key(a, "errand:node:", q->node)), KV("1"), KV("EX"),
		KV(ALIVE_S) };

	return kv_run(q->kv, a, NELEM(words), words) == NULL ? -1 : 0;
}

void
queue_gone(struct queue *q, struct arena *a)
{
	const struct kv_word words[] = { KV("DEL"),
		KV(queue_key(a, "errand:node:", q->node)) };

	kv_run(q->kv, a, NELEM(words), words);
}
