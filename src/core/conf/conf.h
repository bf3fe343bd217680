/* SPDX-License-Identifier: ISC */
/* Settings: read once at start, from the ini file and the environment. */
#ifndef CONF_H
#define CONF_H

#include <stdio.h>

#include "base/base.h"

struct conf_list {
	size_t n;
	const char **v;
};

#define CONF_T_STR    const char *
#define CONF_T_SECRET const char *
#define CONF_T_INT    int64_t
#define CONF_T_SIZE   int64_t
#define CONF_T_TIME   int64_t
#define CONF_T_BOOL   bool
#define CONF_T_CHOICE int
#define CONF_T_LIST   struct conf_list

/* settings.http_base_path is [http] base_path, and so on: see conf.def. */
struct conf {
#define CONF(section, key, type, def, min, max, choices, help)                 \
	CONF_T_##type section##_##key;
#include "conf.def"
#undef CONF
};

/* Read-only after conf_load. */
extern struct conf settings;

#define CONF_DEFAULT_FILE SYSCONFDIR "/errand/errand.ini"

/* A section [job:<kind>]; what it does not say is NULL or -1. */
struct conf_job {
	const char *kind;
	unsigned line; /* in the file conf_path() */
	const char *queue, *command;
	int64_t max_retries, soft_limit, hard_limit, backoff, backoff_max;
};
size_t conf_job_count(void);
const struct conf_job *conf_job_at(size_t i);

/* Called for each fault with a finished sentence. */
typedef void (*conf_fault_fn)(void *arg, const char *sentence);

/* Fills settings: defaults, then the file (path; NULL: $ERRAND_CONFIG, else
 * CONF_DEFAULT_FILE if it exists, else none), then the environment
 * (ERRAND_SECTION_KEY, and ERRAND_SECTION_KEY_FILE for secrets), then checks
 * what no single row can.  Every fault is told, not only the first: it names
 * file, line, section, key and what was expected, or the variable.
 * Returns the number of faults; 0 is success.  May be called again: then
 * what settings pointed to before is dead. */
unsigned conf_load(const char *path, conf_fault_fn fault, void *arg) MUSTCHECK;

/* conf_load of the same file once more.  If there are faults, all stays as it
 * was; if there are none, what settings pointed to before is dead, but not yet
 * while ready runs.  Both functions are given arg. */
unsigned conf_reload(void (*ready)(void *arg), conf_fault_fn fault, void *arg)
    MUSTCHECK;

/* conf_load, with each fault as a line on standard error that starts with
 * "name: ".  0 or -1. */
int conf_load_or_say(const char *name, const char *path) MUSTCHECK;

/* The file that conf_load read, or "" if it read none. */
const char *conf_path(void);

/* Prints the settings in force as an ini file, each with where it comes from
 * (default, file:line or environment); secrets as "***" if they are set. */
void conf_show(FILE *out);

/* Releases what settings points to. */
void conf_free(void);

#endif
