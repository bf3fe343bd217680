/* SPDX-License-Identifier: ISC */
/* Reads the settings from all their sources, and holds those in force. */
#include "config.h"

#include "conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "conf_own.h"

struct conf settings;

#define CONF_RULE_RULE(key) { #key, &settings.rbac_##key },
const struct conf_rule_row conf_rules[CONF_RULE__MAX] = {
#define CONF(section, key, type, ...) CONF_RULE_##type(key)
#include "conf.def"
};
#undef CONF_RULE_RULE

static struct conf_set *in_force;

static const char *
conf_choose_path(const char *path)
{
	const char *env = getenv("ERRAND_CONFIG");

	if (path != NULL)
		return path;
	if (env != NULL && env[0] != '\0')
		return env;
	if (access(CONF_DEFAULT_FILE, F_OK) == -1 && errno == ENOENT)
		return NULL;
	return CONF_DEFAULT_FILE;
}

struct conf_set *
conf_read(const char *path, conf_fault_fn fault, void *arg)
{
	const struct conf_origin origin = { .layer = CONF_DEFAULT };
	struct conf_set *set = xcalloc(1, sizeof(*set));
	struct conf_run run = { .set = set, .fault = fault, .arg = arg };
	int i;

	set->states = xcalloc(CONF_ROWS_ALL, sizeof(*set->states));
	path = conf_choose_path(path);
	if (path != NULL)
		set->path = xstrdup(path);
	for (i = 0; i < CONF_ROWS; i++)
		conf_row_set(&run, i, &origin, conf_rows[i].def);
	if (set->path != NULL)
		conf_file_read(&run);
	conf_env_read(&run);
	for (i = 0; i < CONF_ROWS; i++)
		conf_row_read_file(&run, i);
	conf_check(&run);
	return set;
}

void
conf_set_free(struct conf_set *set)
{
	size_t job;
	int i;

	if (set == NULL)
		return;
	for (i = 0; i < CONF_ROWS_ALL; i++)
		conf_row_clear(set, i);
	for (job = 0; job < set->njobs; job++)
		free((char *)(uintptr_t)set->jobs[job].kind);
	free(set->states);
	free(set->path);
	free(set);
}

void
conf_use(struct conf_set *set)
{
	settings = set->values;
	conf_set_free(in_force);
	in_force = set;
}

void
conf_free(void)
{
	settings = (struct conf){ 0 };
	conf_set_free(in_force);
	in_force = NULL;
}

struct conf_set *
conf_in_force(void)
{
	return in_force;
}

const char *
conf_path(void)
{
	return in_force == NULL || in_force->path == NULL ? "" : in_force->path;
}
