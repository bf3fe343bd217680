/* SPDX-License-Identifier: ISC */
/* What follows in a canvas is sent once, and parts of chords are counted once.
 */
#include "config.h"

#include "lib/queue_bed.h"

#define MORE "celery-taskset-meta-g"

START_TEST(what_has_one_name_is_sent_once)
{
	const struct queue_post posts[] = {
		{ "q", 0, message("1", 0, "q") },
		{ "q", 9, message("2", 9, "q") },
		{ "r", 0, message("3", 0, "r") },
	};

	ck_assert_int_eq(queue_post_once(one, "n", posts, 3), 0);
	ck_assert_int_eq(queue_post_once(two, "n", posts, 3), 0);
	ck_assert_int_eq(count("LLEN", "q"), 1);
	ck_assert_int_eq(count("LLEN", "q" SEP "9"), 1);
	ck_assert_int_eq(count("LLEN", "r"), 1);
	ck_assert_int_eq(queue_post_once(one, "m", posts, 1), 0);
	ck_assert_int_eq(count("LLEN", "q"), 2);
	ck_assert_int_gt(count("TTL", "errand:sent:n:0"), 0);
}
END_TEST

/* All of a portion, or nothing: then it is not said to be sent. */
START_TEST(what_is_refused_is_not_sent_by_half)
{
	const struct queue_post posts[] = {
		{ "q", 0, message("1", 0, "q") },
		{ "r", 0, message("2", 0, "r") },
	};

	redis("SET r x");
	ck_assert_int_eq(queue_post_once(one, "n", posts, 2), -1);
	ck_assert_int_eq(count("LLEN", "q"), 0);
	redis("DEL r");
	ck_assert_int_eq(queue_post_once(one, "n", posts, 2), 0);
	ck_assert_int_eq(count("LLEN", "q"), 1);
	ck_assert_int_eq(count("LLEN", "r"), 1);
}
END_TEST

START_TEST(many_go_in_portions)
{
	struct queue_post *posts = arena_alloc(a, 1200 * sizeof(*posts));

	for (int i = 0; i < 1200; i++)
		posts[i] = (struct queue_post){ "q", 0, message("1", 0, "q") };
	ck_assert_int_eq(queue_post_once(one, "n", posts, 1200), 0);
	ck_assert_int_eq(queue_post_once(one, "n", posts, 1200), 0);
	ck_assert_int_eq(count("LLEN", "q"), 1200);
}
END_TEST

/* One part; whether it completes the chord. */
static bool
part(struct queue *q, const char *id, const char *index,
    struct queue_chord *chord)
{
	const struct queue_part p = { "g", id, index,
		arena_printf(a, "[1, \"%s\"]", id) };

	ck_assert_int_eq(queue_chord_part(q, &p, chord), 0);
	ck_assert_int_eq(chord->complete, chord->n > 0);
	return chord->complete;
}

START_TEST(each_part_counts_once_and_the_last_has_the_chord)
{
	struct queue_chord c;

	ck_assert_int_eq(queue_chord_size(one, "g", 3), 0);
	ck_assert(!part(one, "b", "1", &c));
	ck_assert(!part(two, "b", "1", &c));
	ck_assert(!part(one, "b", "1", &c));
	ck_assert(!part(one, "c", "2", &c));
	ck_assert(part(two, "a", "0", &c));
	ck_assert_uint_eq(c.n, 3);
	ck_assert_str_eq(c.texts[0], "[1, \"a\"]");
	ck_assert_str_eq(c.texts[2], "[1, \"c\"]");
	/* Nobody else has it, and who has may ask again. */
	ck_assert(!part(one, "b", "1", &c));
	ck_assert(part(one, "a", "0", &c));
	ck_assert_int_eq(queue_chord_done(one, "g", "b"), 0);
	ck_assert(part(one, "a", "0", &c));
	ck_assert_int_eq(queue_chord_done(two, "g", "a"), 0);
	ck_assert(!part(one, "a", "0", &c));
	ck_assert_int_eq(count("EXISTS", MORE ".j"), 0);
	ck_assert_int_eq(count("EXISTS", MORE ".s"), 0);
	/* Later, when nothing says that it is done. */
	redis("DEL " MORE ".c");
	ck_assert(!part(one, "a", "0", &c));
	ck_assert_int_eq(count("EXISTS", MORE ".j"), 0);
	/* The same group once more is a new chord. */
	ck_assert_int_eq(queue_chord_size(one, "g", 1), 0);
	ck_assert(part(one, "a", "0", &c));
}
END_TEST

/* Parts that stock workers have counted, as each release does. */
START_TEST(parts_of_others_count_as_well)
{
	struct queue_chord c;

	redis("SET " MORE ".s 2");
	redis("SET " MORE ".t 1"); /* one was added while it ran */
	redis("ZADD " MORE ".j 0 x");
	ck_assert(!part(one, "b", "1", &c));
	redis("ZADD " MORE ".j 2 z");
	ck_assert(!part(one, "b", "1", &c)); /* it was not the last */
	redis("ZREM " MORE ".j z");
	ck_assert(part(one, "c", "+inf", &c));
	ck_assert_str_eq(c.texts[0], "x");
	ck_assert_str_eq(c.texts[2], "[1, \"c\"]");
}
END_TEST

START_TEST(what_another_has_taken_is_left_to_it)
{
	struct queue_chord c;

	redis("SET " MORE ".s 1");
	redis("SET " MORE ".c somebody");
	ck_assert(!part(one, "a", "0", &c));
	ck_assert_int_eq(queue_chord_done(one, "g", "a"), 0);
	ck_assert_int_eq(count("EXISTS", MORE ".s"), 1);
	/* Without a size it is no chord, or one that has ended. */
	redis("DEL " MORE ".s " MORE ".c");
	ck_assert(!part(one, "b", "1", &c));
}
END_TEST

/* Where the sender does not want them in order, they are a list. */
START_TEST(parts_may_be_a_list)
{
	struct queue_chord c;

	redis("SET " MORE ".s 2");
	redis("RPUSH " MORE ".j x");
	ck_assert(part(one, "a", "0", &c));
	ck_assert_str_eq(c.texts[0], "x");
	ck_assert_str_eq(c.texts[1], "[1, \"a\"]");
}
END_TEST

START_TEST(a_group_is_what_its_sender_has_kept)
{
	bool up;

	ck_assert_ptr_null(queue_group_get(one, "g", &up));
	ck_assert(up);
	redis("SET " MORE " kept");
	ck_assert_str_eq(queue_group_get(one, "g", &up), "kept");
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ what_has_one_name_is_sent_once, 0, 0 },
		{ what_is_refused_is_not_sent_by_half, 0, 0 },
		{ many_go_in_portions, 0, 0 },
		{ each_part_counts_once_and_the_last_has_the_chord, 0, 0 },
		{ parts_of_others_count_as_well, 0, 0 },
		{ what_another_has_taken_is_left_to_it, 0, 0 },
		{ parts_may_be_a_list, 0, 0 },
		{ a_group_is_what_its_sender_has_kept, 0, 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("queue_chord", set_up, tear_down, tests,
	    NELEM(tests));
}
