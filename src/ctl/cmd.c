/* SPDX-License-Identifier: ISC */
/* What every command of errandctl says when it is not used as it should be. */
#include "config.h"

#include "cmd.h"

#include <stdarg.h>
#include <stdio.h>

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
