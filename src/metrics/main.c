/* SPDX-License-Identifier: ISC */
/* errand-metrics: answers /metrics and /health/live, whatever others do. */
#include "config.h"

#include <signal.h>
#include <stdio.h>

#include "conf/conf.h"
#include "listen.h"
#include "log/log.h"
#include "metric/metric.h"
#include "setup/options.h"
#include "setup/setup.h"

#define NAME    "errand-metrics"
#define TICK_MS 1000

static const struct options_program program = {
	.name = NAME,
	.usage = "usage: " NAME " [-c FILE] [--check-config]\n"
		 "       " NAME " --version | --help\n"
		 "Answers /metrics and /health/live by HTTP at the address of "
		 "[metrics] listen.\n"
		 "See " NAME "(8).\n",
	.modes = (const struct options_mode[]){ { 0 } },
};

static volatile sig_atomic_t stopped, reopen;

static void
on_stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static void
on_hup(int sig)
{
	(void)sig;
	reopen = 1;
}

/* Signals end the wait, and no other call. */
static void
handle(int sig, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn };

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

static int
run(void)
{
	struct listener *l;

	handle(SIGTERM, on_stop);
	handle(SIGINT, on_stop);
	handle(SIGHUP, on_hup);
	signal(SIGPIPE, SIG_IGN);
	l = listener_new(settings.metrics_listen);
	if (l == NULL)
		return -1;
	/* Without the file it is looked for again and again. */
	(void)metric_open(settings.metrics_file, METRIC_role_metrics);
	log_info("listening", LS("version", PACKAGE_VERSION),
	    LS("address", settings.metrics_listen));
	while (!stopped) {
		listener_run(l, TICK_MS);
		if (reopen) {
			reopen = 0;
			log_reopen();
		}
		metric_follow();
		log_chores();
	}
	log_info("stopped");
	listener_free(l);
	return 0;
}

int
main(int argc, char **argv)
{
	struct options o;
	int rc;

	options_read(&program, argc, argv, &o);
	rc = o.check ? setup_check_or_say(NAME, o.config)
		     : setup_load_or_say(NAME, o.config);
	if (o.check || rc == -1) {
		if (rc == 0)
			setup_print_ok();
		conf_free();
		return rc == 0 ? 0 : o.check ? 1 : SETUP_EXIT_FAULT;
	}
	if (log_open(NAME) == -1)
		return 1;
	rc = run();
	log_close(); /* what it loses is counted */
	metric_close();
	conf_free();
	return rc == 0 ? 0 : 1;
}
