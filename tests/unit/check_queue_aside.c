/* SPDX-License-Identifier: ISC */
/* What was put aside is seen, and goes back as it came. */
#include "config.h"

#include "lib/queue_bed.h"

/* The only list that something is in, and its n elements. */
static struct queue_aside *
aside(const char *list, int n)
{
	struct queue_aside *v;

	ck_assert_int_eq(queue_aside_page(one, list, 0, 10, &v), n);
	return v;
}

static void
puts_aside(void)
{
	push("q", "1");
	ck_assert_int_eq(queue_bury(one, take(one, "1").tag, "a \"b\""), 1);
	push("r", "2");
	ck_assert_int_eq(queue_park(one, take(one, "2").tag), 1);
}

START_TEST(all_lists_are_found)
{
	const char *lists[3];

	ck_assert_int_eq(queue_aside_lists(one, lists, 3), 1);
	ck_assert_str_eq(lists[0], "errand:dead");
	ck_assert_int_eq(aside("errand:dead", 0) != NULL, 1);
	puts_aside();
	redis("SET x.unregistered x");
	ck_assert_int_eq(queue_aside_lists(one, lists, 3), 2);
	ck_assert_str_eq(lists[1], "r.unregistered");
}
END_TEST

START_TEST(an_element_says_what_it_was)
{
	struct queue_aside *v;

	puts_aside();
	v = aside("errand:dead", 1);
	ck_assert_str_eq(v->id, "1");
	ck_assert_str_eq(v->queue, "q");
	ck_assert_str_eq(v->why, "a \"b\"");
	ck_assert_int_gt(v->at, 1700000000);
	v = aside("r.unregistered", 1);
	ck_assert_str_eq(v->id, "2");
	ck_assert_str_eq(v->queue, "r");
	ck_assert_str_eq(v->why, "no pool knew its kind");
	ck_assert_int_eq(v->at, 0);
}
END_TEST

START_TEST(what_is_no_message_has_no_id)
{
	struct queue_aside *v;

	redis("LPUSH errand:dead x");
	redis("LPUSH errand:dead {\"at\":7,\"queue\":null,\"why\":\"w\"}\nx");
	v = aside("errand:dead", 2);
	ck_assert_ptr_null(v[0].id);
	ck_assert_ptr_null(v[0].queue);
	ck_assert_int_eq(v[0].at, 7);
	ck_assert_str_eq(v[0].why, "w");
	ck_assert_ptr_null(v[1].id);
	ck_assert_ptr_null(v[1].why);
}
END_TEST

START_TEST(it_goes_back_once_and_is_new)
{
	struct queue_aside v;
	bool up;

	puts_aside();
	ck_assert_int_eq(queue_result(one, "1", success("1")), 0);
	v = *aside("errand:dead", 1);
	ck_assert_int_eq(queue_aside_back(two, &v), 1);
	ck_assert_int_eq(queue_aside_back(one, &v), 0);
	ck_assert_int_eq(count("LLEN", "errand:dead"), 0);
	ck_assert_int_eq(count("LLEN", "q"), 1);
	ck_assert_ptr_null(queue_result_get(one, "1", &up));
	take(one, "1");
	v = *aside("r.unregistered", 1);
	ck_assert_int_eq(queue_aside_back(one, &v), 1);
	take(one, "2");
}
END_TEST

START_TEST(what_its_queue_refuses_stays)
{
	struct queue_aside v;

	puts_aside();
	v = *aside("errand:dead", 1);
	redis("SET q x");
	ck_assert_int_eq(queue_aside_back(one, &v), -1);
	ck_assert(queue_refused(one));
	ck_assert_int_eq(count("LLEN", "errand:dead"), 1);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ all_lists_are_found, 0, 0 },
		{ an_element_says_what_it_was, 0, 0 },
		{ what_is_no_message_has_no_id, 0, 0 },
		{ it_goes_back_once_and_is_new, 0, 0 },
		{ what_its_queue_refuses_stays, 0, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("queue_aside", set_up, tear_down, tests,
	    NELEM(tests));
}
