/* SPDX-License-Identifier: ISC */
/* Queues step by step, on a Redis server of their own. */
#include "config.h"

#include "lib/redis_server.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "celery/celery.h"
#include "celery/celery_result.h"
#include "conf/conf.h"
#include "queue/queue.h"
#include "redis/kv.h"

#define SEP "\x06\x16"

static struct redis_server server;
static struct kv *one_kv, *two_kv, *third_kv;
static struct queue *one, *two; /* of two pools */
static struct arena *a;

static const char *const names[] = { "q", "r" };
static const struct queue_want any = { names, NELEM(names), NULL, 1 };

/* A command, its words separated by single blanks. */
static const redisReply *redis(const char *fmt, ...) PRINTF(1, 2);

static const redisReply *
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

static long long
count(const char *command, const char *key)
{
	return redis("%s %s", command, key)->integer;
}

static void
set_up(void)
{
	redis_server_new(&server, false);
	settings.broker_url = server.url;
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
	EVENTUALLY(kv_up(one_kv) && kv_up(two_kv) && kv_up(third_kv));
}

static void
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

static struct queue_text
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

static void
push(const char *queue, const char *id)
{
	const struct queue_text text = message(id, 0, queue);

	ck_assert_int_eq(queue_push(one, a, queue, &text, 1), 0);
}

static const char *
id_of(const char *text, size_t len)
{
	struct celery_message m;
	const char *why;

	ck_assert_int_eq(celery_decode(a, text, len, &m, &why), CELERY_OK);
	return m.id;
}

/* Takes the one that must be next. */
static struct queue_item
take(struct queue *q, const char *id)
{
	struct queue_item item;

	ck_assert_int_eq(queue_take(q, a, &any, &item), 1);
	ck_assert_str_eq(id_of(item.text, item.len), id);
	return item;
}

static void
nothing(struct queue *q)
{
	struct queue_item item;

	ck_assert_int_eq(queue_take(q, a, &any, &item), 0);
}

/* Nothing is registered as taken, in neither place. */
static void
all_ended(void)
{
	ck_assert_int_eq(count("HLEN", "unacked"), 0);
	ck_assert_int_eq(count("ZCARD", "unacked_index"), 0);
}

/* A time in the past, as the index has it. */
static void
make_old(const char *tag, int seconds)
{
	redis("ZADD unacked_index XX %lld %s",
	    (long long)clock_wall_s() - seconds, tag);
}

START_TEST(the_first_in_is_the_first_out)
{
	struct queue_text text[] = { message("1", 0, "q"), message("2", 0, "q"),
		message("3", 0, "q") };
	struct queue_item item;

	nothing(one);
	ck_assert_int_eq(queue_push(one, a, "q", text, 3), 0);
	ck_assert_int_eq(queue_length(one, a, "q"), 3);
	item = take(one, "1");
	ck_assert_str_eq(item.queue, "q");
	ck_assert_uint_eq(item.len, text[0].len);
	ck_assert_mem_eq(item.text, text[0].data, item.len);
	ck_assert_int_eq(count("HLEN", "unacked"), 1);
	ck_assert_int_eq(count("ZCARD", "unacked_index"), 1);
	take(two, "2");
	take(one, "3");
	nothing(one);
	ck_assert_int_eq(count("HLEN", "unacked"), 3);
}
END_TEST

START_TEST(many_go_in_at_once)
{
	static struct queue_text text[2500];
	char id[8];

	for (size_t i = 0; i < NELEM(text); i++) {
		snprintf(id, sizeof(id), "%zu", i);
		text[i] = message(id, 0, "q");
	}
	ck_assert_int_eq(queue_push(one, a, "q", text, NELEM(text)), 0);
	ck_assert_int_eq(queue_length(one, a, "q"), NELEM(text));
	for (size_t i = 0; i < NELEM(text); i++) {
		snprintf(id, sizeof(id), "%zu", i);
		take(one, id);
	}
}
END_TEST

START_TEST(urgent_ones_come_first)
{
	static const struct {
		const char *id, *list;
	} rows[] = { { "9", "q" SEP "9" }, { "0", "q" }, { "6", "q" SEP "6" },
		{ "3", "q" SEP "3" } };

	for (size_t i = 0; i < NELEM(rows); i++)
		redis("LPUSH %s %s", rows[i].list,
		    message(rows[i].id, rows[i].id[0] - '0', "q").data);
	ck_assert_int_eq(queue_length(one, a, "q"), 4);
	take(one, "0");
	take(one, "3");
	take(one, "6");
	take(one, "9");
}
END_TEST

START_TEST(queues_take_turns)
{
	for (int i = 0; i < 4; i++) {
		push("q", "of q");
		push("r", "of r");
	}
	for (int i = 0; i < 4; i++) {
		ck_assert_str_eq(take(one, "of q").queue, "q");
		ck_assert_str_eq(take(one, "of r").queue, "r");
	}
}
END_TEST

/* --- several of a kind --- */

static const struct queue_want dozen = { names, NELEM(names), "errand.test",
	12 };

static void
push_kind(const char *id, const char *kind, size_t size)
{
	char *text = arena_alloc(a, size + 1);
	struct celery_message m = { .id = id, .kind = kind, .queue = "q" };
	struct buf b = { 0 };

	memset(text, 'x', size);
	m.kwargs = arena_printf(a, "{\"x\": \"%s\"}", text);
	celery_encode(&b, &m);
	ck_assert_int_eq(queue_push(one, a, "q",
			     &(struct queue_text){ b.data, b.len }, 1),
	    0);
	buf_free(&b);
}

/* A take brings exactly these, separated by blanks. */
static void
takes(struct queue *q, struct queue_item *items, const char *ids)
{
	const char *got = "";
	int n = queue_take(q, a, &dozen, items);

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

START_TEST(those_of_a_kind_are_taken_together)
{
	struct queue_item items[QUEUE_MOST], more[QUEUE_MOST];
	const char *tags[QUEUE_MOST];

	push("q", "1");
	push("q", "2");
	push_kind("3", "another", 1);
	push_kind("4", "another", 1);
	push("q", "5");
	redis("LPUSH q broken");
	push("q", "6");
	takes(one, items, "1 2");
	takes(one, more, "3");
	takes(one, more, "4");
	takes(one, more, "5");
	takes(two, more, "6");
	takes(one, more, "");
	ck_assert_int_eq(count("LLEN", "errand:dead"), 1);
	ck_assert_int_eq(count("HLEN", "unacked"), 6);
	tags[0] = items[0].tag;
	tags[1] = items[1].tag;
	tags[2] = "of nobody";
	ck_assert_int_eq(queue_ack_all(one, a, tags, 3), 0);
	ck_assert_int_eq(count("HLEN", "unacked"), 4);
	ck_assert_int_eq(count("ZCARD", "unacked_index"), 4);
	ck_assert_int_eq(queue_ack_all(one, a, tags, 3), 0);
}
END_TEST

START_TEST(no_take_is_without_bounds)
{
	struct queue_item items[QUEUE_MOST];

	for (int i = 0; i < 20; i++)
		push("q", arena_printf(a, "%d", i));
	takes(one, items, "0 1 2 3 4 5 6 7 8 9 10 11");
	takes(one, items, "12 13 14 15 16 17 18 19");
	for (int i = 0; i < 5; i++)
		push_kind(arena_printf(a, "%d", i), "errand.test", 200000);
	takes(one, items, "0 1 2 3"); /* in base64 that is a MiB */
	takes(one, items, "4");
}
END_TEST

START_TEST(each_of_a_take_goes_its_own_way)
{
	struct queue_item items[QUEUE_MOST];

	for (int i = 1; i <= 4; i++)
		push("q", arena_printf(a, "%d", i));
	takes(one, items, "1 2 3 4");
	ck_assert_int_eq(queue_give_back(one, a, items[3].tag, false), 1);
	ck_assert_int_eq(queue_give_back(one, a, items[1].tag, false), 1);
	ck_assert_int_eq(queue_ack(one, a, items[2].tag, "3", NULL), 1);
	ck_assert_int_eq(queue_bury(one, a, items[0].tag, "no use"), 1);
	all_ended();
	takes(two, items, "2 4");
	queue_gone(two, a);
	ck_assert_int_eq(queue_restore(one, a), 2);
	all_ended();
	ck_assert_int_eq(queue_length(one, a, "q"), 2);
}
END_TEST

/* --- results --- */

static const char *
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

START_TEST(an_ack_ends_it_and_tells_the_result)
{
	const struct kv_word words[] = { KV("SUBSCRIBE"),
		KV("celery-task-meta-1") };
	const char *result = success("1");
	const redisReply *r;
	struct queue_item item;
	bool up;

	ck_assert_ptr_nonnull(kv_run(two_kv, a, NELEM(words), words));
	push("q", "1");
	item = take(one, "1");
	ck_assert_int_eq(queue_ack(one, a, item.tag, "1", result), 1);
	all_ended();
	r = kv_listen(two_kv, a, 10000);
	ck_assert_ptr_nonnull(r);
	ck_assert_str_eq(r->element[2]->str, result);
	ck_assert_str_eq(queue_result_get(one, a, "1", &up), result);
	ck_assert(up);
	ck_assert_int_gt(count("TTL", "celery-task-meta-1"), 0);
	ck_assert_int_le(count("TTL", "celery-task-meta-1"), 100);
	ck_assert_int_eq(queue_ack(one, a, item.tag, "1", result), 0);
}
END_TEST

START_TEST(an_ack_needs_no_result)
{
	bool up;

	push("q", "1");
	ck_assert_int_eq(queue_ack(one, a, take(one, "1").tag, "1", NULL), 1);
	all_ended();
	ck_assert_ptr_null(queue_result_get(one, a, "1", &up));
	ck_assert(up);
}
END_TEST

START_TEST(a_success_stays)
{
	bool up;

	ck_assert_int_eq(queue_result(one, a, "1", "{\"status\":\"RETRY\"}"),
	    0);
	ck_assert_int_eq(queue_result(one, a, "1", "not JSON"), 0);
	ck_assert_int_eq(queue_result(one, a, "1",
			     "{\"status\":\"SUCCESS\",\"x\":1}"),
	    0);
	ck_assert_int_eq(queue_result(one, a, "1", "{\"status\":\"FAILURE\"}"),
	    0);
	push("q", "1");
	ck_assert_int_eq(queue_ack(one, a, take(one, "1").tag, "1",
			     "{\"status\":\"FAILURE\"}"),
	    1);
	all_ended();
	ck_assert_str_eq(queue_result_get(one, a, "1", &up),
	    "{\"status\":\"SUCCESS\",\"x\":1}");
}
END_TEST

START_TEST(a_late_ack_changes_nothing)
{
	struct queue_item old, new;
	bool up;

	push("q", "1");
	old = take(one, "1");
	make_old(old.tag, 100);
	ck_assert_int_eq(queue_restore(two, a), 1);
	new = take(two, "1");
	ck_assert_str_ne(old.tag, new.tag);
	ck_assert_int_eq(queue_ack(one, a, old.tag, "1", success("1")), 0);
	ck_assert_ptr_null(queue_result_get(one, a, "1", &up));
	ck_assert_int_eq(queue_give_back(one, a, old.tag, true), 0);
	ck_assert_int_eq(queue_bury(one, a, old.tag, "late"), 0);
	ck_assert_int_eq(queue_park(one, a, old.tag), 0);
	nothing(one);
	ck_assert_int_eq(queue_ack(two, a, new.tag, "1", success("1")), 1);
	all_ended();
}
END_TEST

START_TEST(what_is_given_back_is_next)
{
	struct queue_item first, second;
	struct queue_text text = message("5", 5, "q");

	push("q", "1");
	push("q", "2");
	push("q", "3");
	first = take(one, "1");
	second = take(one, "2");
	ck_assert_int_eq(queue_give_back(one, a, second.tag, false), 1);
	ck_assert_int_eq(queue_give_back(one, a, first.tag, false), 1);
	all_ended();
	ck_assert_int_eq(queue_give_back(one, a, first.tag, false), 0);
	first = take(two, "1");
	ck_assert_ptr_null(strstr(first.text, "redelivered"));
	take(two, "2");
	take(two, "3");
	redis("LPUSH q" SEP "3 %s", text.data);
	first = take(one, "5");
	ck_assert_int_eq(queue_give_back(one, a, first.tag, true), 1);
	ck_assert_int_eq(count("LLEN", "q" SEP "3"), 1);
}
END_TEST

/* What is marked, and what becomes of it. */
#define TAIL ",\"delivery_tag\":\"x\""
static const struct marked {
	const char *before, *after;
} marked[] = {
	{ "{\"headers\":{\"a\":[]},\"properties\":{\"delivery_info\":{\"b\":"
	  "12345678901234567890123}" TAIL "}}",
	    "{\"headers\":{\"redelivered\":true,\"a\":[]},\"properties\":{"
	    "\"delivery_info\":{\"redelivered\":true,\"b\":"
	    "12345678901234567890123}" TAIL "}}" },
	{ "{\"headers\":{},\"properties\":{\"delivery_info\":{}" TAIL "}}",
	    "{\"headers\":{\"redelivered\":true},\"properties\":{"
	    "\"delivery_info\":{\"redelivered\":true}" TAIL "}}" },
	{ "{\"properties\":{\"delivery_info\":{\"redelivered\":false}" TAIL
	  "},\"headers\":{\"redelivered\":null,\"z\":1}}",
	    "{\"properties\":{\"delivery_info\":{\"redelivered\":true}" TAIL
	    "},\"headers\":{\"redelivered\":true,\"z\":1}}" },
	{ "{\"headers\":[],\"properties\":{\"delivery_info\":{}" TAIL "}}",
	    "{\"headers\":[],\"properties\":{\"delivery_info\":{"
	    "\"redelivered\":true}" TAIL "}}" },
	{ "{\"x\":NaN,\"properties\":{\"delivery_info\":{}" TAIL "}}",
	    "{\"x\":NaN,\"properties\":{\"delivery_info\":{"
	    "\"redelivered\":true}" TAIL "}}" },
};

/* Without the blanks. */
static const char *
squeezed(const char *text, size_t len)
{
	char *copy = arena_strndup(a, text, len), *to = copy;

	for (const char *p = copy; *p != '\0'; p++) {
		if (*p != ' ')
			*to++ = *p;
	}
	*to = '\0';
	return copy;
}

START_TEST(a_restart_is_marked_and_the_rest_stays)
{
	struct queue_item item;

	redis("LPUSH q %s", marked[_i].before);
	ck_assert_int_eq(queue_take(one, a, &any, &item), 1);
	ck_assert_int_eq(queue_give_back(one, a, item.tag, true), 1);
	all_ended();
	ck_assert_int_eq(queue_take(one, a, &any, &item), 1);
	ck_assert_str_eq(squeezed(item.text, item.len), marked[_i].after);
}
END_TEST

START_TEST(what_nobody_can_run_is_kept)
{
	const redisReply *r;
	const char *text;

	push("q", "1");
	ck_assert_int_eq(queue_bury(one, a, take(one, "1").tag, "a \"b\""), 1);
	push("q", "2");
	ck_assert_int_eq(queue_park(one, a, take(one, "2").tag), 1);
	all_ended();
	r = redis("LINDEX errand:dead 0");
	ck_assert_ptr_nonnull(strstr(r->str, "\"queue\":\"q\""));
	ck_assert_ptr_nonnull(strstr(r->str, "\"why\":\"a \\\"b\\\"\"}\n{"));
	text = strchr(r->str, '\n') + 1;
	ck_assert_str_eq(id_of(text, strlen(text)), "1");
	r = redis("LINDEX q.unregistered 0");
	ck_assert_str_eq(id_of(r->str, r->len), "2");
}
END_TEST

static const char *const no_messages[] = { "x", "{", "7", "null", "\"x\"", "[]",
	"[1,2]", "{}", "{\"properties\":7}", "{\"properties\":{}}",
	"{\"properties\":{\"delivery_info\":7,\"delivery_tag\":\"x\"}}",
	"{\"properties\":{\"delivery_info\":{}}}",
	"{\"properties\":{\"delivery_info\":{},\"delivery_tag\":null}}", "\x80",
	"\xff\xfe" };

START_TEST(broken_elements_are_put_aside)
{
	const redisReply *r;

	push("q", "before");
	redis("LPUSH q %s", no_messages[_i]);
	redis("LPUSH q" SEP "9 %s", no_messages[_i]);
	push("q", "behind");
	take(one, "before");
	take(one, "behind");
	nothing(one);
	ck_assert_int_eq(count("HLEN", "unacked"), 2);
	ck_assert_int_eq(count("LLEN", "errand:dead"), 2);
	r = redis("LINDEX errand:dead 0");
	ck_assert_str_eq(strchr(r->str, '\n') + 1, no_messages[_i]);
}
END_TEST

START_TEST(half_a_surrogate_pair_is_no_fault)
{
	static const char text[] =
	    "{\"headers\":{\"x\":\"\\ud83d\",\"y\":\"\\\\ud83d\"},"
	    "\"properties\":{\"delivery_info\":{},\"delivery_tag\":\"x\"}}";
	struct queue_item item;

	redis("LPUSH q %s", text);
	ck_assert_int_eq(queue_take(one, a, &any, &item), 1);
	ck_assert_str_eq(item.text, text);
	ck_assert_int_eq(queue_give_back(one, a, item.tag, true), 1);
	all_ended();
	ck_assert_int_eq(queue_take(one, a, &any, &item), 1);
}
END_TEST

START_TEST(many_broken_elements_stop_nothing)
{
	struct queue_item item;
	int rc;

	for (int i = 0; i < 250; i++)
		redis("LPUSH q broken");
	push("q", "1");
	do {
		rc = queue_take(one, a, &any, &item);
		ck_assert_int_ne(rc, -1);
	} while (rc == 0);
	ck_assert_str_eq(id_of(item.text, item.len), "1");
	ck_assert_int_eq(count("LLEN", "errand:dead"), 250);
}
END_TEST

START_TEST(too_large_ones_are_put_aside)
{
	char *large = arena_alloc(a, CELERY_MAX + 1);
	const struct queue_text text = { large, CELERY_MAX + 1 };

	memset(large, 'x', CELERY_MAX + 1);
	ck_assert_int_eq(queue_push(one, a, "q", &text, 1), 0);
	nothing(one);
	ck_assert_int_eq(count("LLEN", "errand:dead"), 1);
}
END_TEST

START_TEST(a_heartbeat_keeps_what_is_ours)
{
	struct queue_item mine, lost;
	const char *tags[2];

	push("q", "1");
	push("q", "2");
	mine = take(one, "1");
	lost = take(one, "2");
	tags[0] = mine.tag;
	tags[1] = lost.tag;
	ck_assert_int_eq(queue_heartbeat(one, a, tags, 0), 0);
	make_old(lost.tag, 100);
	ck_assert_int_eq(queue_restore(two, a), 1);
	make_old(mine.tag, 100);
	ck_assert_int_eq(queue_heartbeat(one, a, tags, 2), 0);
	ck_assert_int_eq(queue_restore(two, a), 0);
	ck_assert_int_eq(count("ZCARD", "unacked_index"), 1);
	ck_assert_int_eq(queue_ack(one, a, mine.tag, "1", NULL), 1);
	take(two, "2");
}
END_TEST

START_TEST(a_dead_node_is_helped_at_once)
{
	push("q", "1");
	push("q", "2");
	push("q", "3");
	ck_assert_int_eq(queue_alive(one, a), 0);
	take(one, "1");
	take(one, "2");
	take(two, "3");
	ck_assert_int_eq(queue_restore(two, a), 0);
	ck_assert_int_gt(count("TTL", "errand:node:errand@one"), 0);
	ck_assert_int_le(count("TTL", "errand:node:errand@one"), 15);
	queue_gone(one, a);
	ck_assert_int_eq(queue_restore(two, a), 2);
	ck_assert_int_eq(count("HLEN", "unacked"), 1);
	ck_assert_ptr_nonnull(strstr(take(two, "1").text, "redelivered"));
	take(two, "2");
	nothing(two);
}
END_TEST

/* Stock workers hold what has any tag of theirs. */
static void
hold(const char *tag, const char *id, const char *exchange, const char *key)
{
	redis("HSET unacked %s [%s,\"%s\",\"%s\"]", tag,
	    message(id, 0, key).data, exchange, key);
	redis("ZADD unacked_index %lld %s", (long long)clock_wall_s(), tag);
}

START_TEST(old_entries_of_anybody_are_restored)
{
	hold("tag-1", "1", "", "q");
	hold("tag-2", "2", "", "q");
	ck_assert_int_eq(queue_restore(one, a), 0);
	make_old("tag-1", 3599);
	ck_assert_int_eq(queue_restore(one, a), 0);
	make_old("tag-1", 3700);
	make_old("tag-2", 3650);
	ck_assert_int_eq(queue_restore(one, a), 2);
	all_ended();
	ck_assert_int_eq(count("EXISTS", "unacked_mutex"), 0);
	take(one, "1");
	take(one, "2");
}
END_TEST

START_TEST(who_holds_the_lock_restores_old_entries)
{
	struct queue_item item;

	hold("tag-1", "1", "", "q");
	make_old("tag-1", 3700);
	push("q", "2");
	item = take(two, "2");
	queue_gone(two, a);
	redis("SET unacked_mutex somebody");
	ck_assert_int_eq(queue_restore(one, a), 1);
	ck_assert_str_eq(redis("GET unacked_mutex")->str, "somebody");
	take(one, "2");
	ck_assert_int_eq(queue_ack(two, a, item.tag, "2", NULL), 0);
	redis("DEL unacked_mutex");
	ck_assert_int_eq(queue_restore(one, a), 1);
	take(one, "1");
}
END_TEST

static const struct route {
	const char *member, *key;
	bool goes;
} routes[] = {
	{ "k" SEP SEP "q", "k", true },
	{ "k" SEP SEP "q", "kk", false },
	{ "a.#" SEP "^a\\..*?$" SEP "q", "a.b.c", true },
	{ "a.#" SEP "^a\\..*?$" SEP "q", "a.", true },
	{ "a.#" SEP "^a\\..*?$" SEP "q", "a", false },
	{ "a.#" SEP "^a\\..*?$" SEP "q", "ab.c", false },
	{ "#" SEP "^.*?$" SEP "q", "any.thing", true },
	{ "a.*" SEP "^a\\..*?[^\\.]$" SEP "q", "a.b", true },
	{ "a.*" SEP "^a\\..*?[^\\.]$" SEP "q", "a.b.c", true },
	{ "a.*" SEP "^a\\..*?[^\\.]$" SEP "q", "a.b.", false },
	{ "a.*" SEP "^a\\..*?[^\\.]$" SEP "q", "a.", false },
	{ "*.b.#" SEP "^.*?[^\\.]\\.b\\..*?$" SEP "q", "x.y.b.z", true },
	{ "*.b.#" SEP "^.*?[^\\.]\\.b\\..*?$" SEP "q", "b.b", false },
	{ "*.*.*.*.*.*.*.*.*.z" SEP "^x$" SEP "q",
	    "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", false },
	{ "*.*.*.*.*.*.*.*.*.z" SEP "^x$" SEP "q",
	    "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.z", true },
	{ "x", "x", false },
	{ "x" SEP "q", "x", false },
	{ SEP SEP, "", false },
};

START_TEST(exchanges_send_as_they_are_bound)
{
	hold("tag-1", "1", "x", routes[_i].key);
	make_old("tag-1", 3700);
	redis("SADD _kombu.binding.x %s", routes[_i].member);
	redis("SADD _kombu.binding.x other" SEP SEP "other");
	ck_assert_int_eq(queue_restore(one, a), routes[_i].goes);
	ck_assert_int_eq(count("HLEN", "unacked"), !routes[_i].goes);
	if (routes[_i].goes)
		take(one, "1");
	ck_assert_int_eq(count("LLEN", "other"), 0);
}
END_TEST

START_TEST(without_a_queue_it_is_kept)
{
	hold("tag-1", "1", "nowhere", "k");
	make_old("tag-1", 3700);
	hold("tag-2", "2", "", "q");
	make_old("tag-2", 3650);
	ck_assert_int_eq(queue_restore(one, a), 1);
	ck_assert_int_eq(count("HLEN", "unacked"), 1);
	ck_assert_int_eq(count("ZCARD", "unacked_index"), 1);
	redis("SADD _kombu.binding.nowhere k" SEP SEP "r");
	ck_assert_int_eq(queue_restore(one, a), 1);
	all_ended();
	take(one, "2");
	take(one, "1");
}
END_TEST

static const char *const no_entries[] = { "x", "[]", "{}", "[1,2,3]",
	"[{},\"\"]", "[{},\"\",7]", "[{},null,\"q\"]", "[{},\"\",\"q\",1]",
	"[{\"a\":},\"\",\"q\"]", "\xff", "[\"x\",\"\",\"q\"]" };

START_TEST(broken_entries_are_put_aside)
{
	redis("HSET unacked tag-1 %s", no_entries[_i]);
	redis("ZADD unacked_index 1 tag-1");
	hold("tag-2", "2", "", "q");
	make_old("tag-2", 3650);
	ck_assert_int_eq(queue_restore(one, a), 1);
	all_ended();
	ck_assert_str_eq(strchr(redis("LINDEX errand:dead 0")->str, '\n') + 1,
	    no_entries[_i]);
	take(one, "2");
}
END_TEST

START_TEST(half_an_entry_is_cleaned_away)
{
	redis("ZADD unacked_index 1 tag-1");
	ck_assert_int_eq(queue_restore(one, a), 0);
	all_ended();
}
END_TEST

START_TEST(what_was_taken_unawares_is_taken)
{
	struct queue_item item;

	nothing(one); /* now the server knows the script */
	push("q", "1");
	push("q", "2");
	kill(server.pid, SIGSTOP);
	ck_assert_int_eq(queue_take(one, a, &any, &item), -1);
	kill(server.pid, SIGCONT);
	EVENTUALLY(kv_up(one_kv) && kv_up(third_kv));
	EVENTUALLY(count("HLEN", "unacked") == 1);
	item = take(one, "1");
	ck_assert_str_eq(item.queue, "q");
	ck_assert_int_eq(count("HLEN", "unacked"), 1);
	ck_assert_int_eq(queue_ack(one, a, item.tag, "1", NULL), 1);
	take(one, "2");
	nothing(one);
}
END_TEST

/* Even if somebody has restored one of them in between. */
START_TEST(several_taken_unawares_are_taken)
{
	struct queue_item items[QUEUE_MOST];
	const char *tag;

	takes(one, items, "");
	for (int i = 1; i <= 4; i++)
		push("q", arena_printf(a, "%d", i));
	kill(server.pid, SIGSTOP);
	ck_assert_int_eq(queue_take(one, a, &dozen, items), -1);
	kill(server.pid, SIGCONT);
	EVENTUALLY(kv_up(one_kv) && kv_up(third_kv));
	EVENTUALLY(count("HLEN", "unacked") == 4);
	tag = redis("ZRANGE unacked_index 0 0")->element[0]->str;
	ck_assert_int_eq(queue_give_back(two, a, tag, false), 1);
	ck_assert_int_eq(queue_take(one, a, &dozen, items), 3);
	for (int i = 0; i < 3; i++) {
		ck_assert_str_eq(items[i].tag,
		    queue_tag_of(a, tag, (size_t)i + 1));
		ck_assert_str_eq(id_of(items[i].text, items[i].len),
		    arena_printf(a, "%d", i + 2));
		ck_assert_str_eq(items[i].queue, "q");
	}
	ck_assert_int_eq(count("HLEN", "unacked"), 3);
	takes(one, items, "1");
}
END_TEST

static void
limit_answers(const char *most)
{
	const struct kv_word words[] = { KV("CONFIG"), KV("SET"),
		KV("client-output-buffer-limit"), KV(most) };

	ck_assert_ptr_nonnull(kv_run(third_kv, a, NELEM(words), words));
}

/* The connection sends the same once more where it was closed instead of an
 * answer, as by a server that finds the answer too long. */
START_TEST(a_take_that_is_sent_again_takes_no_more)
{
	struct queue_item items[QUEUE_MOST];
	int i;

	for (i = 0; i < 30; i++)
		push_kind(arena_printf(a, "%d", i), "errand.test", 5000);
	limit_answers("normal 1 0 0");
	ck_assert_int_eq(queue_take(one, a, &dozen, items), -1);
	limit_answers("normal 0 0 0");
	EVENTUALLY(kv_up(one_kv));
	ck_assert_int_eq(count("HLEN", "unacked"), 12);
	ck_assert_int_eq(count("LLEN", "q"), 18);
	takes(one, items, "0 1 2 3 4 5 6 7 8 9 10 11");
	takes(one, items, "12 13 14 15 16 17 18 19 20 21 22 23");
}
END_TEST

START_TEST(waiting_changes_nothing)
{
	struct queue_text text[] = { message("1", 0, "q"),
		message("2", 0, "q") };

	queue_wait(one, a, names, 1, 20);
	queue_wait(one, a, names, 2, 20);
	ck_assert_int_eq(queue_push(one, a, "q", text, 2), 0);
	for (int i = 0; i < 3; i++)
		queue_wait(one, a, names, 1, 60000);
	ck_assert_int_eq(count("LLEN", "q"), 2);
	take(one, "1");
	take(one, "2");
}
END_TEST

START_TEST(waiting_ends_when_something_comes)
{
	pid_t pid = fork();

	if (pid == 0) { /* long before the minute is over */
		queue_wait(one, a, names, 1, 60000);
		_exit(queue_length(one, a, "q") == 1 ? 0 : 1);
	}
	kv_free(one_kv); /* is the child's now */
	one_kv = kv_new_broker();
	queue_free(one);
	one = queue_new(one_kv, "errand@one");
	EVENTUALLY(strstr(redis("INFO clients")->str, "blocked_clients:1"));
	push("q", "1");
	int status = -1;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_full_server_loses_nothing)
{
	struct queue_text text = message("2", 0, "q");
	struct queue_item item;

	push("q", "1");
	redis("CONFIG SET maxmemory 1");
	ck_assert_int_eq(queue_push(one, a, "q", &text, 1), -1);
	if (queue_take(one, a, &any, &item) == 1) {
		ck_assert_int_eq(count("HLEN", "unacked"), 1);
		ck_assert_int_eq(queue_give_back(one, a, item.tag, true), 1);
		all_ended();
	}
	ck_assert_int_eq(count("LLEN", "q"), 1);
	redis("CONFIG SET maxmemory 0");
	take(one, "1");
}
END_TEST

START_TEST(lost_data_are_noticed)
{
	ck_assert(queue_lost(one, a));
	ck_assert(queue_lost(two, a));
	ck_assert_int_eq(queue_settled(two, a), 0);
	ck_assert(!queue_lost(one, a));
	ck_assert(!queue_lost(two, a));
	redis("FLUSHALL");
	ck_assert(queue_lost(one, a));
	ck_assert(queue_lost(one, a));
	ck_assert_int_eq(queue_settled(one, a), 0);
	ck_assert(!queue_lost(one, a));
}
END_TEST

START_TEST(data_lost_meanwhile_are_noticed)
{
	ck_assert(queue_lost(one, a));
	redis("FLUSHALL");
	ck_assert_int_eq(queue_settled(one, a), 0);
	ck_assert(queue_lost(one, a));
	redis("SAVE");
	redis_server_stop(&server, SIGKILL);
	redis_server_start(&server);
	EVENTUALLY(queue_settled(one, a) == 0);
	ck_assert(queue_lost(one, a));
	ck_assert_int_eq(queue_settled(one, a), 0);
	ck_assert(!queue_lost(one, a));
}
END_TEST

START_TEST(older_data_are_noticed)
{
	ck_assert(queue_lost(one, a));
	ck_assert_int_eq(queue_settled(one, a), 0);
	redis("SAVE");
	push("q", "1");
	redis_server_stop(&server, SIGKILL);
	ck_assert(!queue_lost(one, a));
	redis_server_start(&server);
	EVENTUALLY(queue_lost(one, a));
	EVENTUALLY(queue_lost(two, a));
	EVENTUALLY(kv_up(third_kv));
	ck_assert_int_eq(count("EXISTS", "q"), 0);
	ck_assert_int_eq(queue_settled(two, a), 0);
	ck_assert(!queue_lost(one, a));
}
END_TEST

/* How often each message is seen that has one digit; *all: how many texts. */
static int
look(size_t page, unsigned seen[10], size_t *all)
{
	struct queue_look walk = { .page = page };
	struct celery_message m;
	struct queue_text *texts;
	const char *why;
	size_t n;
	int rc;

	*all = 0;
	memset(seen, 0, 10 * sizeof(*seen));
	while ((rc = queue_look(one, a, names, 2, &walk, &texts, &n)) == 1) {
		ck_assert_uint_le(n, page);
		*all += n;
		for (size_t i = 0; i < n; i++) {
			ck_assert(celery_decode(a, texts[i].data, texts[i].len,
				      &m, &why) == CELERY_OK ||
				  m.id == NULL);
			if (m.id != NULL)
				seen[m.id[0] - '0']++;
		}
	}
	return rc;
}

START_TEST(all_that_is_there_is_seen)
{
	unsigned seen[10];
	size_t all;

	ck_assert_int_eq(look(3, seen, &all), 0);
	ck_assert_uint_eq(all, 0);
	for (int i = 0; i < 7; i++)
		push("q", arena_printf(a, "%d", i));
	take(one, "0");
	push("r", "7");
	redis("LMOVE q q" SEP "9 RIGHT LEFT");
	redis("LPUSH r broken");
	redis("HSET unacked t1 broken");
	redis("HSET unacked t2 [7,\"\",\"q\"]");
	for (size_t page = 1; page < 9; page++) {
		ck_assert_int_eq(look(page, seen, &all), 0);
		ck_assert_uint_eq(all, 7 + 1 + 2);
		for (int i = 0; i < 8; i++)
			ck_assert_uint_eq(seen[i], i == 0 ? 2 : 1);
	}
	redis_server_stop(&server, SIGKILL);
	ck_assert_int_eq(look(3, seen, &all), -1);
	redis_server_start(&server);
}
END_TEST

START_TEST(pokes_are_heard)
{
	struct queue_ear *ear = queue_ear_new(two_kv);

	ck_assert(queue_ear_wait(ear, 10)); /* there may have been one */
	ck_assert(!queue_ear_wait(ear, 10));
	queue_poke(one, a);
	queue_poke(one, a);
	EVENTUALLY(queue_ear_wait(ear, 20000));
	while (queue_ear_wait(ear, 10))
		continue;
	redis_server_stop(&server, SIGKILL);
	ck_assert(!queue_ear_wait(ear, 10));
	queue_poke(one, a); /* nobody minds */
	redis_server_start(&server);
	EVENTUALLY(queue_ear_wait(ear, 10));
	ck_assert(!queue_ear_wait(ear, 10));
	EVENTUALLY(kv_up(one_kv));
	queue_poke(one, a);
	EVENTUALLY(queue_ear_wait(ear, 20000));
	queue_ear_free(ear);
}
END_TEST

static long long
commands_of(const char *name)
{
	const redisReply *r = redis("INFO commandstats");
	const char *at =
	    strstr(r->str, arena_printf(a, "cmdstat_%s:calls=", name));

	return at == NULL ? 0 : strtoll(strchr(at, '=') + 1, NULL, 10);
}

/* One poke for each pair, whether something else was sent in between, and
 * though the connection was closed before. */
START_TEST(a_poke_goes_along)
{
	const char *tag = "t";

	queue_poke_along(one, a);
	ck_assert_int_eq(queue_alive(one, a), 0);
	ck_assert_int_eq(commands_of("publish"), 1);
	ck_assert_int_eq(queue_heartbeat(one, a, &tag, 1), 0);
	queue_poke(one, a);
	ck_assert_int_eq(commands_of("publish"), 1);
	queue_poke_along(one, a);
	queue_poke(one, a);
	ck_assert_int_eq(commands_of("publish"), 2);
	queue_poke(one, a);
	ck_assert_int_eq(commands_of("publish"), 3);
	redis("CLIENT KILL TYPE normal");
	queue_poke_along(one, a);
	ck_assert_int_eq(queue_heartbeat(one, a, &tag, 1), 0);
	queue_poke(one, a);
	ck_assert_int_eq(commands_of("publish"), 4);
	redis_server_stop(&server, SIGKILL);
	queue_poke_along(one, a);
	ck_assert_int_eq(queue_alive(one, a), -1);
	queue_poke(one, a);
	redis_server_start(&server);
	EVENTUALLY(kv_up(one_kv) && kv_up(third_kv));
	ck_assert_int_eq(queue_length(one, a, "q"), 0);
	ck_assert_int_eq(commands_of("publish"), 0);
}
END_TEST

START_TEST(without_a_server_all_say_so)
{
	struct queue_text text = message("1", 0, "q");
	struct queue_item item;
	const char *tag = "t";
	bool up = true;

	redis_server_stop(&server, SIGKILL);
	ck_assert_int_eq(queue_push(one, a, "q", &text, 1), -1);
	ck_assert_int_eq(queue_take(one, a, &any, &item), -1);
	queue_wait(one, a, names, 1, 5);
	ck_assert_int_eq(queue_ack(one, a, "t", "1", NULL), -1);
	ck_assert_int_eq(queue_result(one, a, "1", "{}"), -1);
	ck_assert_ptr_null(queue_result_get(one, a, "1", &up));
	ck_assert(!up);
	ck_assert_int_eq(queue_give_back(one, a, "t", false), -1);
	ck_assert_int_eq(queue_bury(one, a, "t", "x"), -1);
	ck_assert_int_eq(queue_park(one, a, "t"), -1);
	ck_assert_int_eq(queue_heartbeat(one, a, &tag, 1), -1);
	ck_assert_int_eq(queue_alive(one, a), -1);
	ck_assert_int_eq(queue_restore(one, a), -1);
	ck_assert(!queue_lost(one, a));
	ck_assert_int_eq(queue_settled(one, a), -1);
	ck_assert_int_eq(queue_length(one, a, "q"), -1);
	queue_poke(one, a);
	redis_server_start(&server);
	EVENTUALLY(queue_push(one, a, "q", &text, 1) == 0);
	EVENTUALLY(kv_up(third_kv));
	take(one, "1");
}
END_TEST

START_TEST(every_key_has_the_prefix)
{
	const redisReply *r;
	struct queue_item item;

	settings.broker_key_prefix = "p";
	push("q", "1");
	push("q", "2");
	push("q", "3");
	item = take(one, "1");
	ck_assert_int_eq(queue_ack(one, a, item.tag, "1", success("1")), 1);
	ck_assert_int_eq(queue_park(one, a, take(one, "2").tag), 1);
	take(one, "3");
	redis("LPUSH pq broken");
	nothing(one);
	ck_assert(queue_lost(one, a));
	queue_gone(one, a);
	ck_assert_int_eq(queue_restore(two, a), 1);
	r = redis("KEYS *");
	ck_assert_uint_eq(r->elements, 5);
	for (size_t i = 0; i < r->elements; i++)
		ck_assert_int_eq(r->element[i]->str[0], 'p');
	ck_assert_int_eq(count("EXISTS", "p_celery-task-meta-1"), 1);
}
END_TEST

/* Whatever its name is, a pool's tags name it and nobody else. */
START_TEST(long_names_of_pools_stay_apart)
{
	static const char stem[] = "errand@a-name-of-a-host-that-is-longer-"
				   "than-any-tag-of-ours-may-be";
	struct queue *left, *right;
	struct queue_item item;

	left = queue_new(one_kv, arena_printf(a, "%s-1:x y", stem));
	right = queue_new(two_kv, arena_printf(a, "%s-2:x y", stem));
	ck_assert_int_eq(queue_alive(right, a), 0);
	push("q", "1");
	item = take(left, "1");
	ck_assert_int_lt(strlen(item.tag), QUEUE_TAG - 1);
	ck_assert_ptr_null(strchr(item.tag, ' '));
	ck_assert_int_eq(queue_restore(right, a), 0);
	queue_gone(left, a);
	ck_assert_int_eq(queue_restore(right, a), 1);
	queue_free(left);
	queue_free(right);
}
END_TEST

/* A test between set_up and tear_down; without redis-server none runs. */
int
main(void)
{
	const struct harness_test tests[] = {
		{ the_first_in_is_the_first_out, 0, 0 },
		{ many_go_in_at_once, 0, 0 },
		{ urgent_ones_come_first, 0, 0 },
		{ queues_take_turns, 0, 0 },
		{ those_of_a_kind_are_taken_together, 0, 0 },
		{ no_take_is_without_bounds, 0, 0 },
		{ each_of_a_take_goes_its_own_way, 0, 0 },
		{ an_ack_ends_it_and_tells_the_result, 0, 0 },
		{ an_ack_needs_no_result, 0, 0 },
		{ a_success_stays, 0, 0 },
		{ a_late_ack_changes_nothing, 0, 0 },
		{ what_is_given_back_is_next, 0, 0 },
		{ a_restart_is_marked_and_the_rest_stays, NELEM(marked), 0 },
		{ what_nobody_can_run_is_kept, 0, 0 },
		{ broken_elements_are_put_aside, NELEM(no_messages), 0 },
		{ half_a_surrogate_pair_is_no_fault, 0, 0 },
		{ many_broken_elements_stop_nothing, 0, 0 },
		{ too_large_ones_are_put_aside, 0, 0 },
		{ a_heartbeat_keeps_what_is_ours, 0, 0 },
		{ a_dead_node_is_helped_at_once, 0, 0 },
		{ old_entries_of_anybody_are_restored, 0, 0 },
		{ who_holds_the_lock_restores_old_entries, 0, 0 },
		{ exchanges_send_as_they_are_bound, NELEM(routes), 0 },
		{ without_a_queue_it_is_kept, 0, 0 },
		{ broken_entries_are_put_aside, NELEM(no_entries), 0 },
		{ half_an_entry_is_cleaned_away, 0, 0 },
		{ what_was_taken_unawares_is_taken, 0, 0 },
		{ several_taken_unawares_are_taken, 0, 0 },
		{ a_take_that_is_sent_again_takes_no_more, 0, 0 },
		{ waiting_changes_nothing, 0, 0 },
		{ waiting_ends_when_something_comes, 0, 0 },
		{ a_full_server_loses_nothing, 0, 0 },
		{ lost_data_are_noticed, 0, 0 },
		{ data_lost_meanwhile_are_noticed, 0, 0 },
		{ older_data_are_noticed, 0, 0 },
		{ all_that_is_there_is_seen, 0, 0 },
		{ pokes_are_heard, 0, 0 },
		{ a_poke_goes_along, 0, 0 },
		{ without_a_server_all_say_so, 0, 0 },
		{ every_key_has_the_prefix, 0, 0 },
		{ long_names_of_pools_stay_apart, 0, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("queue", set_up, tear_down, tests, NELEM(tests));
}
