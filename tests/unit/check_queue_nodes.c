/* SPDX-License-Identifier: ISC */
/* What pools say of themselves is read by name, as long as it is fresh. */
#include "config.h"

#include "lib/queue_bed.h"
#include "queue/queue_nodes.h"

START_TEST(each_pool_says_what_it_does)
{
	struct queue_node *v;

	ck_assert_int_eq(queue_nodes_read(one, &v), 0);
	queue_nodes_show(two, "{\"n\": 2}");
	queue_nodes_show(one, "{\"n\": 0}");
	queue_nodes_show(one, "{\"n\": 1}");
	ck_assert_int_eq(queue_nodes_read(one, &v), 2);
	ck_assert_str_eq(v[0].name, "errand@one");
	ck_assert_str_eq(v[0].state.data, "{\"n\": 1}");
	ck_assert_uint_eq(v[0].state.len, 8);
	ck_assert_str_eq(v[1].name, "errand@two");
	ck_assert_str_eq(v[1].state.data, "{\"n\": 2}");
}
END_TEST

START_TEST(who_says_nothing_more_is_gone)
{
	struct queue_node *v;

	queue_nodes_show(one, "{}");
	redis("ZADD errand:nodes 1 errand@old");
	ck_assert_int_eq(queue_nodes_read(one, &v), 1);
	ck_assert_int_gt(count("TTL", "errand:state:errand@one"), 0);
	ck_assert_int_le(count("TTL", "errand:state:errand@one"), 15);
	queue_nodes_show(two, "{}");
	ck_assert_int_eq(count("ZCARD", "errand:nodes"), 2);
	redis("DEL errand:state:errand@one");
	ck_assert_int_eq(queue_nodes_read(one, &v), 1);
	ck_assert_str_eq(v[0].name, "errand@two");
}
END_TEST

START_TEST(a_key_of_another_type_is_no_list)
{
	struct queue_node *v;

	redis("SET errand:nodes x");
	queue_nodes_show(one, "{}");
	ck_assert_int_eq(queue_nodes_read(one, &v), -1);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ each_pool_says_what_it_does, 0, 0 },
		{ who_says_nothing_more_is_gone, 0, 0 },
		{ a_key_of_another_type_is_no_list, 0, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("queue_nodes", set_up, tear_down, tests,
	    NELEM(tests));
}
