/* SPDX-License-Identifier: ISC */
/* Runs the scripts of a sqitch plan by psql alone. */
#include "config.h"

#include "migrate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#define SAY      "errandctl migrate: "
#define PLAN     "sqitch.plan"
#define PLAN_MAX ((size_t)1024 * 1024)

/* Adds the script that a line of the plan names: a change's name comes
 * first; tags begin with @, pragmas with %, comments with #. */
static int
add_change(struct words *w, const char *action, char *line)
{
	char *name = str_trim(line);
	struct buf path = { 0 };
	int rc = 0;

	name[strcspn(name, " \t[")] = '\0';
	if (name[0] == '\0' || strchr("@%#", name[0]) != NULL)
		return 0;
	buf_printf(&path, "%s/%s.sql", action, name);
	if (access(path.data, R_OK) == -1) {
		fprintf(stderr, SAY "%s: %s\n", path.data, strerror(errno));
		rc = -1;
	} else {
		words_add(w, "-f");
		words_add(w, path.data);
	}
	buf_free(&path);
	return rc;
}

static int
add_plan(struct words *w, const char *action)
{
	char *text, *line, *next;
	size_t len;
	int rc = 0;

	if (str_read_file(PLAN, PLAN_MAX, &text, &len) == -1) {
		fprintf(stderr, SAY PLAN ": %s\n", strerror(errno));
		return -1;
	}
	for (line = text; line != NULL && rc == 0; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		rc = add_change(w, action, line);
	}
	free(text);
	return rc;
}

int
migrate_psql(const char *action)
{
	static const char *const head[] = { "psql", "-X", "-q", "-w", "-v",
		"ON_ERROR_STOP=1" };
	struct words w = { 0 };
	size_t i;
	int rc = -1;

	for (i = 0; i < NELEM(head); i++)
		words_add(&w, head[i]);
	if (add_plan(&w, action) == 0)
		rc = migrate_exec(&w, "postgresql-client");
	words_free(&w);
	return rc;
}
