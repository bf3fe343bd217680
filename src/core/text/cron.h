/* SPDX-License-Identifier: ISC */
/* Times by the calendar: the five fields of crontab(5), in a zone. */
#ifndef CRON_H
#define CRON_H

#include "base/base.h"
#include "base/buf.h"

/* One bit for each value of a field. */
struct cron {
	uint64_t minute;
	uint32_t hour, day, month, weekday;
	bool any_day, any_weekday; /* the field begins with * */
	bool fixed;                /* neither minute nor hour does */
};

/* Reads five fields (names, lists, ranges, steps), or one of @hourly, @daily,
 * @midnight, @weekly, @monthly, @yearly and @annually.  0; or -1 with the end
 * of a sentence in why, which begins with the field that is wrong. */
int cron_parse(const char *text, struct cron *c, struct buf *why) MUSTCHECK;

/* True if the system has a zone of that name, such as Europe/Berlin; UTC is
 * always there. */
bool cron_zone_known(const char *zone);

/* The first time behind after (both in seconds since 1970) that fits, by the
 * clocks of that zone; -1: there is none within 30 years.
 *
 * When clocks are set forward, what has fixed hours and minutes and falls into
 * the time that is left out comes at the moment when they are set; when they
 * are set back, it comes only the first time.  What has * in one of the two
 * comes as often as the clocks show it.
 *
 * It changes TZ for a moment, unless the zone is UTC: only for processes of one
 * thread. */
int64_t cron_next(const struct cron *c, const char *zone, int64_t after);

#endif
