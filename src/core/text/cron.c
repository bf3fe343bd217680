/* SPDX-License-Identifier: ISC */
/* Times by the calendar: the five fields of crontab(5), in a zone. */
#include "config.h"

#include "cron.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "base/str.h"
#include "base/xalloc.h"

#define DAY      ((int64_t)86400)
#define DAYS_MAX (30 * 366)
#define ZONES    "/usr/share/zoneinfo/"

static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun",
	"jul", "aug", "sep", "oct", "nov", "dec", NULL };
static const char *const weekdays[] = { "sun", "mon", "tue", "wed", "thu",
	"fri", "sat", NULL };

struct field {
	const char *name;
	int min, max;
	const char *const *words; /* the first one means min; or NULL */
};
static const struct field fields[] = {
	{ "minute", 0, 59, NULL },
	{ "hour", 0, 23, NULL },
	{ "day of month", 1, 31, NULL },
	{ "month", 1, 12, months },
	{ "day of week", 0, 7, weekdays },
};

static const struct {
	const char *name, *fields;
} macros[] = {
	{ "@hourly", "0 * * * *" },
	{ "@daily", "0 0 * * *" },
	{ "@midnight", "0 0 * * *" },
	{ "@weekly", "0 0 * * 0" },
	{ "@monthly", "0 0 1 * *" },
	{ "@yearly", "0 0 1 1 *" },
	{ "@annually", "0 0 1 1 *" },
};

/* --- fields --- */

static int
cron_fault(const struct field *f, struct buf *why, const char *text, size_t len,
    const char *what)
{
	buf_printf(why, "%s: \"%.*s\" %s", f->name, (int)(len > 40 ? 40 : len),
	    text, what);
	return -1;
}

/* A number or a name at *s, which is moved behind it; or -1. */
static int
cron_value(const struct field *f, const char **s)
{
	size_t len = strspn(*s, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	int n = 0;

	for (int i = 0; len > 0 && f->words != NULL && f->words[i] != NULL;
	     i++) {
		if (len == strlen(f->words[i]) &&
		    strncasecmp(*s, f->words[i], len) == 0) {
			*s += len;
			return f->min + i;
		}
	}
	len = strspn(*s, "0123456789");
	if (len == 0 || len > 3)
		return -1;
	for (const char *end = *s + len; *s < end; (*s)++)
		n = n * 10 + (**s - '0');
	return n;
}

/* One element of a list: *, a value or a range, and a step behind the first
 * and the last of these. */
static int
cron_element(const struct field *f, const char *text, size_t len,
    uint64_t *bits, struct buf *why)
{
	const char *s = text;
	int from = f->min, to = f->max, step = 1;
	bool one = false;

	if (*s == '*') {
		s++;
		to -= to == 7;
	} else {
		from = to = cron_value(f, &s);
		one = *s != '-';
		if (!one) {
			s++;
			to = cron_value(f, &s);
		}
	}
	if (*s == '/' && !one) {
		s++;
		step = cron_value(&(struct field){ .name = "" }, &s);
	}
	if (from == -1 || to == -1 || step == -1 || s != text + len)
		return cron_fault(f, why, text, len,
		    one && *s == '/' ? "has a step, but is no range"
				     : "is no value, range or step");
	if (from < f->min || to < f->min || from > f->max || to > f->max) {
		buf_printf(why, "%s: \"%.*s\" is not within %d to %d", f->name,
		    (int)len, text, f->min, f->max);
		return -1;
	}
	if (from > to)
		return cron_fault(f, why, text, len, "begins behind its end");
	if (step == 0)
		return cron_fault(f, why, text, len, "has a step of 0");
	for (; from <= to; from += step)
		*bits |= (uint64_t)1 << from;
	return 0;
}

static int
cron_field(const struct field *f, const char *text, size_t len, uint64_t *bits,
    struct buf *why)
{
	const char *end = text + len;

	*bits = 0;
	for (;;) {
		size_t one = strcspn(text, ", \t");

		if (one == 0)
			return cron_fault(f, why, text, one,
			    "is no value, range or step");
		if (cron_element(f, text, one, bits, why) == -1)
			return -1;
		text += one;
		if (text >= end)
			return 0;
		text++;
	}
}

int
cron_parse(const char *text, struct cron *c, struct buf *why)
{
	uint64_t bits[NELEM(fields)];
	const char *at[NELEM(fields)];
	size_t i;

	for (i = 0; text[0] == '@' && i < NELEM(macros); i++) {
		if (strcasecmp(text, macros[i].name) == 0)
			return cron_parse(macros[i].fields, c, why);
	}
	if (text[0] == '@') {
		buf_printf(why,
		    "\"%.40s\" is none of @hourly, @daily, "
		    "@weekly, @monthly and @yearly",
		    text);
		return -1;
	}
	for (i = 0; i < NELEM(fields); i++) {
		size_t len;

		text += strspn(text, " \t");
		len = strcspn(text, " \t");
		at[i] = text;
		if (len == 0) {
			buf_printf(why,
			    "%s: it is missing: there are five "
			    "fields, minute, hour, day of month, "
			    "month and day of week",
			    fields[i].name);
			return -1;
		}
		if (cron_field(&fields[i], text, len, &bits[i], why) == -1)
			return -1;
		text += len;
	}
	text += strspn(text, " \t");
	if (*text != '\0')
		return cron_fault(&fields[4], why, text, strlen(text),
		    "stands behind the last field");
	*c = (struct cron){ .minute = bits[0],
		.hour = (uint32_t)bits[1],
		.day = (uint32_t)bits[2],
		.month = (uint32_t)bits[3],
		.weekday = (uint32_t)((bits[4] | bits[4] >> 7) & 0x7f),
		.any_day = *at[2] == '*',
		.any_weekday = *at[4] == '*',
		.fixed = *at[0] != '*' && *at[1] != '*' };
	if (cron_next(c, "UTC", 0) == -1) {
		buf_printf(why, "day of month: there is no such day");
		return -1;
	}
	return 0;
}

/* --- zones --- */

bool
cron_zone_known(const char *zone)
{
	char path[256];
	struct stat st;
	int len;

	if (str_eq(zone, "UTC"))
		return true;
	if (zone[0] == '.' || zone[0] == '/' || strstr(zone, "..") != NULL ||
	    zone[strspn(zone, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_+-")] !=
		'\0')
		return false;
	len = snprintf(path, sizeof(path), ZONES "%s", zone);
	if (len < 0 || (size_t)len >= sizeof(path))
		return false;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

struct zone {
	bool utc;
	char *was; /* what TZ said before, or NULL */
};

/* Puts the zone in force. */
static struct zone
zone_enter(const char *name)
{
	struct zone z = { .utc = str_eq(name, "UTC") };
	const char *was = getenv("TZ");

	if (z.utc)
		return z;
	z.was = was == NULL ? NULL : xstrdup(was);
	setenv("TZ", name, 1);
	tzset();
	return z;
}

static void
zone_leave(struct zone *z)
{
	if (z->utc)
		return;
	if (z->was == NULL)
		unsetenv("TZ");
	else
		setenv("TZ", z->was, 1);
	tzset();
	free(z->was);
}

/* How far its clocks are ahead of UTC. */
static int64_t
zone_ahead(const struct zone *z, int64_t t)
{
	time_t at = (time_t)t;
	struct tm tm;

	return z->utc || localtime_r(&at, &tm) == NULL ? 0 : tm.tm_gmtoff;
}

/* --- the next time --- */

/* What clocks show, as if it were UTC, means these times: none, one or two. */
struct meant {
	int n;
	int64_t v[2];
	int64_t set; /* of none: when the clocks were set forward */
};

static struct meant
cron_mean(const struct zone *z, int64_t shown)
{
	int64_t low = shown - DAY - DAY / 2, high = shown + DAY + DAY / 2, mid;
	int64_t before = zone_ahead(z, low), behind = zone_ahead(z, high);
	struct meant m = { 0 };

	if (zone_ahead(z, shown - before) == before)
		m.v[m.n++] = shown - before;
	if (behind != before && zone_ahead(z, shown - behind) == behind)
		m.v[m.n++] = shown - behind;
	while (m.n == 0 && high - low > 1) {
		mid = low + (high - low) / 2;
		if (zone_ahead(z, mid) == before)
			low = mid;
		else
			high = mid;
	}
	m.set = high;
	return m;
}

/* True if the day, counted from 1970, fits. */
static bool
cron_day(const struct cron *c, int64_t day)
{
	time_t t = (time_t)(day * DAY);
	bool of_month, of_week;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || (c->month >> (tm.tm_mon + 1) & 1) == 0)
		return false;
	of_month = (c->day >> tm.tm_mday & 1) != 0;
	of_week = (c->weekday >> tm.tm_wday & 1) != 0;
	if (c->any_day || c->any_weekday)
		return of_month && of_week;
	return of_month || of_week;
}

/* Makes *best the earliest time behind after that this minute of clocks
 * means. */
static void
cron_offer(const struct cron *c, const struct zone *z, int64_t shown,
    int64_t after, int64_t *best)
{
	struct meant m = cron_mean(z, shown);

	if (m.n == 0 && c->fixed)
		m.v[m.n++] = m.set;
	if (m.n == 2 && c->fixed)
		m.n = 1;
	for (int i = 0; i < m.n; i++) {
		if (m.v[i] > after && (*best == -1 || m.v[i] < *best))
			*best = m.v[i];
	}
}

/* The earliest time behind after in that day, or -1.  Where no clock is set
 * near it, the first minute will do. */
static int64_t
cron_in_day(const struct cron *c, const struct zone *z, int64_t day,
    int64_t after)
{
	int64_t ahead = zone_ahead(z, day * DAY - 2 * DAY), best = -1;
	bool plain = zone_ahead(z, day * DAY + 3 * DAY) == ahead;

	for (int h = 0; h < 24; h++) {
		if ((c->hour >> h & 1) == 0)
			continue;
		for (int m = 0; m < 60; m++) {
			int64_t shown = day * DAY + h * 3600 + m * 60;

			if ((c->minute >> m & 1) == 0)
				continue;
			if (!plain)
				cron_offer(c, z, shown, after, &best);
			else if (shown - ahead > after)
				return shown - ahead;
		}
	}
	return best;
}

int64_t
cron_next(const struct cron *c, const char *zone, int64_t after)
{
	struct zone z = zone_enter(zone);
	int64_t day = (after + zone_ahead(&z, after)) / DAY - 1, best = -1,
		other;
	int i;

	for (i = 0; i < DAYS_MAX && best == -1; i++, day++) {
		if (cron_day(c, day))
			best = cron_in_day(c, &z, day, after);
	}
	/* Where clocks go back over midnight, a time of the next day may be the
	 * earlier one. */
	if (best != -1 && cron_day(c, day)) {
		other = cron_in_day(c, &z, day, after);
		if (other != -1 && other < best)
			best = other;
	}
	zone_leave(&z);
	return best;
}
