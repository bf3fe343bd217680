/* SPDX-License-Identifier: ISC */
/* Two relays, of which one learns later than the other that sentinels name
 * another broker. */
#include "config.h"

#include "lib/queue_bed.h"

static struct redis_server other, sentinel;
static char url[64];

static void
set_up_named(void)
{
	server_tcp = true;
	set_up();
	redis_server_new(&other, true);
	redis_server_sentinel(&sentinel);
	redis_server_name(&sentinel, server.port);
	snprintf(url, sizeof(url), "sentinel://127.0.0.1:%s/m", sentinel.port);
	settings.broker_url = url;
	settings.broker_master_name = "";
	settings.broker_sentinel_username = "";
	settings.broker_sentinel_password = "";
	queue_free(one);
	queue_free(two);
	kv_free(one_kv);
	kv_free(two_kv);
	one_kv = kv_new_broker();
	two_kv = kv_new_broker();
	one = queue_new(one_kv, "errand@one");
	two = queue_new(two_kv, "errand@two");
	queue_use(one, a);
	queue_use(two, a);
}

static void
tear_down_named(void)
{
	redis_server_free(&sentinel);
	redis_server_free(&other);
	tear_down();
}

/* What the second has sent to the one of before nobody else could look for. */
START_TEST(who_comes_later_looks_as_well)
{
	ck_assert(queue_lost(one, "s"));
	ck_assert_int_eq(queue_complete(one), 0);
	ck_assert(!queue_lost(two, "s"));
	redis_server_name(&sentinel, other.port);
	kv_leave(one_kv);
	ck_assert(queue_lost(one, "s"));
	ck_assert_int_eq(queue_complete(one), 0);
	ck_assert(!queue_lost(one, "s"));
	ck_assert(!queue_lost(two, "s")); /* it is still there */
	kv_leave(two_kv);
	ck_assert(queue_lost(two, "s"));
	ck_assert(queue_lost(two, "s"));
	ck_assert_int_eq(queue_complete(two), 0);
	ck_assert(!queue_lost(two, "s"));
	ck_assert(!queue_lost(one, "s"));
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ who_comes_later_looks_as_well, 0, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("queue_named", set_up_named, tear_down_named,
	    tests, NELEM(tests));
}
