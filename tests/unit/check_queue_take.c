/* SPDX-License-Identifier: ISC */
/* Messages are put in and taken out, also where an answer got lost. */
#include "config.h"

#include "lib/queue_bed.h"

START_TEST(the_first_in_is_the_first_out)
{
	struct queue_text text[] = { message("1", 0, "q"), message("2", 0, "q"),
		message("3", 0, "q") };
	struct queue_item item;

	nothing(one);
	ck_assert_int_eq(queue_push(one, "q", text, 3), 0);
	ck_assert_int_eq(queue_length(one, "q"), 3);
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
	ck_assert_int_eq(queue_push(one, "q", text, NELEM(text)), 0);
	ck_assert_int_eq(queue_length(one, "q"), NELEM(text));
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
	ck_assert_int_eq(queue_length(one, "q"), 4);
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
	ck_assert_int_eq(queue_ack_all(one, tags, 3), 0);
	ck_assert_int_eq(count("HLEN", "unacked"), 4);
	ck_assert_int_eq(count("ZCARD", "unacked_index"), 4);
	ck_assert_int_eq(queue_ack_all(one, tags, 3), 0);
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
	ck_assert_int_eq(queue_take(one, &any, &item), 1);
	ck_assert_str_eq(item.text, text);
	ck_assert_int_eq(queue_give_back(one, item.tag, true), 1);
	all_ended();
	ck_assert_int_eq(queue_take(one, &any, &item), 1);
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
		rc = queue_take(one, &any, &item);
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
	ck_assert_int_eq(queue_push(one, "q", &text, 1), 0);
	nothing(one);
	ck_assert_int_eq(count("LLEN", "errand:dead"), 1);
}
END_TEST

START_TEST(what_was_taken_unawares_is_taken)
{
	struct queue_item item;

	nothing(one); /* now the server knows the script */
	push("q", "1");
	push("q", "2");
	kill(server.pid, SIGSTOP);
	ck_assert_int_eq(queue_take(one, &any, &item), -1);
	kill(server.pid, SIGCONT);
	EVENTUALLY(kv_up(one_kv) && kv_up(third_kv));
	EVENTUALLY(count("HLEN", "unacked") == 1);
	item = take(one, "1");
	ck_assert_str_eq(item.queue, "q");
	ck_assert_int_eq(count("HLEN", "unacked"), 1);
	ck_assert_int_eq(queue_ack(one, item.tag, "1", NULL), 1);
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
	ck_assert_int_eq(queue_take(one, &dozen, items), -1);
	kill(server.pid, SIGCONT);
	EVENTUALLY(kv_up(one_kv) && kv_up(third_kv));
	EVENTUALLY(count("HLEN", "unacked") == 4);
	tag = redis("ZRANGE unacked_index 0 0")->element[0]->str;
	ck_assert_int_eq(queue_give_back(two, tag, false), 1);
	ck_assert_int_eq(queue_take(one, &dozen, items), 3);
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
	ck_assert_int_eq(queue_take(one, &dozen, items), -1);
	limit_answers("normal 0 0 0");
	EVENTUALLY(kv_up(one_kv));
	ck_assert_int_eq(count("HLEN", "unacked"), 12);
	ck_assert_int_eq(count("LLEN", "q"), 18);
	takes(one, items, "0 1 2 3 4 5 6 7 8 9 10 11");
	takes(one, items, "12 13 14 15 16 17 18 19 20 21 22 23");
}
END_TEST

/* Also those that a lost answer held. */
START_TEST(revoked_ones_are_marked)
{
	struct queue_item items[QUEUE_MOST];

	for (int i = 1; i <= 4; i++)
		push("q", arena_printf(a, "%d", i));
	ck_assert(!take(one, "1").revoked);
	redis("SADD " QUEUE_REVOKED " 3 17");
	takes(one, items, "2 3 4");
	ck_assert(!items[0].revoked);
	ck_assert(items[1].revoked);
	ck_assert(!items[2].revoked);
	ck_assert_int_eq(queue_give_back(one, items[1].tag, true), 1);
	redis("HSET unacked %s %s", queue_next(one),
	    "[{\"headers\":{\"id\":\"17\"}},\"\",\"q\"]");
	ck_assert_int_eq(queue_take(one, &any, items), 1);
	ck_assert(items[0].revoked);
	ck_assert(take(one, "3").revoked);
}
END_TEST

/* Without redis-server none runs. */
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
		{ broken_elements_are_put_aside, NELEM(no_messages), 0 },
		{ half_a_surrogate_pair_is_no_fault, 0, 0 },
		{ many_broken_elements_stop_nothing, 0, 0 },
		{ too_large_ones_are_put_aside, 0, 0 },
		{ what_was_taken_unawares_is_taken, 0, 0 },
		{ several_taken_unawares_are_taken, 0, 0 },
		{ a_take_that_is_sent_again_takes_no_more, 0, 0 },
		{ revoked_ones_are_marked, 0, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("queue_take", set_up, tear_down, tests,
	    NELEM(tests));
}
