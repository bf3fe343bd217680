/* SPDX-License-Identifier: ISC */
/* Jobs of kinds with a limit: held back, and let go in their turn. */
#include "config.h"

#include "relay_own.h"

#include "base/clock.h"
#include "jobs/limit.h"

enum relay_result
relay_limits_begin(struct work *w, struct relay_limits *l, enum pg_err *err)
{
	const char *names[KIND_MAX];
	bool more;

	*err = limit_begin(w->pg, l->any, &more);
	if (*err != PG_OK)
		return RELAY_BLOCKED;
	l->any = kind_limited(names) > 0;
	if (l->any)
		*err = limit_late(w->pg);
	return more ? RELAY_BUSY : RELAY_IDLE;
}

static enum pg_err
limits_go(struct work *w, struct relay_limits *l, const struct kind *k)
{
	int64_t now = clock_mono_us(), us;
	enum pg_err err = PG_OK;
	size_t index, n;

	if (kind_find(k->name, &index) == NULL)
		return PG_OK;
	if (now >= l->at[index]) {
		err = limit_go(w->pg, k, &n, &us);
		l->at[index] = us > 0 ? now + us : 0;
	}
	if (l->at[index] > now && (l->wake == 0 || l->at[index] < l->wake))
		l->wake = l->at[index];
	return err;
}

enum relay_result
relay_limits_run(struct work *w, const struct relay_queues *q,
    struct relay_limits *l, enum pg_err *err)
{
	const struct kind *held[KIND_MAX];
	bool in[KIND_MAX + 1], more = false;
	struct job_kinds of;
	size_t n = 0;

	l->wake = 0;
	*err = PG_OK;
	if (!l->any)
		return RELAY_IDLE;
	(void)relay_queues_open(q, in);
	of = relay_queues_kinds(q, w->arena, in);
	*err = limit_hold(w->pg, &of, &more);
	if (*err == PG_OK)
		*err = limit_held(w->pg, held, &n);
	for (size_t i = 0; *err == PG_OK && i < n; i++)
		*err = limits_go(w, l, held[i]);
	return more ? RELAY_BUSY : RELAY_IDLE;
}

int64_t
relay_limits_wait(const struct relay_limits *l, int64_t ms)
{
	int64_t left = (l->wake - clock_mono_us() + 999) / 1000;

	if (l->wake == 0 || left >= ms)
		return ms;
	return left > 0 ? left : 0;
}
