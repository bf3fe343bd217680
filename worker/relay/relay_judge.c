/* SPDX-License-Identifier: ISC */
/* Whose run is abandoned: by changes that do not come, not by clocks. */
#include "config.h"

#include "relay_own.h"

#include <string.h>

#include "base/clock.h"
#include "jobs/job.h"

#define QUIET (JOB_ABANDONED_S * CLOCK_SECOND)
#define ASK   (10 * CLOCK_SECOND)
#define GONE  (10 * CLOCK_SECOND)

/* Of a pool that lives and does not know of the run: it may just have met a
 * broker that had lost everything. */
#define LONG (120 * CLOCK_SECOND)

/* If we stood still, the others may have, too: only so much counts. */
#define STEP (8 * CLOCK_SECOND)

void
relay_judge_look(struct relay_judge *j, const struct job_beats *beats,
    int64_t now)
{
	struct relay_seen seen[RELAY_SEEN] = { 0 };
	size_t i, k;

	j->passed = j->looked == 0 ? 0 : now - j->looked;
	if (j->passed > STEP)
		j->passed = STEP;
	j->looked = now;
	for (i = 0; i < beats->n && i < RELAY_SEEN; i++) {
		const struct job_beat *b = &beats->v[i];

		seen[i] = (struct relay_seen){ .id = b->id, .beat = b->at };
		for (k = 0; k < j->n; k++) {
			if (j->v[k].beat != b->at ||
			    memcmp(&j->v[k].id, &b->id, sizeof(b->id)) != 0)
				continue;
			seen[i] = j->v[k];
			seen[i].quiet += j->passed;
			break;
		}
	}
	memcpy(j->v, seen, i * sizeof(*seen));
	j->n = i;
}

bool
relay_judge_asks(const struct relay_seen *s)
{
	return s->quiet >= ASK;
}

void
relay_judge_hear(const struct relay_judge *j, struct relay_seen *s,
    enum queue_holder holder)
{
	if (holder == QUEUE_HOLDER_GONE)
		s->gone += j->passed;
	else
		s->gone = 0;
	if (holder == QUEUE_HOLDER_WITHOUT && s->quiet >= LONG)
		s->gone = GONE;
}

size_t
relay_judge_gone(const struct relay_judge *j, const struct relay_well *well,
    const struct job_beats *beats, int64_t now, struct job_beat *gone)
{
	size_t n = 0;

	if (!relay_well_long(well, now))
		return 0;
	for (size_t i = 0; i < j->n; i++) {
		if (j->v[i].quiet >= QUIET && j->v[i].gone >= GONE)
			gone[n++] = beats->v[i];
	}
	return n;
}
