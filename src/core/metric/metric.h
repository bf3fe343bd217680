/* SPDX-License-Identifier: ISC */
/* Counters, durations and gauges of all processes of a host: see metric.def. */
#ifndef METRIC_H
#define METRIC_H

#include "base/base.h"
#include "base/buf.h"

enum metric {
#define METRIC(id, ...) METRIC_##id,
#include "metric.def"
	METRIC__MAX
};

enum metric_set {
	METRIC_SET_NONE,
#define SET(id, label)       METRIC_SET_##id,
#define OPEN(id, label, max) METRIC_SET_##id,
#include "metric.def"
	METRIC_SET__MAX
};

/* METRIC_role_fcgi and so on: a word of a set, counted through all sets. */
enum metric_word {
	METRIC_WORD_NONE,
#define SET(id, label)                                                         \
	METRIC_##id##__FIRST, METRIC_##id##__LESS = METRIC_##id##__FIRST - 1,
#define WORD(id, word) METRIC_##id##_##word,
#include "metric.def"
	METRIC_WORD__MAX
};

#define METRIC_LABELS 3

/* What stands at each label of a metric: a word of its set; of an open set,
 * the index of a word that metric_words has given, and any other number means
 * "other". */
struct metric_at {
	unsigned v[METRIC_LABELS];
};

#define METRIC_AT(...) (&(const struct metric_at){ { __VA_ARGS__ } })

/* Counts into the file path from now on, together with all processes of the
 * host that do; the file is made if it is not there.  role is what the process
 * is.  0; or -1 if that cannot be: it is logged, and the process counts for
 * itself, as it does before this is called and with an empty path.  Never
 * waits, whatever others do to the file. */
int metric_open(const char *path, enum metric_word role);

/* After a fork, in the child: it is a process of its own, in that role. */
void metric_forked(enum metric_word role);

/* Whether the process works for somebody now; at first it does not. */
void metric_busy(bool busy);

/* Takes the file at the path if it is another one by now; if it was spoilt, it
 * is replaced. */
void metric_follow(void);

/* The process no longer counts as alive. */
void metric_close(void);

/* Names the socket that the process accepts from, for the listen queue: the
 * path of a socket on this host, or tcp:PORT. */
void metric_listens(const char *name);

/* The words of an open set, borrowed from now on; of more than its maximum, and
 * of those that are NULL, the rest is "other". */
void metric_words(enum metric_set set, const char *const *words, size_t n);

/* Shows each counter of the metric with all its words, 0 if nothing was
 * counted: who looks for changes would miss the first one otherwise. */
void metric_show(enum metric m);

/* Adds to a counter. */
void metric_add(enum metric m, const struct metric_at *at, uint64_t n);

/* Sets what this process has (LEVEL), what is so (GLOBAL), or when it was
 * (MOMENT, microseconds since 1970). */
void metric_set(enum metric m, const struct metric_at *at, int64_t value);

/* Adds to what this process has (LEVEL); it is never less than nothing. */
void metric_change(enum metric m, const struct metric_at *at, int64_t by);

/* Adds a duration in microseconds.  trace is the id of a trace, of 32 hex
 * digits, as an example of it; or NULL. */
void metric_time(enum metric m, const struct metric_at *at, int64_t us,
    const char *trace);

#define metric_count(m, ...) metric_add(m, METRIC_AT(__VA_ARGS__), 1)

enum metric_format {
	METRIC_TEXT,       /* Prometheus, text 0.0.4 */
	METRIC_OPENMETRICS /* OpenMetrics 1.0.0, with examples */
};

/* The format that a header Accept asks for (NULL: there is none), and its
 * Content-Type. */
enum metric_format metric_format_of(const char *accept);
const char *metric_content_type(enum metric_format format);

/* Adds all that is known of this host. */
void metric_print(struct buf *out, enum metric_format format);

#endif
