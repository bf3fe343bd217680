/* SPDX-License-Identifier: ISC */
/* Looks at what other processes count, without a part in it. */
#ifndef METRIC_READ_H
#define METRIC_READ_H

#include "base/arena.h"
#include "base/base.h"
#include "metric.h"

#define METRIC_BOUNDS 16 /* of a histogram, at most */

/* What metric_print shows as one series, or as all those of a histogram. */
struct metric_seen {
	enum metric metric;
	const char *labels; /* all, as they are printed */
	/* What stands at each label: its text, NULL behind the last one; and
	 * which word that is, METRIC_WORD_NONE in an open set and if this
	 * release has no such word. */
	const char *texts[METRIC_LABELS];
	enum metric_word words[METRIC_LABELS];
	bool rises;    /* a counter or a histogram, else a gauge */
	int64_t value; /* in the metric's unit; of a histogram, the sum */
	/* A histogram: its bounds, and how many were in each bucket, those
	 * above all bounds in the last. */
	size_t nbounds;
	const int64_t *bounds;
	uint64_t buckets[METRIC_BOUNDS + 1];
};

/* All that was counted at one moment, those of a metric one behind the other.
 */
struct metric_look {
	int64_t mono, wall;    /* the moment, by both clocks */
	int64_t made;          /* when the file was (wall), 0: not known */
	uint64_t device, file; /* which file it is */
	int64_t waiting;       /* METRIC_listen, -1: it cannot be told */
	size_t n;
	struct metric_seen *seen;
};

/* Reads the file that metric_open counts in.  It is neither made nor changed,
 * and not followed: each look opens it anew.  What this release does not know
 * is left out.  The look lives in the arena; NULL with the reason in *why, a
 * clause such as "it is not there". */
const struct metric_look *metric_read(const char *path, struct arena *a,
    const char **why);

#endif
