/* SPDX-License-Identifier: ISC */
/* What tests of queues share: a Redis server, two pools, and a third look. */
#ifndef QUEUE_BED_H
#define QUEUE_BED_H

#include "lib/redis_server.h"

#include <stdarg.h>

#include "base/clock.h"
#include "celery/celery.h"
#include "conf/conf.h"
#include "queue/queue.h"
#include "redis/kv.h"

#define SEP "\x06\x16"

static struct redis_server server;
static bool server_tcp; /* it is on a port as well */
static struct kv *one_kv, *two_kv, *third_kv;
static struct queue *one, *two; /* of two pools */
static struct arena *a;

static const char *const names[] = { "q", "r" };
static const char *steps[] = { "0", "3", "6", "9" };
static const struct queue_want any = { names, NELEM(names), NULL, 1 };

/* A command, its words separated by single blanks. */
static inline const redisReply *redis(const char *fmt, ...) PRINTF(1, 2);

static inline const redisReply *
redis(const char *fmt, ...)
{
	struct kv_word words[16];
	char line[4096], *p = line, *end;
	va_list ap;
	size_t n = 0;
	const redisReply *r;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (; p != NULL; p = end) {
		end = strchr(p, ' ');
		if (end != NULL)
			*end++ = '\0';
		words[n++] = KV(arena_strdup(a, p));
	}
	r = kv_run(third_kv, a, n, words);
	ck_assert_msg(r != NULL, "%s", line);
	return r;
}

static inline long long
count(const char *command, const char *key)
{
	return redis("%s %s", command, key)->integer;
}

static inline void
set_up(void)
{
	redis_server_new(&server, server_tcp);
	settings.broker_url = server.url;
	settings.broker_result_url = settings.broker_sep = "";
	settings.broker_priority_steps =
	    (struct conf_list){ NELEM(steps), steps };
	settings.broker_username = settings.broker_password = "";
	settings.broker_timeout = 1000;
	settings.broker_retry_interval = 10;
	settings.broker_visibility_timeout = 3600 * 1000;
	settings.broker_result_ttl = 100 * 1000;
	settings.broker_key_prefix = "";
	a = arena_new();
	one_kv = kv_new_broker();
	two_kv = kv_new_broker();
	third_kv = kv_new_broker();
	one = queue_new(one_kv, "errand@one");
	two = queue_new(two_kv, "errand@two");
	queue_use(one, a);
	queue_use(two, a);
	EVENTUALLY(kv_up(one_kv) && kv_up(two_kv) && kv_up(third_kv));
}

static inline void
tear_down(void)
{
	queue_free(one);
	queue_free(two);
	kv_free(one_kv);
	kv_free(two_kv);
	kv_free(third_kv);
	arena_free(a);
	redis_server_free(&server);
}

static inline struct queue_text
message(const char *id, int priority, const char *queue)
{
	const struct celery_message m = { .id = id,
		.kind = "errand.test",
		.queue = queue,
		.priority = priority };
	struct buf b = { 0 };
	struct queue_text text;

	celery_encode(&b, &m);
	text.len = b.len;
	text.data = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return text;
}

static inline void
push(const char *queue, const char *id)
{
	const struct queue_text text = message(id, 0, queue);

	ck_assert_int_eq(queue_push(one, queue, &text, 1), 0);
}

static inline const char *
id_of(const char *text, size_t len)
{
	struct celery_message m;
	const char *why;

	ck_assert_int_eq(celery_decode(a, text, len, &m, &why), CELERY_OK);
	return m.id;
}

/* Takes the one that must be next. */
static inline struct queue_item
take(struct queue *q, const char *id)
{
	struct queue_item item;

	ck_assert_int_eq(queue_take(q, &any, &item), 1);
	ck_assert_str_eq(id_of(item.text, item.len), id);
	return item;
}

static inline void
nothing(struct queue *q)
{
	struct queue_item item;

	ck_assert_int_eq(queue_take(q, &any, &item), 0);
}

/* Nothing is registered as taken, in neither place. */
static inline void
all_ended(void)
{
	ck_assert_int_eq(count("HLEN", "unacked"), 0);
	ck_assert_int_eq(count("ZCARD", "unacked_index"), 0);
}

/* A time in the past, as the index has it. */
static inline void
make_old(const char *tag, int seconds)
{
	redis("ZADD unacked_index XX %lld %s",
	    (long long)clock_wall_s() - seconds, tag);
}

static const struct queue_want dozen = { names, NELEM(names), "errand.test",
	12 };

static inline void
push_kind(const char *id, const char *kind, size_t size)
{
	char *text = arena_alloc(a, size + 1);
	struct celery_message m = { .id = id, .kind = kind, .queue = "q" };
	struct buf b = { 0 };

	memset(text, 'x', size);
	m.kwargs = arena_printf(a, "{\"x\": \"%s\"}", text);
	celery_encode(&b, &m);
	ck_assert_int_eq(queue_push(one, "q",
			     &(struct queue_text){ b.data, b.len }, 1),
	    0);
	buf_free(&b);
}

/* A take brings exactly these, separated by blanks. */
static inline void
takes(struct queue *q, struct queue_item *items, const char *ids)
{
	const char *got = "";
	int n = queue_take(q, &dozen, items);

	ck_assert_int_ge(n, 0);
	for (int i = 0; i < n; i++) {
		got = arena_printf(a, "%s%s%s", got, i == 0 ? "" : " ",
		    id_of(items[i].text, items[i].len));
		ck_assert_str_eq(items[i].queue, "q");
		ck_assert_str_eq(items[i].tag,
		    queue_tag_of(a, items[0].tag, (size_t)i));
	}
	ck_assert_str_eq(got, ids);
}

static inline const char *
success(const char *id)
{
	const struct celery_result r = { .state = CELERY_SUCCESS, .id = id };
	struct buf b = { 0 };
	const char *text;

	celery_result_format(&b, &r);
	text = arena_strdup(a, b.data);
	buf_free(&b);
	return text;
}

#endif
