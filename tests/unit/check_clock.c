/* SPDX-License-Identifier: ISC */
/* Clocks and timestamps. */
#include "config.h"

#include "lib/harness.h"

#include <time.h>

#include "base/clock.h"

#define DAY INT64_C(86400)
#define US  INT64_C(1000000)

static const struct {
	int64_t us;
	const char *text;
} formats[] = {
	{ 0, "1970-01-01T00:00:00.000000Z" },
	{ 1, "1970-01-01T00:00:00.000001Z" },
	{ -1, "1969-12-31T23:59:59.999999Z" },
	{ 951782400 * US, "2000-02-29T00:00:00.000000Z" },
	{ 951868799999999, "2000-02-29T23:59:59.999999Z" },
	{ 951868800 * US, "2000-03-01T00:00:00.000000Z" },
	{ 1795345500123456, "2026-11-22T11:05:00.123456Z" },
	{ -62167219200 * US, "0000-01-01T00:00:00.000000Z" },
	{ 253402300799999999, "9999-12-31T23:59:59.999999Z" },
	/* beyond its years: the nearest that it can write */
	{ 253402300800 * US, "9999-12-31T23:59:59.999999Z" },
	{ -62167219200 * US - 1, "0000-01-01T00:00:00.000000Z" },
	{ INT64_MAX, "9999-12-31T23:59:59.999999Z" },
	{ CLOCK_WRAPPED + 1, "0000-01-01T00:00:00.000000Z" },
	{ CLOCK_WRAPPED, "9999-12-31T23:59:59.999999Z" },
	{ INT64_MIN, "9999-12-31T23:59:59.999999Z" },
};

START_TEST(times_are_written)
{
	char out[CLOCK_TEXT];

	ck_assert_ptr_eq(clock_format(formats[_i].us, out), out);
	ck_assert_str_eq(out, formats[_i].text);
}
END_TEST

/* Every thirteenth day of ten thousand years, and every day near ours. */
START_TEST(days_agree_with_the_c_library)
{
	char out[CLOCK_TEXT], expected[64];
	int64_t s, us;
	time_t t;
	struct tm tm;

	for (s = -719528 * DAY;
	     s<2932897 * DAY; s += s> 0 && s < 40000 * DAY ? DAY : 13 * DAY) {
		t = (time_t)s;
		gmtime_r(&t, &tm);
		snprintf(expected, sizeof(expected),
		    "%04d-%02d-%02dT00:00:00.000000Z", tm.tm_year + 1900,
		    tm.tm_mon + 1, tm.tm_mday);
		clock_format(s * US, out);
		if (strcmp(out, expected) != 0)
			ck_abort_msg("%s for %s", out, expected);
		if (clock_parse(out, &us) != 0 || us != s * US)
			ck_abort_msg("%s is misread", out);
	}
}
END_TEST

static const struct {
	const char *text;
	const char *utc;
} accepted[] = {
	{ "2026-11-22", "2026-11-22T00:00:00.000000Z" },
	{ "2024-02-29", "2024-02-29T00:00:00.000000Z" },
	{ "2000-02-29", "2000-02-29T00:00:00.000000Z" },
	{ "0000-01-01", "0000-01-01T00:00:00.000000Z" },
	{ "9999-12-31", "9999-12-31T00:00:00.000000Z" },
	{ "2026-11-22T11:05:00Z", "2026-11-22T11:05:00.000000Z" },
	{ "2026-11-22t11:05:00z", "2026-11-22T11:05:00.000000Z" },
	{ "2026-11-22T11:05:00.5Z", "2026-11-22T11:05:00.500000Z" },
	{ "2026-11-22T11:05:00.123456Z", "2026-11-22T11:05:00.123456Z" },
	{ "2026-11-22T11:05:00.123456789Z", "2026-11-22T11:05:00.123456Z" },
	{ "2026-11-22T11:05:00.12345678901234567890123456789012345678901Z",
	    "2026-11-22T11:05:00.123456Z" },
	{ "2026-11-22T11:05:00.000000999Z", "2026-11-22T11:05:00.000000Z" },
	{ "1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.250000Z" },
	{ "2026-11-22T00:30:00+02:00", "2026-11-21T22:30:00.000000Z" },
	{ "2026-12-31T23:30:00-05:45", "2027-01-01T05:15:00.000000Z" },
	{ "2026-11-22T11:05:00-00:00", "2026-11-22T11:05:00.000000Z" },
	{ "2026-11-22T23:59:00+23:59", "2026-11-22T00:00:00.000000Z" },
	{ "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z" },
	{ "2017-01-01T00:59:60+01:00", "2017-01-01T00:00:00.000000Z" },
};

START_TEST(dates_and_times_are_read)
{
	char out[CLOCK_TEXT];
	int64_t us;

	ck_assert_int_eq(clock_parse(accepted[_i].text, &us), 0);
	ck_assert_str_eq(clock_format(us, out), accepted[_i].utc);
}
END_TEST

static const char *const refused[] = {
	"",
	" ",
	"today",
	"2026",
	"2026-11",
	"2026-1-22",
	"26-11-22",
	"02026-11-22",
	"-026-11-22",
	"+026-11-22",
	"20261122",
	"2026/11/22",
	"2026-00-22",
	"2026-13-22",
	"2026-11-00",
	"2026-11-31",
	"2026-02-29",
	"1900-02-29",
	"2026-11-22 ",
	" 2026-11-22",
	"2026-11-22Z",
	"2026-11-22T",
	"2026-11-22T11",
	"2026-11-22T11:05",
	"2026-11-22T11:05Z",
	"2026-11-22T11:05:00",
	"2026-11-22 11:05:00Z",
	"2026-11-22T1:05:00Z",
	"2026-11-22T24:00:00Z",
	"2026-11-22T11:60:00Z",
	"2026-11-22T11:05:61Z",
	"2026-11-22T11:05:60Z",
	"2026-11-22T23:59:60+01:00",
	"2026-11-22T11:05:00.Z",
	"2026-11-22T11:05:00,5Z",
	"2026-11-22T11:05:00.-1Z",
	"2026-11-22T11:05:00ZZ",
	"2026-11-22T11:05:00Z ",
	"2026-11-22T11:05:00 02:00",
	"2026-11-22T11:05:00+2:00",
	"2026-11-22T11:05:00+0200",
	"2026-11-22T11:05:00+02",
	"2026-11-22T11:05:00+24:00",
	"2026-11-22T11:05:00+02:60",
	"2026-11-22T11:05:00Z+02:00",
	"0000-01-01T00:00:00+00:01",
	"9999-12-31T23:59:59-00:01",
	"9999-12-31T23:59:60Z",
};

START_TEST(other_text_is_refused)
{
	int64_t us = 42;

	ck_assert_msg(clock_parse(refused[_i], &us) == -1, "\"%s\" was taken",
	    refused[_i]);
	ck_assert_int_eq(us, 42);
}
END_TEST

START_TEST(clocks_run)
{
	int64_t mono = clock_mono_us(), wall, last = mono;
	time_t before = time(NULL), after;
	int i;

	for (i = 0; i < 1000; i++) {
		mono = clock_mono_us();
		ck_assert_int_ge(mono, last);
		last = mono;
	}
	wall = clock_wall_us();
	after = time(NULL);
	ck_assert_int_ge(wall / US, before);
	ck_assert_int_le(wall / US, after + 1);
	ck_assert_int_ge(clock_wall_s(), wall / US);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ times_are_written, NELEM(formats), 0 },
		{ days_agree_with_the_c_library, 0, 0 },
		{ dates_and_times_are_read, NELEM(accepted), 0 },
		{ other_text_is_refused, NELEM(refused), 0 },
		{ clocks_run, 0, 0 },
	};

	return harness_run("clock", tests, NELEM(tests));
}
