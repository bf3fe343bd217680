/* SPDX-License-Identifier: ISC */
/* What signals tell a child of the pool. */
#include "config.h"

#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>

#include "base/clock.h"
#include "log/log.h"
#include "metric/metric.h"

volatile sig_atomic_t signals_stop, signals_reopen;
volatile int signals_soft;

static const struct slot *own;

static void
signals_on_stop(int sig)
{
	(void)sig;
	signals_stop = 1;
}

static void
signals_on_reopen(int sig)
{
	(void)sig;
	signals_reopen = 1;
}

/* It may come late, when another job is already being run. */
static void
signals_on_soft(int sig)
{
	int saved = errno;

	(void)sig;
	if (own != NULL && own->busy && own->revoked == own->taken)
		signals_soft = SIGNALS_TERMINATED;
	else if (own != NULL && own->busy && own->soft_at != 0 &&
		 clock_mono_us() >= own->soft_at)
		signals_soft = SIGNALS_SOFT;
	errno = saved;
}

static void
signals_handle(int sig, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = SA_RESTART };

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

void
signals_child(const struct slot *slot)
{
	sigset_t none;

	own = slot;
	signals_handle(SIGTERM, signals_on_stop);
	signals_handle(SIGINT, signals_on_stop);
	signals_handle(SIGUSR1, signals_on_reopen);
	signals_handle(SIGUSR2, signals_on_soft);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void
signals_pause(int ms)
{
	poll(NULL, 0, ms);
}

void
signals_chores(void)
{
	if (signals_reopen) {
		signals_reopen = 0;
		log_reopen();
	}
	log_chores();
	metric_follow();
}
