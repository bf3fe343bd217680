/* SPDX-License-Identifier: ISC */
/* errand-worker: the work behind the API. */
#include "config.h"

#include <curl/curl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "pool/pool.h"
#include "log/log.h"

#define NAME "errand-worker"

struct options {
	const char *config;
	bool check;
	enum crew_roles roles;
};

enum { OPTION_RELAY = 256, OPTION_JOBS };

static void
usage(FILE *out)
{
	fprintf(out,
	    "usage: " NAME " [-c FILE] [--jobs | --relay] [--check-config]\n"
	    "       " NAME " --version | --help\n"
	    "Runs the jobs that tasks cause, and sends them to the queue.\n"
	    "See errand-worker(8).\n");
}

static void
read_role(struct options *o, enum crew_roles role)
{
	if (o->roles != CREW_BOTH && o->roles != role) {
		fprintf(stderr, NAME ": --jobs and --relay exclude each "
				     "other; without them, both are done\n");
		exit(2);
	}
	o->roles = role;
}

static void
read_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 't' },
		{ "relay", no_argument, NULL, OPTION_RELAY },
		{ "jobs", no_argument, NULL, OPTION_JOBS },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	*o = (struct options){ .roles = CREW_BOTH };
	while ((c = getopt_long(argc, argv, "c:thV", longs, NULL)) != -1) {
		switch (c) {
		case 'c':
			o->config = optarg;
			break;
		case 't':
			o->check = true;
			break;
		case OPTION_RELAY:
			read_role(o, CREW_RELAY);
			break;
		case OPTION_JOBS:
			read_role(o, CREW_JOBS);
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

int
main(int argc, char **argv)
{
	struct options o;
	int rc;

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
	curl_global_init(CURL_GLOBAL_DEFAULT);
	rc = pool_main(o.roles);
	curl_global_cleanup();
	log_close();
	conf_free();
	return rc;
}
