/* SPDX-License-Identifier: ISC */
/* The parent: keeps children at work; does none of it itself. */
#include "config.h"

#include "pool.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/uuid.h"
#include "conf/conf.h"
#include "crew/proc.h"
#include "log/log.h"
#include "metric/metric.h"
#include "pool_own.h"
#include "setup/setup.h"

#define NAME      "errand-worker"
#define POOL_TICK 200 /* milliseconds */
#define POOL_NODE 256

/* Who has not ended by itself until then is killed. */
#define POOL_SETTLE (20 * CLOCK_SECOND)
#define POOL_LAST   (5 * CLOCK_SECOND)

#define POOL_SWEEP  10  /* milliseconds between two sweeps at the end, */
#define POOL_SWEEPS 100 /* of which there are at most so many */

/* --- connections and settings --- */

/* Counts as the settings say. */
static void
pool_measure(void)
{
	/* Without the file each process counts for itself: the log tells. */
	(void)metric_open(settings.metrics_file, METRIC_role_pool);
	kind_measure();
	metric_set(METRIC_reloaded_at, METRIC_AT(0), clock_wall_us());
}

static void
pool_connect(struct pool *p)
{
	p->kv = kv_new_broker();
	p->queue = queue_new(p->kv, p->crew.owner);
	queue_use(p->queue, p->arena);
	p->control = control_open(&p->crew);
	p->crew.queues[0] = settings.broker_queue;
	p->crew.nqueues = 1;
	p->crew.want = (size_t)settings.worker_children;
	p->beat_at = p->control_at = 0;
}

static void
pool_disconnect(struct pool *p)
{
	control_close(p->control);
	queue_free(p->queue);
	kv_free(p->kv);
}

/* The new settings are there, the old ones are still what connections use. */
static void
pool_ready(void *arg)
{
	pool_disconnect(arg);
}

static void
pool_fault(void *arg, const char *sentence)
{
	(void)arg;
	log_error("setting refused", LS("reason", sentence));
}

static void
pool_reload(struct pool *p)
{
	size_t i;

	p->reload = false;
	log_reopen();
	if (setup_reload(pool_ready, pool_fault, p) != 0) {
		log_error("settings are wrong: the old ones stay in force");
		metric_count(METRIC_reloads, METRIC_done_failed);
		return;
	}
	log_close();
	if (log_resume(NAME) == -1)
		log_error("log file cannot be opened");
	pool_connect(p);
	lane_reset(p->crew.lanes);
	for (i = 0; i < p->crew.nslots; i++) {
		p->child[i].stale = true;
		memset(p->crew.slots[i].by_kind, 0,
		    sizeof(p->crew.slots[i].by_kind));
	}
	pool_measure();
	metric_count(METRIC_reloads, METRIC_done_done);
	log_info("settings read again");
}

/* --- stopping --- */

static size_t
pool_alive(const struct pool *p, size_t from)
{
	size_t n = 0, i;

	for (i = from; i < p->crew.nslots; i++)
		n += p->crew.slots[i].pid != 0;
	return n;
}

static void
pool_kill_all(struct pool *p)
{
	size_t i;

	if (pool_alive(p, CREW_SLOT_JOBS) > 0)
		log_warning("jobs are cut short",
		    LI("children", (int64_t)pool_alive(p, CREW_SLOT_JOBS)));
	p->killed = true;
	for (i = CREW_SLOT_JOBS; i < p->crew.nslots; i++)
		pool_kill(p, i, SLOT_STOPPED);
}

static bool
pool_has_left(const struct pool *p)
{
	size_t i;

	for (i = 0; i < p->crew.nslots; i++) {
		if (p->crew.slots[i].tag[0] != '\0')
			return true;
	}
	return false;
}

/* Works off what killed children left; true when that is over. */
static bool
pool_settle(struct pool *p)
{
	int64_t now = clock_mono_us();

	if (!p->settled && p->settler == 0 && pool_has_left(p)) {
		p->settler = proc_start(child_settle, &p->crew);
		p->settled = p->settler == -1;
		p->settler = p->settled ? 0 : p->settler;
		p->settle_until = now + POOL_SETTLE;
	}
	if (p->settler != 0 && now >= p->settle_until)
		kill(p->settler, SIGKILL);
	return p->settler == 0;
}

/* Relay and keeper; true when they are gone. */
static bool
pool_end_last(struct pool *p)
{
	int64_t now = clock_mono_us();
	size_t i;

	if (p->last_until == 0)
		p->last_until = now + POOL_LAST;
	for (i = 0; i < CREW_SLOT_JOBS; i++) {
		pool_tell(p, i, SIGTERM);
		if (now >= p->last_until)
			pool_kill(p, i, SLOT_STOPPED);
	}
	return pool_alive(p, 0) == 0;
}

/* Children first, what they left next, relay and keeper last; true when all
 * are gone. */
static bool
pool_end(struct pool *p)
{
	size_t i;

	if (p->kill_at == 0) {
		log_info("stopping");
		p->kill_at =
		    clock_mono_us() + settings.worker_shutdown_timeout * 1000;
	}
	for (i = CREW_SLOT_JOBS; i < p->crew.nslots; i++)
		pool_tell(p, i, SIGTERM);
	if (pool_alive(p, CREW_SLOT_JOBS) > 0) {
		if (!p->killed && clock_mono_us() >= p->kill_at)
			pool_kill_all(p);
		return false;
	}
	return pool_settle(p) && pool_end_last(p);
}

/* --- the loop --- */

static void
pool_signal(struct pool *p, int sig)
{
	size_t i;

	switch (sig) {
	case SIGTERM:
	case SIGINT:
		if (p->crew.stopping)
			pool_kill_all(p);
		crew_stop(&p->crew);
		break;
	case SIGHUP:
		p->reload = true;
		break;
	case SIGUSR1:
		log_reopen();
		for (i = 0; i < p->crew.nslots; i++)
			pool_tell(p, i, SIGUSR1);
		break;
	default: /* SIGCHLD: looked for in any case */
		break;
	}
}

static void
pool_wait(struct pool *p, int signals)
{
	int64_t left = (p->control_at - clock_mono_us()) / 1000;
	struct pollfd fds[2] = { { .fd = signals, .events = POLLIN },
		{ .fd = control_fd(p->control), .events = POLLIN } };
	struct signalfd_siginfo info;

	if (left < 0)
		left = 0;
	if (poll(fds, NELEM(fds), left < POOL_TICK ? (int)left : POOL_TICK) <=
	    0)
		return;
	if (fds[1].revents != 0)
		p->control_at = 0;
	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		pool_signal(p, (int)info.ssi_signo);
		p->control_at = 0;
	}
}

static void
pool_step(struct pool *p)
{
	int64_t now;

	pool_reap(p);
	if (p->reload && !p->crew.stopping)
		pool_reload(p);
	pool_fill(p);
	pool_watch(p);
	if (!p->crew.stopping)
		pool_renew(p);
	pool_beat(p);
	pool_count(p);
	metric_follow();
	now = clock_mono_us();
	if (now >= p->control_at)
		p->control_at =
		    clock_mono_us() + (int64_t)control_run(p->control) * 1000;
	log_chores();
}

/* --- the start --- */

static int
pool_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Our name, and with something random behind it that of this start, so that
 * what an earlier one left is not taken for ours. */
static void
pool_name(struct crew *c, char node[POOL_NODE], char owner[POOL_NODE])
{
	char host[65] = "localhost", random[9];
	uint32_t r;

	gethostname(host, sizeof(host) - 1);
	if (settings.worker_node[0] != '\0')
		snprintf(node, POOL_NODE, "%s", settings.worker_node);
	else
		snprintf(node, POOL_NODE, "errand@%s", host);
	uuid_random(&r, sizeof(r));
	codec_hex(&r, sizeof(r), random);
	snprintf(owner, POOL_NODE, "%.40s.%s", node, random);
	c->node = node;
	c->owner = owner;
}

static void
pool_run(struct pool *p, int signals)
{
	int i;

	pool_connect(p);
	pool_beat(p);
	while (!p->crew.stopping || !pool_end(p)) {
		pool_step(p);
		pool_wait(p, signals);
		pool_reap(p);
	}
	for (i = 0; p->sweeping && i < POOL_SWEEPS; i++) {
		poll(NULL, 0, POOL_SWEEP);
		pool_reap(p);
	}
	queue_gone(p->queue);
	pool_disconnect(p);
}

int
pool_main(enum crew_roles roles)
{
	char node[POOL_NODE], owner[POOL_NODE];
	struct pool *p = calloc(1, sizeof(*p));
	int signals = pool_signals();

	if (p == NULL || signals == -1 ||
	    (p->crew.slots = slot_table()) == NULL ||
	    (p->crew.lanes = lane_table()) == NULL) {
		log_error("cannot start", LS("reason", strerror(errno)));
		free(p);
		return 1;
	}
	proc_adopt();
	p->arena = arena_new();
	p->crew.nslots = SLOT_MAX;
	p->crew.roles = roles;
	p->crew.started = clock_mono_us();
	pool_name(&p->crew, node, owner);
	pool_measure();
	log_info("started", LS("version", PACKAGE_VERSION), LS("node", node),
	    LI("children", roles == CREW_RELAY ? 0 : settings.worker_children));
	pool_run(p, signals);
	log_info("stopped");
	arena_free(p->arena);
	close(signals);
	free(p);
	return 0;
}
