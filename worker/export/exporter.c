/* SPDX-License-Identifier: ISC */
/* Takes spans and sends them; it serves nobody, and nobody waits for it. */
#include "config.h"

#include "exporter.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "crew/signals.h"
#include "log/log.h"
#include "metric/metric.h"
#include "post.h"
#include "take.h"

#define WAIT     500                  /* milliseconds in one wait */
#define OPEN     CLOCK_SECOND         /* between two looks for the socket */
#define GATHER   CLOCK_SECOND         /* so long spans wait for others, */
#define ENOUGH   ((size_t)256 * 1024) /* if there are less bytes than that */
#define SAY      (60 * CLOCK_SECOND)
#define FAREWELL (3 * CLOCK_SECOND) /* for what is left at the end */

struct exporter {
	struct take take;
	struct batch batch;
	struct post post;
	int64_t open_at, say_at;
};

/* One line a minute at most. */
static void
exporter_say(struct exporter *e, int64_t now)
{
	int64_t lost = e->batch.lost + e->post.lost;

	if (lost == 0 || now < e->say_at)
		return;
	log_warning("spans were lost", LI("spans", lost));
	e->batch.lost = e->post.lost = 0;
	e->say_at = now + SAY;
}

static bool
exporter_due(const struct exporter *e, int64_t now)
{
	return e->post.spans > 0 || e->batch.pieces.len >= ENOUGH ||
	       (e->batch.spans > 0 && now - e->batch.since >= GATHER);
}

static void
exporter_round(struct exporter *e)
{
	int64_t now = clock_mono_us();

	if (now >= e->open_at) {
		take_open(&e->take);
		e->open_at = now + OPEN;
	}
	if (exporter_due(e, now))
		post_begin(&e->post, &e->batch, now);
	post_go_on(&e->post, e->take.fd, WAIT);
	take_all(&e->take, &e->batch);
	exporter_say(e, now);
}

/* What the last children have handed over, and what waits, is sent once. */
static void
exporter_end(struct exporter *e)
{
	int64_t until = clock_mono_us() + FAREWELL, now;

	take_all(&e->take, &e->batch);
	take_close(&e->take);
	e->post.retry_at = 0;
	while ((now = clock_mono_us()) < until && e->post.pause == 0 &&
	       (http_busy(e->post.http) ||
		   post_begin(&e->post, &e->batch, now)))
		post_go_on(&e->post, -1, (int)((until - now) / 1000) + 1);
	post_lose(&e->post, e->batch.spans + e->post.spans);
	e->say_at = 0;
	exporter_say(e, now);
}

int
exporter_main(void *crew)
{
	const struct crew *c = crew;
	struct slot *slot = &c->slots[CREW_SLOT_EXPORTER];
	struct exporter e = { .take = { .lock = -1, .fd = -1 } };

	signals_child(NULL);
	metric_forked(METRIC_role_exporter);
	metric_show(METRIC_spans);
	post_open(&e.post);
	while (!signals_stop) {
		slot->progress++;
		exporter_round(&e);
		signals_chores();
	}
	exporter_end(&e);
	post_close(&e.post);
	batch_clear(&e.batch);
	log_close();
	return 0;
}
