/* SPDX-License-Identifier: ISC */
/* Room for jobs of each kind, and what waits until there is some. */
#include "config.h"

#include "lane.h"

#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "queue/queue.h"

#define LANE_PAUSE     CLOCK_SECOND /* doubled with each failure */
#define LANE_PAUSE_MAX (60 * CLOCK_SECOND)

struct lane *
lane_table(void)
{
	void *table = mmap(NULL, KIND_MAX * sizeof(struct lane),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (table == MAP_FAILED)
		return NULL;
	lane_reset(table);
	return table;
}

void
lane_look(struct lane *lanes)
{
	for (size_t i = 0; i < kind_count(); i++)
		lanes[i].waits = kind_runs(kind_at(i));
}

void
lane_reset(struct lane *lanes)
{
	memset(lanes, 0, KIND_MAX * sizeof(*lanes));
	lane_look(lanes);
}

const char *
lane_queue(struct arena *a, const struct kind *kind)
{
	return queue_waiting_name(a, kind->queue, kind->name);
}

static size_t
lane_room(const struct crew *c, size_t kind)
{
	const struct lane *lane = &c->lanes[kind];
	int64_t most = kind_at(kind)->children;

	if (clock_mono_us() < lane->closed_to)
		return 0;
	if (lane->failures > 0)
		return 1;
	return most == 0 ? SLOT_MAX : (size_t)most;
}

/* Who runs one, or is about to; the parent clears the slots of the dead. */
static size_t
lane_count(const struct crew *c, size_t kind)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nslots; i++)
		n += __atomic_load_n(&c->slots[i].lane, __ATOMIC_SEQ_CST) ==
		     kind + 1;
	return n;
}

bool
lane_free(const struct crew *c, size_t kind)
{
	return lane_count(c, kind) < lane_room(c, kind);
}

bool
lane_enter(const struct crew *c, struct slot *s, size_t kind)
{
	__atomic_store_n(&s->lane, kind + 1, __ATOMIC_SEQ_CST);
	if (lane_room(c, kind) >= c->nslots ||
	    lane_count(c, kind) <= lane_room(c, kind))
		return true;
	lane_leave(s);
	return false;
}

void
lane_leave(struct slot *s)
{
	__atomic_store_n(&s->lane, 0, __ATOMIC_SEQ_CST);
}

/* Several that were under way together find out together. */
int64_t
lane_failed(struct lane *lane, int64_t began)
{
	int64_t pause = LANE_PAUSE, now = clock_mono_us();

	if (began < lane->closed_to)
		return 0;
	for (unsigned i = 0; i < lane->failures && pause < LANE_PAUSE_MAX; i++)
		pause *= 2;
	if (pause > LANE_PAUSE_MAX)
		pause = LANE_PAUSE_MAX;
	lane->failures++;
	lane->closed_to = now + pause;
	return pause / 1000;
}

void
lane_well(struct lane *lane)
{
	if (lane->failures > 0)
		lane->failures = 0;
}
