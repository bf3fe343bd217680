/* SPDX-License-Identifier: ISC */
/* What waits for room where no pool looks any more is found and freed. */
#include "config.h"

#include "lib/queue_bed.h"

#define WAITING "errand:waiting:"

static const struct {
	const char *name;
	const char *queue, *kind; /* NULL: it is no such name */
} parts[] = {
	{ WAITING "q:k.x", "q", "k.x" },
	{ WAITING "a:b:k.x", "a:b", "k.x" },
	{ WAITING "q:k.x" SEP "9", "q", "k.x" },
	{ WAITING "k.x", NULL, NULL },
	{ WAITING ":k.x", NULL, NULL },
	{ "errand:waiting", NULL, NULL },
	{ "q", NULL, NULL },
};

START_TEST(names_have_parts)
{
	const char *queue, *kind;
	bool is = queue_waiting_parts(a, parts[_i].name, &queue, &kind);

	ck_assert(is == (parts[_i].queue != NULL));
	if (!is)
		return;
	ck_assert_str_eq(queue, parts[_i].queue);
	ck_assert_str_eq(kind, parts[_i].kind);
	ck_assert_int_eq(strncmp(queue_waiting_name(a, queue, kind),
			     parts[_i].name, strlen(WAITING "q:k.x")),
	    0);
}
END_TEST

/* How many are served no more; the first is *name. */
static size_t
serve(struct queue *q, const char *of, const char **name)
{
	const char **stale;
	size_t n;

	ck_assert_int_eq(queue_waiting_serve(q, &of, 1, &stale, &n), 0);
	*name = n == 0 ? "" : stale[0];
	return n;
}

/* Somebody has said for the last time that they serve it, so long ago. */
static void
older(const char *name, int64_t seconds)
{
	redis("ZADD errand:waiting %lld %s",
	    (long long)(clock_wall_s() - seconds), name);
}

START_TEST(what_is_served_stays)
{
	const char *name;

	redis("LPUSH " WAITING "q:k.x %s", message("1", 0, "q").data);
	ck_assert_uint_eq(serve(one, WAITING "q:k.x", &name), 0);
	ck_assert_uint_eq(serve(two, WAITING "q:k.y", &name), 0);
	ck_assert_int_eq(queue_waiting_move(two, WAITING "q:k.x", "r"), 0);
	/* Nobody has ever said so, as far as this server knows. */
	ck_assert_int_eq(queue_waiting_move(two, WAITING "q:k.z", "r"), 0);
	older(WAITING "q:k.x", 16);
	ck_assert_uint_eq(serve(two, WAITING "q:k.y", &name), 1);
	ck_assert_str_eq(name, WAITING "q:k.x");
	ck_assert_int_eq(queue_waiting_move(two, name, "r"), 1);
	ck_assert_int_eq(count("LLEN", "r"), 1);
	ck_assert_int_eq(count("EXISTS", WAITING "q:k.x"), 0);
	/* A dead pool may have taken more from it. */
	ck_assert_int_eq(queue_waiting_move(two, name, "r"), 0);
	ck_assert_uint_eq(serve(two, WAITING "q:k.y", &name), 1);
	older(WAITING "q:k.x", 3700);
	ck_assert_int_eq(queue_waiting_move(two, name, "r"), 0);
	ck_assert_uint_eq(serve(two, WAITING "q:k.y", &name), 0);
}
END_TEST

START_TEST(in_order_and_before_others)
{
	char id[16];
	int n, all = 0;

	for (int i = 0; i < 120; i++) {
		snprintf(id, sizeof(id), "%d", i);
		redis("LPUSH " WAITING "q:k.x %s", message(id, 0, "q").data);
	}
	redis("LPUSH " WAITING "q:k.x" SEP "9 %s",
	    message("urgent-no-more", 9, "q").data);
	redis("LPUSH q %s", message("other", 0, "q").data);
	queue_waiting_seen(one, WAITING "q:k.x");
	while ((n = queue_waiting_move(one, WAITING "q:k.x", "q")) > 0) {
		ck_assert_int_le(n, 50);
		all += n;
	}
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(all, 121);
	ck_assert_int_eq(count("LLEN", "q" SEP "9"), 1);
	for (int i = 0; i < 120; i++) {
		snprintf(id, sizeof(id), "%d", i);
		take(one, id);
	}
	take(one, "other");
	take(one, "urgent-no-more");
	ck_assert_int_eq(count("EXISTS", "errand:waiting"), 0);
}
END_TEST

/* A key of somebody else's is neither changed nor in the way. */
START_TEST(a_list_may_be_something_else)
{
	redis("SET q x");
	redis("LPUSH " WAITING "q:k.x 1");
	redis("LPUSH " WAITING "q:k.x" SEP "3 2");
	queue_waiting_seen(one, WAITING "q:k.x");
	ck_assert_int_eq(queue_waiting_move(one, WAITING "q:k.x", "q"), 1);
	ck_assert_int_eq(queue_waiting_move(one, WAITING "q:k.x", "q"), -2);
	ck_assert_int_eq(count("LLEN", WAITING "q:k.x"), 1);
	ck_assert_int_eq(count("LLEN", "q" SEP "3"), 1);
}
END_TEST

/* What is there from before is found among all keys; what is served is not
 * made older by that. */
START_TEST(all_are_found)
{
	struct queue_unread u = { 0 };
	const char *name;

	redis("LPUSH " WAITING "q:k.x" SEP "3 %s", message("1", 3, "q").data);
	redis("LPUSH " WAITING "q:k.y %s", message("2", 0, "q").data);
	redis("LPUSH " WAITING "q:k.z" SEP "5 %s", message("3", 5, "q").data);
	ck_assert_uint_eq(serve(one, WAITING "q:k.y", &name), 0);
	for (int i = 0; i < 3; i++)
		queue_look_unread(one, &u, names, NELEM(names));
	ck_assert_int_eq(u.said_at, 0);
	ck_assert_int_eq(count("ZCARD", "errand:waiting"), 3);
	ck_assert_uint_eq(serve(one, WAITING "q:k.y", &name), 2);
	ck_assert_int_eq(queue_waiting_move(one, WAITING "q:k.x", "q"), 1);
	/* Where the steps were others, too. */
	ck_assert_int_eq(queue_waiting_move(one, WAITING "q:k.z" SEP "5", "q"),
	    1);
	take(one, "3");
	take(one, "1");
}
END_TEST

/* Without redis-server none runs. */
int
main(void)
{
	const struct harness_test tests[] = {
		{ names_have_parts, NELEM(parts), 0 },
		{ what_is_served_stays, 0, 0 },
		{ in_order_and_before_others, 0, 0 },
		{ a_list_may_be_something_else, 0, 0 },
		{ all_are_found, 0, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("queue_waiting", set_up, tear_down, tests,
	    NELEM(tests));
}
