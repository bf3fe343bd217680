/* SPDX-License-Identifier: ISC */
/* The cache protocol, step by step, on a Redis server of its own. */
#include "config.h"

#include "lib/cache_bed.h"

#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool cut; /* connections, when a token is made next */

/* Stands in front of libc's. */
ssize_t
getrandom(void *out, size_t n, unsigned flags)
{
	redisContext *c;

	if (cut) {
		cut = false;
		c = redisConnectUnix(server.path);
		freeReplyObject(redisCommand(c, "CLIENT KILL TYPE normal"));
		redisFree(c);
	}
	return syscall(SYS_getrandom, out, n, flags);
}

/* Each test runs for a task (_i 0) and for a list (_i 1). */
START_TEST(what_is_put_is_got)
{
	struct cache_slot slot = slot_of(_i);
	struct cache_entry e, with_next = doc;

	with_next.next = "eyJ4Ijox";
	ck_assert_int_eq(cache_get(one, a, &slot, &e), CACHE_MISS);
	cache_put(one, a, &slot, &with_next);
	slot = slot_of(_i);
	ck_assert_int_eq(cache_get(two, a, &slot, &e), CACHE_HIT);
	ck_assert_uint_eq(e.len, doc.len);
	ck_assert_mem_eq(e.body, doc.body, doc.len);
	ck_assert_str_eq(e.tag, "7");
	ck_assert_str_eq(e.next, "eyJ4Ijox");
	ck_assert_str_eq(e.since, "since");
}
END_TEST

/* What others may leave at our keys: never served, and mended. */
static const struct {
	const char *command; /* SET: text in place of ours; else a new type */
	const char *key;     /* NULL: the slot's data */
	const char *text;
	const char *tag; /* in meta, instead */
	const char *next;
} foreign[] = {
	{ "SET", NULL, "{\"m\":1}", "7", "-" },
	{ "SET", NULL, "{\"n\":\n1}", "7", "-" },
	{ "SET", NULL, "{\"n\":11111111111111111111\x01, 11111111111}", "7",
	    "-" },
	{ "SET", NULL, "{\"n\":\"\x1f\"}", "7", "-" },
	{ "SET", NULL, "{\"n\":", "7", "-" },
	{ "SET", NULL, "", "7", "-" },
	{ "SET", NULL, "{\"n\":1}", "7\r\nSet-Cookie:a=b", "-" },
	{ "SET", NULL, "{\"n\":1}", "7\"", "-" },
	{ "SET", NULL, "{\"n\":1}", "7", "x>;rel=up" },
	{ "SET", NULL, "{\"n\":1}", "7", "x\r\nA:b" },
	{ "SET", NULL, "{\"n\":1}", "7", "- x\r\nA:b" },
	{ "RPUSH", NULL, "x", "7", "-" },
	{ "SADD", ":meta", "x", "7", "-" },
	{ "RPUSH", "generation", "x", "7", "-" },
};

static void
say(const char *command, const char *key, const char *text)
{
	const struct kv_word words[] = { KV(command), KV(key),
		KV(text == NULL ? "" : text) };

	ck_assert_ptr_nonnull(kv_run(one_kv, a, text == NULL ? 2 : 3, words));
}

static void
leave(const char *command, const char *key, const char *text)
{
	say("DEL", key, NULL);
	say(command, key, text);
}

/* Writes meta again with that tag and that next cursor, or also another. */
static void
leave_meta(const struct cache_slot *slot, const char *tag, const char *next)
{
	const struct kv_word words[] = { KV("GET"), KV(slot->meta) };
	const redisReply *r = kv_run(one_kv, a, NELEM(words), words);
	int len;

	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(sscanf(r->str, "x %*s %*s%n", &len), 0);
	say("SET", slot->meta,
	    arena_printf(a, "%.*s %s %s - x", len, r->str, tag, next));
}

START_TEST(what_is_foreign_is_not_served)
{
	const char *key = foreign[_i].key;
	struct cache_entry e;

	for (int list = 0; list < 2; list++) {
		struct cache_slot slot = slot_of(list);

		snprintf(source[0], sizeof(source[0]), "one");
		fill(list);
		leave_meta(&slot, foreign[_i].tag, foreign[_i].next);
		if (key == NULL)
			key = slot.data;
		else if (str_eq(key, ":meta"))
			key = slot.meta;
		else if (str_eq(key, "generation"))
			key = slot.guard;
		leave(foreign[_i].command, key, foreign[_i].text);
		slot.begins = "{\"n\":";
		ck_assert_int_eq(cache_get(one, a, &slot, &e), CACHE_MISS);
		ck_assert(slot.leased);
		cache_put(one, a, &slot, &doc);
		slot = slot_of(list);
		slot.begins = "{\"n\":";
		ck_assert_int_eq(cache_get(one, a, &slot, &e), CACHE_HIT);
		ck_assert_str_eq(e.tag, "7");
		key = foreign[_i].key;
	}
}
END_TEST

/* Another release kept something else under another letter. */
START_TEST(what_has_another_letter_is_not_served)
{
	struct cache_slot slot = slot_of(_i);
	const struct kv_word words[] = { KV("GET"), KV(slot.meta) };
	const redisReply *r;
	struct cache_entry e;
	char *text;

	snprintf(source[0], sizeof(source[0]), "one");
	fill(_i);
	r = kv_run(one_kv, a, NELEM(words), words);
	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(r->str[0], 'x');
	text = arena_strdup(a, r->str);
	text[0] = 'w';
	say("SET", slot.meta, text);
	ck_assert_int_eq(cache_get(one, a, &slot, &e), CACHE_MISS);
	ck_assert(slot.leased);
}
END_TEST

/* Whoever fills meets it, and tells Redis the source again. */
START_TEST(a_foreign_source_is_mended)
{
	snprintf(source[0], sizeof(source[0]), "one");
	fill(_i);
	leave("RPUSH", "tasks:source", "x");
	invalidate();
	ck_assert_int_eq(look(one, _i), CACHE_BYPASS);
	fill(_i);
	ck_assert_int_eq(look(one, _i), CACHE_HIT);
}
END_TEST

START_TEST(a_write_drops_it)
{
	fill(_i);
	ck_assert_int_eq(look(two, _i), CACHE_HIT);
	invalidate();
	ck_assert_int_eq(look(one, _i), CACHE_MISS);
}
END_TEST

START_TEST(a_fill_does_not_overtake_a_write)
{
	struct cache_slot slot = slot_of(_i);
	struct cache_entry e;

	ck_assert_int_eq(cache_get(one, a, &slot, &e), CACHE_MISS);
	invalidate();
	cache_put(one, a, &slot, &doc);
	ck_assert_int_eq(look(two, _i), CACHE_MISS);
}
END_TEST

START_TEST(a_fill_does_not_overtake_a_write_and_the_next_lease)
{
	struct cache_slot old = slot_of(_i), new = slot_of(_i);
	const struct cache_entry newer = { "{\"n\":2}", 7, "8", NULL, NULL };
	struct cache_entry e;

	ck_assert_int_eq(cache_get(one, a, &old, &e), CACHE_MISS);
	invalidate();
	ck_assert_int_eq(cache_get(two, a, &new, &e), CACHE_MISS);
	ck_assert(new.leased);
	cache_put(one, a, &old, &doc);
	cache_put(two, a, &new, &newer);
	new = slot_of(_i);
	ck_assert_int_eq(cache_get(one, a, &new, &e), CACHE_HIT);
	ck_assert_str_eq(e.tag, "8");
}
END_TEST

START_TEST(one_fills_and_the_others_wait_in_vain)
{
	struct cache_slot mine = slot_of(_i), theirs = slot_of(_i);
	struct cache_entry e;

	ck_assert_int_eq(cache_get(one, a, &mine, &e), CACHE_MISS);
	ck_assert_int_eq(cache_get(two, a, &theirs, &e), CACHE_MISS);
	ck_assert(mine.leased && !theirs.leased);
	cache_put(two, a, &theirs, &doc);
	cache_abandon(one, a, &mine);
	ck_assert_int_eq(cache_get(two, a, &theirs, &e), CACHE_MISS);
	ck_assert(theirs.leased);
}
END_TEST

START_TEST(lost_data_lose_the_lease)
{
	struct cache_slot slot = slot_of(_i);
	struct cache_entry e;

	ck_assert_int_eq(cache_get(one, a, &slot, &e), CACHE_MISS);
	run("FLUSHALL", NULL);
	cache_put(one, a, &slot, &doc);
	ck_assert_int_eq(look(two, _i), CACHE_MISS);
}
END_TEST

START_TEST(half_an_entry_is_none)
{
	struct cache_slot slot = slot_of(_i);

	fill(_i);
	run("DEL", slot.data);
	ck_assert_int_eq(look(two, _i), CACHE_MISS);
	fill(_i);
	run("DEL", slot.meta);
	ck_assert_int_eq(look(two, _i), CACHE_MISS);
}
END_TEST

START_TEST(what_a_restart_brings_back_is_not_served)
{
	fill(_i);
	run("SAVE", NULL);
	invalidate();
	redis_server_stop(&server, SIGKILL);
	redis_server_start(&server);
	/* The document is there again, and must not be believed. */
	EVENTUALLY(look(two, _i) == CACHE_MISS);
	EVENTUALLY(look(one, _i) == CACHE_MISS);
	fill(_i);
	ck_assert_int_eq(look(two, _i), CACHE_HIT);
}
END_TEST

START_TEST(a_lease_does_not_outlive_a_restart)
{
	struct cache_slot slot = slot_of(_i);
	struct cache_entry e;

	ck_assert_int_eq(cache_get(one, a, &slot, &e), CACHE_MISS);
	run("SAVE", NULL);
	invalidate();
	redis_server_stop(&server, SIGKILL);
	redis_server_start(&server);
	EVENTUALLY(kv_up(one_kv));
	cache_put(one, a, &slot, &doc);
	EVENTUALLY(look(two, _i) == CACHE_MISS);
}
END_TEST

/* Before a connection is met, changes may have been told elsewhere. */
START_TEST(a_lease_of_a_new_connection_is_none)
{
	struct cache_slot slot = slot_of(_i);
	struct cache_entry e;

	cut = true;
	ck_assert_int_eq(cache_get(one, a, &slot, &e), CACHE_BYPASS);
	ck_assert(!cut && !slot.leased && kv_live(one_kv) != 0);
	EVENTUALLY(look(two, _i) == CACHE_MISS);
	EVENTUALLY(look(one, _i) == CACHE_MISS);
	fill(_i);
	ck_assert_int_eq(look(two, _i), CACHE_HIT);
}
END_TEST

START_TEST(without_redis_it_is_bypassed)
{
	const char *ids[] = { ID };

	fill(_i);
	redis_server_stop(&server, SIGKILL);
	ck_assert_int_eq(look(one, _i), CACHE_BYPASS);
	ck_assert_int_eq(cache_invalidate(one, a, ids, 1), -1);
	redis_server_start(&server);
	EVENTUALLY(look(one, _i) == CACHE_MISS);
}
END_TEST

START_TEST(after_an_outage_it_is_not_trusted_at_once)
{
	fill(_i);
	ck_assert_int_eq(look(one, _i), CACHE_HIT);
	kill(server.pid, SIGSTOP);
	EVENTUALLY(look(one, _i) == CACHE_BYPASS);
	settings.cache_settle = 3600 * 1000;
	kill(server.pid, SIGCONT);
	EVENTUALLY(kv_up(one_kv));
	ck_assert_int_eq(look(one, _i), CACHE_BYPASS);
	settings.cache_settle = 0;
	EVENTUALLY(look(one, _i) == CACHE_MISS);
}
END_TEST

/* Two finds Redis away and leaves it alone for long; one does not notice. */
START_TEST(after_a_restart_it_is_not_trusted_at_once)
{
	const char *ids[] = { ID };

	fill(_i);
	settings.redis_retry_interval = settings.cache_settle = 3600 * 1000;
	redis_server_stop(&server, SIGKILL);
	ck_assert_int_eq(cache_invalidate(two, a, ids, 1), -1);
	redis_server_start(&server);
	ck_assert_int_eq(look(one, _i), CACHE_BYPASS);
	ck_assert_int_eq(look(one, _i), CACHE_BYPASS);
	settings.cache_settle = 0;
	ck_assert_int_eq(look(one, _i), CACHE_MISS);
}
END_TEST

/* A document of that many bytes. */
static struct cache_entry
large(size_t len)
{
	char *text = arena_alloc(a, len);

	memset(text, 'x', len);
	return (struct cache_entry){ text, len, "7", NULL, NULL };
}

/* Nobody waits for a fill that does not come, and a change ends it. */
START_TEST(a_large_document_is_not_kept)
{
	struct cache_slot slot = slot_of(_i), next = slot;
	struct cache_entry e, big = large(settings.cache_max_document + 1);

	fill(_i);
	invalidate();
	ck_assert_int_eq(cache_get(one, a, &slot, &e), CACHE_MISS);
	cache_put(one, a, &slot, &big);
	ck_assert_int_eq(cache_get(two, a, &next, &e), CACHE_MISS);
	ck_assert(!next.leased);
	invalidate();
	fill(_i);
	ck_assert_int_eq(look(two, _i), CACHE_HIT);
}
END_TEST

/* Fills the list of the n-th query.  True if it is kept. */
static bool
keeps(int n, bool filtered, size_t len)
{
	const char *query = arena_printf(a, "title=%d", n);
	struct cache_entry e, big = large(len);
	struct cache_slot slot;

	cache_slot_list(&slot, query, filtered);
	if (cache_get(one, a, &slot, &e) == CACHE_HIT)
		return true;
	cache_put(one, a, &slot, &big);
	cache_slot_list(&slot, query, filtered);
	return cache_get(two, a, &slot, &e) == CACHE_HIT;
}

/* What one may fill with queries of his own has an end, and takes nothing from
 * others. */
START_TEST(each_sort_has_its_room)
{
	const size_t len = 4000;
	int n;

	settings.cache_list_space = 40 * len;
	for (n = 0; n < 40 && keeps(n, true, len); n++)
		continue;
	ck_assert_int_ge(n, 15);
	ck_assert_int_le(n, 20);
	ck_assert(!keeps(n, true, 1));
	ck_assert(keeps(-1, false, len));
	fill(false);
	ck_assert_int_eq(look(two, false), CACHE_HIT);
	run("DEL", "tasks:filtered"); /* as when its time has passed */
	ck_assert(keeps(n + 1, true, len));
}
END_TEST

/* Small ones, however many, have keys as well. */
START_TEST(an_entry_is_more_than_its_document)
{
	int n;

	settings.cache_list_space = 1 << 16;
	for (n = 0; n < 1000 && keeps(n, true, 1); n++)
		continue;
	ck_assert_int_le(n, 64);
}
END_TEST

/* Lists are filled again after each change. */
START_TEST(who_is_filled_again_needs_no_more_room)
{
	const size_t len = 4000;
	int n;

	settings.cache_list_space = 8 * len;
	for (n = 0; n < 10; n++) {
		invalidate();
		ck_assert(keeps(1, _i, len));
	}
	ck_assert(keeps(2, _i, len));
	ck_assert(!keeps(3, _i, 2 * len));
	ck_assert(!keeps(4, _i, 2 * len));
	invalidate();
	ck_assert(keeps(1, _i, len));
}
END_TEST

START_TEST(a_filtered_list_lives_shorter)
{
	struct cache_slot all, some;

	cache_slot_list(&all, "a=b", false);
	cache_slot_list(&some, "a=b", true);
	ck_assert_int_eq(all.ttl, settings.cache_ttl);
	ck_assert_int_eq(some.ttl, settings.cache_filtered_ttl);
	settings.cache_ttl = 1000;
	cache_slot_list(&some, "a=b", true);
	ck_assert_int_eq(some.ttl, 1000);
}
END_TEST

/* A test between set_up and tear_down; without redis-server none runs. */
int
main(void)
{
	const struct harness_test tests[] = {
		{ what_is_put_is_got, BOTH, 0 },
		{ what_is_foreign_is_not_served, NELEM(foreign), 0 },
		{ what_has_another_letter_is_not_served, BOTH, 0 },
		{ a_foreign_source_is_mended, BOTH, 0 },
		{ a_write_drops_it, BOTH, 0 },
		{ a_fill_does_not_overtake_a_write, BOTH, 0 },
		{ a_fill_does_not_overtake_a_write_and_the_next_lease, BOTH,
		    0 },
		{ one_fills_and_the_others_wait_in_vain, BOTH, 0 },
		{ lost_data_lose_the_lease, BOTH, 0 },
		{ half_an_entry_is_none, BOTH, 0 },
		{ what_a_restart_brings_back_is_not_served, BOTH, 0 },
		{ a_lease_does_not_outlive_a_restart, BOTH, 0 },
		{ a_lease_of_a_new_connection_is_none, BOTH, 0 },
		{ without_redis_it_is_bypassed, BOTH, 0 },
		{ after_an_outage_it_is_not_trusted_at_once, BOTH, 0 },
		{ after_a_restart_it_is_not_trusted_at_once, BOTH, 0 },
		{ a_large_document_is_not_kept, BOTH, 0 },
		{ each_sort_has_its_room, 0, 0 },
		{ an_entry_is_more_than_its_document, 0, 0 },
		{ who_is_filled_again_needs_no_more_room, BOTH, 0 },
		{ a_filtered_list_lives_shorter, 0, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("cache", set_up, tear_down, tests, NELEM(tests));
}
