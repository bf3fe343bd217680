/* SPDX-License-Identifier: ISC */
/* What waits for room of its kind where no pool looks any more. */
#include "config.h"

#include "relay_own.h"

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crew/lane.h"
#include "crew/signals.h"
#include "log/log.h"

#define WAITING_US (CLOCK_SECOND / 2) /* then others have their turn */

/* The section of its kind is gone or is another, or the queue is: to ours if we
 * run the kind, else to the one that it came from.  Whoever takes it from there
 * judges it again. */
static void
waiting_free(struct work *w, const char *name, int64_t until)
{
	const char *queue, *kind_name;
	const struct kind *kind;
	int64_t moved = 0;
	int n = 0;

	if (!queue_waiting_parts(w->arena, name, &queue, &kind_name))
		return;
	kind = kind_find(kind_name, NULL);
	if (kind != NULL && kind_runs(kind))
		queue = settings.broker_queue;
	do {
		n = queue_waiting_move(w->queue, name, queue);
		moved += n > 0 ? n : 0;
	} while (n > 0 && !signals_stop && clock_mono_us() < until);
	if (n == -2)
		log_warning("messages wait where no pool looks, and their "
			    "queue is a key of another type",
		    LS("list", name), LS("queue", queue));
	if (moved == 0)
		return;
	if (str_eq(queue, settings.broker_queue))
		log_info("messages that waited for room are in a queue again",
		    LS("list", name), LS("queue", queue), LI("count", moved));
	else
		log_warning("messages that waited for room are in a queue that "
			    "this pool does not serve",
		    LS("list", name), LS("queue", queue), LI("count", moved));
}

void
relay_waiting_run(struct work *w)
{
	int64_t until = clock_mono_us() + WAITING_US;
	const char *names[KIND_MAX], **stale;
	size_t n = 0, nstale, i;

	for (i = 0; i < kind_count(); i++) {
		if (kind_runs(kind_at(i)))
			names[n++] = lane_queue(w->arena, kind_at(i));
	}
	if (queue_waiting_serve(w->queue, names, n, &stale, &nstale) == -1)
		return;
	for (i = 0; i < nstale && clock_mono_us() < until; i++)
		waiting_free(w, stale[i], until);
}
