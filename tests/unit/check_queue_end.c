/* SPDX-License-Identifier: ISC */
/* What was taken is acknowledged, given back, or put aside. */
#include "config.h"

#include "lib/queue_bed.h"

START_TEST(each_of_a_take_goes_its_own_way)
{
	struct queue_item items[QUEUE_MOST];

	for (int i = 1; i <= 4; i++)
		push("q", arena_printf(a, "%d", i));
	takes(one, items, "1 2 3 4");
	ck_assert_int_eq(queue_give_back(one, items[3].tag, false), 1);
	ck_assert_int_eq(queue_give_back(one, items[1].tag, false), 1);
	ck_assert_int_eq(queue_ack(one, items[2].tag, "3", NULL), 1);
	ck_assert_int_eq(queue_bury(one, items[0].tag, "no use"), 1);
	all_ended();
	takes(two, items, "2 4");
	queue_gone(two);
	ck_assert_int_eq(queue_restore(one), 2);
	all_ended();
	ck_assert_int_eq(queue_length(one, "q"), 2);
}
END_TEST

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
	ck_assert_int_eq(queue_ack(one, item.tag, "1", result), 1);
	all_ended();
	r = kv_listen(two_kv, a, 10000);
	ck_assert_ptr_nonnull(r);
	ck_assert_str_eq(r->element[2]->str, result);
	ck_assert_str_eq(queue_result_get(one, "1", &up), result);
	ck_assert(up);
	ck_assert_int_gt(count("TTL", "celery-task-meta-1"), 0);
	ck_assert_int_le(count("TTL", "celery-task-meta-1"), 100);
	ck_assert_int_eq(queue_ack(one, item.tag, "1", result), 0);
}
END_TEST

START_TEST(an_ack_needs_no_result)
{
	bool up;

	push("q", "1");
	ck_assert_int_eq(queue_ack(one, take(one, "1").tag, "1", NULL), 1);
	all_ended();
	ck_assert_ptr_null(queue_result_get(one, "1", &up));
	ck_assert(up);
}
END_TEST

START_TEST(a_success_stays)
{
	bool up;

	ck_assert_int_eq(queue_result(one, "1", "{\"status\":\"RETRY\"}"), 0);
	ck_assert_int_eq(queue_result(one, "1", "not JSON"), 0);
	ck_assert_int_eq(queue_result(one, "1",
			     "{\"status\":\"SUCCESS\",\"x\":1}"),
	    0);
	ck_assert_int_eq(queue_result(one, "1", "{\"status\":\"FAILURE\"}"), 0);
	push("q", "1");
	ck_assert_int_eq(queue_ack(one, take(one, "1").tag, "1",
			     "{\"status\":\"FAILURE\"}"),
	    1);
	all_ended();
	ck_assert_str_eq(queue_result_get(one, "1", &up),
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
	ck_assert_int_eq(queue_restore(two), 1);
	new = take(two, "1");
	ck_assert_str_ne(old.tag, new.tag);
	ck_assert_int_eq(queue_ack(one, old.tag, "1", success("1")), 0);
	ck_assert_ptr_null(queue_result_get(one, "1", &up));
	ck_assert_int_eq(queue_give_back(one, old.tag, true), 0);
	ck_assert_int_eq(queue_bury(one, old.tag, "late"), 0);
	ck_assert_int_eq(queue_park(one, old.tag), 0);
	nothing(one);
	ck_assert_int_eq(queue_ack(two, new.tag, "1", success("1")), 1);
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
	ck_assert_int_eq(queue_give_back(one, second.tag, false), 1);
	ck_assert_int_eq(queue_give_back(one, first.tag, false), 1);
	all_ended();
	ck_assert_int_eq(queue_give_back(one, first.tag, false), 0);
	first = take(two, "1");
	ck_assert_ptr_null(strstr(first.text, "redelivered"));
	take(two, "2");
	take(two, "3");
	redis("LPUSH q" SEP "3 %s", text.data);
	first = take(one, "5");
	ck_assert_int_eq(queue_give_back(one, first.tag, true), 1);
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
	ck_assert_int_eq(queue_take(one, &any, &item), 1);
	ck_assert_int_eq(queue_give_back(one, item.tag, true), 1);
	all_ended();
	ck_assert_int_eq(queue_take(one, &any, &item), 1);
	ck_assert_str_eq(squeezed(item.text, item.len), marked[_i].after);
}
END_TEST

START_TEST(what_nobody_can_run_is_kept)
{
	const redisReply *r;
	const char *text;

	push("q", "1");
	ck_assert_int_eq(queue_bury(one, take(one, "1").tag, "a \"b\""), 1);
	push("q", "2");
	ck_assert_int_eq(queue_park(one, take(one, "2").tag), 1);
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

/* Without redis-server none runs. */
int
main(void)
{
	const struct harness_test tests[] = {
		{ each_of_a_take_goes_its_own_way, 0, 0 },
		{ an_ack_ends_it_and_tells_the_result, 0, 0 },
		{ an_ack_needs_no_result, 0, 0 },
		{ a_success_stays, 0, 0 },
		{ a_late_ack_changes_nothing, 0, 0 },
		{ what_is_given_back_is_next, 0, 0 },
		{ a_restart_is_marked_and_the_rest_stays, NELEM(marked), 0 },
		{ what_nobody_can_run_is_kept, 0, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("queue_end", set_up, tear_down, tests,
	    NELEM(tests));
}
