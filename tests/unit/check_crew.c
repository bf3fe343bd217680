/* SPDX-License-Identifier: ISC */
/* How many children somebody may wish for, and how many run a kind. */
#include "config.h"

#include "lib/harness.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "crew/crew.h"
#include "crew/lane.h"
#include "setup/setup.h"

#define MOST ((size_t)SLOT_MAX - CREW_SLOT_JOBS)

static const struct {
	bool grow;
	size_t want;
	int64_t n;
	int rc;
	size_t after;
} wishes[] = {
	{ true, 1, 1, 0, 2 },
	{ true, 1, (int64_t)MOST - 1, 0, MOST },
	{ true, 1, (int64_t)MOST, -1, 1 },
	{ true, MOST, 1, -1, MOST },
	{ true, 2, 0, -1, 2 },
	{ true, 2, -1, -1, 2 },
	{ true, 2, INT64_MIN, -1, 2 },
	{ true, 2, INT64_MAX, -1, 2 },
	{ false, 2, 1, 0, 1 },
	{ false, MOST, (int64_t)MOST - 1, 0, 1 },
	{ false, 2, 2, -1, 2 },
	{ false, 1, 1, -1, 1 },
	{ false, 2, 0, -1, 2 },
	{ false, 2, -1, -1, 2 },
	{ false, 2, INT64_MIN, -1, 2 },
	{ false, 2, INT64_MAX, -1, 2 },
};

START_TEST(a_wish_is_noted_or_refused)
{
	struct crew c = { .want = wishes[_i].want };
	int rc = wishes[_i].grow ? crew_grow(&c, wishes[_i].n)
				 : crew_shrink(&c, wishes[_i].n);

	ck_assert_int_eq(rc, wishes[_i].rc);
	ck_assert_uint_eq(c.want, wishes[_i].after);
	ck_assert(!c.stopping);
}
END_TEST

/* --- lanes --- */

static struct crew
bed(const char *ini)
{
	char *path = harness_file(ini, strlen(ini));
	struct crew c = { .nslots = SLOT_MAX };

	ck_assert_uint_eq(setup_load(path, NULL, NULL), 0);
	unlink(path);
	free(path);
	c.slots = slot_table();
	c.lanes = lane_table();
	ck_assert(c.slots != NULL && c.lanes != NULL);
	return c;
}

static size_t
lane_of(const char *kind)
{
	size_t index = KIND_MAX;

	ck_assert_ptr_nonnull(kind_find(kind, &index));
	return index;
}

START_TEST(no_more_of_a_kind_run_than_may)
{
	struct crew c = bed("[job:few]\ncommand = true\nchildren = 2\n"
			    "[job:any]\ncommand = true\n");
	size_t few = lane_of("few"), any = lane_of("any");

	ck_assert(lane_enter(&c, &c.slots[1], few));
	ck_assert(lane_free(&c, few));
	ck_assert(lane_enter(&c, &c.slots[200], few));
	ck_assert(!lane_free(&c, few));
	ck_assert(!lane_enter(&c, &c.slots[3], few));
	ck_assert(lane_enter(&c, &c.slots[3], any));
	ck_assert(lane_enter(&c, &c.slots[4], any));
	ck_assert(lane_enter(&c, &c.slots[5], any));
	/* who was refused does not count */
	lane_leave(&c.slots[200]);
	ck_assert(lane_enter(&c, &c.slots[7], few));
	ck_assert(!lane_enter(&c, &c.slots[200], few));
	conf_free();
}
END_TEST

START_TEST(what_is_away_is_tried_by_one_at_a_time)
{
	struct crew c = bed("[worker]\nchildren = 8\n");
	size_t mail = lane_of("errand.send_notification");
	struct lane *lane = &c.lanes[mail];

	ck_assert(lane_enter(&c, &c.slots[1], mail));
	ck_assert(lane_enter(&c, &c.slots[2], mail));
	ck_assert_int_eq(lane_failed(lane, clock_mono_us()), 1000);
	/* the second had begun before that was known */
	ck_assert_int_eq(lane_failed(lane, clock_mono_us()), 0);
	lane_leave(&c.slots[1]);
	lane_leave(&c.slots[2]);
	ck_assert(!lane_free(&c, mail));
	ck_assert(!lane_enter(&c, &c.slots[1], mail));
	/* the pause is over */
	lane->closed_to = clock_mono_us();
	ck_assert(lane_enter(&c, &c.slots[1], mail));
	ck_assert(!lane_enter(&c, &c.slots[2], mail));
	ck_assert_int_eq(lane_failed(lane, clock_mono_us()), 2000);
	lane->closed_to = clock_mono_us();
	lane_well(lane);
	ck_assert(lane_enter(&c, &c.slots[2], mail));
	/* and it never is longer than a minute */
	lane->failures = 1000;
	ck_assert_int_eq(lane_failed(lane, clock_mono_us()), 60000);
	conf_free();
}
END_TEST

/* All that a child has in hand is vouched for, and nothing else. */
START_TEST(each_tag_of_a_take_is_known)
{
	static const struct {
		const char *tag;
		size_t more, n;
	} rows[] = { { "", 0, 0 }, { "", 3, 0 }, { "t", 0, 1 }, { "t", 1, 2 },
		{ "t", QUEUE_MOST - 1, QUEUE_MOST },
		{ "t", QUEUE_MOST, QUEUE_MOST },
		{ "t", SIZE_MAX, QUEUE_MOST } };
	struct slot *s = calloc(1, sizeof(*s));
	const char *tags[QUEUE_MOST];
	struct arena *a = arena_new();

	for (size_t i = 0; i < NELEM(rows); i++) {
		strcpy(s->tag, rows[i].tag);
		s->more = rows[i].more;
		ck_assert_uint_eq(slot_tags(a, s, tags), rows[i].n);
		for (size_t k = 0; k < rows[i].n; k++)
			ck_assert_str_eq(tags[k],
			    k == 0 ? "t" : arena_printf(a, "t.%zu", k));
	}
	arena_free(a);
	free(s);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_wish_is_noted_or_refused, NELEM(wishes), 0 },
		{ no_more_of_a_kind_run_than_may, 0, 0 },
		{ each_tag_of_a_take_is_known, 0, 0 },
		{ what_is_away_is_tried_by_one_at_a_time, 0, 0 },
	};

	return harness_run("crew", tests, NELEM(tests));
}
