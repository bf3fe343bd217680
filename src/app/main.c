/* SPDX-License-Identifier: ISC */
/* errand.fcgi: the FastCGI application. */
#include "config.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/openapi.h"
#include "auth/auth.h"
#include "cache/cache.h"
#include "conf/conf.h"
#include "log/log.h"
#include "mcp/mcp.h"
#include "metric/metric.h"
#include "pg/pg.h"
#include "queue/queue.h"
#include "redis/kv.h"
#include "serve/serve.h"
#include "serve/tally.h"
#include "setup/options.h"
#include "setup/setup.h"

#define NAME "errand.fcgi"

static const struct options_program program = {
	.name = NAME,
	.usage = "usage: " NAME " [-c FILE] [--check-config]\n"
		 "       " NAME " --version | --help\n"
		 "Serves tasks by FastCGI on the listening socket that is its "
		 "standard input.\n"
		 "See errand.fcgi(8).\n",
	.modes = (const struct options_mode[]){ { 0 } },
};

static int
run(void)
{
	struct deps deps;
	int rc;

	if (log_open(NAME) == -1)
		return -1;
	tally_open(METRIC_role_fcgi);
	setup_tell_ignored();
	if (serve_open() == -1) {
		log_close();
		metric_close();
		return -1;
	}
	deps.pg = pg_new();
	deps.kv = kv_new_redis();
	deps.cache = cache_new(deps.kv, pg_source(deps.pg));
	pg_hear(deps.pg, cache_heard, deps.cache);
	deps.broker_kv =
	    settings.broker_url[0] == '\0' ? deps.kv : kv_new_broker();
	deps.broker = queue_new(deps.broker_kv, NULL);
	deps.auth = auth_new();
	deps.since = (struct call_since){ 0 };
	rc = serve_run(&deps);
	auth_free(deps.auth);
	queue_free(deps.broker);
	if (deps.broker_kv != deps.kv)
		kv_free(deps.broker_kv);
	cache_free(deps.cache);
	kv_free(deps.kv);
	pg_free(deps.pg);
	mcp_free();
	openapi_free();
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
