/* SPDX-License-Identifier: ISC */
/* Counting: from a metric and its labels to the place where it is counted. */
#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "metric_own.h"

#define METRIC_OTHER "other"

/* Where each combination of words is counted, as far as that was looked for. */
struct metric_place {
	struct metric_series *series;
	struct metric_level *level; /* of a metric of type LEVEL, and what */
	int64_t value;              /* was last set there, if anything was */
	bool has;
};
static struct {
	unsigned generation; /* of the memory that places are in */
	size_t n;
	struct metric_place *places;
} found[METRIC__MAX];

/* What there is no room for is counted here, and never shown. */
static struct metric_series nowhere;
static struct metric_level level_nowhere;

/* --- labels --- */

/* The words that a set has, with "other" behind those of an open one. */
static size_t
metric_width(const struct metric_set_row *set)
{
	return set->n + (set->first == 0 ? 1 : 0);
}

static size_t
metric_index(const struct metric_set_row *set, unsigned word)
{
	size_t i = word - set->first;

	if (set->first != 0) {
		assert(i < set->n);
		return i;
	}
	return i < set->n && set->words[i] != NULL ? i : set->n;
}

/* A text as the value of a label, in both formats; what is no UTF-8 would spoil
 * the whole answer. */
static void
metric_add_value(struct buf *b, const char *text)
{
	size_t left = strlen(text), n;

	for (; left > 0; text += n, left -= n) {
		n = str_utf8_len(text, left);
		if (n == 0) {
			n = 1;
			buf_addc(b, '?');
		} else if (*text == '\n') {
			buf_adds(b, "\\n");
		} else if (*text == '"' || *text == '\\') {
			buf_addc(b, '\\');
			buf_addc(b, *text);
		} else {
			buf_add(b, text, n);
		}
	}
}

static void
metric_add_labels(struct buf *b, const struct metric_row *row, size_t position)
{
	size_t i = METRIC_LABELS, at[METRIC_LABELS];

	while (i-- > 0) {
		size_t width = row->sets[i] == METRIC_SET_NONE
				   ? 1
				   : metric_width(metric_set_at(row->sets[i]));

		at[i] = position % width;
		position /= width;
	}
	buf_adds(b, ""); /* terminated in any case */
	for (i = 0; i < METRIC_LABELS && row->sets[i] != METRIC_SET_NONE; i++) {
		const struct metric_set_row *set = metric_set_at(row->sets[i]);

		buf_printf(b, "%s%s=\"", i == 0 ? "" : ",", set->label);
		metric_add_value(b,
		    at[i] < set->n ? set->words[at[i]] : METRIC_OTHER);
		buf_addc(b, '"');
	}
}

/* --- places --- */

static size_t
metric_size(const struct metric_row *row)
{
	size_t n = 1;

	for (size_t i = 0; i < METRIC_LABELS; i++) {
		if (row->sets[i] != METRIC_SET_NONE)
			n *= metric_width(metric_set_at(row->sets[i]));
	}
	return n;
}

/* The gauge of this process for a series, or one that nobody reads. */
static struct metric_level *
metric_level(uint32_t series)
{
	struct metric_process *p = metric_process();

	for (size_t i = 0; i < METRIC_LEVELS; i++) {
		uint32_t has = atomic_load(&p->levels[i].series);

		if (has == 0)
			atomic_store(&p->levels[i].series, series + 1);
		if (has == 0 || has == series + 1)
			return &p->levels[i];
	}
	return &level_nowhere;
}

static void
metric_find(enum metric m, size_t position, struct metric_place *place)
{
	const struct metric_row *row = &metric_rows[m];
	struct metric_file *file = metric_memory();
	struct buf labels = { 0 };
	int family = metric_family_find(file, row), series = -1;

	metric_add_labels(&labels, row, position);
	if (family != -1)
		series =
		    metric_series_find(file, (uint32_t)family, labels.data);
	buf_free(&labels);
	place->series = &nowhere;
	place->level = &level_nowhere;
	if (series == -1)
		return;
	place->series = &file->series[series];
	if (row->type == METRIC_LEVEL)
		place->level = metric_level((uint32_t)series);
}

static struct metric_place *
metric_place_at(enum metric m, size_t position)
{
	struct metric_place *p;

	if (found[m].places == NULL) {
		found[m].n = metric_size(&metric_rows[m]);
		found[m].places = xcalloc(found[m].n, sizeof(*p));
	} else if (found[m].generation != metric_generation()) {
		for (size_t i = 0; i < found[m].n; i++)
			found[m].places[i].series = NULL;
	}
	found[m].generation = metric_generation();
	p = &found[m].places[position];
	if (p->series == NULL)
		metric_find(m, position, p);
	return p;
}

static struct metric_place *
metric_place(enum metric m, const struct metric_at *at)
{
	const struct metric_row *row = &metric_rows[m];
	struct metric_place *place;
	size_t position = 0;

	for (size_t i = 0; i < METRIC_LABELS; i++) {
		const struct metric_set_row *set;

		if (row->sets[i] == METRIC_SET_NONE)
			break;
		set = metric_set_at(row->sets[i]);
		position =
		    position * metric_width(set) + metric_index(set, at->v[i]);
	}
	place = metric_place_at(m, position);
	if (place->series == &nowhere && m != METRIC_uncounted)
		metric_count(METRIC_uncounted, 0);
	return place;
}

void
metric_words(enum metric_set set, const char *const *words, size_t n)
{
	metric_set_open(set, words, n);
	for (size_t m = 0; m < METRIC__MAX; m++) {
		for (size_t i = 0; i < METRIC_LABELS; i++) {
			if (metric_rows[m].sets[i] != set)
				continue;
			free(found[m].places);
			found[m].places = NULL;
			found[m].n = 0;
		}
	}
}

void
metric_show(enum metric m)
{
	size_t n = metric_size(&metric_rows[m]);

	for (size_t i = 0; i < n; i++)
		(void)metric_place_at(m, i);
}

/* --- counting --- */

static void
metric_plus(_Atomic uint64_t *v, uint64_t n)
{
	atomic_fetch_add_explicit(v, n, memory_order_relaxed);
}

void
metric_add(enum metric m, const struct metric_at *at, uint64_t n)
{
	assert(metric_rows[m].type == METRIC_COUNTER);
	metric_plus(&metric_place(m, at)->series->v[0], n);
}

void
metric_set(enum metric m, const struct metric_at *at, int64_t value)
{
	struct metric_place *p = metric_place(m, at);

	if (metric_rows[m].type == METRIC_LEVEL) {
		p->value = value;
		p->has = true;
		atomic_store(&p->level->value, value);
		return;
	}
	assert(metric_rows[m].type == METRIC_GLOBAL ||
	       metric_rows[m].type == METRIC_MOMENT);
	atomic_store(&p->series->v[0], (uint64_t)value);
	atomic_store(&p->series->v[1], (uint64_t)clock_wall_us());
}

void
metric_change(enum metric m, const struct metric_at *at, int64_t by)
{
	const struct metric_place *p = metric_place(m, at);
	int64_t value = (p->has ? p->value : 0) + by;

	metric_set(m, at, value > 0 ? value : 0);
}

void
metric_levels(bool keep)
{
	for (size_t m = 0; m < METRIC__MAX; m++) {
		for (size_t i = 0; i < found[m].n; i++) {
			struct metric_place *p = &found[m].places[i];

			p->has = p->has && keep;
			if (p->has)
				atomic_store(&metric_place_at((enum metric)m, i)
						  ->level->value,
				    p->value);
		}
	}
}

static void
metric_exemplify(struct metric_example *e, const char *trace, int64_t us)
{
	uint64_t part[2] = { 0, 0 }, at = (uint64_t)clock_wall_us();

	for (size_t i = 0; i < 32; i++) {
		int digit = str_hex_digit(trace[i]);

		if (digit == -1)
			return;
		part[i / 16] = part[i / 16] << 4 | (uint64_t)digit;
	}
	atomic_store(&e->trace[0], part[0]);
	atomic_store(&e->trace[1], part[1]);
	atomic_store(&e->us, (uint64_t)us);
	atomic_store(&e->at, at);
	atomic_store(&e->check,
	    metric_check(part[0], part[1], (uint64_t)us, at));
}

void
metric_time(enum metric m, const struct metric_at *at, int64_t us,
    const char *trace)
{
	const struct metric_row *row = &metric_rows[m];
	struct metric_series *s = metric_place(m, at)->series;
	size_t i = 0;

	assert(row->type == METRIC_HISTOGRAM);
	if (us < 0)
		us = 0;
	while (i < row->nbounds && us > row->bounds[i])
		i++;
	metric_plus(&s->v[1 + i], 1);
	metric_plus(&s->v[0], (uint64_t)us);
	if (trace != NULL)
		metric_exemplify(&s->example, trace, us);
}
