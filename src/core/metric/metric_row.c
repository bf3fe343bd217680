/* SPDX-License-Identifier: ISC */
/* Finds the rows of the shared memory, and makes those that are not there. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "metric_own.h"

/* True if nobody had begun it: it is the caller's to make. */
static bool
metric_begin(_Atomic uint32_t *state)
{
	uint32_t expected = METRIC_FREE;

	return atomic_compare_exchange_strong(state, &expected, METRIC_BEGUN);
}

static void
metric_end(_Atomic uint32_t *state)
{
	atomic_store_explicit(state, METRIC_WHOLE, memory_order_release);
}

static uint32_t
metric_state(_Atomic uint32_t *state)
{
	return atomic_load_explicit(state, memory_order_acquire);
}

bool
metric_family_is(const struct metric_family *f, const struct metric_row *row)
{
	if (strncmp(f->name, row->name, METRIC_NAME) != 0 ||
	    f->type != (uint32_t)row->type || f->unit != (uint32_t)row->unit ||
	    f->nbounds != (uint32_t)row->nbounds)
		return false;
	for (size_t k = 0; k < row->nbounds; k++) {
		if (f->bounds[k] != row->bounds[k])
			return false;
	}
	return true;
}

int
metric_family_find(struct metric_file *file, const struct metric_row *row)
{
	for (int i = 0; i < METRIC_FAMILIES; i++) {
		struct metric_family *f = &file->families[i];

		if (metric_begin(&f->state)) {
			f->type = row->type;
			f->unit = row->unit;
			f->nbounds = (uint32_t)row->nbounds;
			for (size_t k = 0; k < row->nbounds; k++)
				f->bounds[k] = row->bounds[k];
			snprintf(f->name, sizeof(f->name), "%s", row->name);
			snprintf(f->help, sizeof(f->help), "%s", row->help);
			metric_end(&f->state);
			return i;
		}
		if (metric_state(&f->state) == METRIC_WHOLE &&
		    metric_family_is(f, row))
			return i;
	}
	return -1;
}

int
metric_series_find(struct metric_file *file, uint32_t family,
    const char *labels)
{
	size_t len = strlen(labels);

	if (len >= METRIC_TEXT_MAX)
		return -1;
	for (int i = 0; i < METRIC_SERIES; i++) {
		struct metric_series *s = &file->series[i];

		if (metric_begin(&s->state)) {
			s->family = family;
			memcpy(s->labels, labels, len + 1);
			metric_end(&s->state);
			return i;
		}
		if (metric_state(&s->state) == METRIC_WHOLE &&
		    s->family == family &&
		    strncmp(s->labels, labels, METRIC_TEXT_MAX) == 0)
			return i;
	}
	return -1;
}
