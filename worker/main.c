/* SPDX-License-Identifier: ISC */
/* errand-worker: the work behind the API. */
#include "config.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "crew/proc_command.h"
#include "log/log.h"
#include "metric/metric.h"
#include "pool/pool.h"
#include "setup/options.h"
#include "setup/setup.h"

#define NAME "errand-worker"

static const struct options_program program = {
	.name = NAME,
	.usage =
	    "usage: " NAME " [-c FILE] [--jobs | --relay] [--check-config]\n"
	    "       " NAME " --version | --help\n"
	    "Runs the jobs that tasks cause, and sends them to the queue.\n"
	    "With --jobs or --relay it does only one of the two.\n"
	    "See errand-worker(8).\n",
	.modes = (const struct options_mode[]){ { "jobs", CREW_JOBS },
	    { "relay", CREW_RELAY }, { 0 } },
};

int
main(int argc, char **argv)
{
	struct options o;
	int rc;

	proc_command_hide();
	options_read(&program, argc, argv, &o);
	if (o.check) {
		rc = setup_check_or_say(NAME, o.config);
		if (rc == 0)
			setup_print_ok();
		conf_free();
		return rc == 0 ? 0 : 1;
	}
	if (setup_load_or_say(NAME, o.config) == -1)
		return SETUP_EXIT_FAULT;
	if (log_open(NAME) == -1)
		return 1;
	setup_tell_ignored();
	curl_global_init(CURL_GLOBAL_DEFAULT);
	rc = pool_main(o.mode == 0 ? CREW_BOTH : (enum crew_roles)o.mode);
	curl_global_cleanup();
	log_close(); /* what it loses is counted */
	metric_close();
	conf_free();
	return rc;
}
