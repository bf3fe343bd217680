/* SPDX-License-Identifier: ISC */
/* What errandctl top makes of what all processes have counted. */
#ifndef TOP_H
#define TOP_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "metric/metric_read.h"

/* --- top_numbers.c --- */

/* The same look with what counters and histograms have grown by since the one
 * before; who began anew has grown by all that it has.  It is no growth at all
 * if the two are of different files: then NULL. */
const struct metric_look *top_growth(struct arena *a,
    const struct metric_look *now, const struct metric_look *before);

/* The values of all series of a metric that have these words; METRIC_WORD_NONE
 * stands for any.  -1: there is no such series. */
int64_t top_sum(const struct metric_look *look, enum metric m,
    const struct metric_at *words);

/* Durations of several series of one metric. */
struct top_times {
	uint64_t n;
	size_t nbounds;
	const int64_t *bounds; /* microseconds */
	uint64_t buckets[METRIC_BOUNDS + 1];
};

void top_times_add(struct top_times *t, const struct metric_seen *seen);
struct top_times top_times(const struct metric_look *look, enum metric m,
    const struct metric_at *words);

#define TOP_ABOVE INT64_MAX

/* Below which time that part of all durations is, in microseconds, as
 * histogram_quantile of Prometheus has it: even within a bucket.  -1 without
 * durations, TOP_ABOVE above all bounds. */
int64_t top_quantile(const struct top_times *t, double part);

/* Requests for one route by one method. */
struct top_route {
	const char *method, *route;
	struct top_times times;
	uint64_t refused, failed; /* with status 4xx, with 5xx */
};

/* The routes, the busiest first; how many is in *n. */
const struct top_route *top_routes(struct arena *a,
    const struct metric_look *look, size_t *n);

/* --- top_print.c --- */

struct top_table {
	const struct metric_look *now;
	/* What counters have risen by in so many microseconds, to be shown for
	 * each second; NULL: they are shown as they are. */
	const struct metric_look *grown;
	int64_t us;
	int rows; /* there is room for so many; 0: for all */
};

/* Adds the table, each line with its end.  Where there is no room for all, the
 * routes that had least to do are left out, but for a few. */
void top_print(struct buf *out, struct arena *a, const struct top_table *table);

/* Adds the first rows lines of a table, each at most columns wide, as a
 * terminal shows them in place of what it shows. */
void top_fit(struct buf *out, const char *table, int rows, int columns);

#endif
