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

/* But the result stands, whoever has the message by now. */
START_TEST(a_late_ack_leaves_the_message_alone)
{
	const char *result = success("1");
	struct queue_item old, new;
	bool up;

	push("q", "1");
	old = take(one, "1");
	make_old(old.tag, 100);
	ck_assert_int_eq(queue_restore(two), 1);
	new = take(two, "1");
	ck_assert_str_ne(old.tag, new.tag);
	ck_assert_int_eq(queue_ack(one, old.tag, "1", NULL), 0);
	ck_assert_ptr_null(queue_result_get(one, "1", &up));
	ck_assert_int_eq(queue_ack(one, old.tag, "1", result), 0);
	ck_assert_str_eq(queue_result_get(one, "1", &up), result);
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

START_TEST(another_queue_keeps_order_and_priority)
{
	static const char *const other[] = { "errand:waiting:q:k" };
	const struct queue_want want = { other, 1, NULL, 1 };
	struct queue_text urgent = message("3", 9, "q");
	struct queue_item item;

	push("q", "1");
	push("q", "2");
	item = take(one, "1");
	ck_assert_int_eq(queue_put(one, item.tag, other[0], false), 1);
	ck_assert_int_eq(queue_put(one, item.tag, other[0], false), 0);
	item = take(one, "2");
	ck_assert_int_eq(queue_put(one, item.tag, other[0], false), 1);
	ck_assert_int_eq(queue_push(one, "q", &urgent, 1), 0);
	item = take(one, "3");
	ck_assert_int_eq(queue_put(one, item.tag, other[0], false), 1);
	all_ended();
	ck_assert_int_eq(count("LLEN", "errand:waiting:q:k" SEP "9"), 1);
	ck_assert_int_eq(queue_take(two, &want, &item), 1);
	ck_assert_str_eq(id_of(item.text, item.len), "1");
	ck_assert_str_eq(item.queue, other[0]);
	/* no room after all: it keeps its turn */
	ck_assert_int_eq(queue_put(two, item.tag, other[0], true), 1);
	ck_assert_int_eq(queue_take(two, &want, &item), 1);
	ck_assert_str_eq(id_of(item.text, item.len), "1");
	/* what a dead pool had comes back to where it was taken from */
	make_old(item.tag, 100);
	ck_assert_int_eq(queue_restore(one), 1);
	ck_assert_int_eq(count("LLEN", other[0]), 2);
}
END_TEST

/* Another pool, whose user has every right but this. */
static struct kv *few_kv;

static struct queue *
without(const char *right)
{
	struct kv_options o;

	redis("ACL SETUSER few reset on >pw ~* &* +@all -%s", right);
	kv_broker_options(&o);
	o.username = "few";
	o.password = "pw";
	few_kv = kv_new(&o);
	return queue_new(few_kv, "errand@few");
}

/* In how many places a message is. */
static long long
copies(void)
{
	return count("LLEN", "q") + count("LLEN", "q" SEP "3") +
	       count("HLEN", "unacked") + count("LLEN", "errand:dead") +
	       count("LLEN", "q.unregistered");
}

static const char *const rights[] = { "blmove", "del", "eval", "evalsha",
	"exists", "expire", "get", "hdel", "hget", "hmget", "hset", "lindex",
	"llen", "lpush", "ltrim", "publish", "rpop", "rpush", "script", "set",
	"setex", "time", "type", "zadd", "zrem", "zrangebyscore", "zscan" };

/* What our user lacks is known by name, and others hear of it. */
static const struct {
	const char *without, *right;
} lacking[] = { { "zadd", "run zadd" }, { "hmget", "run hmget" },
	{ "evalsha", "run evalsha" }, { "info", "run info" },
	{ "lindex", "run lindex" } };

START_TEST(a_missing_right_is_named)
{
	struct queue *few = without(lacking[_i].without);
	struct queue_item item;

	queue_use(few, a);
	push("q", "1");
	if (strcmp(lacking[_i].without, "info") == 0)
		ck_assert_int_eq(queue_take(few, &any, &item), 1);
	else
		ck_assert_int_eq(queue_take(few, &any, &item), -1);
	ck_assert_pstr_eq(kv_missing_right(few_kv), lacking[_i].right);
	queue_tell_refused(few);
	if (strcmp(lacking[_i].without, "evalsha") != 0)
		ck_assert_pstr_eq(queue_life(one).missing, lacking[_i].right);
	queue_free(few);
	kv_free(few_kv);
}
END_TEST

START_TEST(who_has_no_channels_acknowledges_all_the_same)
{
	struct queue *few = without("info +info resetchannels");
	const char *result = success("1");
	struct queue_item item;
	bool up;

	queue_use(few, a);
	push("q", "1");
	item = take(few, "1");
	ck_assert_int_eq(queue_ack(few, item.tag, "1", result), 1);
	all_ended();
	ck_assert_str_eq(queue_result_get(one, "1", &up), result);
	queue_tell_refused(few);
	ck_assert_pstr_eq(queue_life(one).missing, "use its channels");
	queue_free(few);
	kv_free(few_kv);
}
END_TEST

/* Whatever is refused in the middle: nothing is lost, and nothing becomes more
 * and more. */
START_TEST(a_missing_right_leaves_no_hole)
{
	struct queue *few = without(rights[_i]);
	struct queue_item items[QUEUE_MOST];
	const struct queue_text no_json = { "{", 1 };
	int n;

	queue_use(few, a);
	for (int i = 0; i < 4; i++)
		push("q", i == 0 ? "1" : "2");
	ck_assert_int_eq(queue_push(one, "q", &no_json, 1), 0);
	for (int round = 0; round < 4; round++) {
		n = queue_take(few, &dozen, items);
		ck_assert_int_ge(copies(), 5);
		if (n < 1) {
			n = queue_take(one, &dozen, items);
			if (n == -1)
				break;
		}
		if (n > 0 && queue_give_back(few, items[0].tag, true) == -1)
			(void)!queue_give_back(one, items[0].tag, true);
		ck_assert_int_ge(copies(), 5);
		if (n > 1 && queue_bury(few, items[1].tag, "x") == -1)
			(void)!queue_bury(one, items[1].tag, "x");
		ck_assert_int_ge(copies(), 5);
		if (n > 2 && queue_park(few, items[2].tag) == -1)
			(void)!queue_park(one, items[2].tag);
		ck_assert_int_ge(copies(), 5);
		for (int i = 3; i < n; i++)
			ck_assert_int_eq(queue_give_back(one, items[i].tag,
					     false),
			    1);
		for (int i = 0; i < 4; i++)
			(void)!queue_restore(few);
		ck_assert_int_ge(copies(), 5);
		ck_assert_int_le(copies(), 5 + 3 * (round + 1));
	}
	queue_free(few);
	kv_free(few_kv);
}
END_TEST

/* The list that it belongs to is somebody else's string. */
START_TEST(a_list_of_another_type_holds_up_no_other)
{
	const char *text = message("1", 0, "q").data;
	const struct queue_want both = { names, 2, NULL, 1 };
	struct queue_item item;

	redis("SET r x");
	for (int i = 1; i <= 5; i++) {
		const struct kv_word entry[] = { KV("HSET"), KV("unacked"),
			KV(arena_printf(a, "t%d", i)),
			KV(arena_printf(a, "[%s,\"\",\"%s\"]", text,
			    i % 2 ? "q" : "r")) };

		ck_assert_ptr_nonnull(kv_run(third_kv, a, NELEM(entry), entry));
		redis("ZADD unacked_index %d t%d", i, i);
	}
	push("q", "2");
	ck_assert_int_eq(queue_restore(one), 5);
	all_ended();
	ck_assert_int_eq(count("LLEN", "errand:dead"), 2);
	ck_assert_int_eq(count("LLEN", "q"), 4);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(queue_take(one, &both, &item), 1);
	ck_assert_int_eq(queue_take(one, &both, &item), -1);
}
END_TEST

/* With no memory left, what is there is worked off all the same. */
START_TEST(a_full_server_is_emptied)
{
	struct queue_item item;
	const char *tag, *result = success("1");
	bool up;

	push("q", "1");
	redis("CONFIG SET maxmemory 1");
	item = take(one, "1");
	ck_assert_int_eq(count("EXISTS", "errand:node:errand@one"), 1);
	redis("CONFIG SET maxmemory 0");
	make_old(item.tag, 70);
	redis("CONFIG SET maxmemory 1");
	tag = item.tag;
	ck_assert_int_eq(queue_heartbeat(one, &tag, 1), 0);
	ck_assert_int_eq(queue_alive(one), 0);
	ck_assert_int_eq(queue_runs(one), 0);
	queue_relayed(one);
	ck_assert_int_eq(count("EXISTS", "errand:relayed"), 1);
	ck_assert_int_eq(queue_restore(two), 0);
	ck_assert_int_eq(queue_give_back(one, item.tag, true), 1);
	item = take(two, "1");
	ck_assert_int_eq(queue_ack(two, item.tag, "1", result), 1);
	all_ended();
	ck_assert_str_eq(queue_result_get(two, "1", &up), result);
}
END_TEST

/* The same server with another database, or one that is not there. */
START_TEST(results_may_be_elsewhere)
{
	const struct kv_word words[] = { KV("SUBSCRIBE"),
		KV("celery-task-meta-1") };
	const char *id = "1", *result = success("1"), *missing;
	enum queue_life_state state;
	struct queue *apart;
	struct queue_item item;
	bool up;

	ck_assert(!queue_results_life(one, &state, &missing));

	settings.broker_result_url = arena_printf(a, "%s?db=1", server.url);
	apart = queue_new(one_kv, "errand@apart");
	queue_use(apart, a);
	ck_assert_ptr_nonnull(kv_run(two_kv, a, NELEM(words), words));
	push("q", "1");
	item = take(apart, "1");
	ck_assert_int_eq(queue_ack(apart, item.tag, "1", result), 1);
	all_ended();
	ck_assert_ptr_nonnull(kv_listen(two_kv, a, 10000));
	ck_assert_int_eq(count("EXISTS", "celery-task-meta-1"), 0);
	ck_assert_str_eq(queue_result_get(apart, "1", &up), result);
	redis("SELECT 1");
	ck_assert_int_eq(count("EXISTS", "celery-task-meta-1"), 1);
	ck_assert_int_eq(queue_result_forget(apart, &id, 1), 0);
	ck_assert_int_eq(count("EXISTS", "celery-task-meta-1"), 0);
	ck_assert(queue_results_life(apart, &state, &missing));
	ck_assert_int_eq(state, QUEUE_LIFE_OK);
	ck_assert_int_eq(count("EXISTS", "celery-task-meta-errand:health"), 0);
	redis("CONFIG SET min-replicas-to-write 1");
	ck_assert(queue_results_life(apart, &state, &missing));
	ck_assert_int_eq(state, QUEUE_LIFE_REFUSED);
	ck_assert_ptr_null(missing);
	redis("CONFIG SET min-replicas-to-write 0");
	redis("SELECT 0");
	queue_free(apart);

	settings.broker_result_url = "unix:///nowhere";
	apart = queue_new(one_kv, "errand@apart");
	queue_use(apart, a);
	push("q", "2");
	item = take(apart, "2");
	ck_assert_int_eq(queue_ack(apart, item.tag, "2", result), -1);
	ck_assert_int_eq(count("HLEN", "unacked"), 1);
	ck_assert_ptr_null(queue_result_get(apart, "2", &up));
	ck_assert(!up);
	ck_assert(queue_results_life(apart, &state, &missing));
	ck_assert_int_eq(state, QUEUE_LIFE_DOWN);
	ck_assert_int_eq(queue_ack(apart, item.tag, "2", NULL), 1);
	queue_free(apart);
}
END_TEST

/* In one step, also those of other lists; what is not ours is left out. */
START_TEST(many_are_given_back_in_order)
{
	struct queue_item items[QUEUE_MOST];
	const struct queue_item *back[3];

	for (int i = 1; i <= 4; i++)
		push("q", arena_printf(a, "%d", i));
	takes(one, items, "1 2 3 4");
	for (int i = 0; i < 3; i++)
		back[i] = &items[i + 1];
	ck_assert_int_eq(queue_ack(one, items[2].tag, "3", NULL), 1);
	ck_assert_int_eq(queue_give_back_all(one, back, 0), 0);
	ck_assert_int_eq(queue_give_back_all(one, back, 3), 0);
	ck_assert_int_eq(queue_give_back_all(one, back, 3), 0);
	ck_assert_int_eq(queue_ack(one, items[0].tag, "1", NULL), 1);
	all_ended();
	takes(two, items, "2 4");
	nothing(two);
	redis("LPUSH q" SEP "3 %s", message("5", 5, "q").data);
	items[0] = take(one, "5");
	back[0] = &items[0];
	ck_assert_int_eq(queue_give_back_all(one, back, 1), 0);
	ck_assert_int_eq(count("LLEN", "q" SEP "3"), 1);
}
END_TEST

START_TEST(results_are_asked_for_together)
{
	static const char *const ids[] = { "1", "2", "3", "4" };
	const char *texts[4];

	ck_assert_int_eq(queue_result(one, "1", "a"), 0);
	redis("LPUSH celery-task-meta-2 x");
	ck_assert_int_eq(queue_result(one, "4", "d"), 0);
	ck_assert_int_eq(queue_results_get(one, ids, 4, texts), 0);
	ck_assert_str_eq(texts[0], "a");
	ck_assert_ptr_eq(texts[1], queue_result_odd);
	ck_assert_ptr_null(texts[2]);
	ck_assert_str_eq(texts[3], "d");
}
END_TEST

static const struct {
	const char *const ids[4];
	bool late;
	bool found[4];
} withdrawn[] = {
	{ { "3000" }, false, { false } },
	{ { "1" }, false, { true } },
	{ { "1" }, false, { false } },
	/* Over several pages and lists, and one that is not there. */
	{ { "999", "urgent", "3000", "1000" }, false,
	    { true, true, false, true } },
	{ { "2499", "1501", "1502", "1" }, false, { true, true, true, false } },
	{ { "2" }, true, { false } },
};

START_TEST(messages_are_taken_back)
{
	int64_t until = clock_mono_us() + 60 * CLOCK_SECOND;
	char id[16];

	for (int i = 0; i < 2500; i++) {
		snprintf(id, sizeof(id), "%d", i);
		push("q", id);
		arena_reset(a);
	}
	redis("LPUSH q" SEP "9 %s", message("urgent", 9, "q").data);
	for (size_t i = 0; i < NELEM(withdrawn); i++) {
		const char *const *ids = withdrawn[i].ids;
		bool found[4];
		size_t n = 0, k;

		while (n < NELEM(found) && ids[n] != NULL)
			n++;
		ck_assert_int_eq(queue_withdraw(one, "q", ids, n, found,
				     withdrawn[i].late ? 0 : until),
		    withdrawn[i].late ? -1 : 0);
		for (k = 0; k < n; k++)
			ck_assert_msg(found[k] == withdrawn[i].found[k],
			    "%zu: %s", i, ids[k]);
	}
	ck_assert_int_eq(queue_length(one, "q"), 2494);
	take(two, "0");
	take(two, "2");
}
END_TEST

/* The oldest go. */
START_TEST(what_is_put_aside_is_bounded)
{
	redis("EVAL %s 0",
	    "for\ti=1,10000\tdo\tredis.call('LPUSH','q.unregistered',i)\tend");
	push("q", "1");
	ck_assert_int_eq(queue_park(one, take(one, "1").tag), 1);
	ck_assert_int_eq(count("LLEN", "q.unregistered"), 10000);
	ck_assert_str_eq(redis("LINDEX q.unregistered -1")->str, "2");
	ck_assert_ptr_nonnull(strstr(redis("LINDEX q.unregistered 0")->str,
	    "errand.test"));
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
		{ a_late_ack_leaves_the_message_alone, 0, 0 },
		{ another_queue_keeps_order_and_priority, 0, 0 },
		{ what_is_given_back_is_next, 0, 0 },
		{ a_restart_is_marked_and_the_rest_stays, NELEM(marked), 0 },
		{ what_nobody_can_run_is_kept, 0, 0 },
		{ a_missing_right_is_named, NELEM(lacking), 0 },
		{ who_has_no_channels_acknowledges_all_the_same, 0, 0 },
		{ a_missing_right_leaves_no_hole, NELEM(rights), 0 },
		{ a_list_of_another_type_holds_up_no_other, 0, 0 },
		{ a_full_server_is_emptied, 0, 0 },
		{ results_may_be_elsewhere, 0, 0 },
		{ many_are_given_back_in_order, 0, 0 },
		{ results_are_asked_for_together, 0, 0 },
		{ messages_are_taken_back, 0, 0 },
		{ what_is_put_aside_is_bounded, 0, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("queue_end", set_up, tear_down, tests,
	    NELEM(tests));
}
