/* SPDX-License-Identifier: ISC */
/* All metrics of the host as text: for Prometheus, or as OpenMetrics. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "metric_own.h"

/* What is older was found out by a process that is gone, or stands still. */
#define PRINT_FRESH (30 * CLOCK_SECOND)

/* A series on its way: what counts of it, whoever else changes it. */
struct print_row {
	const struct metric_family *family;
	const struct metric_series *series;
	int64_t level; /* of all live processes */
};

struct print {
	struct buf *out;
	enum metric_format format;
	const struct metric_file *file;
	int64_t now; /* clock_wall_us */
	size_t n;
	struct print_row rows[METRIC_SERIES];
	size_t place[METRIC_SERIES]; /* of a series in rows, plus one */
};

/* --- what there is --- */

static bool
print_is_whole(const _Atomic uint32_t *state)
{
	return atomic_load_explicit(state, memory_order_acquire) ==
	       METRIC_WHOLE;
}

/* A text of the file that ends in its room and has no end of line. */
static bool
print_is_text(const char *text, size_t room)
{
	size_t len = strnlen(text, room);

	return len < room && memchr(text, '\n', len) == NULL &&
	       str_utf8_count(text, len) != -1;
}

/* The file may have been written by others, in any way. */
static bool
print_is_family(const struct metric_family *f)
{
	size_t len = strnlen(f->name, METRIC_NAME);

	return print_is_whole(&f->state) && f->type < METRIC_TYPE__MAX &&
	       f->unit < METRIC_UNIT__MAX && f->nbounds <= METRIC_BOUNDS &&
	       (f->type == METRIC_HISTOGRAM) == (f->nbounds > 0) && len > 0 &&
	       strspn(f->name, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
		   len &&
	       print_is_text(f->name, METRIC_NAME) &&
	       print_is_text(f->help, METRIC_HELP);
}

/* The family by whose name the series goes: of several of one name, the first
 * counts, and others only if they are alike. */
static const struct metric_family *
print_family(const struct metric_file *file, uint32_t index)
{
	const struct metric_family *f, *same;

	if (index >= METRIC_FAMILIES ||
	    !print_is_family(&file->families[index]))
		return NULL;
	f = &file->families[index];
	for (same = file->families; same < f; same++) {
		if (!print_is_family(same) || !str_eq(same->name, f->name))
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

static void
print_gather(struct print *p)
{
	for (size_t i = 0; i < METRIC_SERIES; i++) {
		const struct metric_series *s = &p->file->series[i];
		const struct metric_family *f;

		if (!print_is_whole(&s->state) ||
		    !print_is_text(s->labels, METRIC_TEXT_MAX))
			continue;
		f = print_family(p->file, s->family);
		if (f == NULL)
			continue;
		p->rows[p->n++] = (struct print_row){ f, s, 0 };
		p->place[i] = p->n;
	}
	for (size_t i = 0; i < METRIC_PROCESSES; i++) {
		const struct metric_process *who = &p->file->processes[i];

		if (atomic_load(&who->levels[0].series) == 0 ||
		    !metric_alive(who))
			continue;
		for (size_t k = 0; k < METRIC_LEVELS; k++) {
			uint32_t at = atomic_load(&who->levels[k].series);

			if (at == 0 || at > METRIC_SERIES ||
			    p->place[at - 1] == 0)
				continue;
			p->rows[p->place[at - 1] - 1].level +=
			    atomic_load(&who->levels[k].value);
		}
	}
}

static int
print_compare(const void *a, const void *b)
{
	const struct print_row *x = a, *y = b;
	int rc = strcmp(x->family->name, y->family->name);

	return rc != 0 ? rc : strcmp(x->series->labels, y->series->labels);
}

static bool
print_same(const struct print_row *a, const struct print_row *b)
{
	return a->family == b->family &&
	       str_eq(a->series->labels, b->series->labels);
}

/* --- text --- */

/* The name of a family: OpenMetrics has that of a counter without its end. */
static int
print_name_len(const struct print *p, const char *name, enum metric_type type)
{
	size_t len = strlen(name), end = strlen("_total");

	if (p->format == METRIC_OPENMETRICS && type == METRIC_COUNTER &&
	    len > end && str_eq(name + len - end, "_total"))
		len -= end;
	return (int)len;
}

static void
print_head(struct print *p, const char *name, const char *help,
    enum metric_type type)
{
	static const char *const types[METRIC_TYPE__MAX] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_HISTOGRAM] = "histogram",
		[METRIC_LEVEL] = "gauge",
		[METRIC_GLOBAL] = "gauge",
		[METRIC_MOMENT] = "gauge",
		[METRIC_MADE] = "gauge",
	};
	int len = print_name_len(p, name, type);

	buf_printf(p->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", len, name, help,
	    len, name, types[type]);
}

static void
print_micro(struct buf *b, int64_t us)
{
	buf_printf(b, "%s%lld.%06lld", us < 0 ? "-" : "",
	    llabs((long long)us / 1000000), llabs((long long)us % 1000000));
}

static void
print_value(struct buf *b, const struct metric_family *f, int64_t value)
{
	if (f->unit == METRIC_US)
		print_micro(b, value);
	else
		buf_addint(b, value);
}

static void
print_name(struct print *p, const struct print_row *row, const char *end)
{
	const char *labels = row->series->labels;
	bool none = labels[0] == '\0';

	buf_printf(p->out, "%s%s%s%s%s ", row->family->name, end,
	    none ? "" : "{", labels, none ? "" : "}");
}

static void
print_plain(struct print *p, const struct print_row *row, int64_t value)
{
	print_name(p, row, "");
	print_value(p->out, row->family, value);
	buf_addc(p->out, '\n');
}

/* "0.00025", "1.0": as short as it is exact, and never without a point, since
 * servers of different versions would take 1 and 1.0 for two bounds. */
static void
print_bound(struct buf *b, int64_t us)
{
	size_t before = b->len;

	print_micro(b, us);
	while (b->len > before + 3 && b->data[b->len - 1] == '0' &&
	       b->data[b->len - 2] != '.')
		b->len--;
	b->data[b->len] = '\0';
}

/* Of the bucket in which it is, if it is whole. */
static void
print_example(struct print *p, const struct print_row *row, size_t bucket)
{
	const struct metric_example *e = &row->series->example;
	const struct metric_family *f = row->family;
	uint64_t high = atomic_load(&e->trace[0]);
	uint64_t low = atomic_load(&e->trace[1]);
	uint64_t us = atomic_load(&e->us), at = atomic_load(&e->at);

	if (p->format != METRIC_OPENMETRICS || at == 0 ||
	    atomic_load(&e->check) != metric_check(high, low, us, at) ||
	    (bucket < f->nbounds && (int64_t)us > f->bounds[bucket]) ||
	    (bucket > 0 && (int64_t)us <= f->bounds[bucket - 1]))
		return;
	buf_printf(p->out, " # {trace_id=\"%016llx%016llx\"} ",
	    (unsigned long long)high, (unsigned long long)low);
	print_micro(p->out, (int64_t)us);
	buf_addc(p->out, ' ');
	print_micro(p->out, (int64_t)at);
}

/* values has the sum and what is in each bucket.  The count is their sum, so
 * that it is that of the last bucket whatever happens meanwhile. */
static void
print_histogram(struct print *p, const struct print_row *row,
    const uint64_t values[METRIC_VALUES])
{
	const struct metric_family *f = row->family;
	const char *labels = row->series->labels;
	const char *comma = labels[0] == '\0' ? "" : ",";
	uint64_t count = 0;

	for (size_t i = 0; i <= f->nbounds; i++) {
		count += values[1 + i];
		buf_printf(p->out, "%s_bucket{%s%sle=\"", f->name, labels,
		    comma);
		if (i < f->nbounds)
			print_bound(p->out, f->bounds[i]);
		else
			buf_adds(p->out, "+Inf");
		buf_printf(p->out, "\"} %llu", (unsigned long long)count);
		if (values[1 + i] > 0)
			print_example(p, row, i);
		buf_addc(p->out, '\n');
	}
	print_name(p, row, "_sum");
	print_value(p->out, f, (int64_t)values[0]);
	buf_addc(p->out, '\n');
	print_name(p, row, "_count");
	buf_printf(p->out, "%llu\n", (unsigned long long)count);
}

/* True if there is something to tell; rows of one name and labels are one. */
static bool
print_sum(const struct print *p, const struct print_row *rows, size_t n,
    uint64_t values[METRIC_VALUES], int64_t *level)
{
	uint64_t count = 0, newest = 0;

	memset(values, 0, METRIC_VALUES * sizeof(values[0]));
	*level = 0;
	for (size_t i = 0; i < n; i++) {
		const struct metric_series *s = rows[i].series;
		uint64_t at = atomic_load(&s->v[1]);

		*level += rows[i].level;
		if (rows[i].family->type == METRIC_GLOBAL ||
		    rows[i].family->type == METRIC_MOMENT) {
			if (at > newest) {
				newest = at;
				values[0] = atomic_load(&s->v[0]);
			}
			continue;
		}
		for (size_t k = 0; k < METRIC_VALUES; k++) {
			values[k] += atomic_load(&s->v[k]);
			count += k > 0 ? atomic_load(&s->v[k]) : 0;
		}
	}
	switch (rows[0].family->type) {
	case METRIC_HISTOGRAM:
		return count > 0;
	case METRIC_GLOBAL:
		return newest != 0 && (int64_t)newest <= p->now + PRINT_FRESH &&
		       (int64_t)newest >= p->now - PRINT_FRESH;
	case METRIC_MOMENT:
		return newest != 0;
	default:
		return true;
	}
}

static void
print_rows(struct print *p)
{
	const struct metric_family *headed = NULL;
	uint64_t values[METRIC_VALUES];
	int64_t level;
	size_t n;

	for (size_t i = 0; i < p->n; i += n) {
		const struct print_row *row = &p->rows[i];

		for (n = 1; i + n < p->n && print_same(row, row + n); n++)
			continue;
		if (!print_sum(p, row, n, values, &level))
			continue;
		if (headed != row->family)
			print_head(p, row->family->name, row->family->help,
			    row->family->type);
		headed = row->family;
		if (headed->type == METRIC_HISTOGRAM)
			print_histogram(p, row, values);
		else
			print_plain(p, row,
			    headed->type == METRIC_LEVEL ? level
							 : (int64_t)values[0]);
	}
}

/* What is known only now. */
static void
print_made(struct print *p, enum metric m, const char *labels, int64_t value)
{
	const struct metric_row *row = &metric_rows[m];

	print_head(p, row->name, row->help, METRIC_MADE);
	buf_printf(p->out, "%s%s %lld\n", row->name, labels, (long long)value);
}

void
metric_print(struct buf *out, enum metric_format format)
{
	struct print *p = xcalloc(1, sizeof(*p));
	int64_t waiting;

	p->out = out;
	p->format = format;
	p->file = metric_memory();
	p->now = clock_wall_us();
	print_gather(p);
	qsort(p->rows, p->n, sizeof(p->rows[0]), print_compare);
	print_rows(p);
	print_made(p, METRIC_build, "{version=\"" PACKAGE_VERSION "\"}", 1);
	print_made(p, METRIC_shared, "", metric_is_shared());
	waiting = metric_queue(p->file);
	if (waiting != -1)
		print_made(p, METRIC_listen, "", waiting);
	if (format == METRIC_OPENMETRICS)
		buf_adds(out, "# EOF\n");
	free(p);
}
