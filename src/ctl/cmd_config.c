/* SPDX-License-Identifier: ISC */
/* errandctl config: are the settings right, and what are they? */
#include "config.h"

#include <getopt.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/str.h"
#include "cmd.h"
#include "conf/conf.h"
#include "setup/setup.h"

static int
config_check(const struct ctl *ctl)
{
	if (setup_check_or_say("errandctl", ctl->conf) == -1)
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

/* name: see conf_explain. */
static int
config_explain(const char *name)
{
	struct buf near = { 0 };
	int rc = CMD_OK;

	if (conf_explain(stdout, name, &near) == -1) {
		if (near.len > 0)
			rc = cmd_misused(&cmd_config,
			    "there is no setting or section \"%s\"; "
			    "did you mean %s?",
			    name, near.data);
		else
			rc = cmd_misused(&cmd_config,
			    "there is no setting or section \"%s\"", name);
	}
	buf_free(&near);
	return rc;
}

/* "[mail] url" may come as two words. */
static int
config_explain_words(int argc, char **argv)
{
	struct buf name = { 0 };
	int rc;

	if (argc < 2)
		return config_explain(argc == 0 ? NULL : argv[0]);
	buf_printf(&name, "%s %s", argv[0], argv[1]);
	rc = config_explain(name.data);
	buf_free(&name);
	return rc;
}

static int
config_run(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = { { 0 } };
	const char *what;
	int rc;

	if (getopt_long(argc, argv, "", longs, NULL) != -1)
		return cmd_misused(&cmd_config, NULL);
	what = argv[optind];
	if (cmd_action(&cmd_config, what) == -1)
		return CMD_USAGE;
	argv += optind + 1;
	argc -= optind + 1;
	if (argc > (str_eq(what, "explain") ? 2 : 0))
		return cmd_misused(&cmd_config, "%s takes no \"%s\"", what,
		    argv[argc - 1]);
	if (str_eq(what, "explain"))
		return config_explain_words(argc, argv);
	if (str_eq(what, "sample")) {
		conf_print_sample(stdout);
		return CMD_OK;
	}
	if (str_eq(what, "check"))
		rc = config_check(ctl);
	else
		rc = config_show(ctl);
	conf_free();
	return rc;
}

const struct cmd cmd_config = {
	.name = "config",
	.summary = "Checks, shows or explains the settings",
	.usage =
	    "check | show | explain [[SECTION.]KEY | SECTION | VARIABLE] | sample",
	.options = "  check    names every fault with file and line\n"
		   "  show     prints the settings in force and their sources; "
		   "secrets as ***\n"
		   "  explain  prints what a setting is for, its type, range "
		   "and default\n"
		   "  sample   prints a file with every setting, its text and "
		   "its default\n",
	.actions =
	    (const char *const[]){ "check", "show", "explain", "sample", NULL },
	.run = config_run,
};
