/* SPDX-License-Identifier: ISC */
/* The children of the pool: started, told, and taken when they end. */
#include "config.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "crew/proc.h"
#include "export/exporter.h"
#include "log/log.h"
#include "metric/metric.h"
#include "pool_own.h"
#include "relay/relay.h"

#define START_PAUSE     (CLOCK_SECOND / 10) /* doubled with each failure */
#define START_PAUSE_MAX (10 * CLOCK_SECOND)
#define START_WELL      (10 * CLOCK_SECOND) /* who lived so long was well */

/* What a dead child left is settled in its slot. */
static bool
pool_wants(const struct pool *p, size_t i)
{
	const struct slot *s = &p->crew.slots[i];

	if (i == CREW_SLOT_EXPORTER &&
	    (!settings.trace_enabled || settings.trace_endpoint[0] == '\0'))
		return false;
	if (i < CREW_SLOT_JOBS)
		return !p->crew.stopping || !p->child[0].told;
	if (p->crew.stopping)
		return false;
	return (p->crew.roles != CREW_RELAY &&
		   i < CREW_SLOT_JOBS + p->crew.want) ||
	       s->tag[0] != '\0';
}

static void
pool_start(struct pool *p, size_t i)
{
	static const struct {
		enum slot_role role;
		int (*main)(void *arg);
	} roles[CREW_SLOT_JOBS + 1] = {
		[CREW_SLOT_RELAY] = { SLOT_RELAY, relay_main },
		[CREW_SLOT_KEEPER] = { SLOT_KEEPER, keeper_main },
		[CREW_SLOT_EXPORTER] = { SLOT_EXPORTER, exporter_main },
		[CREW_SLOT_JOBS] = { SLOT_JOBS, child_main },
	};
	const size_t row = i < CREW_SLOT_JOBS ? i : CREW_SLOT_JOBS;
	struct slot *s = &p->crew.slots[i];
	struct pool_child *c = &p->child[i];

	s->role = roles[row].role;
	s->well = false;
	s->generation++;
	s->born = clock_mono_us();
	c->stale = c->told = false;
	c->soft_told = c->still = 0;
	c->killing = SLOT_CRASHED;
	c->arg = (struct child){ &p->crew, s };
	s->settling = s->tag[0] != '\0';
	s->pid = proc_start(roles[row].main,
	    s->role == SLOT_JOBS ? (void *)&c->arg : &p->crew);
	if (s->pid == -1) {
		s->pid = 0;
		c->start_at = s->born + START_PAUSE_MAX;
	}
}

void
pool_fill(struct pool *p)
{
	int64_t now = clock_mono_us();
	size_t i;

	for (i = 0; i < p->crew.nslots; i++) {
		struct slot *s = &p->crew.slots[i];

		if (s->pid != 0)
			continue;
		if (!pool_wants(p, i))
			s->role = SLOT_FREE;
		else if (now >= p->child[i].start_at)
			pool_start(p, i);
	}
}

/* Who dies of a job is replaced at once; who dies by itself, or again and
 * again, after a pause that grows. */
static void
pool_pause(struct pool *p, size_t i, bool expected)
{
	const struct slot *s = &p->crew.slots[i];
	struct pool_child *c = &p->child[i];
	int64_t now = clock_mono_us(), pause;

	if (expected || (s->busy && !s->settling) ||
	    now - s->born >= START_WELL) {
		c->failures = 0;
		c->start_at = 0;
		return;
	}
	pause = START_PAUSE << (c->failures < 7 ? c->failures : 7);
	c->failures++;
	c->start_at = now + (pause > START_PAUSE_MAX ? START_PAUSE_MAX : pause);
}

void
pool_count(const struct pool *p)
{
	int64_t busy = 0, all = 0;

	for (size_t i = CREW_SLOT_JOBS; i < p->crew.nslots; i++) {
		all += p->crew.slots[i].pid != 0;
		busy += p->crew.slots[i].pid != 0 && p->crew.slots[i].busy;
	}
	metric_set(METRIC_children, METRIC_AT(METRIC_state_busy), busy);
	metric_set(METRIC_children, METRIC_AT(METRIC_state_idle), all - busy);
	metric_set(METRIC_children_want, METRIC_AT(0),
	    p->crew.roles == CREW_RELAY ? 0 : (int64_t)p->crew.want);
}

static void
pool_ended(struct pool *p, size_t i, int status)
{
	static const enum metric_word causes[] = {
		[SLOT_CRASHED] = METRIC_exit_crashed,
		[SLOT_HARD] = METRIC_exit_hard_limit,
		[SLOT_MEMORY] = METRIC_exit_memory,
		[SLOT_STOPPED] = METRIC_exit_stopped,
	};
	struct slot *s = &p->crew.slots[i];
	struct pool_child *c = &p->child[i];
	bool expected =
	    (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
	    (c->told && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	char how[PROC_TEXT];

	proc_ended(status, how);
	if (s->group != 0)
		kill(-s->group, SIGKILL);
	s->group = 0;
	lane_leave(s);
	s->soft_at = s->hard_at = 0; /* they were the dead child's */
	s->status = status;
	s->cause = c->killing;
	metric_count(METRIC_exits,
	    expected ? METRIC_exit_ended : causes[c->killing]);
	if (expected)
		log_debug("child ended", LI("child", s->pid), LS("how", how));
	else
		log_warning("child died", LI("child", s->pid), LS("how", how),
		    LS("job", s->busy ? s->id : ""));
	s->pid = 0;
	pool_pause(p, i, expected);
	if (s->busy && !expected)
		control_lost(p->control, s, how);
}

void
pool_reap(struct pool *p)
{
	int status;
	pid_t pid;
	size_t i;

	while ((pid = proc_reap(&status)) != 0) {
		if (pid == p->settler) {
			p->settler = 0;
			p->settled = true;
			continue;
		}
		for (i = 0; i < p->crew.nslots; i++) {
			if (p->crew.slots[i].pid != pid)
				continue;
			if (p->crew.slots[i].group != 0)
				p->sweeping = true;
			pool_ended(p, i, status);
		}
	}
	if (p->sweeping)
		p->sweeping = proc_sweep() > 0;
}

void
pool_tell(struct pool *p, size_t i, int sig)
{
	if (p->crew.slots[i].pid == 0)
		return;
	if (sig == SIGTERM) {
		if (p->child[i].told)
			return;
		p->child[i].told = true;
	}
	kill(p->crew.slots[i].pid, sig);
}

void
pool_kill(struct pool *p, size_t i, enum slot_cause cause)
{
	if (p->crew.slots[i].pid == 0)
		return;
	p->child[i].killing = cause;
	kill(p->crew.slots[i].pid, SIGKILL);
}
