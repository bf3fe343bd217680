/* SPDX-License-Identifier: ISC */
/* Limits of the children, signs of life for the broker, replacements. */
#include "config.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "crew/proc.h"
#include "log/log.h"
#include "pool_own.h"

#define BEAT_MAX (5 * CLOCK_SECOND)
#define NAMESAKE (3600 * CLOCK_SECOND) /* between two warnings */

/* How long relay or keeper may be without progress: longer than any of their
 * waits.  If we stood still ourselves, only that much of it counts. */
#define STILL_MOST (15 * CLOCK_SECOND)
#define STILL_STEP CLOCK_SECOND

static void
pool_watch_time(struct pool *p, size_t i, int64_t now)
{
	const struct slot *s = &p->crew.slots[i];
	struct pool_child *c = &p->child[i];
	int64_t started = s->started, soft = s->soft_at, hard = s->hard_at;

	if (!s->busy || s->settling || c->killing != SLOT_CRASHED)
		return;
	if (hard != 0 && now >= hard && started == s->started) {
		log_warning("job is past its hard time limit", LS("job", s->id),
		    LS("kind", s->kind));
		pool_kill(p, i, SLOT_HARD);
	} else if (soft != 0 && now >= soft && c->soft_told != started) {
		log_info("job is past its soft time limit", LS("job", s->id),
		    LS("kind", s->kind));
		c->soft_told = started;
		pool_tell(p, i, SIGUSR2);
	}
}

static void
pool_watch_memory(struct pool *p, size_t i)
{
	int64_t most = settings.worker_max_memory_per_child;
	struct slot *s = &p->crew.slots[i];
	int64_t has;

	if (most == 0 || s->pid == 0 || p->child[i].killing != SLOT_CRASHED)
		return;
	has = proc_memory(s->pid);
	if (has <= most)
		return;
	if (has / 2 >= most && s->busy) {
		log_warning("child has far too much memory",
		    LI("child", s->pid), LI("bytes", has));
		pool_kill(p, i, SLOT_MEMORY);
	} else if (!p->child[i].told) {
		log_info("child is replaced for its memory",
		    LI("child", s->pid), LI("bytes", has));
		pool_tell(p, i, SIGTERM);
	}
}

static void
pool_watch_progress(struct pool *p, size_t i, int64_t passed)
{
	static const char *const messages[CREW_SLOT_JOBS] = {
		[CREW_SLOT_RELAY] = "relay stands still: it is replaced",
		[CREW_SLOT_KEEPER] = "keeper stands still: it is replaced",
		[CREW_SLOT_EXPORTER] = "exporter stands still: it is replaced",
	};
	const struct slot *s = &p->crew.slots[i];
	struct pool_child *c = &p->child[i];
	int64_t most = STILL_MOST + 2 * 1000 *
					(settings.database_query_timeout +
					    settings.broker_timeout +
					    settings.redis_timeout);

	if (s->progress != c->progress)
		c->still = 0;
	else
		c->still += passed < STILL_STEP ? passed : STILL_STEP;
	c->progress = s->progress;
	if (c->still < most || c->killing != SLOT_CRASHED)
		return;
	log_warning(messages[i], LI("child", s->pid));
	pool_kill(p, i, SLOT_STOPPED);
}

void
pool_watch(struct pool *p)
{
	int64_t now = clock_mono_us(), passed = now - p->watched;
	bool memory = now >= p->memory_at;
	size_t i;

	p->watched = now;
	if (memory)
		p->memory_at = now + CLOCK_SECOND;
	for (i = 0; i < p->crew.nslots; i++) {
		if (p->crew.slots[i].pid == 0)
			continue;
		pool_watch_time(p, i, now);
		if (i < CREW_SLOT_JOBS)
			pool_watch_progress(p, i, passed);
		if (memory)
			pool_watch_memory(p, i);
	}
}

static bool
pool_beat_slot(struct pool *p, const struct slot *s)
{
	const char *tags[QUEUE_MOST];
	size_t n = slot_tags(p->arena, s, tags);

	return queue_heartbeat(p->queue, tags, n) == 0;
}

/* As Celery's DuplicateNodenameWarning: answers of the two are taken for one's,
 * and what is meant for one reaches both. */
static void
pool_tell_namesake(struct pool *p, int64_t now)
{
	const char *other = queue_namesake(p->queue, p->crew.node);

	if (other == NULL || now < p->namesake_at)
		return;
	p->namesake_at = now + NAMESAKE;
	log_warning("another pool has the same name: set [worker] node",
	    LS("node", p->crew.node), LS("other", other));
}

/* A tag that nobody vouches for is given to somebody else, so those of dead
 * children are kept too until their jobs are settled. */
void
pool_beat(struct pool *p)
{
	int64_t now = clock_mono_us();
	int64_t every = settings.broker_visibility_timeout * 1000 / 4;
	bool told;
	size_t i;

	if (now < p->beat_at)
		return;
	p->beat_at = now + (every < BEAT_MAX ? every : BEAT_MAX);
	lane_look(p->crew.lanes);
	told = queue_alive(p->queue) == 0 &&
	       (p->crew.roles == CREW_RELAY || queue_runs(p->queue) == 0);
	for (i = CREW_SLOT_JOBS; i < p->crew.nslots && told; i++)
		told = pool_beat_slot(p, &p->crew.slots[i]);
	if (told) {
		pool_tell_namesake(p, now);
		pool_state(p);
	}
	queue_tell_refused(p->queue);
	if (!told)
		p->beat_at = now + CLOCK_SECOND;
	arena_reset(p->arena);
}

/* Who is busy ends by itself after its job; of those who are idle, one at a
 * time, so that somebody is always there to take a job.  Who is one too many
 * still settles what was left in its slot. */
void
pool_renew(struct pool *p)
{
	bool ending = false;
	size_t i;

	for (i = CREW_SLOT_JOBS; i < p->crew.nslots; i++) {
		const struct slot *s = &p->crew.slots[i];

		if (s->pid != 0 && p->child[i].told && !s->busy)
			ending = true;
	}
	for (i = 0; i < p->crew.nslots; i++) {
		const struct slot *s = &p->crew.slots[i];
		bool extra = i >= CREW_SLOT_JOBS + p->crew.want && !s->settling;

		if (s->pid == 0 || p->child[i].told)
			continue;
		if (extra) {
			pool_tell(p, i, SIGTERM);
		} else if (p->child[i].stale &&
			   (s->busy || !ending || i < CREW_SLOT_JOBS)) {
			pool_tell(p, i, SIGTERM);
			ending |= i >= CREW_SLOT_JOBS && !s->busy;
		}
	}
}
