/* SPDX-License-Identifier: ISC */
/* Moves what is registered as taken to where it belongs, if it is unchanged. */
#include "config.h"

#include "queue_own.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "log/log.h"
#include "text/json_write.h"
#include "text/json_span.h"

#define DEPTH   258 /* a message and the array around it */
#define KEY_MAX ((size_t)512)

static int
queue_priority(const struct json_span *message)
{
	struct json_span v;
	int64_t priority = 0;

	if (!json_span_get(message, "properties", &v) ||
	    !json_span_get(&v, "priority", &v) || !json_span_int(&v, &priority))
		return 0;
	return priority < 0 ? 0 : priority > 9 ? 9 : (int)priority;
}

void
queue_entry_parse(struct arena *a, struct queue_entry *e)
{
	struct json_span tuple, message, exchange, key;
	unsigned odd;

	if (json_span_read(e->value, e->len, DEPTH, &tuple, &odd) != NULL ||
	    json_span_count(&tuple) != 3 ||
	    !json_span_at(&tuple, 0, &message) ||
	    !json_span_is(&message, '{') ||
	    !json_span_at(&tuple, 1, &exchange) ||
	    !json_span_at(&tuple, 2, &key))
		return;
	e->text = message.p;
	e->text_len = message.len;
	e->exchange = json_span_text(a, &exchange, KEY_MAX);
	e->key = json_span_text(a, &key, KEY_MAX);
	e->priority = queue_priority(&message);
	e->whole = e->exchange != NULL && e->key != NULL;
}

int
queue_entry_get(struct queue *q, const char *tag, struct queue_entry *e)
{
	const struct kv_word words[] = { KV("HGET"),
		KV(queue_key(q->arena, "unacked", "")), KV(tag) };
	const redisReply *r = kv_run(q->kv, q->arena, NELEM(words), words);

	*e = (struct queue_entry){ 0 };
	if (r == NULL)
		return -1;
	if (r->type != REDIS_REPLY_STRING)
		return 0;
	e->value = r->str;
	e->len = r->len;
	queue_entry_parse(q->arena, e);
	return 1;
}

/* Sets redelivered in the object at v, which is part of text; writes to b what
 * text becomes. */
static void
queue_set_flag(struct buf *b, const char *text, size_t len,
    const struct json_span *v)
{
	struct json_span old, inside;
	const char *at = v->p + 1, *rest = at;
	const char *add = "\"redelivered\": true";
	bool empty = !json_span_is(v, '{');

	if (json_span_get(v, "redelivered", &old)) {
		at = old.p;
		rest = old.p + old.len;
		add = "true";
		empty = true;
	} else {
		inside = (struct json_span){ v->p + 1, v->len - 2 };
		while (inside.len > 0 && strchr(" \t\r\n", inside.p[0]) != NULL)
			inside =
			    (struct json_span){ inside.p + 1, inside.len - 1 };
		empty = inside.len == 0;
	}
	buf_add(b, text, (size_t)(at - text));
	buf_adds(b, add);
	if (!empty)
		buf_adds(b, ", ");
	buf_add(b, rest, (size_t)(text + len - rest));
}

/* One of the two flags; text that has no such object stays as it is. */
static const char *
queue_mark_in(struct arena *a, const char *text, size_t *len, const char *outer,
    const char *inner)
{
	struct buf b = { 0 };
	struct json_span v;
	unsigned odd;
	char *marked;

	if (json_span_read(text, *len, DEPTH, &v, &odd) != NULL ||
	    !json_span_get(&v, outer, &v) ||
	    (inner != NULL && !json_span_get(&v, inner, &v)) ||
	    !json_span_is(&v, '{'))
		return text;
	queue_set_flag(&b, text, *len, &v);
	*len = b.len;
	marked = arena_alloc(a, b.len + 1);
	memcpy(marked, b.data, b.len);
	buf_free(&b);
	return marked;
}

const char *
queue_entry_mark(struct arena *a, const struct queue_entry *e, size_t *len)
{
	const char *text = e->text;

	*len = e->text_len;
	text = queue_mark_in(a, text, len, "headers", NULL);
	return queue_mark_in(a, text, len, "properties", "delivery_info");
}

/* KEYS: unacked, index, lists.  ARGV: tag, what we saw, command, element, and
 * how many elements a list may have, or nothing.  -i: KEYS[i] is none.
 * What was written stays written if a later command is refused, so the entry is
 * removed last; that it may be is tried with no tag first. */
static struct kv_script queue_move_script = {
	.text = "local v = redis.call('HGET', KEYS[1], ARGV[1])\n"
		"if v ~= ARGV[2] then\n"
		"  if not v then redis.call('ZREM', KEYS[2], ARGV[1]) end\n"
		"  return 0\n"
		"end\n"
		"for i = 3, #KEYS do\n"
		"  local t = redis.call('TYPE', KEYS[i])['ok']\n"
		"  if t ~= 'list' and t ~= 'none' then return -i end\n"
		"end\n" LUA_MAY_REMOVE "for i = 3, #KEYS do\n"
		"  redis.call(ARGV[3], KEYS[i], ARGV[4])\n"
		"end\n"
		"redis.call('HDEL', KEYS[1], ARGV[1])\n"
		"redis.call('ZREM', KEYS[2], ARGV[1])\n"
		"if ARGV[5] ~= '' then\n"
		"  for i = 3, #KEYS do\n"
		"    redis.call('LTRIM', KEYS[i], 0, ARGV[5] - 1)\n"
		"  end\n"
		"end\n"
		"return 1\n"
};

static int
queue_run_move(struct queue *q, const struct queue_move *m)
{
	struct kv_word *words =
	    arena_alloc(q->arena, (7 + m->n) * sizeof(*words));
	const redisReply *r;
	size_t k = 0;

	words[k++] = KV(queue_key(q->arena, "unacked", ""));
	words[k++] = KV(queue_key(q->arena, "unacked_index", ""));
	for (size_t i = 0; i < m->n; i++)
		words[k++] = KV(m->lists[i]);
	words[k++] = KV(m->tag);
	words[k++] = KVN(m->seen->value, m->seen->len);
	words[k++] = m->next ? KV("RPUSH") : KV("LPUSH");
	words[k++] = KVN(m->text, m->len);
	words[k++] = KV(m->most == NULL ? "" : m->most);
	r = kv_eval(q->kv, q->arena, &queue_move_script,
	    &(struct kv_args){ 2 + m->n, k, words });
	if (r == NULL || r->type != REDIS_REPLY_INTEGER)
		return -1;
	if (r->integer >= 0)
		return (int)r->integer;
	kv_tell_odd(q->kv, m->lists[-r->integer - 3]);
	return -2;
}

/* Where its list is a key of somebody else's, it is kept where people look. */
int
queue_move(struct queue *q, const struct queue_move *m)
{
	int rc = queue_run_move(q, m);

	return rc != -2 ? rc
			: queue_move_dead(q, m->tag, m->seen,
			      "its queue is a key of another type");
}

int
queue_move_dead(struct queue *q, const char *tag, const struct queue_entry *e,
    const char *why)
{
	const char *list = queue_key(q->arena, "errand:dead", "");
	struct queue_move m = { .tag = tag,
		.seen = e,
		.n = 1,
		.lists = &list,
		.most = QUEUE_DEAD_MAX };
	struct buf b = { 0 };
	struct json_write w = json_write(&b);
	int rc;

	json_open_object(&w, NULL);
	json_put_int(&w, "at", clock_wall_s());
	json_put_text(&w, "queue", e->whole ? e->key : NULL);
	json_put_text(&w, "why", why);
	json_close_object(&w);
	json_write_end(&w);
	buf_addc(&b, '\n');
	buf_add(&b, e->whole ? e->text : e->value,
	    e->whole ? e->text_len : e->len);
	m.text = b.data;
	m.len = b.len;
	rc = queue_run_move(q, &m);
	buf_free(&b);
	if (rc == -2)
		return -1;
	if (rc == 1)
		log_error("message went to errand:dead",
		    LS("queue", e->whole ? e->key : ""), LS("reason", why));
	return rc;
}

/* Finds the entry behind a tag of ours.  1, 0, -1; what is broken is gone
 * with the answer 0. */
static int
queue_entry_of(struct queue *q, const char *tag, struct queue_entry *e)
{
	int rc = queue_entry_get(q, tag, e);

	if (rc != 1 || e->whole)
		return rc;
	rc = queue_move_dead(q, tag, e, "it is not JSON");
	return rc == -1 ? -1 : 0;
}

int
queue_give_back(struct queue *q, const char *tag, bool restarted)
{
	struct queue_entry e;
	struct queue_move m = { .tag = tag, .seen = &e, .next = true, .n = 1 };
	const char *list;
	int rc = queue_entry_of(q, tag, &e);

	if (rc != 1)
		return rc;
	list = queue_list(q->arena, e.key, e.priority);
	m.lists = &list;
	m.text = e.text;
	m.len = e.text_len;
	if (restarted)
		m.text = queue_entry_mark(q->arena, &e, &m.len);
	return queue_move(q, &m);
}

/* KEYS: unacked, index, a list for each.  ARGV: for each, its tag and its text.
 * As queue_move: what may fail comes first, and an entry is removed last. */
static struct kv_script queue_give_back_script = {
	.text = "for i = 3, #KEYS do\n"
		"  local t = redis.call('TYPE', KEYS[i])['ok']\n"
		"  if t ~= 'list' and t ~= 'none' then return -2 end\n"
		"end\n" LUA_MAY_REMOVE "for i = 3, #KEYS do\n"
		"  local tag, text = ARGV[2 * i - 5], ARGV[2 * i - 4]\n"
		"  if redis.call('HGET', KEYS[1], tag) then\n"
		"    redis.call('RPUSH', KEYS[i], text)\n"
		"    redis.call('HDEL', KEYS[1], tag)\n"
		"  end\n"
		"  redis.call('ZREM', KEYS[2], tag)\n"
		"end\n"
		"return 1\n"
};

int
queue_give_back_all(struct queue *q, const struct queue_item *const *items,
    size_t n)
{
	struct kv_word *words =
	    arena_alloc(q->arena, (2 + 3 * n) * sizeof(*words));
	struct json_span message;
	const redisReply *r;
	unsigned odd;
	size_t i, k;

	if (n == 0)
		return 0;
	words[0] = KV(queue_key(q->arena, "unacked", ""));
	words[1] = KV(queue_key(q->arena, "unacked_index", ""));
	/* The last one first, so that the first is next. */
	for (i = 0; i < n; i++) {
		const struct queue_item *it = items[n - 1 - i];
		int priority = 0;

		if (json_span_read(it->text, it->len, DEPTH, &message, &odd) ==
		    NULL)
			priority = queue_priority(&message);
		words[2 + i] = KV(queue_list(q->arena, it->queue, priority));
		k = 2 + n + 2 * i;
		words[k] = KV(it->tag);
		words[k + 1] = KVN(it->text, it->len);
	}
	r = kv_eval(q->kv, q->arena, &queue_give_back_script,
	    &(struct kv_args){ 2 + n, 2 + 3 * n, words });
	return r == NULL || r->type != REDIS_REPLY_INTEGER || r->integer != 1
		   ? -1
		   : 0;
}

int
queue_bury(struct queue *q, const char *tag, const char *why)
{
	struct queue_entry e;
	int rc = queue_entry_get(q, tag, &e);

	return rc == 1 ? queue_move_dead(q, tag, &e, why) : rc;
}

int
queue_put(struct queue *q, const char *tag, const char *name, bool next)
{
	struct queue_entry e;
	struct queue_move m = { .tag = tag, .seen = &e, .next = next, .n = 1 };
	const char *list;
	int rc = queue_entry_of(q, tag, &e);

	if (rc != 1)
		return rc;
	list = queue_list(q->arena, name, e.priority);
	m.lists = &list;
	m.text = e.text;
	m.len = e.text_len;
	return queue_run_move(q, &m);
}

int
queue_park(struct queue *q, const char *tag)
{
	struct queue_entry e;
	struct queue_move m = {
		.tag = tag, .seen = &e, .n = 1, .most = QUEUE_DEAD_MAX
	};
	const char *list;
	int rc = queue_entry_of(q, tag, &e);

	if (rc != 1)
		return rc;
	list = queue_key(q->arena, e.key, ".unregistered");
	m.lists = &list;
	m.text = e.text;
	m.len = e.text_len;
	return queue_move(q, &m);
}
