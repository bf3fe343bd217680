/* SPDX-License-Identifier: ISC */
/* Prints the statement that creates a task, for pgbench to run alone. */
#include <stdio.h>
#include <string.h>

#include "task/task_own.h"

#undef STMT
#define STMT(id, nparams, mode, sql) { #id, sql },
static const struct {
	const char *id, *sql;
} bench_stmts[] = {
#include "task/task.def"
};

int
main(void)
{
	static const char *const values[] = { "gen_random_uuid()", "'Buy milk'",
		"NULL", "'pending'", "'alice'", "'alice@example.org'",
		"'bench'", "NULL" };
	const char *s = bench_stmts[0].sql;
	size_t i;

	for (i = 0; strcmp(bench_stmts[i].id, "TASK_CREATE") != 0; i++)
		;
	for (s = bench_stmts[i].sql; *s != '\0'; s++) {
		if (*s == '$')
			fputs(values[*++s - '1'], stdout);
		else
			putchar(*s);
	}
	puts(";");
	return 0;
}
