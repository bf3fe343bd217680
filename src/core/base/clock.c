/* SPDX-License-Identifier: ISC */
/* Reads the clocks; writes and reads RFC 3339 by integer arithmetic. */
#include "config.h"

#include "clock.h"

#include <string.h>
#include <time.h>

#define US         INT64_C(1000000)
#define DAY_S      INT64_C(86400)
#define YEAR0_S    INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define YEAR9999_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

struct civil {
	int year;
	int month;
	int day;
};

static int64_t
read_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * US + ts.tv_nsec / 1000;
}

int64_t
clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t
clock_awake_us(void)
{
	return read_us(CLOCK_BOOTTIME);
}

int64_t
clock_wall_us(void)
{
	return read_us(CLOCK_REALTIME);
}

int64_t
clock_wall_s(void)
{
	return clock_wall_us() / US;
}

/*
 * Both directions count in years that begin in March, so that the leap day is
 * the last of its year, and in eras of 400 years, which are all 146097 days
 * long.  719468 days lie between 0000-03-01 and 1970-01-01.
 */
static int64_t
days_from_civil(const struct civil *c)
{
	int64_t year = c->month <= 2 ? c->year - 1 : c->year;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t in_era = year - era * 400;
	int64_t month = (c->month + 9) % 12;
	int64_t in_year = (153 * month + 2) / 5 + c->day - 1;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 +
	       in_year - 719468;
}

static struct civil
civil_from_days(int64_t days)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t day = shifted - era * 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t in_year = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * in_year + 2) / 153;
	struct civil c;

	c.day = (int)(in_year - (153 * month + 2) / 5 + 1);
	c.month = (int)(month < 10 ? month + 3 : month - 9);
	c.year = (int)(year + era * 400 + (c.month <= 2));
	return c;
}

static void
put2(char *out, int n)
{
	out[0] = (char)('0' + n / 10);
	out[1] = (char)('0' + n % 10);
}

char *
clock_format(int64_t us, char out[CLOCK_TEXT])
{
	int64_t s, days;
	int fraction, in_day;
	struct civil c;

	if (us > YEAR9999_S * US + US - 1 || us <= CLOCK_WRAPPED)
		us = YEAR9999_S * US + US - 1;
	if (us < YEAR0_S * US)
		us = YEAR0_S * US;
	s = us / US - (us % US < 0);
	fraction = (int)(us - s * US);
	days = s / DAY_S - (s % DAY_S < 0);
	in_day = (int)(s - days * DAY_S);
	c = civil_from_days(days);
	memcpy(out, "0000-00-00T00:00:00.000000Z", CLOCK_TEXT);
	put2(out, c.year / 100);
	put2(out + 2, c.year % 100);
	put2(out + 5, c.month);
	put2(out + 8, c.day);
	put2(out + 11, in_day / 3600);
	put2(out + 14, in_day / 60 % 60);
	put2(out + 17, in_day % 60);
	put2(out + 20, fraction / 10000);
	put2(out + 22, fraction / 100 % 100);
	put2(out + 24, fraction % 100);
	return out;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads exactly n digits of a number in [min, max] and moves on.  0 or -1. */
static int
digits(const char **p, int n, int min, int max, int *out)
{
	const char *s = *p;
	int value = 0;

	for (; n > 0; n--, s++) {
		if (!is_digit(*s))
			return -1;
		value = value * 10 + (*s - '0');
	}
	if (value < min || value > max)
		return -1;
	*p = s;
	*out = value;
	return 0;
}

static int
expect(const char **p, const char *either)
{
	if (**p == '\0' || strchr(either, **p) == NULL)
		return -1;
	++*p;
	return 0;
}

static int
days_in_month(int year, int month)
{
	static const char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static int
parse_date(const char **p, int64_t *days)
{
	struct civil c;

	if (digits(p, 4, 0, 9999, &c.year) != 0 || expect(p, "-") != 0 ||
	    digits(p, 2, 1, 12, &c.month) != 0 || expect(p, "-") != 0 ||
	    digits(p, 2, 1, days_in_month(c.year, c.month), &c.day) != 0)
		return -1;
	*days = days_from_civil(&c);
	return 0;
}

/* One decimal or more, cut off after the sixth. */
static int
parse_fraction(const char **p, int *us)
{
	int n, unit = 100000;

	*us = 0;
	if (**p != '.')
		return 0;
	++*p;
	for (n = 0; is_digit(**p); n++, ++*p) {
		*us += (**p - '0') * unit;
		unit /= 10;
	}
	return n > 0 ? 0 : -1;
}

/* Z, or the seconds that local time is ahead of UTC. */
static int
parse_offset(const char **p, int *seconds)
{
	int hours, minutes, sign = **p == '-' ? -1 : 1;

	*seconds = 0;
	if (expect(p, "Zz") == 0)
		return 0;
	if (expect(p, "+-") != 0 || digits(p, 2, 0, 23, &hours) != 0 ||
	    expect(p, ":") != 0 || digits(p, 2, 0, 59, &minutes) != 0)
		return -1;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return 0;
}

static int
parse_time(const char **p, int64_t *s, int *us)
{
	int hour, minute, second, offset;

	if (expect(p, "Tt") != 0 || digits(p, 2, 0, 23, &hour) != 0 ||
	    expect(p, ":") != 0 || digits(p, 2, 0, 59, &minute) != 0 ||
	    expect(p, ":") != 0 || digits(p, 2, 0, 60, &second) != 0 ||
	    parse_fraction(p, us) != 0 || parse_offset(p, &offset) != 0)
		return -1;
	*s += hour * 3600 + minute * 60 + second - offset;
	/* a leap second ends a day of UTC, and counts as the next one's first
	 */
	return second == 60 && *s % DAY_S != 0 ? -1 : 0;
}

int
clock_parse(const char *text, int64_t *us)
{
	int64_t s;
	int fraction = 0;

	if (parse_date(&text, &s) != 0)
		return -1;
	s *= DAY_S;
	if (*text != '\0' && parse_time(&text, &s, &fraction) != 0)
		return -1;
	if (*text != '\0' || s < YEAR0_S || s > YEAR9999_S)
		return -1;
	*us = s * US + fraction;
	return 0;
}
