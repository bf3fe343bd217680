/* SPDX-License-Identifier: ISC */
/* What a broker has lost, or somebody has taken from it, is sent again. */
#include "config.h"

#include "relay_own.h"

#include <string.h>

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

#define LOST_UNLIMITED (24 * 3600 * 1000) /* ms, of a job without a limit */

static int64_t
missing_after(void)
{
	return settings.broker_missing_after != 0
		   ? settings.broker_missing_after
		   : settings.broker_visibility_timeout;
}

/* A walk for all queues. */
static struct relay_walk
walk_all(bool missing, int64_t until)
{
	struct relay_walk w = { .missing = missing, .until = until };

	for (size_t i = 0; i < NELEM(w.in); i++)
		w.in[i] = true;
	return w;
}

static void
walk_begin(struct relay_lost *l, const struct relay_walk *walk,
    enum relay_step step, int64_t now)
{
	l->walk = *walk;
	l->walk.since = now;
	l->step = step;
}

/* A message may also vanish from a broker that stays.  A look four times as
 * often as that may be. */
static void
missing_check(struct work *w, struct relay_lost *l, int64_t now)
{
	struct relay_walk walk;
	int64_t until;
	bool any;

	if (now < l->missing_at ||
	    job_missing(w->pg, missing_after(), &any, &until) != PG_OK)
		return;
	l->missing_at = now + missing_after() * 1000 / 4;
	if (!any)
		return;
	walk = walk_all(true, until);
	walk_begin(l, &walk, RELAY_STEP_BEGIN, now);
}

void
relay_lost_check(struct work *w, struct relay_lost *l)
{
	int64_t now = clock_mono_us();
	struct relay_walk walk;

	if (l->step != RELAY_STEP_NONE || !relay_again_rested(&l->again, now) ||
	    (pg_source(w->pg)[0] == '\0' && pg_learn_source(w->pg) != PG_OK))
		return;
	if (!queue_lost(w->queue, pg_source(w->pg))) {
		if (relay_again_due(&l->again, now))
			walk_begin(l, &l->again.walk, RELAY_STEP_BEGIN, now);
		else
			missing_check(w, l, now);
		return;
	}
	if (!l->told)
		log_info(
		    "broker or database is another one: what is lost is looked for");
	l->told = true;
	walk = walk_all(false, 0);
	walk_begin(l, &walk, RELAY_STEP_UNTIL, now);
}

/* All lists that messages of rows may be in: the queues that they are sent to,
 * as far as the walk is for them, and those in which kinds wait that have no
 * room.  queue tells for each which of the former its rows are sent to. */
struct lost_names {
	const char *v[2 * KIND_MAX + 1];
	size_t queue[2 * KIND_MAX + 1];
	size_t n;
};

static void
lost_name(struct arena *a, const struct relay_queues *q,
    const struct relay_walk *walk, struct lost_names *to)
{
	size_t i, queue;

	to->n = 0;
	for (i = 0; i < q->n; i++) {
		if (!walk->in[i])
			continue;
		to->v[to->n] = q->v[i].name;
		to->queue[to->n++] = i;
	}
	for (i = 0; i < kind_count(); i++) {
		queue = relay_queues_of(q, kind_at(i)->name);
		if (!kind_runs(kind_at(i)) || !walk->in[queue])
			continue;
		to->v[to->n] = lane_queue(a, kind_at(i));
		to->queue[to->n++] = queue;
	}
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
	    l->walk.until);
}

/* A list that is refused to us holds up no other: whether its messages are lost
 * is not known, which is told once.  True if the walk can go on. */
static bool
lost_skip(struct work *w, struct relay_lost *l, const struct lost_names *names)
{
	const char *name;
	bool news = true;
	size_t i;

	if (!queue_refused(w->queue)) {
		/* Large messages may take too long. */
		l->smaller += l->smaller < SMALLER;
		return false;
	}
	name = queue_look_skip(&l->look);
	for (i = 0; i < names->n && name != NULL; i++) {
		if (!str_eq(names->v[i], name))
			continue;
		l->unread[names->queue[i]] = true;
		news = !l->again.walk.in[names->queue[i]];
	}
	if (news)
		log_warning("queue cannot be read: whether it has lost "
			    "messages is not known",
		    LS("queue", name == NULL ? "unacked" : name));
	return name != NULL;
}

static bool
lost_look(struct work *w, const struct relay_queues *q, struct relay_lost *l,
    enum pg_err *err)
{
	struct lost_names names;
	size_t i;
	int rc;

	l->look.names = names.v;
	for (i = 0; i < PAGES && !signals_stop; i++) {
		lost_name(w->arena, q, &l->walk, &names);
		l->look.nnames = names.n;
		rc = queue_look(w->queue, &l->look);
		if (rc == 0) {
			l->has_after = false;
			l->step = RELAY_STEP_RESULTS;
			return true;
		}
		if (rc == -1 && !lost_skip(w, l, &names))
			return false;
		*err = rc == -1 ? PG_OK
				: lost_keep(w, l, l->look.texts, l->look.n);
		if (*err != PG_OK)
			return false;
		w->slot->progress++;
		arena_reset(w->arena);
	}
	return true;
}

/* The rows that were sent, and whose messages were not found; or of queues that
 * could not be read (unread).  Of those that others run nobody knows when they
 * took them: as long as one may run, it is not missing, or it would be run
 * beside itself. */
static void
lost_sent(struct work *w, const struct relay_queues *q,
    const struct relay_lost *l, bool unread, struct job_sent *sent)
{
	const char **kinds = arena_alloc(w->arena, KIND_MAX * sizeof(*kinds));
	const char **ms = arena_alloc(w->arena, KIND_MAX * sizeof(*ms));
	bool in[KIND_MAX + 1];
	size_t i;

	for (i = 0; i < q->n; i++)
		in[i] = l->walk.in[i] && l->unread[i] == unread;
	*sent = (struct job_sent){ .of = relay_queues_kinds(q, w->arena, in),
		.until = l->walk.until,
		.kinds = kinds,
		.ms = ms };
	for (i = 0; l->walk.missing && !unread && i < kind_count(); i++) {
		const struct kind *k = kind_at(i);

		if (!k->foreign_queue)
			continue;
		kinds[sent->n] = k->name;
		ms[sent->n++] = arena_printf(w->arena, "%lld",
		    (long long)(k->hard_limit != 0 ? k->hard_limit
						   : LOST_UNLIMITED));
	}
}

static bool
lost_results(struct work *w, const struct relay_queues *q, struct relay_lost *l,
    enum pg_err *err)
{
	const struct job after = { .id = l->after, .created_at = l->after_at };
	struct job_sent sent;
	struct job_set jobs;

	lost_sent(w, q, l, false, &sent);
	*err = job_sent_page(w->pg, &sent, PAGE, l->has_after ? &after : NULL,
	    &jobs);
	if (*err != PG_OK || !relay_results_of(w, &jobs, err))
		return false;
	w->slot->progress++;
	if (jobs.n < PAGE) {
		l->step = RELAY_STEP_BACK;
		return true;
	}
	l->has_after = true;
	l->after = jobs.v[jobs.n - 1].id;
	l->after_at = jobs.v[jobs.n - 1].created_at;
	return true;
}

static void
lost_tell(const struct relay_lost *l)
{
	if (l->back == 0 && (l->walk.missing || l->again.pause != 0))
		log_debug("broker looked through: nothing is missing");
	else if (l->back == 0)
		log_info("broker looked through: nothing is lost");
	else
		life_log(LIFE_EVENT_lost, LI("lost", (int64_t)l->back),
		    LS("reason", l->walk.missing
				     ? "they have vanished from the broker"
				     : "the broker is another one"));
}

/* Their messages may be there or not: so they are neither sent again nor
 * closed, and somebody has to know. */
static enum pg_err
lost_tell_unread(struct work *w, const struct relay_queues *q,
    const struct relay_lost *l)
{
	char oldest[UUID_TEXT];
	struct job_sent sent;
	struct job_set jobs = { 0 };
	enum pg_err err;

	lost_sent(w, q, l, true, &sent);
	err = job_sent_page(w->pg, &sent, PAGE, NULL, &jobs);
	if (err == PG_OK && jobs.n > 0)
		log_warning("jobs stay published, since their queue cannot be "
			    "read",
		    LI("jobs", (int64_t)jobs.n), LS("kind", jobs.v[0].kind),
		    LS("oldest", uuid_format(&jobs.v[0].id, oldest)));
	return err;
}

/* The walk is at its end: what could not be read gets another soon.  That
 * is told when it begins or ends for a queue, and seldom meanwhile. */
static enum pg_err
lost_end(struct work *w, const struct relay_queues *q, struct relay_lost *l,
    int64_t now)
{
	const struct relay_again was = l->again;
	bool tell;
	size_t i;

	relay_again_note(&l->again, &l->walk, l->unread, now,
	    missing_after() * 1000);
	tell = l->again.pause != 0 && l->again.pause == was.pause;
	for (i = 0; i < q->n; i++) {
		tell |= l->again.walk.in[i] && !was.walk.in[i];
		if (was.walk.in[i] && !l->again.walk.in[i])
			log_info("queue can be read again",
			    LS("queue", q->v[i].name));
	}
	return tell ? lost_tell_unread(w, q, l) : PG_OK;
}

/* One batch. */
static bool
lost_back(struct work *w, const struct relay_queues *q, struct relay_lost *l,
    enum pg_err *err)
{
	int64_t now = clock_mono_us();
	struct job_sent sent;
	size_t n;

	lost_sent(w, q, l, false, &sent);
	*err = job_requeue(w->pg, &sent, settings.worker_relay_batch, &n);
	if (*err != PG_OK)
		return false;
	l->back += n;
	if (n == (size_t)settings.worker_relay_batch)
		return true;
	if (!l->walk.missing && queue_complete(w->queue) == -1)
		return false;
	lost_tell(l);
	*err = lost_end(w, q, l, now);
	*l = (struct relay_lost){ .missing_at = l->missing_at,
		.again = l->again };
	return true;
}

enum relay_result
relay_lost_run(struct work *w, const struct relay_queues *q,
    struct relay_lost *l, enum pg_err *err)
{
	bool well = true;

	*err = PG_OK;
	switch (l->step) {
	case RELAY_STEP_NONE:
		return RELAY_IDLE;
	case RELAY_STEP_UNTIL:
		*err = job_published_until(w->pg, &l->walk.until);
		well = *err == PG_OK;
		l->step = RELAY_STEP_BEGIN;
		break;
	case RELAY_STEP_BEGIN:
		l->look = (struct queue_look){ .page = PAGE >> l->smaller };
		memset(l->unread, 0, sizeof(l->unread));
		l->back = 0;
		l->step = RELAY_STEP_LOOK;
		break;
	case RELAY_STEP_LOOK:
		well = lost_look(w, q, l, err);
		break;
	case RELAY_STEP_RESULTS:
		well = lost_results(w, q, l, err);
		break;
	case RELAY_STEP_BACK:
		well = lost_back(w, q, l, err);
		break;
	}
	if (!well)
		l->step = RELAY_STEP_NONE;
	return well ? RELAY_BUSY : RELAY_BLOCKED;
}
