/* SPDX-License-Identifier: ISC */
/* Kinds of jobs: what Errand brings along, and what the ini makes of it. */
#include "config.h"

#include "lib/harness.h"

#include "base/buf.h"
#include "conf/conf.h"
#include "jobs/kind.h"
#include "setup/setup.h"

static struct buf told;

static void
on_fault(void *arg, const char *sentence)
{
	(void)arg;
	buf_adds(&told,
	    strstr(sentence, ": [") ? strstr(sentence, ": [") + 2 : sentence);
	buf_addc(&told, '\n');
}

static unsigned
load(const char *ini)
{
	char *path = harness_file(ini, strlen(ini));
	unsigned faults;

	buf_clear(&told);
	buf_adds(&told, "");
	faults = setup_load(path, on_fault, NULL);
	unlink(path);
	free(path);
	return faults;
}

static const struct {
	const char *ini, *kind;
	struct kind want;
} cases[] = {
	{ "", "errand.send_notification",
	    { .own = 0,
		.queue = "errand",
		.command = "",
		.max_retries = 12,
		.children = 2,
		.soft_limit = 360 * CONF_SEC,
		.hard_limit = 390 * CONF_SEC,
		.backoff = 10 * CONF_SEC,
		.backoff_max = 3600 * CONF_SEC } },
	/* a mail's limits follow the times that it may take */
	{ "[mail]\ntimeout = 5s\n[worker]\nchildren = 1\n",
	    "errand.send_notification",
	    { .own = 0,
		.queue = "errand",
		.command = "",
		.max_retries = 12,
		.children = 1,
		.soft_limit = 85 * CONF_SEC,
		.hard_limit = 115 * CONF_SEC,
		.backoff = 10 * CONF_SEC,
		.backoff_max = 3600 * CONF_SEC } },
	{ "[mail]\nanswer_timeout = 10m\n[worker]\nchildren = 9\n"
	  "[job:errand.send_notification]\nhard_limit = 631s\n"
	  "soft_limit = 630500ms\n",
	    "errand.send_notification",
	    { .own = 0,
		.queue = "errand",
		.command = "",
		.max_retries = 12,
		.children = 5,
		.soft_limit = 630500,
		.hard_limit = 631 * CONF_SEC,
		.backoff = 10 * CONF_SEC,
		.backoff_max = 3600 * CONF_SEC } },
	{ "[job:errand.send_notification]\nchildren = 0\n",
	    "errand.send_notification",
	    { .own = 0,
		.queue = "errand",
		.command = "",
		.max_retries = 12,
		.soft_limit = 360 * CONF_SEC,
		.hard_limit = 390 * CONF_SEC,
		.backoff = 10 * CONF_SEC,
		.backoff_max = 3600 * CONF_SEC } },
	{ "[broker]\nqueue = q\n", "errand.purge",
	    { .own = 2,
		.queue = "q",
		.command = "",
		.max_retries = 3,
		.soft_limit = 600 * CONF_SEC,
		.hard_limit = 900 * CONF_SEC,
		.backoff = 60 * CONF_SEC,
		.backoff_max = 600 * CONF_SEC } },
	{ "[job:errand.purge]\nmax_retries = 0\nsoft_limit = 0\n"
	  "hard_limit = 1h\nbackoff = 20m\n",
	    "errand.purge",
	    { .own = 2,
		.queue = "errand",
		.command = "",
		.max_retries = 0,
		.hard_limit = 3600 * CONF_SEC,
		.backoff = 1200 * CONF_SEC,
		.backoff_max = 1200 * CONF_SEC } },
	{ "[job:errand.purge]\ncommand = true\n[job:x]\ncommand = false\n",
	    "errand.purge",
	    { .own = 2,
		.queue = "errand",
		.command = "true",
		.max_retries = 3,
		.soft_limit = 600 * CONF_SEC,
		.hard_limit = 900 * CONF_SEC,
		.backoff = 60 * CONF_SEC,
		.backoff_max = 600 * CONF_SEC } },
	{ "[job:x]\ncommand = echo a; false\nsoft_limit = 1s\n"
	  "[log]\nformat = json\n[job:x]\nmax_retries = 7\nmax_deaths = 2\n",
	    "x",
	    { .own = -1,
		.max_deaths = 2,
		.queue = "errand",
		.command = "echo a; false",
		.max_retries = 7,
		.soft_limit = CONF_SEC,
		.hard_limit = 3600 * CONF_SEC,
		.backoff = 10 * CONF_SEC,
		.backoff_max = 600 * CONF_SEC } },
	{ "[job:app.add]\nqueue = celery\n", "app.add",
	    { .own = -1,
		.queue = "celery",
		.command = "",
		.max_retries = 3,
		.backoff = 10 * CONF_SEC,
		.backoff_max = 600 * CONF_SEC,
		.foreign_queue = true } },
	{ "[broker]\nqueue = celery\n[job:errand.purge]\nqueue = celery\n",
	    "errand.purge",
	    { .own = 2,
		.queue = "celery",
		.command = "",
		.max_retries = 3,
		.soft_limit = 600 * CONF_SEC,
		.hard_limit = 900 * CONF_SEC,
		.backoff = 60 * CONF_SEC,
		.backoff_max = 600 * CONF_SEC } },
};

START_TEST(a_kind_is_as_the_settings_say)
{
	const struct kind *want = &cases[_i].want, *got;
	size_t index;

	ck_assert_msg(load(cases[_i].ini) == 0, "%s", told.data);
	got = kind_find(cases[_i].kind, &index);
	ck_assert_ptr_nonnull(got);
	ck_assert_ptr_eq(got, kind_at(index));
	ck_assert_uint_lt(index, kind_count());
	ck_assert_str_eq(got->name, cases[_i].kind);
	ck_assert_int_eq(got->own, want->own);
	ck_assert_str_eq(got->queue, want->queue);
	ck_assert_str_eq(got->command, want->command);
	ck_assert_int_eq(got->max_retries, want->max_retries);
	if (want->max_deaths != 0)
		ck_assert_int_eq(got->max_deaths, want->max_deaths);
	else
		ck_assert_int_eq(got->max_deaths,
		    want->max_retries == 0 ? 1 : 3);
	ck_assert_int_eq(got->children, want->children);
	ck_assert_int_eq(got->soft_limit, want->soft_limit);
	ck_assert_int_eq(got->hard_limit, want->hard_limit);
	ck_assert_int_eq(got->backoff, want->backoff);
	ck_assert_int_eq(got->backoff_max, want->backoff_max);
	ck_assert_int_eq(got->foreign_queue, want->foreign_queue);
	ck_assert_ptr_null(kind_find("no such", NULL));
}
END_TEST

static const struct {
	const char *ini, *told;
} faults[] = {
	{ "[job:x]\n",
	    "[job:x] is no kind of Errand's own, so it needs a command, or a "
	    "queue that others serve\n" },
	{ "[job:errand.purg]\nmax_retries = 1\n",
	    "[job:errand.purg] is no kind of Errand's own, so it needs a "
	    "command, or a queue that others serve; did you mean "
	    "errand.purge?\n" },
	{ "[job:x]\nqueue = celery\ncommand = true\n",
	    "[job:x] has a command, but its queue is served by others: give "
	    "only one of the two\n" },
	{ "[job:errand.purge]\nmax_retries = 0\nmax_deaths = 2\n",
	    "[job:errand.purge] has max_retries = 0, so that it is never run "
	    "twice: its max_deaths can only be 1\n" },
	{ "[job:errand.purge]\nstdout_result = on\n",
	    "[job:errand.purge] has stdout_result, but no command\n" },
	{ "[job:other]\nqueue = x\ntrack_started = on\n",
	    "[job:other] has track_started, but its queue is served by "
	    "others\n" },
	{ "[job:x]\nqueue = celery\nmax_retries = 1\n",
	    "[job:x] has settings for retries, but its queue is served by "
	    "others, who do not hear of them: only the limits are sent\n" },
	{ "[job:errand.send_notification]\nsoft_limit = 330s\n",
	    "[job:errand.send_notification] has a limit that is not longer "
	    "than [mail] timeout and answer_timeout together: mails would "
	    "come twice\n" },
	{ "[mail]\nanswer_timeout = 1m\n[job:errand.send_notification]\n"
	  "soft_limit = 0\nhard_limit = 90s\n",
	    "[job:errand.send_notification] has a limit that is not longer "
	    "than [mail] timeout and answer_timeout together: mails would "
	    "come twice\n" },
	{ "[job:errand.send_notification]\nhard_limit = 360s\n",
	    "[job:errand.send_notification] has a soft_limit that is not "
	    "shorter than its hard_limit\n" },
	{ "[job:x]\ncommand = true\nbackoff = 10s\nbackoff_max = 9s\n",
	    "[job:x] has a backoff that is longer than its backoff_max\n" },
};

START_TEST(a_kind_that_makes_no_sense_is_refused)
{
	ck_assert_uint_eq(load(faults[_i].ini), 1);
	ck_assert_str_eq(told.data, faults[_i].told);
}
END_TEST

START_TEST(there_is_room_for_as_many_as_may_be_given)
{
	struct buf ini = { 0 };
	int i;

	for (i = 0; i < 48; i++)
		buf_printf(&ini, "[job:k%d]\ncommand = true\n", i);
	ck_assert_msg(load(ini.data) == 0, "%s", told.data);
	ck_assert_uint_eq(kind_count(), 52);
	ck_assert_ptr_nonnull(kind_find("k47", NULL));
	buf_adds(&ini, "[job:more]\ncommand = true\n");
	ck_assert_uint_eq(load(ini.data), 1);
	buf_free(&ini);
}
END_TEST

static void
set_up(void)
{
	unsetenv("ERRAND_CONFIG");
}

static void
tear_down(void)
{
	buf_free(&told);
	conf_free();
}

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_kind_is_as_the_settings_say, NELEM(cases), 0 },
		{ a_kind_that_makes_no_sense_is_refused, NELEM(faults), 0 },
		{ there_is_room_for_as_many_as_may_be_given, 0, 0 },
	};

	return harness_run_in("kind", set_up, tear_down, tests, NELEM(tests));
}
