/* SPDX-License-Identifier: ISC */
/* Times as Celery and its libraries write them. */
#include "config.h"

#include "celery.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"

#define DATE_LEN 10 /* 2026-11-22 */
#define DECIMALS 9

char *
celery_time(int64_t us, char out[CELERY_TIME])
{
	clock_format(us, out);
	memcpy(out + CLOCK_TEXT - 2, "+00:00", sizeof("+00:00"));
	return out;
}

/* Moves n characters, or as many as there are, to *to. */
static const char *
copy(char **to, const char *from, size_t n)
{
	n = strnlen(from, n);
	memcpy(*to, from, n);
	*to += n;
	return from + n;
}

static const char *
copy_decimals(char **to, const char *text)
{
	size_t n = strspn(text + 1, "0123456789");

	if (n > 0) {
		*(*to)++ = '.';
		copy(to, text + 1, n < DECIMALS ? n : DECIMALS);
	}
	return text + 1 + n;
}

/* The time that clocks in [broker] timezone show as us would show it in UTC.
 * TZ is put back: it says where we are. */
static int64_t
from_zone(int64_t us)
{
	const char *here = getenv("TZ");
	char *kept = here == NULL ? NULL : xstrdup(here);
	time_t t = (time_t)(us / CLOCK_SECOND);
	struct tm tm;

	gmtime_r(&t, &tm);
	tm.tm_isdst = -1;
	setenv("TZ", settings.broker_timezone, 1);
	tzset();
	t = mktime(&tm);
	if (kept == NULL)
		unsetenv("TZ");
	else
		setenv("TZ", kept, 1);
	tzset();
	free(kept);
	return (int64_t)t * CLOCK_SECOND + us % CLOCK_SECOND;
}

/* A zone in the one form that clock_parse knows; nothing is UTC for now. */
static const char *
copy_zone(char **to, const char *text)
{
	if (*text == '\0') {
		copy(to, "Z", 1);
		return text;
	}
	if (*text != '+' && *text != '-')
		return copy(to, text, 1);
	text = copy(to, text, 3); /* +hh */
	*(*to)++ = ':';
	if (*text == ':')
		text++;
	else if (*text == '\0')
		copy(to, "00", 2);
	return copy(to, text, 2);
}

int
celery_time_parse(const char *text, int64_t *us)
{
	char canonical[64] = "", *to = canonical;
	bool naive;

	if (strnlen(text, DATE_LEN + 1) <= DATE_LEN)
		return clock_parse(text, us);
	text = copy(&to, text, DATE_LEN);
	if (*text != 'T' && *text != 't' && *text != ' ')
		return -1;
	*to++ = 'T';
	text = copy(&to, text + 1, sizeof("hh:mm") - 1);
	if (*text == ':')
		text = copy(&to, text, sizeof(":ss") - 1);
	else
		copy(&to, ":00", 3);
	if (*text == '.' || *text == ',')
		text = copy_decimals(&to, text);
	naive = *text == '\0';
	text = copy_zone(&to, text);
	if (*text != '\0' || clock_parse(canonical, us) == -1)
		return -1;
	/* Tools that read no settings have no zone. */
	if (naive && settings.broker_timezone != NULL &&
	    !str_eq(settings.broker_timezone, "UTC"))
		*us = from_zone(*us);
	return 0;
}
