/* SPDX-License-Identifier: ISC */
/* What its taker has left is given to others. */
#include "config.h"

#include "lib/queue_bed.h"

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
	ck_assert_int_eq(queue_heartbeat(one, tags, 0), 0);
	make_old(lost.tag, 100);
	ck_assert_int_eq(queue_restore(two), 1);
	make_old(mine.tag, 100);
	ck_assert_int_eq(queue_heartbeat(one, tags, 2), 0);
	ck_assert_int_eq(queue_restore(two), 0);
	ck_assert_int_eq(count("ZCARD", "unacked_index"), 1);
	ck_assert_int_eq(queue_ack(one, mine.tag, "1", NULL), 1);
	take(two, "2");
}
END_TEST

START_TEST(a_dead_node_is_helped_at_once)
{
	push("q", "1");
	push("q", "2");
	push("q", "3");
	ck_assert_int_eq(queue_alive(one), 0);
	take(one, "1");
	take(one, "2");
	take(two, "3");
	ck_assert_int_eq(queue_restore(two), 0);
	ck_assert_int_gt(count("TTL", "errand:node:errand@one"), 0);
	ck_assert_int_le(count("TTL", "errand:node:errand@one"), 15);
	queue_gone(one);
	ck_assert_int_eq(queue_restore(two), 2);
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
	ck_assert_int_eq(queue_restore(one), 0);
	make_old("tag-1", 3500);
	ck_assert_int_eq(queue_restore(one), 0);
	make_old("tag-1", 3700);
	make_old("tag-2", 3650);
	ck_assert_int_eq(queue_restore(one), 2);
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
	queue_gone(two);
	redis("SET unacked_mutex somebody");
	ck_assert_int_eq(queue_restore(one), 1);
	ck_assert_str_eq(redis("GET unacked_mutex")->str, "somebody");
	take(one, "2");
	ck_assert_int_eq(queue_ack(two, item.tag, "2", NULL), 0);
	/* Not for ever. */
	ck_assert_int_gt(count("TTL", "unacked_mutex"), 0);
	redis("EXPIRE unacked_mutex 5000");
	ck_assert_int_eq(queue_restore(one), 0);
	ck_assert_int_gt(count("TTL", "unacked_mutex"), 4000);
	redis("DEL unacked_mutex");
	ck_assert_int_eq(queue_restore(one), 1);
	take(one, "1");
}
END_TEST

/* Of a stock worker, and of a pool that is gone. */
START_TEST(what_is_not_in_the_index_is_watched)
{
	const char *const tags[] = { "tag-1", "errand:gone:x:1" };
	struct queue_item item;

	push("q", "9");
	item = take(one, "9");
	for (size_t i = 0; i < 2; i++) {
		hold(tags[i], i == 0 ? "1" : "2", "", "q");
		redis("ZREM unacked_index %s", tags[i]);
	}
	ck_assert_int_eq(queue_restore(one), 1);
	take(two, "2");
	ck_assert_int_eq(queue_restore(one), 0);
	make_old("tag-1", 3700);
	ck_assert_int_eq(queue_restore(one), 1);
	take(two, "1");
	ck_assert_int_eq(queue_ack(one, item.tag, "9", NULL), 1);
}
END_TEST

/* More than one round sees. */
START_TEST(all_entries_are_watched)
{
	redis("EVAL %s 1 unacked",
	    "for\ti=1,1000\tdo\tredis.call('HSET',KEYS[1],i,'x')\tend");
	for (int i = 0; count("ZCARD", "unacked_index") < 1000; i++) {
		ck_assert_int_lt(i, 20);
		ck_assert_int_eq(queue_restore(one), 0);
	}
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
	ck_assert_int_eq(queue_restore(one), routes[_i].goes);
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
	ck_assert_int_eq(queue_restore(one), 1);
	ck_assert_int_eq(count("HLEN", "unacked"), 1);
	ck_assert_int_eq(count("ZCARD", "unacked_index"), 1);
	redis("SADD _kombu.binding.nowhere k" SEP SEP "r");
	ck_assert_int_eq(queue_restore(one), 1);
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
	ck_assert_int_eq(queue_restore(one), 1);
	all_ended();
	ck_assert_str_eq(strchr(redis("LINDEX errand:dead 0")->str, '\n') + 1,
	    no_entries[_i]);
	take(one, "2");
}
END_TEST

START_TEST(half_an_entry_is_cleaned_away)
{
	redis("ZADD unacked_index 1 tag-1");
	ck_assert_int_eq(queue_restore(one), 0);
	all_ended();
}
END_TEST

/* Where Celery's programs have other steps and another separator. */
START_TEST(lists_are_named_as_celery_is_told)
{
	static const char *all[] = { "0", "1", "5", "9" };
	static const struct {
		const char *id, *list;
	} rows[] = { { "0", "q" }, { "3", "q:1" }, { "7", "q:5" },
		{ "9", "q:9" } };
	struct queue_item item;

	settings.broker_sep = ":";
	settings.broker_priority_steps = (struct conf_list){ NELEM(all), all };
	for (size_t i = NELEM(rows); i-- > 0;)
		redis("LPUSH %s %s", rows[i].list,
		    message(rows[i].id, rows[i].id[0] - '0', "q").data);
	ck_assert_int_eq(queue_length(one, "q"), NELEM(rows));
	for (size_t i = 0; i < NELEM(rows); i++) {
		item = take(one, rows[i].id);
		ck_assert_int_eq(queue_give_back(one, item.tag, false), 1);
		ck_assert_int_eq(count("LLEN", rows[i].list), 1);
		item = take(one, rows[i].id);
	}
	redis("SADD _kombu.binding.e k::q");
	redis("HSET unacked t %s",
	    "[{\"properties\":{\"priority\":6}},\"e\",\"k\"]");
	redis("ZADD unacked_index 1 t");
	ck_assert_int_eq(queue_restore(two), 1);
	ck_assert_int_eq(count("LLEN", "q:5"), 1);
}
END_TEST

/* Of these lists the second and the third are read by nobody. */
START_TEST(lists_that_nobody_reads_are_told_of)
{
	const char *text = message("1", 0, "q").data;
	struct queue_unread u = { 0 };

	redis("LPUSH q%s3 %s", SEP, text);
	redis("LPUSH q:3 %s", text);
	redis("LPUSH q.unregistered %s", text);
	redis("LPUSH q2 %s", message("2", 0, "q2").data);
	redis("LPUSH q3 x");
	redis("SET q4 %s", text);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(u.said_at != 0, i > 1);
		queue_look_unread(one, &u, names, NELEM(names));
	}
	ck_assert_uint_eq(u.turn, 1);
}
END_TEST

/* Without redis-server none runs. */
int
main(void)
{
	const struct harness_test tests[] = {
		{ a_heartbeat_keeps_what_is_ours, 0, 0 },
		{ a_dead_node_is_helped_at_once, 0, 0 },
		{ old_entries_of_anybody_are_restored, 0, 0 },
		{ who_holds_the_lock_restores_old_entries, 0, 0 },
		{ what_is_not_in_the_index_is_watched, 0, 0 },
		{ all_entries_are_watched, 0, 0 },
		{ exchanges_send_as_they_are_bound, NELEM(routes), 0 },
		{ without_a_queue_it_is_kept, 0, 0 },
		{ broken_entries_are_put_aside, NELEM(no_entries), 0 },
		{ half_an_entry_is_cleaned_away, 0, 0 },
		{ lists_are_named_as_celery_is_told, 0, 0 },
		{ lists_that_nobody_reads_are_told_of, 0, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("queue_restore", set_up, tear_down, tests,
	    NELEM(tests));
}
