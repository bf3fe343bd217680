/* SPDX-License-Identifier: ISC */
/* Puts messages in, waits for them, and ends what was taken. */
#include "config.h"

#include "queue_own.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/uuid.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "log/log.h"
#include "text/json.h"

/* A push whose answer comes too late was done all the same, so it is small,
 * and more time is given than usual: the more for what is large. */
#define PUSH_MORE_MS 2000
#define PUSH_SMALL   ((size_t)64 * 1024)
#define PUSH_SLOW    32 /* bytes a millisecond */
#define NO_PEEK_US   ((int64_t)60 * 1000 * 1000)
#define NAP_MAX      100
#define UNTOLD_US    (60 * CLOCK_SECOND)

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
	q->results = kv_new_results();
	q->pause = QUEUE_PAUSE;
	if (node != NULL)
		queue_set_node(q, node);
	uuid_random(process, sizeof(process));
	codec_hex(process, sizeof(process), q->process);
	return q;
}

void
queue_free(struct queue *q)
{
	if (q != NULL)
		kv_free(q->results);
	free(q);
}

struct kv *
queue_kv(const struct queue *q)
{
	return q->kv;
}

struct arena *
queue_use(struct queue *q, struct arena *a)
{
	struct arena *before = q->arena;

	q->arena = a;
	return before;
}

const char *
queue_key(struct arena *a, const char *first, const char *second)
{
	return arena_printf(a, "%s%s%s", settings.broker_key_prefix, first,
	    second);
}

const char *
queue_sep(void)
{
	const char *sep = settings.broker_sep;

	return sep == NULL || sep[0] == '\0' ? "\x06\x16" : sep;
}

size_t
queue_steps(void)
{
	return settings.broker_priority_steps.n;
}

const char *
queue_list_at(struct arena *a, const char *name, size_t i)
{
	if (i == 0)
		return queue_key(a, name, "");
	return arena_printf(a, "%s%s%s%s", settings.broker_key_prefix, name,
	    queue_sep(), settings.broker_priority_steps.v[i]);
}

const char *
queue_list(struct arena *a, const char *name, int priority)
{
	size_t i = queue_steps();

	/* Each is one digit: conf_check has looked. */
	while (i > 1 &&
	       settings.broker_priority_steps.v[i - 1][0] - '0' > priority)
		i--;
	return queue_list_at(a, name, i == 0 ? 0 : i - 1);
}

static int
push_more_ms(size_t bytes)
{
	return PUSH_MORE_MS +
	       (bytes <= PUSH_SMALL ? 0
				    : (int)((bytes - PUSH_SMALL) / PUSH_SLOW));
}

int64_t
queue_push_ms(size_t bytes)
{
	return settings.broker_timeout + push_more_ms(bytes);
}

bool
queue_refused(const struct queue *q)
{
	return kv_live(q->kv) != 0;
}

int
queue_push(struct queue *q, const char *name, const struct queue_text *messages,
    size_t n)
{
	return queue_push_at(q, name, 0, messages, n);
}

int
queue_push_at(struct queue *q, const char *name, int priority,
    const struct queue_text *messages, size_t n)
{
	struct kv_word *words = arena_alloc(q->arena,
	    (2 + (n < QUEUE_PUSH_MOST ? n : QUEUE_PUSH_MOST)) * sizeof(*words));
	size_t i, k, bytes;

	words[0] = KV("LPUSH");
	words[1] = KV(queue_list(q->arena, name, priority));
	for (i = 0; i < n; i += k) {
		bytes = 0;
		for (k = 0; k < QUEUE_PUSH_MOST && i + k < n &&
			    (k == 0 || bytes + messages[i + k].len <=
					   QUEUE_PUSH_BYTES);
		     k++) {
			words[2 + k] =
			    KVN(messages[i + k].data, messages[i + k].len);
			bytes += messages[i + k].len;
		}
		if (kv_run_slow(q->kv, q->arena, 2 + k, words,
			push_more_ms(bytes)) == NULL)
			return -1;
	}
	return 0;
}

static void
queue_nap(int ms)
{
	poll(NULL, 0, ms < NAP_MAX ? ms : NAP_MAX);
}

/* Moving the next element to where it is changes nothing, and waits until
 * there is one. */
static void
queue_peek(struct queue *q, const char *name, int ms)
{
	const char *list = queue_list(q->arena, name, 0);
	const char *timeout =
	    arena_printf(q->arena, "%d.%03d", ms / 1000, ms % 1000);
	const struct kv_word words[] = { KV("BLMOVE"), KV(list), KV(list),
		KV("RIGHT"), KV("RIGHT"), KV(timeout) };

	if (kv_run_slow(q->kv, q->arena, NELEM(words), words, ms) != NULL)
		return;
	if (kv_live(q->kv) != 0)
		q->no_peek = clock_mono_us() + NO_PEEK_US;
	queue_nap(ms);
}

void
queue_wait(struct queue *q, const char *const *names, size_t n, int ms)
{
	bool peek = q->no_peek == 0 || clock_mono_us() >= q->no_peek;
	int wait = q->pause < ms ? q->pause : ms;

	q->pause = wait < ms / 2 ? wait * 2 : ms;
	if (q->pause < QUEUE_PAUSE)
		q->pause = QUEUE_PAUSE;
	if (ms <= 0)
		return;
	if (peek)
		queue_peek(q, names[0], n == 1 ? ms : wait);
	else
		queue_nap(wait);
}

/* Stores the result ARGV[2] for ARGV[3] seconds as KEYS[3], and tells it,
 * unless a success is there or there is none.  A key of another type is
 * overwritten.  2 if there is no right to tell it, else 0. */
#define LUA_STORE                                                              \
	"local function store()\n"                                             \
	"  if ARGV[2] == '' then return 0 end\n"                               \
	"  local old = redis.pcall('GET', KEYS[3])\n"                          \
	"  if old then\n"                                                      \
	"    local ok, m = pcall(cjson.decode, old)\n"                         \
	"    if ok and type(m) == 'table' and m['status'] == 'SUCCESS' then\n" \
	"      return 0\n"                                                     \
	"    end\n"                                                            \
	"  end\n"                                                              \
	"  redis.call('SETEX', KEYS[3], ARGV[3], ARGV[2])\n"                   \
	"  local n = redis.pcall('PUBLISH', KEYS[3], ARGV[2])\n"               \
	"  return type(n) == 'table' and 2 or 0\n"                             \
	"end\n"
#define STORE_UNTOLD 2

/* KEYS: unacked, index, result.  ARGV: tag, result or nothing, seconds. */
static struct kv_script queue_ack_script = {
	.text = LUA_STORE LUA_MAY_REMOVE
	"local untold = store()\n"
	"local n = redis.call('HDEL', KEYS[1], ARGV[1])\n"
	"redis.call('ZREM', KEYS[2], ARGV[1])\n"
	"return n + untold\n"
};

/* KEYS: unacked, index.  ARGV: tags, of what has no result. */
static struct kv_script queue_ack_all_script = {
	.text = "local n = redis.call('HDEL', KEYS[1], unpack(ARGV))\n"
		"redis.call('ZREM', KEYS[2], unpack(ARGV))\n"
		"return n\n"
};

/* A result without a message. */
static struct kv_script queue_result_script = { .text = LUA_STORE
						"return store()\n" };

/* Celery ends the prefix of results in a separator. */
const char *
queue_meta_key(struct arena *a, const char *word, const char *id)
{
	const char *prefix = settings.broker_key_prefix;
	size_t len = strlen(prefix);
	bool ended = len == 0 || strchr(":_-.", prefix[len - 1]) != NULL;

	return arena_printf(a, "%s%s%s%s", prefix, ended ? "" : "_", word, id);
}

static const char *
queue_result_key(struct arena *a, const char *id)
{
	return queue_meta_key(a, "celery-task-meta-", id);
}

/* AsyncResult finds it when it asks again. */
static void
queue_note_untold(struct queue *q)
{
	int64_t now = clock_mono_us();

	if (q->untold_at == 0 || now - q->untold_at > UNTOLD_US)
		log_warning("results are stored but not told to who waits",
		    LS("missing_right", QUEUE_CHANNELS));
	q->untold_at = now;
}

struct kv *
queue_results(struct queue *q)
{
	return q->results == NULL ? q->kv : q->results;
}

static int
queue_store(struct queue *q, struct kv *kv, struct kv_script *script,
    const char *tag, const char *id, const char *result)
{
	const char *ttl = arena_printf(q->arena, "%lld",
	    (long long)(settings.broker_result_ttl / 1000));
	const struct kv_word words[] = { KV(queue_key(q->arena, "unacked", "")),
		KV(queue_key(q->arena, "unacked_index", "")),
		KV(queue_result_key(q->arena, id)), KV(tag),
		KV(result == NULL ? "" : result), KV(ttl) };
	const redisReply *r = kv_eval(kv, q->arena, script,
	    &(struct kv_args){ 3, NELEM(words), words });

	if (r == NULL || r->type != REDIS_REPLY_INTEGER)
		return -1;
	if ((r->integer & STORE_UNTOLD) != 0)
		queue_note_untold(q);
	return (int)(r->integer & ~STORE_UNTOLD);
}

int
queue_ack(struct queue *q, const char *tag, const char *id, const char *result)
{
	if (q->results != NULL && result != NULL) {
		if (queue_result(q, id, result) == -1)
			return -1;
		result = NULL;
	}
	return queue_store(q, q->kv, &queue_ack_script, tag, id, result);
}

int
queue_ack_all(struct queue *q, const char *const *tags, size_t n)
{
	struct kv_word *words = arena_alloc(q->arena, (2 + n) * sizeof(*words));
	const redisReply *r;

	words[0] = KV(queue_key(q->arena, "unacked", ""));
	words[1] = KV(queue_key(q->arena, "unacked_index", ""));
	for (size_t i = 0; i < n; i++)
		words[2 + i] = KV(tags[i]);
	r = kv_eval(q->kv, q->arena, &queue_ack_all_script,
	    &(struct kv_args){ 2, 2 + n, words });
	return r == NULL || r->type != REDIS_REPLY_INTEGER ? -1 : 0;
}

int
queue_result(struct queue *q, const char *id, const char *result)
{
	int rc = queue_store(q, queue_results(q), &queue_result_script, "", id,
	    result);

	return rc == -1 ? -1 : 0;
}

int
queue_result_forget(struct queue *q, const char *const *ids, size_t n)
{
	struct kv_word *words = arena_alloc(q->arena, (n + 1) * sizeof(*words));
	size_t i;

	words[0] = KV("DEL");
	for (i = 0; i < n; i++)
		words[i + 1] = KV(queue_result_key(q->arena, ids[i]));
	return kv_run(queue_results(q), q->arena, n + 1, words) == NULL ? -1
									: 0;
}

const char queue_result_odd[] = "";

const char *
queue_result_get(struct queue *q, const char *id, bool *up)
{
	const char *text = NULL;

	*up = queue_results_get(q, &id, 1, &text) == 0;
	return text;
}

/* KEYS: of results.  What is very long would hold up all others, and tells its
 * state where it begins.  MGET passes over what is no string: such a key is 1.
 */
static struct kv_script queue_results_script = {
	.text =
	    "local all = redis.call('MGET', unpack(KEYS))\n"
	    "local none = {}\n"
	    "for i = 1, #KEYS do\n"
	    "  if not all[i] then\n"
	    "    none[#none + 1] = KEYS[i]\n"
	    "  elseif #all[i] > 1048576 then\n"
	    "    all[i] = string.sub(all[i], 1, 4096)\n"
	    "  end\n"
	    "end\n"
	    "if #none == 0 or redis.call('EXISTS', unpack(none)) == 0 then\n"
	    "  return all\n"
	    "end\n"
	    "for i = 1, #KEYS do\n"
	    "  if not all[i] and redis.call('EXISTS', KEYS[i]) == 1 then\n"
	    "    all[i] = 1\n"
	    "  end\n"
	    "end\n"
	    "return all\n"
};

int
queue_results_get(struct queue *q, const char *const *ids, size_t n,
    const char **texts)
{
	struct kv_word *words = arena_alloc(q->arena, n * sizeof(*words));
	const redisReply *r;

	for (size_t i = 0; i < n; i++)
		words[i] = KV(queue_result_key(q->arena, ids[i]));
	r = kv_eval(queue_results(q), q->arena, &queue_results_script,
	    &(struct kv_args){ n, n, words });
	if (r == NULL || r->type != REDIS_REPLY_ARRAY || r->elements != n)
		return -1;
	for (size_t i = 0; i < n; i++)
		texts[i] = r->element[i]->type == REDIS_REPLY_STRING
			       ? r->element[i]->str
			   : r->element[i]->type == REDIS_REPLY_INTEGER
			       ? queue_result_odd
			       : NULL;
	return 0;
}

/* KEYS: index.  ARGV: tags.  The clock is the server's, which every pool
 * shares.  ZREM of nothing lets ZADD pass where no memory is left. */
static struct kv_script queue_heartbeat_script = {
	.text = "local now = redis.call('TIME')\n"
		"local at = string.format('%d.%06d', now[1], now[2])\n"
		"redis.call('ZREM', KEYS[1], '')\n"
		"for i = 1, #ARGV do\n"
		"  redis.call('ZADD', KEYS[1], 'XX', at, ARGV[i])\n"
		"end\n"
		"return 1\n"
};

int
queue_heartbeat(struct queue *q, const char *const *tags, size_t n)
{
	struct kv_word *words = arena_alloc(q->arena, (1 + n) * sizeof(*words));

	if (n == 0)
		return 0;
	words[0] = KV(queue_key(q->arena, "unacked_index", ""));
	for (size_t i = 0; i < n; i++)
		words[1 + i] = KV(tags[i]);
	return kv_eval(q->kv, q->arena, &queue_heartbeat_script,
		   &(struct kv_args){ 1, 1 + n, words }) == NULL
		   ? -1
		   : 0;
}

void
queue_gone(struct queue *q)
{
	const struct kv_word words[] = { KV("DEL"),
		KV(queue_key(q->arena, "errand:node:", q->node)),
		KV(queue_key(q->arena, "errand:state:", q->node)) };

	kv_run(q->kv, q->arena, NELEM(words), words);
}
