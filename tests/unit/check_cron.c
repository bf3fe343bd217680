/* SPDX-License-Identifier: ISC */
/* Times by the calendar, in zones whose clocks are set. */
#include "config.h"

#include "lib/harness.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "text/cron.h"

/* after and each of the next ones as RFC 3339; the last one of these may be
 * NULL. */
static const struct {
	const char *cron, *zone, *after, *next[3];
} cases[] = {
	{ "* * * * *", "UTC", "2026-11-29T10:00:00Z",
	    { "2026-11-29T10:01:00Z", "2026-11-29T10:02:00Z" } },
	{ "* * * * *", "UTC", "2026-12-31T23:59:59.9Z",
	    { "2027-01-01T00:00:00Z" } },
	{ "30 4 * * *", "UTC", "2026-11-29T04:30:00Z",
	    { "2026-11-30T04:30:00Z" } },
	{ "@daily", "UTC", "2026-11-29T04:30:00Z", { "2026-11-30T00:00:00Z" } },
	{ "@hourly", "UTC", "2026-11-29T04:30:00Z",
	    { "2026-11-29T05:00:00Z" } },
	{ "@weekly", "UTC", "2026-11-29T04:30:00Z",
	    { "2026-12-06T00:00:00Z" } },
	{ "@monthly", "UTC", "2026-11-29T04:30:00Z",
	    { "2026-12-01T00:00:00Z" } },
	{ "@Yearly", "UTC", "2026-11-29T04:30:00Z",
	    { "2027-01-01T00:00:00Z" } },
	{ "*/20 9-10 * * *", "UTC", "2026-11-29T09:30:00Z",
	    { "2026-11-29T09:40:00Z", "2026-11-29T10:00:00Z",
		"2026-11-29T10:20:00Z" } },
	{ "5-59/25,7 0 * * *", "UTC", "2026-11-29T00:00:00Z",
	    { "2026-11-29T00:05:00Z", "2026-11-29T00:07:00Z",
		"2026-11-29T00:30:00Z" } },
	/* ends of months, and years with a February of 29 days */
	{ "0 0 31 * *", "UTC", "2026-03-31T00:00:00Z",
	    { "2026-05-31T00:00:00Z", "2026-07-31T00:00:00Z" } },
	{ "0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z",
	    { "2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z" } },
	{ "0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z",
	    { "2104-02-29T00:00:00Z" } },
	{ "0 12 30 apr,Jun *", "UTC", "2026-04-30T12:00:00Z",
	    { "2026-06-30T12:00:00Z", "2027-04-30T12:00:00Z" } },
	/* days of both kinds: either will do, unless one begins with * */
	{ "0 0 13 * fri", "UTC", "2026-11-10T00:00:00Z",
	    { "2026-11-13T00:00:00Z", "2026-11-20T00:00:00Z" } },
	{ "0 0 1 * mon", "UTC", "2026-11-28T00:00:00Z",
	    { "2026-11-30T00:00:00Z", "2026-12-01T00:00:00Z",
		"2026-12-07T00:00:00Z" } },
	{ "0 0 */2 * sun", "UTC", "2026-11-01T00:00:00Z",
	    { "2026-11-15T00:00:00Z", "2026-11-29T00:00:00Z" } },
	{ "0 0 * * 7", "UTC", "2026-11-29T00:00:00Z",
	    { "2026-12-06T00:00:00Z" } },
	{ "0 0 * * 6-7", "UTC", "2026-11-29T00:00:00Z",
	    { "2026-12-05T00:00:00Z", "2026-12-06T00:00:00Z" } },
	{ "0 9 * * MON-FRI", "UTC", "2026-11-27T09:00:00Z",
	    { "2026-11-30T09:00:00Z" } },
	/* zones */
	{ "30 4 * * *", "Europe/Berlin", "2026-11-29T03:29:00Z",
	    { "2026-11-29T03:30:00Z", "2026-11-30T03:30:00Z" } },
	{ "30 4 * * *", "Asia/Kathmandu", "2026-11-28T00:00:00Z",
	    { "2026-11-28T22:45:00Z" } },
	{ "0 0 * * *", "Pacific/Auckland", "2026-11-28T12:00:00Z",
	    { "2026-11-29T11:00:00Z" } },
	/* far ahead, behind what files of zones list */
	{ "0 12 1 7 *", "Europe/Berlin", "2089-08-01T00:00:00Z",
	    { "2090-07-01T10:00:00Z" } },
	/* an hour that is left out: at the moment when clocks are set */
	{ "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
	    { "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z" } },
	{ "15,45 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
	    { "2026-03-29T01:00:00Z", "2026-03-30T00:15:00Z" } },
	{ "*/30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z",
	    { "2026-03-30T00:00:00Z" } },
	{ "30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z",
	    { "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z" } },
	/* an hour that comes twice */
	{ "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z",
	    { "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z" } },
	{ "30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z",
	    { "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z",
		"2026-10-25T02:30:00Z" } },
	{ "30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z",
	    { "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z" } },
	/* half an hour, and a whole day */
	{ "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z",
	    { "2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z" } },
	{ "0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z",
	    { "2011-12-30T10:00:00Z", "2012-12-29T22:00:00Z" } },
	/* back over midnight */
	{ "*/30 * * * *", "America/St_Johns", "2010-11-07T02:00:00Z",
	    { "2010-11-07T02:30:00Z", "2010-11-07T03:00:00Z",
		"2010-11-07T03:30:00Z" } },
};

static int64_t
at(const char *text)
{
	int64_t us = 0;

	ck_assert_int_eq(clock_parse(text, &us), 0);
	return us / CLOCK_SECOND;
}

START_TEST(the_next_times_are_those)
{
	struct buf why = { 0 };
	struct cron c;
	int64_t t = at(cases[_i].after);
	char text[CLOCK_TEXT];

	ck_assert_msg(cron_parse(cases[_i].cron, &c, &why) == 0, "%s",
	    why.data);
	ck_assert(cron_zone_known(cases[_i].zone));
	for (size_t i = 0; i < 3 && cases[_i].next[i] != NULL; i++) {
		t = cron_next(&c, cases[_i].zone, t);
		ck_assert_msg(t == at(cases[_i].next[i]), "%s in %s: %s",
		    cases[_i].cron, cases[_i].zone,
		    clock_format(t * CLOCK_SECOND, text));
	}
	buf_free(&why);
}
END_TEST

START_TEST(the_zone_of_the_process_stays)
{
	struct buf why = { 0 };
	struct cron c;

	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	ck_assert_int_eq(cron_parse("@daily", &c, &why), 0);
	cron_next(&c, "Europe/Berlin", 0);
	ck_assert_str_eq(getenv("TZ"), "Asia/Tokyo");
	ck_assert_int_eq(timezone, -9 * 3600);
	unsetenv("TZ");
	cron_next(&c, "Europe/Berlin", 0);
	ck_assert_ptr_null(getenv("TZ"));
	buf_free(&why);
}
END_TEST

static const struct {
	const char *cron, *why;
} faults[] = {
	{ "", "minute: it is missing" },
	{ "* * * *", "day of week: it is missing" },
	{ "* * * * * *", "stands behind the last field" },
	{ "60 * * * *", "minute: \"60\" is not within 0 to 59" },
	{ "* 24 * * *", "hour: \"24\" is not within 0 to 23" },
	{ "* * 0 * *", "day of month: \"0\" is not within 1 to 31" },
	{ "* * * 13 *", "month: \"13\" is not within 1 to 12" },
	{ "* * * * 8", "day of week: \"8\" is not within 0 to 7" },
	{ "1,,2 * * * *", "minute: \"\" is no value" },
	{ "1, * * * *", "minute: \"\" is no value" },
	{ "5-1 * * * *", "minute: \"5-1\" begins behind its end" },
	{ "*/0 * * * *", "minute: \"*/0\" has a step of 0" },
	{ "5/10 * * * *", "minute: \"5/10\" has a step, but is no range" },
	{ "1- * * * *", "minute: \"1-\" is no value" },
	{ "-1 * * * *", "minute: \"-1\" is no value" },
	{ "x * * * *", "minute: \"x\" is no value" },
	{ "mon * * * *", "minute: \"mon\" is no value" },
	{ "* * * monday *", "month: \"monday\" is no value" },
	{ "0000000001 * * * *", "minute: \"0000000001\" is no value" },
	{ "0 0 30 2 *", "there is no such day" },
	{ "0 0 31 4,6 *", "there is no such day" },
	{ "@reboot", "is none of @hourly" },
	{ "@daily UTC", "is none of @hourly" },
};

START_TEST(what_is_wrong_is_told)
{
	struct buf why = { 0 };
	struct cron c;

	ck_assert_int_eq(cron_parse(faults[_i].cron, &c, &why), -1);
	ck_assert_msg(strstr(why.data, faults[_i].why) != NULL, "%s", why.data);
	buf_free(&why);
}
END_TEST

START_TEST(other_zones_are_not_known)
{
	static const char *const zones[] = { "", "Europe", "Europe/", "Berlin",
		"europe/berlin", "/usr/share/zoneinfo/UTC", "../zoneinfo/UTC",
		"./UTC", "Europe/Berlin ", "zone.tab", "Europe/Ber;lin" };

	ck_assert(cron_zone_known("UTC"));
	for (size_t i = 0; i < NELEM(zones); i++)
		ck_assert_msg(!cron_zone_known(zones[i]), "%s", zones[i]);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ the_next_times_are_those, NELEM(cases), 0 },
		{ the_zone_of_the_process_stays, 1, 0 },
		{ what_is_wrong_is_told, NELEM(faults), 0 },
		{ other_zones_are_not_known, 1, 0 },
	};

	return harness_run("cron", tests, NELEM(tests));
}
