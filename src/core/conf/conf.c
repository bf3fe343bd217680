/* SPDX-License-Identifier: ISC */
/* The settings: their table, and the order in which their sources are read. */
#include "config.h"

#include "conf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "conf_row.h"
#include "jobs/kind.h"

#define SECRET_FILE_MAX 16384

struct conf settings;
struct conf_state conf_states[CONF_ROWS_ALL];

static char *conf_read_path;

const struct conf_row conf_rows[CONF_ROWS] = {
#define CONF(section, key, type, def, min, max, choices, help)                 \
	{ #section, #key, CONF_##type, def, min, max, choices,                 \
		offsetof(struct conf, section##_##key) },
#include "conf.def"
#undef CONF
};

void
conf_fault(struct conf_run *run, const char *fmt, ...)
{
	char *sentence = NULL;
	va_list ap;

	run->faults++;
	va_start(ap, fmt);
	if (vasprintf(&sentence, fmt, ap) == -1)
		abort();
	va_end(ap);
	if (run->fault != NULL)
		run->fault(run->arg, sentence);
	free(sentence);
}

void
conf_fault_at(struct conf_run *run, const struct conf_origin *origin, int row,
    bool file, const char *sentence)
{
	char name[CONF_VARIABLE], section[CONF_SECTION];

	if (origin->layer == CONF_FILE)
		conf_fault(run, "%s:%u: [%s] %s%s: %s", run->path, origin->line,
		    conf_row_section(row, section), conf_row_at(row)->key,
		    file ? "_file" : "", sentence);
	else
		conf_fault(run, "%s: %s", conf_variable(row, file, name),
		    sentence);
}

static void
conf_forget_file(struct conf_state *state)
{
	free(state->secret_file);
	state->secret_file = NULL;
}

static void
conf_fault_both(struct conf_run *run, int row, const struct conf_origin *origin)
{
	conf_fault_at(run, origin, row, true,
	    "the setting itself is given too; give only one of the two");
}

/* Two sources of one rank contradict each other; a higher one wins. */
static void
conf_settle_file(struct conf_run *run, int row,
    const struct conf_origin *origin, const char *text)
{
	struct conf_state *state = &conf_states[row];

	if (state->secret_file == NULL || origin->layer == CONF_DEFAULT)
		return;
	if (origin->layer > state->secret_origin.layer)
		conf_forget_file(state);
	else if (text[0] != '\0')
		conf_fault_both(run, row, &state->secret_origin);
}

static void
conf_take(struct conf_run *run, int row, const struct conf_origin *origin,
    const char *text, bool file)
{
	struct conf_state *state = &conf_states[row];
	char *copy = xstrdup(text);
	struct buf why = { 0 };

	if (conf_value_parse(conf_row_at(row), conf_row_base(row), copy,
		&why) == -1) {
		conf_fault_at(run, origin, row, file, why.data);
		free(copy);
	} else {
		free(state->text);
		state->text = copy;
		state->origin = *origin;
	}
	buf_free(&why);
}

void
conf_set(struct conf_run *run, int row, const struct conf_origin *origin,
    const char *text)
{
	conf_settle_file(run, row, origin, text);
	conf_take(run, row, origin, text, false);
}

void
conf_set_file(struct conf_run *run, int row, const struct conf_origin *origin,
    const char *path)
{
	struct conf_state *state = &conf_states[row];

	conf_forget_file(state);
	if (path[0] == '\0')
		return;
	if (state->origin.layer == origin->layer && state->text[0] != '\0')
		conf_fault_both(run, row, origin);
	state->secret_file = xstrdup(path);
	state->secret_origin = *origin;
}

static void
conf_fault_secret(struct conf_run *run, int row, const char *path,
    const char *what)
{
	struct buf why = { 0 };

	buf_printf(&why, "%s: %s", path, what);
	conf_fault_at(run, &conf_states[row].secret_origin, row, true,
	    why.data);
	buf_free(&why);
}

/* A file name stays in the state, so that conf_show can tell of it. */
static void
conf_read_secret(struct conf_run *run, int row)
{
	const struct conf_state *state = &conf_states[row];
	const char *path = state->secret_file;
	char *text;
	size_t len, line;

	if (path == NULL)
		return;
	if (str_read_file(path, SECRET_FILE_MAX, &text, &len) == -1) {
		conf_fault_secret(run, row, path, strerror(errno));
		return;
	}
	line = strcspn(text, "\r\n");
	if (strlen(text) != len)
		conf_fault_secret(run, row, path, "there is a NUL byte in it");
	else if (line == 0)
		conf_fault_secret(run, row, path, "its first line is empty");
	else {
		text[line] = '\0';
		conf_take(run, row, &state->secret_origin, text, true);
	}
	explicit_bzero(text, len);
	free(text);
}

int
conf_row_find(const char *section, const char *key)
{
	int i;

	for (i = 0; i < CONF_ROWS; i++) {
		if (str_eq(conf_rows[i].section, section) &&
		    str_eq(conf_rows[i].key, key))
			return i;
	}
	return -1;
}

bool
conf_section_known(const char *section)
{
	int i;

	for (i = 0; i < CONF_ROWS; i++) {
		if (str_eq(conf_rows[i].section, section))
			return true;
	}
	return false;
}

bool
conf_row_is_file(int row, const char *name)
{
	const struct conf_row *r = conf_row_at(row);

	return r->type == CONF_SECRET && str_starts(name, r->key) &&
	       str_eq(name + strlen(r->key), "_file");
}

static void
conf_defaults(struct conf_run *run)
{
	const struct conf_origin origin = { .layer = CONF_DEFAULT };
	int i;

	conf_free();
	for (i = 0; i < CONF_ROWS; i++)
		conf_set(run, i, &origin, conf_rows[i].def);
}

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

/* All that conf_load makes. */
struct conf_kept {
	struct conf settings;
	struct conf_state states[CONF_ROWS_ALL];
	struct conf_jobs jobs;
	char *path;
};

static void
conf_keep(struct conf_kept *kept)
{
	kept->settings = settings;
	memcpy(kept->states, conf_states, sizeof(conf_states));
	kept->jobs = conf_jobs;
	kept->path = conf_read_path;
}

static void
conf_restore(const struct conf_kept *kept)
{
	settings = kept->settings;
	memcpy(conf_states, kept->states, sizeof(conf_states));
	conf_jobs = kept->jobs;
	conf_read_path = kept->path;
}

unsigned
conf_reload(void (*ready)(void *arg), conf_fault_fn fault, void *arg)
{
	static const struct conf_kept none;
	struct conf_kept *old = xcalloc(2, sizeof(*old)), *new = old + 1;
	char *path = xstrdup(conf_path());
	unsigned faults;

	conf_keep(old);
	conf_restore(&none);
	faults = conf_load(path[0] == '\0' ? NULL : path, fault, arg);
	if (faults != 0) {
		conf_free();
		conf_restore(old);
		kind_load(NULL, NULL);
	} else {
		conf_keep(new);
		ready(arg);
		conf_restore(old);
		conf_free();
		conf_restore(new);
	}
	explicit_bzero(old, 2 * sizeof(*old));
	free(old);
	free(path);
	return faults;
}

unsigned
conf_load(const char *path, conf_fault_fn fault, void *arg)
{
	struct conf_run run = { .fault = fault, .arg = arg };
	char *chosen = NULL;
	int i;

	run.path = conf_choose_path(path);
	if (run.path != NULL)
		run.path = chosen = xstrdup(run.path);
	conf_defaults(&run);
	conf_read_path = chosen;
	if (run.path != NULL)
		conf_file_read(&run);
	conf_env_read(&run);
	for (i = 0; i < CONF_ROWS; i++)
		conf_read_secret(&run, i);
	conf_check(&run);
	return run.faults + kind_load(fault, arg);
}

static void
conf_say(void *arg, const char *sentence)
{
	fprintf(stderr, "%s: %s\n", (const char *)arg, sentence);
}

int
conf_load_or_say(const char *name, const char *path)
{
	char *copy = xstrdup(name);
	unsigned faults = conf_load(path, conf_say, copy);

	free(copy);
	return faults == 0 ? 0 : -1;
}

const char *
conf_path(void)
{
	return conf_read_path == NULL ? "" : conf_read_path;
}

void
conf_free(void)
{
	int i;

	for (i = 0; i < CONF_ROWS_ALL; i++) {
		struct conf_state *state = &conf_states[i];

		conf_value_clear(conf_row_at(i), conf_row_base(i));
		conf_forget_file(state);
		if (state->text != NULL)
			explicit_bzero(state->text, strlen(state->text));
		free(state->text);
		*state = (struct conf_state){ 0 };
	}
	free(conf_read_path);
	conf_read_path = NULL;
	conf_jobs_forget();
	settings = (struct conf){ 0 };
}
