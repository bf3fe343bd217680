/* SPDX-License-Identifier: ISC */
/* What every command of errandctl says when it is not used as it should be. */
#include "config.h"

#include "cmd.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"
#include "text/near.h"

int
cmd_misused(const struct cmd *cmd, const char *fmt, ...)
{
	va_list ap;

	if (fmt != NULL) {
		fprintf(stderr, "errandctl %s: ", cmd->name);
		va_start(ap, fmt);
		vfprintf(stderr, fmt, ap);
		va_end(ap);
		fputc('\n', stderr);
	}
	fprintf(stderr, "Try \"errandctl %s --help\".\n", cmd->name);
	return CMD_USAGE;
}

int
cmd_action(const struct cmd *cmd, const char *word)
{
	const char *best = NULL;
	struct near near;
	int i;

	if (word != NULL) {
		near_init(&near, word);
		for (i = 0; cmd->actions[i] != NULL; i++) {
			if (str_eq(cmd->actions[i], word))
				return i;
			near_offer(&near, cmd->actions[i]);
		}
		best = near_best(&near);
	}
	fprintf(stderr, "errandctl %s: ", cmd->name);
	if (word != NULL)
		fprintf(stderr, "there is no \"%s\"; ", word);
	if (best != NULL) {
		fprintf(stderr, "did you mean %s?\n", best);
	} else {
		fputs("it takes one of:", stderr);
		for (i = 0; cmd->actions[i] != NULL; i++)
			fprintf(stderr, " %s", cmd->actions[i]);
		fputc('\n', stderr);
	}
	cmd_misused(cmd, NULL);
	return -1;
}
