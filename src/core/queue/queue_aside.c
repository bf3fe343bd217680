/* SPDX-License-Identifier: ISC */
/* What was put aside since nobody can run it: shown, and sent once more. */
#include "config.h"

#include "queue_own.h"

#include <string.h>

#include "base/str.h"
#include "celery/celery.h"
#include "conf/conf.h"
#include "text/json_span.h"

#define DEPTH   4    /* of the line before a dead element */
#define WORD    1024 /* bytes of a name or a reason in it */
#define PAGE    "1000"
#define WALK    20 /* elements at once, of up to a MiB each */
#define PARKED  ".unregistered"
#define UNKNOWN "no pool knew its kind"

/* Reads the line before a dead element. */
static void
aside_read_line(struct arena *a, struct queue_aside *v)
{
	const char *end = memchr(v->raw.data, '\n', v->raw.len);
	struct json_span line, value;
	unsigned odd;

	if (end == NULL ||
	    json_span_read(v->raw.data, (size_t)(end - v->raw.data), DEPTH,
		&line, &odd) != NULL)
		return;
	if (json_span_get(&line, "at", &value) &&
	    !json_span_int(&value, &v->at))
		v->at = 0;
	if (json_span_get(&line, "queue", &value))
		v->queue = json_span_text(a, &value, WORD);
	if (json_span_get(&line, "why", &value))
		v->why = json_span_text(a, &value, WORD);
	v->text.len -= (size_t)(end + 1 - v->text.data);
	v->text.data = end + 1;
}

/* The queue at whose messages of unknown kinds that list is, or NULL.  What a
 * message says of its queue is a routing key, which may be another name. */
static const char *
aside_parked_of(struct arena *a, const char *list)
{
	const size_t before = strlen(settings.broker_key_prefix);
	const size_t end = sizeof(PARKED) - 1, len = strlen(list);

	return len < before + end || !str_eq(list + len - end, PARKED)
		   ? NULL
		   : arena_strndup(a, list + before, len - before - end);
}

static void
aside_read(struct arena *a, const char *list, const redisReply *r,
    struct queue_aside *v)
{
	const char *why;
	struct celery_message m = { 0 };

	*v = (struct queue_aside){ .list = list, .raw = { r->str, r->len } };
	v->text = v->raw;
	v->queue = aside_parked_of(a, list);
	if (v->queue != NULL)
		v->why = UNKNOWN;
	else
		aside_read_line(a, v);
	if (celery_decode(a, v->text.data, v->text.len, &m, &why) == CELERY_OK)
		v->queue = v->queue == NULL ? m.queue : v->queue;
	v->id = m.id;
	v->kind = m.kind;
	v->priority = m.priority;
}

int
queue_aside_page(struct queue *q, const char *list, int64_t from, int64_t most,
    struct queue_aside **v)
{
	const struct kv_word words[] = {
		KV("LRANGE"), KV(list),
		KV(arena_printf(q->arena, "%lld", (long long)from)),
		KV(arena_printf(q->arena, "%lld", (long long)(from + most - 1)))
	};
	const redisReply *r = kv_run(q->kv, q->arena, NELEM(words), words);

	if (r == NULL || r->type != REDIS_REPLY_ARRAY)
		return -1;
	*v = arena_alloc(q->arena, (r->elements + 1) * sizeof(**v));
	for (size_t i = 0; i < r->elements; i++)
		aside_read(q->arena, list, r->element[i], &(*v)[i]);
	return (int)r->elements;
}

int
queue_aside_walk(struct queue *q, const char *list, bool oldest,
    queue_aside_fn *fn, void *arg)
{
	enum queue_aside_step step = QUEUE_ASIDE_STAYS;
	int64_t passed = 0, left = queue_aside_length(q, list);
	int n = left == -1 ? -1 : 0;

	while (left > 0 && step != QUEUE_ASIDE_STOP) {
		struct arena *a = arena_new(), *old = queue_use(q, a);
		struct queue_aside *v;

		n = queue_aside_page(q, list, oldest ? -passed - WALK : passed,
		    WALK, &v);
		for (int i = 0; i < n && left > 0 && step != QUEUE_ASIDE_STOP;
		     i++) {
			step = fn(arg, &v[oldest ? n - 1 - i : i]);
			passed += step == QUEUE_ASIDE_STAYS;
			left--;
		}
		queue_use(q, old);
		arena_free(a);
		if (n <= 0)
			break;
	}
	return n < 0 ? -1 : 0;
}

const char *
queue_aside_dead(struct queue *q)
{
	return queue_key(q->arena, "errand:dead", "");
}

const char *
queue_aside_parked(struct queue *q, const char *name)
{
	return queue_key(q->arena, name, PARKED);
}

int
queue_aside_lists(struct queue *q, const char **v, size_t most)
{
	const char *cursor = "0";
	size_t n = 0;

	v[n++] = queue_aside_dead(q);
	do {
		const struct kv_word words[] = { KV("SCAN"), KV(cursor),
			KV("MATCH"), KV(queue_key(q->arena, "*", PARKED)),
			KV("COUNT"), KV(PAGE), KV("TYPE"), KV("list") };
		const redisReply *s =
		    kv_run(q->kv, q->arena, NELEM(words), words);

		if (!kv_fits(s, "sa", "SCAN"))
			return -1;
		cursor = s->element[0]->str;
		for (size_t i = 0; i < s->element[1]->elements; i++) {
			const char *key = s->element[1]->element[i]->str;
			size_t k = 0;

			/* A walk may meet a key twice. */
			while (k < n && strcmp(v[k], key) != 0)
				k++;
			if (k == n && n < most)
				v[n++] = key;
		}
	} while (strcmp(cursor, "0") != 0);
	return (int)n;
}

bool
queue_aside_is_message(const struct queue_aside *v)
{
	return v->id != NULL && v->kind != NULL && v->queue != NULL;
}

/* KEYS: where it was put aside, a list of its queue.  ARGV: the element there,
 * the message.  The queue first: what is refused then is still aside.  0:
 * somebody else was faster. */
static struct kv_script aside_script = {
	.text = "redis.call('LPUSH', KEYS[2], ARGV[2])\n"
		"if redis.call('LREM', KEYS[1], 1, ARGV[1]) == 1 then\n"
		"  return 1\n"
		"end\n"
		"redis.call('LREM', KEYS[2], 1, ARGV[2])\n"
		"return 0\n"
};

int
queue_aside_back(struct queue *q, const struct queue_aside *v)
{
	const struct kv_word words[] = { KV(v->list),
		KV(queue_list(q->arena, v->queue, v->priority)),
		KVN(v->raw.data, v->raw.len), KVN(v->text.data, v->text.len) };
	const redisReply *r;

	if (queue_result_forget(q, &v->id, 1) == -1)
		return -1;
	r = kv_eval(q->kv, q->arena, &aside_script,
	    &(struct kv_args){ 2, NELEM(words), words });
	return r == NULL || r->type != REDIS_REPLY_INTEGER ? -1
							   : (int)r->integer;
}
