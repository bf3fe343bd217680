/* SPDX-License-Identifier: ISC */
/* errandctl's commands: a row each, in its own file, listed in main.c. */
#ifndef CMD_H
#define CMD_H

#include "base/base.h"

#define CMD_OK     0
#define CMD_FAILED 1
#define CMD_USAGE  2

/* What stood before the command. */
struct ctl {
	const char *conf; /* -c FILE, or NULL: as setup_load wants it */
};

/* usage goes behind "errandctl NAME "; options is a line for each, indented by
 * two spaces, each line ended.  actions has the words that may follow the name,
 * then NULL; it is NULL for a command that has none.  run gets argv[0] as
 * "errandctl NAME" and calls getopt_long from the start; it returns the exit
 * status.  main answers -h and --help wherever they stand behind the name. */
struct cmd {
	const char *name;
	const char *summary;
	const char *usage;
	const char *options;
	const char *const *actions;
	int (*run)(const struct ctl *ctl, int argc, char **argv);
};

extern const struct cmd cmd_cache;
extern const struct cmd cmd_config;
extern const struct cmd cmd_health;
extern const struct cmd cmd_jobs;
extern const struct cmd cmd_log;
extern const struct cmd cmd_migrate;
extern const struct cmd cmd_setup;
extern const struct cmd cmd_tasks;
extern const struct cmd cmd_token;
extern const struct cmd cmd_top;

/* Says "errandctl NAME: ..." and how to get help on standard error; fmt NULL:
 * only the latter, because getopt_long has said what is wrong.  Returns
 * CMD_USAGE. */
int cmd_misused(const struct cmd *cmd, const char *fmt, ...) PRINTF(2, 3);

/* The place of word in the command's actions, or -1 when it is none of them:
 * then standard error has been told so, and which word is the nearest.  A word
 * of NULL is one that is missing. */
int cmd_action(const struct cmd *cmd, const char *word);

#endif
