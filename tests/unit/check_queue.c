/* SPDX-License-Identifier: ISC */
/* Waiting, lost data, pokes, and a server that is not there. */
#include "config.h"

#include "lib/queue_bed.h"

START_TEST(waiting_changes_nothing)
{
	struct queue_text text[] = { message("1", 0, "q"),
		message("2", 0, "q") };

	queue_wait(one, names, 1, 20);
	queue_wait(one, names, 2, 20);
	ck_assert_int_eq(queue_push(one, "q", text, 2), 0);
	for (int i = 0; i < 3; i++)
		queue_wait(one, names, 1, 60000);
	ck_assert_int_eq(count("LLEN", "q"), 2);
	take(one, "1");
	take(one, "2");
}
END_TEST

START_TEST(waiting_ends_when_something_comes)
{
	pid_t pid = fork();

	if (pid == 0) { /* long before the minute is over */
		queue_wait(one, names, 1, 60000);
		_exit(queue_length(one, "q") == 1 ? 0 : 1);
	}
	kv_free(one_kv); /* is the child's now */
	one_kv = kv_new_broker();
	queue_free(one);
	one = queue_new(one_kv, "errand@one");
	queue_use(one, a);
	EVENTUALLY(strstr(redis("INFO clients")->str, "blocked_clients:1"));
	push("q", "1");
	int status = -1;
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_full_server_loses_nothing)
{
	struct queue_text text = message("2", 0, "q");
	struct queue_item item;

	push("q", "1");
	redis("CONFIG SET maxmemory 1");
	ck_assert_int_eq(queue_push(one, "q", &text, 1), -1);
	if (queue_take(one, &any, &item) == 1) {
		ck_assert_int_eq(count("HLEN", "unacked"), 1);
		ck_assert_int_eq(queue_give_back(one, item.tag, true), 1);
		all_ended();
	}
	ck_assert_int_eq(count("LLEN", "q"), 1);
	redis("CONFIG SET maxmemory 0");
	take(one, "1");
}
END_TEST

START_TEST(lost_data_are_noticed)
{
	ck_assert(queue_lost(one, "s"));
	ck_assert(queue_lost(two, "s"));
	ck_assert_int_eq(queue_complete(two), 0);
	ck_assert(!queue_lost(one, "s"));
	ck_assert(!queue_lost(two, "s"));
	redis("FLUSHALL");
	ck_assert(queue_lost(one, "s"));
	ck_assert(queue_lost(one, "s"));
	ck_assert_int_eq(queue_complete(one), 0);
	ck_assert(!queue_lost(one, "s"));
}
END_TEST

START_TEST(data_lost_meanwhile_are_noticed)
{
	ck_assert(queue_lost(one, "s"));
	redis("FLUSHALL");
	ck_assert_int_eq(queue_complete(one), 0);
	ck_assert(queue_lost(one, "s"));
	redis("SAVE");
	redis_server_stop(&server, SIGKILL);
	redis_server_start(&server);
	EVENTUALLY(queue_complete(one) == 0);
	ck_assert(queue_lost(one, "s"));
	ck_assert_int_eq(queue_complete(one), 0);
	ck_assert(!queue_lost(one, "s"));
}
END_TEST

START_TEST(older_data_are_noticed)
{
	ck_assert(queue_lost(one, "s"));
	ck_assert_int_eq(queue_complete(one), 0);
	redis("SAVE");
	push("q", "1");
	redis_server_stop(&server, SIGKILL);
	ck_assert(!queue_lost(one, "s"));
	redis_server_start(&server);
	EVENTUALLY(queue_lost(one, "s"));
	EVENTUALLY(queue_lost(two, "s"));
	EVENTUALLY(kv_up(third_kv));
	ck_assert_int_eq(count("EXISTS", "q"), 0);
	ck_assert_int_eq(queue_complete(two), 0);
	ck_assert(!queue_lost(one, "s"));
}
END_TEST

/* How often each message is seen that has one digit; *all: how many texts. */
static int
look(size_t page, unsigned seen[10], size_t *all)
{
	struct queue_look walk = {
		.names = names, .nnames = NELEM(names), .page = page
	};
	struct celery_message m;
	const char *why;
	int rc;

	*all = 0;
	memset(seen, 0, 10 * sizeof(*seen));
	while ((rc = queue_look(one, &walk)) == 1) {
		ck_assert_uint_le(walk.n, page);
		*all += walk.n;
		for (size_t i = 0; i < walk.n; i++) {
			ck_assert(celery_decode(a, walk.texts[i].data,
				      walk.texts[i].len, &m,
				      &why) == CELERY_OK ||
				  m.id == NULL);
			if (m.id != NULL)
				seen[m.id[0] - '0']++;
		}
	}
	return rc;
}

START_TEST(all_that_is_there_is_seen)
{
	unsigned seen[10];
	size_t all;

	ck_assert_int_eq(look(3, seen, &all), 0);
	ck_assert_uint_eq(all, 0);
	for (int i = 0; i < 7; i++)
		push("q", arena_printf(a, "%d", i));
	take(one, "0");
	push("r", "7");
	redis("LMOVE q q" SEP "9 RIGHT LEFT");
	redis("LPUSH r broken");
	redis("HSET unacked t1 broken");
	redis("HSET unacked t2 [7,\"\",\"q\"]");
	for (size_t page = 1; page < 9; page++) {
		ck_assert_int_eq(look(page, seen, &all), 0);
		ck_assert_uint_eq(all, 7 + 1 + 2);
		for (int i = 0; i < 8; i++)
			ck_assert_uint_eq(seen[i], i == 0 ? 2 : 1);
	}
	redis_server_stop(&server, SIGKILL);
	ck_assert_int_eq(look(3, seen, &all), -1);
	redis_server_start(&server);
}
END_TEST

START_TEST(pokes_are_heard)
{
	struct queue_ear *ear = queue_ear_new(two_kv);

	ck_assert(queue_ear_wait(ear, 10)); /* there may have been one */
	ck_assert(!queue_ear_wait(ear, 10));
	queue_poke(one);
	queue_poke(one);
	EVENTUALLY(queue_ear_wait(ear, 20000));
	while (queue_ear_wait(ear, 10))
		continue;
	redis_server_stop(&server, SIGKILL);
	ck_assert(!queue_ear_wait(ear, 10));
	queue_poke(one); /* nobody minds */
	redis_server_start(&server);
	EVENTUALLY(queue_ear_wait(ear, 10));
	ck_assert(!queue_ear_wait(ear, 10));
	EVENTUALLY(kv_up(one_kv));
	queue_poke(one);
	EVENTUALLY(queue_ear_wait(ear, 20000));
	queue_ear_free(ear);
}
END_TEST

static long long
commands_of(const char *name)
{
	const redisReply *r = redis("INFO commandstats");
	const char *at =
	    strstr(r->str, arena_printf(a, "cmdstat_%s:calls=", name));

	return at == NULL ? 0 : strtoll(strchr(at, '=') + 1, NULL, 10);
}

/* One poke for each pair, whether something else was sent in between, and
 * though the connection was closed before. */
START_TEST(a_poke_goes_along)
{
	const char *tag = "t";

	queue_poke_along(one);
	ck_assert_int_eq(queue_alive(one), 0);
	ck_assert_int_eq(commands_of("publish"), 1);
	ck_assert_int_eq(queue_heartbeat(one, &tag, 1), 0);
	queue_poke(one);
	ck_assert_int_eq(commands_of("publish"), 1);
	queue_poke_along(one);
	queue_poke(one);
	ck_assert_int_eq(commands_of("publish"), 2);
	queue_poke(one);
	ck_assert_int_eq(commands_of("publish"), 3);
	redis("CLIENT KILL TYPE normal");
	queue_poke_along(one);
	ck_assert_int_eq(queue_heartbeat(one, &tag, 1), 0);
	queue_poke(one);
	ck_assert_int_eq(commands_of("publish"), 4);
	redis_server_stop(&server, SIGKILL);
	queue_poke_along(one);
	ck_assert_int_eq(queue_alive(one), -1);
	queue_poke(one);
	redis_server_start(&server);
	EVENTUALLY(kv_up(one_kv) && kv_up(third_kv));
	ck_assert_int_eq(queue_length(one, "q"), 0);
	ck_assert_int_eq(commands_of("publish"), 0);
}
END_TEST

/* Who was there before may have gone, so that only a second word counts. */
START_TEST(two_of_one_name_see_each_other)
{
	ck_assert_ptr_null(queue_namesake(one, "n"));
	ck_assert_ptr_null(queue_namesake(one, "n"));
	ck_assert_ptr_null(queue_namesake(two, "n"));
	ck_assert_ptr_nonnull(queue_namesake(one, "n"));
	ck_assert_ptr_null(queue_namesake(one, "n"));
	ck_assert_ptr_null(queue_namesake(two, "other"));
	ck_assert_ptr_nonnull(queue_namesake(two, "n"));
	redis("DEL errand:name:n");
	ck_assert_ptr_null(queue_namesake(two, "n"));
}
END_TEST

START_TEST(without_a_server_all_say_so)
{
	struct queue_text text = message("1", 0, "q");
	struct queue_item item;
	const char *tag = "t";
	bool up = true;

	redis_server_stop(&server, SIGKILL);
	ck_assert_int_eq(queue_push(one, "q", &text, 1), -1);
	ck_assert_int_eq(queue_take(one, &any, &item), -1);
	queue_wait(one, names, 1, 5);
	ck_assert_int_eq(queue_ack(one, "t", "1", NULL), -1);
	ck_assert_int_eq(queue_result(one, "1", "{}"), -1);
	ck_assert_ptr_null(queue_result_get(one, "1", &up));
	ck_assert(!up);
	ck_assert_int_eq(queue_give_back(one, "t", false), -1);
	ck_assert_int_eq(queue_bury(one, "t", "x"), -1);
	ck_assert_int_eq(queue_park(one, "t"), -1);
	ck_assert_int_eq(queue_heartbeat(one, &tag, 1), -1);
	ck_assert_int_eq(queue_alive(one), -1);
	ck_assert_int_eq(queue_restore(one), -1);
	ck_assert(!queue_lost(one, "s"));
	ck_assert_int_eq(queue_complete(one), -1);
	ck_assert_int_eq(queue_length(one, "q"), -1);
	queue_poke(one);
	redis_server_start(&server);
	EVENTUALLY(queue_push(one, "q", &text, 1) == 0);
	EVENTUALLY(kv_up(third_kv));
	take(one, "1");
}
END_TEST

START_TEST(every_key_has_the_prefix)
{
	const redisReply *r;
	struct queue_item item;

	settings.broker_key_prefix = "p";
	push("q", "1");
	push("q", "2");
	push("q", "3");
	item = take(one, "1");
	ck_assert_int_eq(queue_ack(one, item.tag, "1", success("1")), 1);
	ck_assert_int_eq(queue_park(one, take(one, "2").tag), 1);
	take(one, "3");
	redis("LPUSH pq broken");
	nothing(one);
	ck_assert(queue_lost(one, "s"));
	queue_gone(one);
	ck_assert_int_eq(queue_restore(two), 1);
	r = redis("KEYS *");
	ck_assert_uint_eq(r->elements, 5);
	for (size_t i = 0; i < r->elements; i++)
		ck_assert_int_eq(r->element[i]->str[0], 'p');
	ck_assert_int_eq(count("EXISTS", "p_celery-task-meta-1"), 1);
}
END_TEST

/* Whatever its name is, a pool's tags name it and nobody else. */
START_TEST(long_names_of_pools_stay_apart)
{
	static const char stem[] = "errand@a-name-of-a-host-that-is-longer-"
				   "than-any-tag-of-ours-may-be";
	struct queue *left, *right;
	struct queue_item item;

	left = queue_new(one_kv, arena_printf(a, "%s-1:x y", stem));
	right = queue_new(two_kv, arena_printf(a, "%s-2:x y", stem));
	queue_use(left, a);
	queue_use(right, a);
	ck_assert_int_eq(queue_alive(right), 0);
	push("q", "1");
	item = take(left, "1");
	ck_assert_int_lt(strlen(item.tag), QUEUE_TAG - 1);
	ck_assert_ptr_null(strchr(item.tag, ' '));
	ck_assert_int_eq(queue_restore(right), 0);
	queue_gone(left);
	ck_assert_int_eq(queue_restore(right), 1);
	queue_free(left);
	queue_free(right);
}
END_TEST

/* Without redis-server none runs. */
int
main(void)
{
	const struct harness_test tests[] = {
		{ waiting_changes_nothing, 0, 0 },
		{ waiting_ends_when_something_comes, 0, 0 },
		{ a_full_server_loses_nothing, 0, 0 },
		{ lost_data_are_noticed, 0, 0 },
		{ data_lost_meanwhile_are_noticed, 0, 0 },
		{ older_data_are_noticed, 0, 0 },
		{ all_that_is_there_is_seen, 0, 0 },
		{ pokes_are_heard, 0, 0 },
		{ a_poke_goes_along, 0, 0 },
		{ two_of_one_name_see_each_other, 0, 0 },
		{ without_a_server_all_say_so, 0, 0 },
		{ every_key_has_the_prefix, 0, 0 },
		{ long_names_of_pools_stay_apart, 0, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("queue", set_up, tear_down, tests, NELEM(tests));
}
