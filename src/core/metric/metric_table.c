/* SPDX-License-Identifier: ISC */
/* The tables that metric.def makes. */
#include "config.h"

#include <assert.h>

#include "metric_own.h"

/* The words of all closed sets, one behind the other, and whose they are. */
static const char *const words[METRIC_WORD__MAX] = {
#define WORD(id, word) [METRIC_##id##_##word] = #word,
#include "metric.def"
};
static const enum metric_set owners[METRIC_WORD__MAX + 1] = {
#define WORD(id, word) [METRIC_##id##_##word] = METRIC_SET_##id,
#include "metric.def"
};

static struct metric_set_row sets[METRIC_SET__MAX] = {
#define SET(id, name)                                                          \
	[METRIC_SET_##id] = { .label = (name),                                 \
		.words = words + METRIC_##id##__FIRST,                         \
		.first = METRIC_##id##__FIRST },
#define OPEN(id, name, most)                                                   \
	[METRIC_SET_##id] = { .label = (name), .max = (most) },
#include "metric.def"
};

#define BUCKETS(id, ...) static const int64_t bounds_##id[] = { __VA_ARGS__ };
#include "metric.def"
static const int64_t bounds_NONE[1];

#define BUCKETS(id, ...)                                                       \
	_Static_assert(NELEM(bounds_##id) <= METRIC_BOUNDS, "too many bounds");
#include "metric.def"

const struct metric_row metric_rows[METRIC__MAX] = {
#define METRIC(id, kind, title, measure, buckets, a, b, c, text)               \
	[METRIC_##id] = { .name = (title),                                     \
		.help = (text),                                                \
		.type = METRIC_##kind,                                         \
		.unit = METRIC_##measure,                                      \
		.bounds = bounds_##buckets,                                    \
		.nbounds = METRIC_##kind == METRIC_HISTOGRAM                   \
			       ? NELEM(bounds_##buckets)                       \
			       : 0,                                            \
		.sets = { METRIC_SET_##a, METRIC_SET_##b, METRIC_SET_##c } },
#include "metric.def"
};

const struct metric_set_row *
metric_set_at(enum metric_set set)
{
	struct metric_set_row *row = &sets[set];

	while (row->first != 0 && owners[row->first + row->n] == set)
		row->n++;
	return row;
}

void
metric_set_open(enum metric_set set, const char *const *given, size_t n)
{
	struct metric_set_row *row = &sets[set];

	assert(row->first == 0);
	row->words = given;
	row->n = n < row->max ? n : row->max;
}
