/* SPDX-License-Identifier: ISC */
/* Entries that go: by a write, a flush, another database, another server. */
#include "config.h"

#include "lib/cache_bed.h"

/* Each test runs for a task (_i 0) and for a list (_i 1). */
START_TEST(all_are_dropped_at_once)
{
	fill(_i);
	ck_assert_int_eq(look(two, _i), CACHE_HIT);
	ck_assert_int_eq(cache_invalidate_all(two, a), 0);
	ck_assert_int_eq(look(one, _i), CACHE_MISS);
}
END_TEST

/* A write that Redis did not confirm is made up for by its process, before it
 * trusts anything; not even the others see the old entry then. */
START_TEST(what_is_owed_is_paid_first)
{
	const char *ids[] = { ID };

	fill(_i);
	settings.redis_timeout = 20;
	kill(server.pid, SIGSTOP);
	EVENTUALLY(look(one, _i) == CACHE_BYPASS);
	ck_assert_int_eq(cache_invalidate(one, a, ids, 1), -1);
	settings.redis_timeout = 1000;
	kill(server.pid, SIGCONT);
	ck_assert_int_eq(look(two, _i), CACHE_HIT);
	EVENTUALLY(look(one, _i) == CACHE_MISS);
	ck_assert_int_eq(look(two, _i), CACHE_MISS);
}
END_TEST

static void
connect_both(const char *word)
{
	snprintf(source[0], sizeof(source[0]), "%s", word);
	snprintf(source[1], sizeof(source[1]), "%s", word);
}

START_TEST(entries_of_another_database_are_none)
{
	connect_both("first");
	fill(_i);
	ck_assert_int_eq(look(two, _i), CACHE_HIT);
	snprintf(source[1], sizeof(source[1]), "second");
	ck_assert_int_eq(look(two, _i), CACHE_MISS);
	connect_both("second");
	fill(_i);
	ck_assert_int_eq(look(two, _i), CACHE_HIT);
}
END_TEST

/* Who is still connected to the first one has a lease, and asks for another. */
START_TEST(who_is_elsewhere_fills_nothing)
{
	struct cache_slot old = slot_of(_i);
	struct cache_entry e;

	connect_both("first");
	ck_assert_int_eq(cache_get(one, a, &old, &e), CACHE_MISS);
	snprintf(source[1], sizeof(source[1]), "second");
	ck_assert_int_eq(cache_match_source(two, a), 0);
	cache_put(one, a, &old, &doc);
	ck_assert_int_eq(look(two, _i), CACHE_MISS);
	ck_assert_int_eq(cache_get(one, a, &old, &e), CACHE_BYPASS);
	ck_assert(cache_is_of_another(one));
	connect_both("second");
	ck_assert_int_eq(cache_get(one, a, &old, &e), CACHE_MISS);
	ck_assert(!cache_is_of_another(one));
	cache_put(one, a, &old, &doc);
	ck_assert_int_eq(look(two, _i), CACHE_HIT);
}
END_TEST

/* A former primary neither takes the cache nor drops what is in it. */
START_TEST(redis_keeps_the_later_timeline)
{
	struct cache_slot slot = slot_of(_i);
	struct cache_entry e;

	ck_assert_ptr_null(cache_heard(one));
	snprintf(source[0], sizeof(source[0]), "7.00000002.5");
	snprintf(source[1], sizeof(source[1]), "7.00000001.5");
	fill(_i);
	ck_assert_int_eq(look(two, _i), CACHE_BYPASS);
	ck_assert(cache_is_of_another(two));
	ck_assert_str_eq(cache_heard(two), source[0]);
	ck_assert_int_eq(cache_get(one, a, &slot, &e), CACHE_HIT);
	snprintf(source[1], sizeof(source[1]), "7.00000003.5");
	ck_assert_int_eq(look(two, _i), CACHE_MISS);
	ck_assert(!cache_is_of_another(two));
	ck_assert_str_eq(cache_heard(one), source[1]);
}
END_TEST

/* Then nobody knows what the entries are of. */
START_TEST(an_evicted_source_takes_all_along)
{
	struct cache_slot slot = slot_of(_i);
	struct cache_entry e;

	connect_both("first");
	fill(_i);
	run("DEL", "tasks:source");
	invalidate();
	ck_assert_int_eq(cache_get(one, a, &slot, &e), CACHE_BYPASS);
	ck_assert_int_eq(look(one, _i), CACHE_MISS);
	fill(_i);
	ck_assert_int_eq(look(two, _i), CACHE_HIT);
}
END_TEST

/* Off stops reads and fills, but what is there must not outlive a change. */
START_TEST(what_is_off_still_forgets)
{
	fill(_i);
	settings.cache_enabled = false;
	ck_assert_int_eq(look(one, _i), CACHE_BYPASS);
	invalidate();
	settings.cache_enabled = true;
	ck_assert_int_eq(look(one, _i), CACHE_MISS);
}
END_TEST

START_TEST(one_task_is_dropped_and_no_list)
{
	fill(false);
	fill(true);
	cache_drop(two, a, ID);
	ck_assert_int_eq(look(one, false), CACHE_MISS);
	ck_assert_int_eq(look(one, true), CACHE_HIT);
}
END_TEST

static const char *
get(const char *key)
{
	const struct kv_word words[] = { KV("GET"), KV(key) };
	const redisReply *r = kv_run(one_kv, a, NELEM(words), words);

	ck_assert_ptr_nonnull(r);
	return r->type == REDIS_REPLY_STRING ? r->str : NULL;
}

START_TEST(a_flush_drops_all_of_ours)
{
	int64_t dropped, until = clock_mono_us() + 60 * CLOCK_SECOND;
	bool whole;

	fill(false);
	fill(true);
	run("INCR", "taskbar:x");
	run("INCR", "task");
	ck_assert_int_eq(cache_flush(one, until, &dropped, &whole), 0);
	ck_assert(whole);
	ck_assert_int_ge(dropped, 4); /* a document and its meta, twice */
	ck_assert_int_eq(look(two, false), CACHE_MISS);
	ck_assert_int_eq(look(two, true), CACHE_MISS);
	ck_assert_str_eq(get("taskbar:x"), "1");
	ck_assert_str_eq(get("task"), "1");
	ck_assert_int_eq(cache_flush(one, until, &dropped, &whole), 0);
	ck_assert_int_eq(dropped, 0);
}
END_TEST

/* Prefixes of two instances on one server: patterns are no more than text. */
static const struct {
	const char *one, *two;
} prefixes[] = {
	{ "", "two:" },
	{ "one:", "" },
	{ "one:", "two:" },
	{ "[ab]*?", "a:b?" },
	{ "*", "x" },
	{ "\\", "\\\\" },
	{ "a?", "ab" },
};

START_TEST(instances_are_kept_apart)
{
	const char *mine = prefixes[_i].one, *other = prefixes[_i].two;
	int64_t dropped, until = clock_mono_us() + 60 * CLOCK_SECOND;
	bool whole;

	for (int list = 0; list < 2; list++) {
		settings.cache_key_prefix = mine;
		fill(list);
		settings.cache_key_prefix = other;
		fill(list);
		settings.cache_key_prefix = mine;
		ck_assert_int_eq(look(one, list), CACHE_HIT);
	}
	invalidate();
	cache_drop(one, a, ID);
	ck_assert_int_eq(look(one, false), CACHE_MISS);
	ck_assert_int_eq(look(one, true), CACHE_MISS);
	ck_assert_int_eq(cache_flush(one, until, &dropped, &whole), 0);
	ck_assert_int_gt(dropped, 0);
	ck_assert_int_eq(cache_flush(one, until, &dropped, &whole), 0);
	ck_assert_int_eq(dropped, 0);
	settings.cache_key_prefix = other;
	ck_assert_int_eq(look(two, false), CACHE_HIT);
	ck_assert_int_eq(look(two, true), CACHE_HIT);
}
END_TEST

/* It ends when its time is over, and all is void even so. */
START_TEST(a_flush_without_time_voids_all)
{
	const struct kv_word many[] = { KV("EVAL"),
		KV("for i = 1, 5000 do redis.call('SET', 'task:' .. i, '') "
		   "end"),
		KV("0") };
	int64_t dropped;
	bool whole;

	fill(_i);
	ck_assert_ptr_nonnull(kv_run(one_kv, a, NELEM(many), many));
	ck_assert_int_eq(cache_flush(one, clock_mono_us(), &dropped, &whole),
	    0);
	ck_assert(!whole);
	ck_assert_int_lt(dropped, 5000);
	ck_assert_int_eq(look(two, _i), CACHE_MISS);
}
END_TEST

START_TEST(a_full_redis_still_forgets)
{
	const struct kv_word full[] = { KV("CONFIG"), KV("SET"),
		KV("maxmemory"), KV("1") };

	fill(_i);
	ck_assert_ptr_nonnull(kv_run(one_kv, a, NELEM(full), full));
	invalidate();
	ck_assert_int_ne(look(one, _i), CACHE_HIT);
	ck_assert_int_ne(look(two, _i), CACHE_HIT);
}
END_TEST

/* A test between set_up and tear_down; without redis-server none runs. */
int
main(void)
{
	const struct harness_test tests[] = {
		{ all_are_dropped_at_once, BOTH, 0 },
		{ what_is_owed_is_paid_first, BOTH, 0 },
		{ entries_of_another_database_are_none, BOTH, 0 },
		{ who_is_elsewhere_fills_nothing, BOTH, 0 },
		{ redis_keeps_the_later_timeline, BOTH, 0 },
		{ an_evicted_source_takes_all_along, BOTH, 0 },
		{ what_is_off_still_forgets, BOTH, 0 },
		{ one_task_is_dropped_and_no_list, 0, 0 },
		{ a_flush_drops_all_of_ours, 0, 0 },
		{ instances_are_kept_apart, NELEM(prefixes), 0 },
		{ a_flush_without_time_voids_all, BOTH, 0 },
		{ a_full_redis_still_forgets, BOTH, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("cache_drop", set_up, tear_down, tests,
	    NELEM(tests));
}
