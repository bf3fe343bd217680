/* SPDX-License-Identifier: ISC */
/* errand-stream: tells of changes as they happen, by FastCGI. */
#include "config.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/auth.h"
#include "cache/cache.h"
#include "conf/conf.h"
#include "hub.h"
#include "log/log.h"
#include "metric/metric.h"
#include "pg/pg.h"
#include "redis/kv.h"
#include "serve/tally.h"
#include "setup/options.h"
#include "setup/setup.h"

#define NAME "errand-stream"

static const struct options_program program = {
	.name = NAME,
	.usage = "usage: " NAME " [-c FILE] [--check-config]\n"
		 "       " NAME " --version | --help\n"
		 "Serves /tasks/stream by FastCGI on the listening socket that "
		 "is its standard\ninput.\n"
		 "See " NAME "(8).\n",
	.modes = (const struct options_mode[]){ { 0 } },
};

static int
run(void)
{
	struct deps deps = { 0 };
	int rc = -1;

	if (log_open(NAME) == -1)
		return -1;
	tally_open(METRIC_role_stream);
	if (hub_open() == 0) {
		deps.pg = pg_new();
		deps.kv = kv_new_redis();
		deps.cache = cache_new(deps.kv, pg_source(deps.pg));
		pg_hear(deps.pg, cache_heard, deps.cache);
		deps.auth = auth_new();
		rc = hub_run(&deps);
		auth_free(deps.auth);
		cache_free(deps.cache);
		kv_free(deps.kv);
		pg_free(deps.pg);
	}
	log_close(); /* what it loses is counted */
	metric_close();
	return rc;
}

int
main(int argc, char **argv)
{
	struct options o;
	int rc;

	options_read(&program, argc, argv, &o);
	if (setup_serve_or_say(NAME, o.config, o.check) == -1)
		return o.check ? 1 : SETUP_EXIT_FAULT;
	if (o.check) {
		setup_print_ok();
		conf_free();
		return 0;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	rc = run();
	curl_global_cleanup();
	conf_free();
	return rc == 0 ? 0 : 1;
}
