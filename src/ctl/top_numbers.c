/* SPDX-License-Identifier: ISC */
/* Growth, sums and quantiles of what processes have counted. */
#include "config.h"

#include "top.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* --- growth --- */

static uint64_t
top_rise(uint64_t now, uint64_t before)
{
	return now >= before ? now - before : now;
}

static void
top_take(struct metric_seen *s, const struct metric_seen *before)
{
	s->value =
	    (int64_t)top_rise((uint64_t)s->value, (uint64_t)before->value);
	for (size_t i = 0; i < NELEM(s->buckets); i++)
		s->buckets[i] = top_rise(s->buckets[i], before->buckets[i]);
}

const struct metric_look *
top_growth(struct arena *a, const struct metric_look *now,
    const struct metric_look *before)
{
	struct metric_look *grown;
	size_t at = 0;

	if (now->device != before->device || now->file != before->file)
		return NULL;
	grown = arena_alloc(a, sizeof(*grown));
	*grown = *now;
	grown->seen = arena_alloc(a, (now->n + 1) * sizeof(grown->seen[0]));
	for (size_t i = 0; i < now->n; i++) {
		struct metric_seen *s = &grown->seen[i];
		size_t k = at;

		*s = now->seen[i];
		/* Both stand in one order; this one may be new. */
		while (k < before->n &&
		       (before->seen[k].metric != s->metric ||
			   !str_eq(before->seen[k].labels, s->labels)))
			k++;
		if (k == before->n)
			continue;
		at = k + 1;
		if (s->rises)
			top_take(s, &before->seen[k]);
	}
	return grown;
}

/* --- sums --- */

static bool
top_has(const struct metric_seen *s, enum metric m,
    const struct metric_at *words)
{
	if (s->metric != m)
		return false;
	for (size_t i = 0; i < METRIC_LABELS; i++) {
		if (words->v[i] != METRIC_WORD_NONE &&
		    words->v[i] != s->words[i])
			return false;
	}
	return true;
}

int64_t
top_sum(const struct metric_look *look, enum metric m,
    const struct metric_at *words)
{
	uint64_t sum = 0; /* nothing says that they are sane */
	bool any = false;

	for (size_t i = 0; i < look->n; i++) {
		if (top_has(&look->seen[i], m, words)) {
			sum += (uint64_t)look->seen[i].value;
			any = true;
		}
	}
	return any ? (int64_t)(sum & INT64_MAX) : -1;
}

void
top_times_add(struct top_times *t, const struct metric_seen *seen)
{
	t->nbounds = seen->nbounds;
	t->bounds = seen->bounds;
	for (size_t i = 0; i <= seen->nbounds; i++) {
		t->buckets[i] += seen->buckets[i];
		t->n += seen->buckets[i];
	}
}

struct top_times
top_times(const struct metric_look *look, enum metric m,
    const struct metric_at *words)
{
	struct top_times t = { 0 };

	for (size_t i = 0; i < look->n; i++) {
		if (top_has(&look->seen[i], m, words))
			top_times_add(&t, &look->seen[i]);
	}
	return t;
}

int64_t
top_quantile(const struct top_times *t, double part)
{
	double rank = part * (double)t->n, below = 0;
	size_t i = 0;
	int64_t from;

	if (t->n == 0)
		return -1;
	while (i < t->nbounds && below + (double)t->buckets[i] < rank)
		below += (double)t->buckets[i++];
	if (i == t->nbounds)
		return TOP_ABOVE;
	from = i == 0 ? 0 : t->bounds[i - 1];
	if (t->buckets[i] == 0) /* part is 0 */
		return from;
	return from + (int64_t)((double)(t->bounds[i] - from) * (rank - below) /
				(double)t->buckets[i]);
}

/* --- routes --- */

static int
top_busier(const void *a, const void *b)
{
	const struct top_route *x = a, *y = b;
	int rc;

	if (x->times.n != y->times.n)
		return x->times.n > y->times.n ? -1 : 1;
	rc = strcmp(x->route, y->route);
	return rc != 0 ? rc : strcmp(x->method, y->method);
}

static struct top_route *
top_route(struct top_route *routes, size_t *n, const struct metric_seen *s)
{
	const char *method = s->texts[0], *route = s->texts[1];

	for (size_t i = 0; i < *n; i++) {
		if (str_eq(routes[i].method, method) &&
		    str_eq(routes[i].route, route))
			return &routes[i];
	}
	routes[*n] = (struct top_route){ .method = method, .route = route };
	return &routes[(*n)++];
}

const struct top_route *
top_routes(struct arena *a, const struct metric_look *look, size_t *n)
{
	struct top_route *routes =
	    arena_alloc(a, (look->n + 1) * sizeof(*routes));

	*n = 0;
	for (size_t i = 0; i < look->n; i++) {
		const struct metric_seen *s = &look->seen[i];
		struct top_times times = { 0 };
		struct top_route *r;

		if (s->metric != METRIC_requests)
			continue;
		r = top_route(routes, n, s);
		top_times_add(&r->times, s);
		top_times_add(&times, s);
		if (s->texts[2][0] == '4')
			r->refused += times.n;
		else if (s->texts[2][0] == '5')
			r->failed += times.n;
	}
	qsort(routes, *n, sizeof(*routes), top_busier);
	return routes;
}
