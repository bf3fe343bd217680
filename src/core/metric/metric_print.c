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

struct print {
	struct buf *out;
	enum metric_format format;
};

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
print_name(struct print *p, const struct metric_total *row, const char *end)
{
	const char *labels = row->series->labels;
	bool none = labels[0] == '\0';

	buf_printf(p->out, "%s%s%s%s%s ", row->family->name, end,
	    none ? "" : "{", labels, none ? "" : "}");
}

static void
print_plain(struct print *p, const struct metric_total *row, int64_t value)
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
print_example(struct print *p, const struct metric_total *row, size_t bucket)
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

/* The count is the sum of the buckets, so that it is that of the last one
 * whatever happens meanwhile. */
static void
print_histogram(struct print *p, const struct metric_total *row)
{
	const struct metric_family *f = row->family;
	const char *labels = row->series->labels;
	const char *comma = labels[0] == '\0' ? "" : ",";
	uint64_t count = 0;

	for (size_t i = 0; i <= f->nbounds; i++) {
		count += row->v[1 + i];
		buf_printf(p->out, "%s_bucket{%s%sle=\"", f->name, labels,
		    comma);
		if (i < f->nbounds)
			print_bound(p->out, f->bounds[i]);
		else
			buf_adds(p->out, "+Inf");
		buf_printf(p->out, "\"} %llu", (unsigned long long)count);
		if (row->v[1 + i] > 0)
			print_example(p, row, i);
		buf_addc(p->out, '\n');
	}
	print_name(p, row, "_sum");
	print_value(p->out, f, (int64_t)row->v[0]);
	buf_addc(p->out, '\n');
	print_name(p, row, "_count");
	buf_printf(p->out, "%llu\n", (unsigned long long)count);
}

static void
print_rows(struct print *p, const struct metric_total *rows, size_t n)
{
	const struct metric_family *headed = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct metric_total *row = &rows[i];

		if (headed != row->family)
			print_head(p, row->family->name, row->family->help,
			    row->family->type);
		headed = row->family;
		if (headed->type == METRIC_HISTOGRAM)
			print_histogram(p, row);
		else
			print_plain(p, row, (int64_t)row->v[0]);
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
	struct print p = { out, format };
	struct metric_source from = metric_source();
	struct metric_total *rows = xcalloc(METRIC_SERIES, sizeof(*rows));
	int64_t waiting;

	print_rows(&p, rows, metric_sum(&from, clock_wall_us(), rows));
	print_made(&p, METRIC_build, "{version=\"" PACKAGE_VERSION "\"}", 1);
	print_made(&p, METRIC_shared, "", metric_is_shared());
	waiting = metric_queue(&from);
	if (waiting != -1)
		print_made(&p, METRIC_listen, "", waiting);
	if (format == METRIC_OPENMETRICS)
		buf_adds(out, "# EOF\n");
	free(rows);
}
