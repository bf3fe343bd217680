/* SPDX-License-Identifier: ISC */
/* The cache on servers of which a sentinel names one after the other, while
 * some processes have not asked it again. */
#include "config.h"

#include "lib/cache_bed.h"
#include "lib/later.h"

static struct redis_server other, sentinel;
static char url[64];

/* Two servers, of which the sentinel names the first, and two processes there
 * that may use it. */
static void
set_up_named(void)
{
	server_tcp = true;
	set_up();
	redis_server_new(&other, true);
	redis_server_sentinel(&sentinel);
	redis_server_name(&sentinel, server.port);
	snprintf(url, sizeof(url), "sentinel://127.0.0.1:%s", sentinel.port);
	settings.redis_url = url;
	settings.redis_master_name = "m";
	settings.redis_sentinel_username = "";
	settings.redis_sentinel_password = "";
	kv_free(one_kv);
	kv_free(two_kv);
	one_kv = kv_new_redis();
	two_kv = kv_new_redis();
	cache_free(one);
	cache_free(two);
	one = cache_new(one_kv, source[0]);
	two = cache_new(two_kv, source[1]);
}

static void
tear_down_named(void)
{
	redis_server_free(&sentinel);
	redis_server_free(&other);
	tear_down();
}

/* It asks the sentinel time and again, as a loop does. */
static bool
serves(struct cache *c, bool list)
{
	cache_watch(c);
	return look(c, list) != CACHE_BYPASS;
}

static bool
hits(struct cache *c, bool list)
{
	cache_watch(c);
	return look(c, list) == CACHE_HIT;
}

/* Until both use the first, and its entry is there. */
static void
begin(bool list)
{
	EVENTUALLY(serves(one, list) && serves(two, list));
	fill(list);
	EVENTUALLY(hits(two, list));
}

/* Another is named, which the second finds at once.  Its change is answered
 * when the first serves no more what is left behind. */
START_TEST(a_change_waits_for_who_reads_on_the_server_of_before)
{
	begin(_i);
	redis_server_name(&sentinel, other.port);
	kv_leave(two_kv);
	invalidate();
	ck_assert_int_eq(look(one, _i), CACHE_BYPASS);
	EVENTUALLY(serves(one, _i));
	ck_assert_str_eq(kv_run_id(one_kv), kv_run_id(two_kv));
	fill(_i);
	EVENTUALLY(hits(two, _i));
}
END_TEST

/* What is filled on the new one knows of what is told to the one of before. */
START_TEST(nothing_is_filled_while_changes_are_told_elsewhere)
{
	const char *ids[] = { ID };
	struct cache_slot slot = slot_of(_i);
	struct cache_entry e;

	begin(_i);
	redis_server_name(&sentinel, other.port);
	kv_leave(two_kv);
	ck_assert_int_eq(cache_get(two, a, &slot, &e), CACHE_BYPASS);
	ck_assert(kv_live(two_kv) != 0);
	EVENTUALLY(serves(two, _i));
	ck_assert_int_eq(cache_get(two, a, &slot, &e), CACHE_MISS);
	cache_put(two, a, &slot, &doc);
	ck_assert_int_eq(look(two, _i), CACHE_HIT);

	/* by now the first has to ask before its change is answered */
	ck_assert_int_eq(cache_invalidate(one, a, ids, 1), 0);
	ck_assert_str_eq(kv_run_id(one_kv), kv_run_id(two_kv));
	cache_watch(two);
	ck_assert_int_ne(look(two, _i), CACHE_HIT);
}
END_TEST

/* Since when the server is known as the one, in milliseconds before now. */
static void
known_for(const struct redis_server *s, const char *run, int64_t ms)
{
	redisContext *c = redisConnectUnix(s->path);
	redisReply *r;

	ck_assert_ptr_nonnull(c);
	r = redisCommand(c, "SET tasks:server %s",
	    arena_printf(a, "%s %lld", run,
		(long long)(clock_wall_us() / 1000 - ms)));
	ck_assert_ptr_nonnull(r);
	freeReplyObject(r);
	redisFree(c);
}

/* A process that begins later learns there that nobody has another; but not
 * where a clock that was set forward may say so. */
START_TEST(who_comes_later_waits_for_nobody)
{
	struct kv *kv = kv_new_redis();
	struct cache *c = cache_new(kv, "");

	begin(_i);
	known_for(&server, kv_run_id(one_kv), 10000);
	cache_watch(c);
	ck_assert_int_eq(look(c, _i), CACHE_BYPASS);
	known_for(&server, kv_run_id(one_kv), 100000);
	kv_leave(kv);
	cache_watch(c);
	ck_assert_int_eq(look(c, _i), CACHE_MISS);
	cache_free(c);
	kv_free(kv);
}
END_TEST

/* A server is named again that has been another's follower at no time. */
START_TEST(who_comes_back_begins_anew)
{
	begin(_i);
	redis_server_name(&sentinel, other.port);
	kv_leave(one_kv);
	EVENTUALLY(serves(one, _i));
	known_for(&server, kv_run_id(two_kv), 100000);
	redis_server_name(&sentinel, server.port);
	kv_leave(one_kv);
	cache_watch(one);
	ck_assert_int_eq(look(one, _i), CACHE_BYPASS);
	ck_assert_str_eq(kv_run_id(one_kv), kv_run_id(two_kv));
	EVENTUALLY(serves(one, _i));
}
END_TEST

/* Another may have been named while the machine was suspended. */
START_TEST(what_was_said_before_a_sleep_does_not_count)
{
	begin(_i);
	asleep(KV_SURE_MS);
	ck_assert_int_eq(look(two, _i), CACHE_BYPASS);
	EVENTUALLY(hits(two, _i) || serves(two, _i));
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_change_waits_for_who_reads_on_the_server_of_before, BOTH,
		    0 },
		{ nothing_is_filled_while_changes_are_told_elsewhere, BOTH, 0 },
		{ who_comes_later_waits_for_nobody, BOTH, 0 },
		{ who_comes_back_begins_anew, BOTH, 0 },
		{ what_was_said_before_a_sleep_does_not_count, BOTH, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("cache_named", set_up_named, tear_down_named,
	    tests, NELEM(tests));
}
