/* SPDX-License-Identifier: ISC */
/* errandctl config: are the settings right, and what are they? */
#include "config.h"

#include <getopt.h>
#include <stdio.h>

#include "base/str.h"
#include "cmd.h"
#include "conf/conf.h"
#include "setup/setup.h"

static int
config_check(const struct ctl *ctl)
{
	if (setup_load_or_say("errandctl", ctl->conf) == -1)
		return CMD_FAILED;
	setup_print_ok();
	if (settings.auth_issuer[0] == '\0')
		puts("note: [auth] issuer is empty; errand.fcgi needs it");
	return CMD_OK;
}

static int
config_show(const struct ctl *ctl)
{
	if (setup_load_or_say("errandctl", ctl->conf) == -1)
		return CMD_FAILED;
	conf_show(stdout);
	return CMD_OK;
}

static int
config_run(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	int rc;

	if (getopt_long(argc, argv, "", longs, NULL) != -1)
		return cmd_misused(&cmd_config, NULL);
	if (argc - optind != 1)
		return cmd_misused(&cmd_config, "check or show?");
	if (str_eq(argv[optind], "check"))
		rc = config_check(ctl);
	else if (str_eq(argv[optind], "show"))
		rc = config_show(ctl);
	else
		return cmd_misused(&cmd_config,
		    "\"%s\" is neither check nor show", argv[optind]);
	conf_free();
	return rc;
}

const struct cmd cmd_config = {
	.name = "config",
	.summary = "Checks or shows the settings",
	.usage = "check | show",
	.options = "  check  names every fault with file and line\n"
		   "  show   prints the settings in force and their sources; "
		   "secrets as ***\n",
	.run = config_run,
};
