/* SPDX-License-Identifier: ISC */
/* What a broker that was restarted has lost is sent again. */
#include "config.h"

#include "relay_own.h"

#include "base/clock.h"
#include "base/str.h"
#include "celery/celery.h"
#include "conf/conf.h"
#include "crew/lane.h"
#include "crew/signals.h"
#include "jobs/job_relay.h"
#include "jobs/kind.h"
#include "log/log.h"
#include "work/message.h"

#define PAGE    100
#define PAGES   20 /* until others have their turn */
#define SMALLER 6  /* a page of one: 100 / 2^6 */

void
relay_lost_check(struct work *w, struct relay_lost *l)
{
	int64_t now = clock_mono_us();

	if (l->step != RELAY_STEP_NONE || now < l->pause ||
	    (pg_source(w->pg)[0] == '\0' && pg_learn_source(w->pg) != PG_OK) ||
	    !queue_lost(w->queue, pg_source(w->pg)))
		return;
	if (!l->told)
		log_info(
		    "broker or database is another one: what is lost is looked for");
	l->told = true;
	l->since = now;
	l->step = RELAY_STEP_UNTIL;
}

/* All queues that rows are sent to, or wait in. */
static size_t
lost_queues(struct arena *a, const char *names[2 * KIND_MAX + 1])
{
	size_t n = 0, i, k;

	names[n++] = settings.broker_queue;
	for (i = 0; i < kind_count(); i++) {
		const char *queue = kind_at(i)->queue;

		for (k = 0; k < n && !str_eq(names[k], queue); k++)
			continue;
		if (k == n)
			names[n++] = queue;
		if (kind_runs(kind_at(i)))
			names[n++] = lane_queue(a, kind_at(i));
	}
	return n;
}

/* The rows of these messages stay as they are. */
static enum pg_err
lost_keep(struct work *w, const struct relay_lost *l,
    const struct queue_text *texts, size_t n)
{
	struct uuid *ids = arena_alloc(w->arena, (n + 1) * sizeof(*ids));
	struct celery_message m;
	const char *why;
	size_t found = 0, i;

	for (i = 0; i < n; i++) {
		if (celery_decode(w->arena, texts[i].data, texts[i].len, &m,
			&why) == CELERY_OK ||
		    m.id != NULL)
			ids[found++] = message_job(m.id);
	}
	return job_still_there(w->pg, &(struct job_ids){ ids, found },
	    l->until);
}

static bool
lost_look(struct work *w, struct relay_lost *l, enum pg_err *err)
{
	const char *names[2 * KIND_MAX + 1];
	size_t i;
	int rc;

	l->look.names = names;
	for (i = 0; i < PAGES && !signals_stop; i++) {
		l->look.nnames = lost_queues(w->arena, names);
		rc = queue_look(w->queue, &l->look);
		if (rc == 0) {
			l->results = (struct relay_results){ 0 };
			l->kind = 0;
			l->step = RELAY_STEP_RESULTS;
			return true;
		}
		if (rc == -1) {
			/* Large messages may take too long. */
			l->smaller += l->smaller < SMALLER;
			return false;
		}
		*err = lost_keep(w, l, l->look.texts, l->look.n);
		if (*err != PG_OK)
			return false;
		arena_reset(w->arena);
	}
	return true;
}

static bool
lost_results(struct work *w, struct relay_lost *l, enum pg_err *err)
{
	size_t i = 0;
	bool more;

	while (i < PAGES && l->kind < kind_count()) {
		if (!kind_at(l->kind)->foreign_queue) {
			l->kind++;
			continue;
		}
		if (!relay_results_page(w, &l->results, l->kind, &more, err))
			return false;
		l->kind += !more;
		i++;
		arena_reset(w->arena);
	}
	if (l->kind >= kind_count())
		l->step = RELAY_STEP_BACK;
	return true;
}

/* One batch.  Afterwards the broker is left alone for as long as all of it
 * took: if another relay has begun the same meanwhile, it gets to its end. */
static bool
lost_back(struct work *w, struct relay_lost *l, enum pg_err *err)
{
	int64_t now = clock_mono_us();
	size_t n;

	*err = job_requeue_published(w->pg, settings.worker_relay_batch,
	    l->until, &n);
	if (*err != PG_OK)
		return false;
	l->back += n;
	if (n == (size_t)settings.worker_relay_batch)
		return true;
	if (queue_complete(w->queue) == -1)
		return false;
	if (l->back > 0)
		log_warning("messages were lost: they are sent again",
		    LI("lost", (int64_t)l->back));
	else
		log_info("broker looked through: nothing is lost");
	*l = (struct relay_lost){ .pause = now + (now - l->since) };
	return true;
}

enum relay_result
relay_lost_run(struct work *w, struct relay_lost *l, enum pg_err *err)
{
	bool well = true;

	*err = PG_OK;
	switch (l->step) {
	case RELAY_STEP_NONE:
		return RELAY_IDLE;
	case RELAY_STEP_UNTIL:
		*err = job_published_until(w->pg, &l->until);
		well = *err == PG_OK;
		l->look = (struct queue_look){ .page = PAGE >> l->smaller };
		l->step = RELAY_STEP_LOOK;
		break;
	case RELAY_STEP_LOOK:
		well = lost_look(w, l, err);
		break;
	case RELAY_STEP_RESULTS:
		well = lost_results(w, l, err);
		break;
	case RELAY_STEP_BACK:
		well = lost_back(w, l, err);
		break;
	}
	if (!well)
		l->step = RELAY_STEP_NONE;
	return well ? RELAY_BUSY : RELAY_BLOCKED;
}
