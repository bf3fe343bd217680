/* SPDX-License-Identifier: ISC */
/* Settings out of the environment: ERRAND_SECTION_KEY. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "conf_own.h"
#include "text/near.h"

/* Orchestrators put the addresses of services and of linked containers into
 * the environment (ERRAND_REDIS_PORT_6379_TCP, ERRAND_REDIS_SERVICE_HOST),
 * and our own demonstration its process ids: none of that is meant for us. */
static bool
conf_env_foreign(const char *key)
{
	static const char *const words[] = { "ENV", "NAME", "PID", "PORT",
		"SERVICE" };
	size_t i, len;

	for (i = 0; i < NELEM(words); i++) {
		len = strlen(words[i]);
		if (strncmp(key, words[i], len) == 0 &&
		    (key[len] == '\0' || key[len] == '_'))
			return true;
	}
	return false;
}

/* The part of a variable's name behind the section of that row, whose own
 * variable is given too; or NULL. */
static const char *
conf_env_key(const char *name, int row, const char *variable)
{
	size_t head =
	    strlen(CONF_VARIABLE_PREFIX) + strlen(conf_rows[row].section) + 1;

	return strncmp(name, variable, head) == 0 ? name + head : NULL;
}

/* Tells of a variable that names a section but none of its settings. */
static void
conf_env_judge(struct conf_run *run, const char *name)
{
	char names[CONF_ROWS][CONF_VARIABLE], file[CONF_VARIABLE];
	bool ours = false;
	struct near near;
	int i;

	near_init(&near, name);
	for (i = 0; i < CONF_ROWS; i++) {
		const char *variable = conf_row_variable(i, false, names[i]);
		const char *key = conf_env_key(name, i, variable);

		if (key == NULL)
			continue;
		if (conf_env_foreign(key))
			return;
		ours = true;
		near_offer(&near, variable);
		if (str_eq(name, variable) ||
		    (conf_rows[i].type == CONF_SECRET &&
			str_eq(name, conf_row_variable(i, true, file))))
			return;
	}
	if (ours && near_best(&near) != NULL)
		conf_fault(run,
		    "%s: there is no such setting; did you mean %s?", name,
		    near_best(&near));
	else if (ours)
		conf_fault(run, "%s: there is no such setting", name);
}

static void
conf_env_unknown(struct conf_run *run)
{
	char name[CONF_VARIABLE];
	char **e;

	for (e = environ; *e != NULL; e++) {
		if (!str_starts(*e, CONF_VARIABLE_PREFIX))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(*e, "="), *e);
		conf_env_judge(run, name);
	}
}

void
conf_env_read(struct conf_run *run)
{
	const struct conf_origin origin = { .layer = CONF_ENV };
	char name[CONF_VARIABLE];
	const char *value;
	int i;

	conf_otel_read(run);
	for (i = 0; i < CONF_ROWS; i++) {
		value = getenv(conf_row_variable(i, false, name));
		if (value != NULL)
			conf_row_set(run, i, &origin, value);
		if (conf_rows[i].type != CONF_SECRET)
			continue;
		value = getenv(conf_row_variable(i, true, name));
		if (value != NULL)
			conf_row_set_file(run, i, &origin, value);
	}
	conf_env_unknown(run);
}
