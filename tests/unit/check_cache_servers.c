/* SPDX-License-Identifier: ISC */
/* The cache on servers that change places, or take no writes. */
#include "config.h"

#include "lib/cache_bed.h"

#include <sys/stat.h>

/* Lets the address lead to the other of two servers, whose socket is aside.
 * Sessions stay where they are. */
static void
turn(struct redis_server *aside)
{
	const char *between = arena_printf(a, "%s/between", server.dir);

	ck_assert_int_eq(rename(server.path, between), 0);
	ck_assert_int_eq(rename(aside->path, server.path), 0);
	ck_assert_int_eq(rename(between, aside->path), 0);
}

static bool
moves(struct cache *c, struct kv *kv, const char *run_id)
{
	cache_watch(c);
	return strcmp(kv_run_id(kv), run_id) != 0 && kv_live(kv) != 0;
}

/* A server that was away comes back with what it had, and nobody has told it
 * of the change. */
START_TEST(what_another_server_did_not_hear_is_dropped)
{
	struct redis_server other;

	redis_server_new(&other, false);
	fill(_i);
	ck_assert_int_eq(look(two, _i), CACHE_HIT);
	turn(&other);
	kv_leave(one_kv);
	kv_leave(two_kv);
	invalidate();
	ck_assert_int_eq(look(one, _i), CACHE_MISS);
	turn(&other);
	kv_leave(one_kv);
	ck_assert_int_eq(look(one, _i), CACHE_MISS);
	fill(_i);
	kv_leave(two_kv);
	invalidate();
	ck_assert_int_eq(look(one, _i), CACHE_MISS);
	redis_server_free(&other);
}
END_TEST

/* So is what is there before a process has begun: it was not told what had
 * become of it meanwhile. */
START_TEST(a_new_process_trusts_nothing_old)
{
	struct kv *kv = kv_new_redis();
	struct cache *c = cache_new(kv, "");

	fill(_i);
	ck_assert_int_eq(look(c, _i), CACHE_MISS);
	fill(_i);
	ck_assert_int_eq(look(c, _i), CACHE_HIT);
	cache_free(c);
	kv_free(kv);
}
END_TEST

/* A session stays on a server that the address does not lead to any more. */
START_TEST(who_is_left_behind_notices)
{
	struct redis_server other;
	const char *run_id;

	redis_server_new(&other, false);
	fill(_i);
	run_id = arena_strdup(a, kv_run_id(one_kv));
	turn(&other);
	kv_leave(two_kv);
	invalidate();
	ck_assert_int_eq(look(one, _i), CACHE_HIT);
	EVENTUALLY(moves(one, one_kv, run_id));
	ck_assert_int_eq(look(one, _i), CACHE_MISS);
	fill(_i);
	ck_assert_int_eq(look(two, _i), CACHE_HIT);

	/* and what it left there is gone */
	turn(&other);
	kv_leave(two_kv);
	ck_assert_int_eq(look(two, _i), CACHE_MISS);
	ck_assert_str_eq(kv_run_id(two_kv), run_id);
	redis_server_free(&other);
}
END_TEST

/* What a server is told that then reads and does not write, and what mends it;
 * up to three words each. */
static const struct {
	const char *begin[4];
	const char *end[4];
} refusals[] = {
	{ { "CONFIG", "SET", "min-replicas-to-write", "1" },
	    { "CONFIG", "SET", "min-replicas-to-write", "0" } },
	{ { "REPLICAOF", "127.0.0.1", "1" }, { "REPLICAOF", "NO", "ONE" } },
	{ { "BGSAVE" },
	    { "CONFIG", "SET", "stop-writes-on-bgsave-error", "no" } },
	{ { "ACL", "SETUSER", "default", "-del" },
	    { "ACL", "SETUSER", "default", "+del" } },
	{ { "ACL", "SETUSER", "default", "-set" },
	    { "ACL", "SETUSER", "default", "+set" } },
};

/* Over a connection of its own. */
static void
tell(const char *const words[4])
{
	redisContext *c = redisConnectUnix(server.path);
	const char *argv[4];
	redisReply *r;
	int n = 0;

	for (; n < 4 && words[n] != NULL; n++)
		argv[n] = words[n];
	ck_assert_ptr_nonnull(c);
	r = redisCommandArgv(c, n, argv, NULL);
	ck_assert_ptr_nonnull(r);
	ck_assert_int_ne(r->type, REDIS_REPLY_ERROR);
	freeReplyObject(r);
	redisFree(c);
}

static enum cache_result
watch_and_look(struct cache *c, bool list)
{
	cache_watch(c);
	return look(c, list);
}

/* One only reads.  A writer whose DEL is refused cannot tell it. */
START_TEST(a_server_that_does_not_write_is_none)
{
	int row = _i / BOTH;
	bool list = _i % BOTH;
	char dump[sizeof(server.dir) + sizeof("/dump")];

	snprintf(dump, sizeof(dump), "%s/dump", server.dir);
	ck_assert_int_eq(mkdir(dump, 0700), 0); /* in its way */
	tell((const char *const[4]){ "CONFIG", "SET", "save", "3600 1000" });
	fill(list);
	ck_assert_int_eq(look(one, list), CACHE_HIT);
	tell(refusals[row].begin);
	EVENTUALLY(watch_and_look(one, list) == CACHE_BYPASS);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(watch_and_look(one, list), CACHE_BYPASS);
		usleep(5000); /* redis_retry_interval is over now and then */
	}
	tell(refusals[row].end);
	EVENTUALLY(watch_and_look(one, list) != CACHE_BYPASS);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ what_another_server_did_not_hear_is_dropped, BOTH, 0 },
		{ a_new_process_trusts_nothing_old, BOTH, 0 },
		{ who_is_left_behind_notices, BOTH, 0 },
		{ a_server_that_does_not_write_is_none, NELEM(refusals) * BOTH,
		    0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("cache_servers", set_up, tear_down, tests,
	    NELEM(tests));
}
