/* SPDX-License-Identifier: ISC */
/* What is to be told of the shared memory, whoever changes it meanwhile. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "metric_own.h"

/* What is older was found out by a process that is gone, or stands still. */
#define SUM_FRESH (30 * CLOCK_SECOND)

static bool
sum_is_whole(const _Atomic uint32_t *state)
{
	return atomic_load_explicit(state, memory_order_acquire) ==
	       METRIC_WHOLE;
}

/* A text of the file that ends in its room and has no end of line. */
static bool
sum_is_text(const char *text, size_t room)
{
	size_t len = strnlen(text, room);

	return len < room && memchr(text, '\n', len) == NULL &&
	       str_utf8_count(text, len) != -1;
}

/* The file may have been written by others, in any way. */
static bool
sum_is_family(const struct metric_family *f)
{
	size_t len = strnlen(f->name, METRIC_NAME);

	return sum_is_whole(&f->state) && f->type < METRIC_TYPE__MAX &&
	       f->unit < METRIC_UNIT__MAX && f->nbounds <= METRIC_BOUNDS &&
	       (f->type == METRIC_HISTOGRAM) == (f->nbounds > 0) && len > 0 &&
	       strspn(f->name, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
		   len &&
	       sum_is_text(f->name, METRIC_NAME) &&
	       sum_is_text(f->help, METRIC_HELP);
}

/* The family by whose name the series goes: of several of one name, the first
 * counts, and others only if they are alike. */
static const struct metric_family *
sum_family(const struct metric_file *file, uint32_t index)
{
	const struct metric_family *f, *same;

	if (index >= METRIC_FAMILIES || !sum_is_family(&file->families[index]))
		return NULL;
	f = &file->families[index];
	for (same = file->families; same < f; same++) {
		if (!sum_is_family(same) || !str_eq(same->name, f->name))
			continue;
		return same->type == f->type && same->unit == f->unit &&
			       same->nbounds == f->nbounds &&
			       memcmp(same->bounds, f->bounds,
				   f->nbounds * sizeof(f->bounds[0])) == 0
			   ? same
			   : NULL;
	}
	return f;
}

/* Adds the gauges of all live processes to those totals that place has for
 * their series, plus one. */
static void
sum_levels(const struct metric_source *from, struct metric_total *totals,
    const size_t place[METRIC_SERIES])
{
	for (size_t i = 0; i < METRIC_PROCESSES; i++) {
		const struct metric_process *who = &from->file->processes[i];

		if (atomic_load(&who->levels[0].series) == 0 ||
		    !metric_alive(from, who))
			continue;
		for (size_t k = 0; k < METRIC_LEVELS; k++) {
			uint32_t at = atomic_load(&who->levels[k].series);
			struct metric_total *t;

			if (at == 0 || at > METRIC_SERIES || place[at - 1] == 0)
				continue;
			t = &totals[place[at - 1] - 1];
			if (t->family->type == METRIC_LEVEL)
				t->v[0] += (uint64_t)
				    atomic_load(&who->levels[k].value);
		}
	}
}

static size_t
sum_gather(const struct metric_source *from, struct metric_total *totals)
{
	size_t *place = xcalloc(METRIC_SERIES, sizeof(*place)), n = 0;

	for (size_t i = 0; i < METRIC_SERIES; i++) {
		const struct metric_series *s = &from->file->series[i];
		const struct metric_family *f;

		if (!sum_is_whole(&s->state) ||
		    !sum_is_text(s->labels, METRIC_TEXT_MAX))
			continue;
		f = sum_family(from->file, s->family);
		if (f == NULL)
			continue;
		totals[n] = (struct metric_total){ .family = f, .series = s };
		for (size_t k = 0; k < METRIC_VALUES && f->type != METRIC_LEVEL;
		     k++)
			totals[n].v[k] = atomic_load(&s->v[k]);
		place[i] = ++n;
	}
	sum_levels(from, totals, place);
	free(place);
	return n;
}

static int
sum_compare(const void *a, const void *b)
{
	const struct metric_total *x = a, *y = b;
	int rc = strcmp(x->family->name, y->family->name);

	return rc != 0 ? rc : strcmp(x->series->labels, y->series->labels);
}

/* Makes one of two with the same name and labels: of what is so for all, or was
 * so at a time, the newer counts. */
static void
sum_join(struct metric_total *t, const struct metric_total *other)
{
	if (t->family->type == METRIC_GLOBAL ||
	    t->family->type == METRIC_MOMENT) {
		if (other->v[1] > t->v[1])
			memcpy(t->v, other->v, sizeof(t->v));
		return;
	}
	for (size_t k = 0; k < METRIC_VALUES; k++)
		t->v[k] += other->v[k];
}

/* True if there is something to tell. */
static bool
sum_tells(const struct metric_total *t, int64_t now)
{
	int64_t at = (int64_t)t->v[1];

	switch (t->family->type) {
	case METRIC_HISTOGRAM:
		for (size_t k = 1; k < METRIC_VALUES; k++) {
			if (t->v[k] > 0)
				return true;
		}
		return false;
	case METRIC_GLOBAL:
		return at != 0 && at <= now + SUM_FRESH &&
		       at >= now - SUM_FRESH;
	case METRIC_MOMENT:
		return at != 0;
	default:
		return true;
	}
}

size_t
metric_sum(const struct metric_source *from, int64_t now,
    struct metric_total *totals)
{
	size_t n = sum_gather(from, totals), kept = 0, next;

	qsort(totals, n, sizeof(totals[0]), sum_compare);
	for (size_t i = 0; i < n; i = next) {
		struct metric_total *t = &totals[i];

		for (next = i + 1; next < n; next++) {
			if (sum_compare(t, &totals[next]) != 0)
				break;
			sum_join(t, &totals[next]);
		}
		if (sum_tells(t, now))
			totals[kept++] = *t;
	}
	return kept;
}
