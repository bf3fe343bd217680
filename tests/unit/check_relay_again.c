/* SPDX-License-Identifier: ISC */
/* When a queue is looked at again that could not be read. */
#include "config.h"

#include "lib/harness.h"

#include <string.h>

#include "base/clock.h"
#include "relay/relay_own.h"

#define MOST 20 /* seconds */

/* What ends where: a walk after a loss or for what is missing, for queues 0 to
 * 2, some of them unread; or the one that is due. */
enum walk { END, LOSS, MISSING, DUE };

/* Walks in turn, each when it is due; which queues the next one is for, whether
 * it is for what is missing, until when rows count, and its pause. */
static const struct {
	struct {
		enum walk walk;
		const char *unread;
	} walks[6];
	const char *in;
	bool missing;
	int64_t until, pause;
} cases[] = {
	{ { { LOSS, "" } }, "", false, 0, 0 },
	{ { { LOSS, "1" } }, "1", false, 7, 5 },
	{ { { MISSING, "02" } }, "02", true, 8, 5 },
	/* its own walk: less and less often */
	{ { { LOSS, "1" }, { DUE, "1" } }, "1", false, 7, 10 },
	{ { { LOSS, "1" }, { DUE, "1" }, { DUE, "1" }, { DUE, "1" } }, "1",
	    false, 7, MOST },
	/* for what is left; what was not looked at is not unread */
	{ { { LOSS, "02" }, { DUE, "12" } }, "2", false, 7, 10 },
	{ { { LOSS, "1" }, { DUE, "" } }, "", false, 0, 0 },
	{ { { LOSS, "1" }, { DUE, "1" }, { DUE, "" }, { LOSS, "1" } }, "1",
	    false, 7, 5 },
	/* what is missing takes nothing from what was lost */
	{ { { LOSS, "1" }, { MISSING, "" } }, "1", false, 7, 5 },
	{ { { LOSS, "1" }, { MISSING, "2" } }, "1", false, 7, 5 },
	{ { { MISSING, "1" }, { MISSING, "" } }, "", false, 0, 0 },
	/* but a new loss concerns all that is missing */
	{ { { MISSING, "1" }, { LOSS, "2" } }, "2", false, 7, 10 },
	{ { { MISSING, "1" }, { LOSS, "" } }, "", false, 0, 0 },
};

static void
queues(const char *digits, bool *in)
{
	memset(in, 0, (KIND_MAX + 1) * sizeof(*in));
	for (; *digits != '\0'; digits++)
		in[*digits - '0'] = true;
}

START_TEST(what_could_not_be_read_is_looked_at_again)
{
	const struct relay_walk loss = { { true, true, true }, false, 7, 0 },
				missing = { { true, true, true }, true, 8, 0 };
	bool unread[KIND_MAX + 1], in[KIND_MAX + 1];
	struct relay_again g = { 0 };
	struct relay_walk w;
	int64_t now = 1000 * CLOCK_SECOND;

	ck_assert(relay_again_rested(&g, now));
	ck_assert(!relay_again_due(&g, now));
	for (size_t i = 0; cases[_i].walks[i].walk != END; i++) {
		w = g.walk;
		if (cases[_i].walks[i].walk == DUE) {
			ck_assert(!relay_again_due(&g, g.at - 1));
			now = g.at;
			ck_assert(relay_again_due(&g, now));
			/* a walk that fails comes again, but not at once */
			ck_assert(!relay_again_due(&g, now));
		} else {
			w = cases[_i].walks[i].walk == LOSS ? loss : missing;
		}
		w.since = now - 3 * CLOCK_SECOND;
		queues(cases[_i].walks[i].unread, unread);
		relay_again_note(&g, &w, unread, now, MOST * CLOCK_SECOND);
		/* others have as long as it took */
		ck_assert(!relay_again_rested(&g, now + 3 * CLOCK_SECOND - 1));
		ck_assert(relay_again_rested(&g, now + 3 * CLOCK_SECOND));
	}
	queues(cases[_i].in, in);
	ck_assert_mem_eq(g.walk.in, in, sizeof(in));
	ck_assert_int_eq(g.walk.missing, cases[_i].missing);
	ck_assert_int_eq(g.walk.until, cases[_i].until);
	ck_assert_int_eq(g.pause, cases[_i].pause * CLOCK_SECOND);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ what_could_not_be_read_is_looked_at_again, NELEM(cases), 0 },
	};

	return harness_run("relay_again", tests, NELEM(tests));
}
