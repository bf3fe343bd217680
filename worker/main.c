/* SPDX-License-Identifier: ISC */
/* errand-worker: the work behind the API; its first role is the relay. */
#include "config.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "conf.h"
#include "log.h"
#include "relay.h"

#define NAME "errand-worker"

struct options {
	const char *config;
	bool check;
};

static void
usage(FILE *out)
{
	fprintf(out, "usage: " NAME " [-c FILE] [--check-config]\n"
		     "       " NAME " --version | --help\n"
		     "Drops cache entries of committed changes whose writer "
		     "did not.\nSee errand-worker(8).\n");
}

static void
read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*o = (struct options){ 0 };
	while ((c = getopt_long(argc, argv, "c:thV", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 't':
			o->check = true;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'V':
			puts("errand " PACKAGE_VERSION);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (optind < argc) {
		usage(stderr);
		exit(2);
	}
}

/* Sleeps for one interval or until a signal; true if it says stop. */
static bool
rest(const sigset_t *signals, bool at_once)
{
	struct timespec t = { 0 };

	if (!at_once) {
		t.tv_sec = settings.worker_relay_interval / 1000;
		t.tv_nsec = settings.worker_relay_interval % 1000 * 1000000;
	}
	switch (sigtimedwait(signals, NULL, &t)) {
	case SIGTERM:
	case SIGINT:
		return true;
	case SIGHUP:
	case SIGUSR1:
		log_reopen();
		return false;
	default:
		return false;
	}
}

static void
run(const sigset_t *signals)
{
	struct pg *pg = pg_new();
	struct kv *kv = kv_new();
	struct cache *cache = cache_new(kv);
	enum relay_result result;

	log_info("relaying", LS("version", PACKAGE_VERSION));
	do {
		/* No request waits here, and entries may be old by now. */
		pg_retry(pg);
		kv_retry(kv);
		result = relay_run(pg, cache);
		log_chores();
	} while (!rest(signals, result == RELAY_BUSY));
	log_info("stopped");
	cache_free(cache);
	kv_free(kv);
	pg_free(pg);
}

int
main(int argc, char **argv)
{
	struct options o;
	sigset_t signals;

	read_options(argc, argv, &o);
	if (conf_load_or_say(NAME, o.config) == -1)
		return 1;
	if (o.check) {
		printf("%s: ok\n",
		    conf_path()[0] == '\0' ? "built-in defaults" : conf_path());
		conf_free();
		return 0;
	}
	if (log_open(NAME) == -1)
		return 1;
	/* Signals are taken between two rounds, never within one. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	run(&signals);
	log_close();
	conf_free();
	return 0;
}
