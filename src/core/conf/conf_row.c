/* SPDX-License-Identifier: ISC */
/* The rows of the settings: names, texts, values, and faults about them. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "conf_own.h"

#define SECRET_FILE_MAX 16384

/* conf_value_parse writes a choice as an int. */
#define WORD(name, word) #word,
#define WORDS(name, ...)                                                       \
	_Static_assert(sizeof(enum conf_##name) == sizeof(int), "");           \
	static const char *const words_##name[] = { CONF_EACH(WORD, name,      \
	    __VA_ARGS__) NULL };
#include "conf.def"
#undef WORD

const struct conf_row conf_rows[CONF_ROWS] = {
#define CONF(section, key, type, def, min, max, text)                          \
	{ #section, #key, CONF_##type, def, min, max, NULL, text,              \
		offsetof(struct conf, section##_##key) },
#define CHOICE(section, key, words, def, text)                                 \
	{ #section, #key, CONF_CHOICE, def, 0, 0, words_##words, text,         \
		offsetof(struct conf, section##_##key) },
#include "conf.def"
};

const struct conf_row conf_job_rows[CONF_JOB_ROWS] = {
#define CONF_JOB(key, type, min, max, text)                                    \
	{ "job", #key, CONF_##type, NULL, min, max, NULL, text,                \
		offsetof(struct conf_job, key) },
#include "conf_job.def"
};

/* --- names --- */

const struct conf_row *
conf_row_at(int row)
{
	if (row < CONF_ROWS)
		return &conf_rows[row];
	return &conf_job_rows[(row - CONF_ROWS) % CONF_JOB_ROWS];
}

void *
conf_row_field(struct conf_set *set, int row)
{
	char *base = (char *)&set->values;

	if (row >= CONF_ROWS)
		base = (char *)&set->jobs[(row - CONF_ROWS) / CONF_JOB_ROWS];
	return base + conf_row_at(row)->offset;
}

char *
conf_row_section(const struct conf_set *set, int row, char out[CONF_SECTION])
{
	if (row < CONF_ROWS)
		snprintf(out, CONF_SECTION, "%s", conf_rows[row].section);
	else
		snprintf(out, CONF_SECTION, CONF_JOB_PREFIX "%s",
		    set->jobs[(row - CONF_ROWS) / CONF_JOB_ROWS].kind);
	return out;
}

char *
conf_row_variable(int row, bool file, char out[CONF_VARIABLE])
{
	const struct conf_row *r = &conf_rows[row];
	char *s;

	snprintf(out, CONF_VARIABLE, CONF_VARIABLE_PREFIX "%s_%s%s", r->section,
	    r->key, file ? "_file" : "");
	for (s = out; *s != '\0'; s++) {
		if (*s >= 'a' && *s <= 'z')
			*s = (char)(*s - 'a' + 'A');
	}
	return out;
}

bool
conf_row_is_file(int row, const char *name)
{
	const struct conf_row *r = conf_row_at(row);

	return r->type == CONF_SECRET && str_starts(name, r->key) &&
	       str_eq(name + strlen(r->key), "_file");
}

/* --- faults --- */

void
conf_fault(struct conf_run *run, const char *fmt, ...)
{
	char *sentence = NULL;
	va_list ap;

	run->set->faults++;
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
		conf_fault(run, "%s:%u: [%s] %s%s: %s", run->set->path,
		    origin->line, conf_row_section(run->set, row, section),
		    conf_row_at(row)->key, file ? "_file" : "", sentence);
	else
		conf_fault(run, "%s: %s",
		    origin->variable != NULL
			? origin->variable
			: conf_row_variable(row, file, name),
		    sentence);
}

void
conf_fault_row(struct conf_run *run, int row, const char *sentence)
{
	const struct conf_state *state = &run->set->states[row];

	conf_fault_at(run, &state->origin, row, state->secret_file != NULL,
	    sentence);
}

/* --- texts and values --- */

static void
conf_row_take(struct conf_run *run, int row, const struct conf_origin *origin,
    const char *text, bool file)
{
	struct conf_state *state = &run->set->states[row];
	char *copy = xstrdup(text);
	struct buf why = { 0 };

	if (conf_value_parse(conf_row_at(row), conf_row_field(run->set, row),
		copy, &why) == -1) {
		conf_fault_at(run, origin, row, file, why.data);
		free(copy);
	} else {
		free(state->text);
		state->text = copy;
		state->origin = *origin;
	}
	buf_free(&why);
}

static const char both[] =
    "the setting itself is given too; give only one of the two";

/* A key and its <key>_file contradict each other if they come from the same
 * layer; else the higher layer wins. */
void
conf_row_set(struct conf_run *run, int row, const struct conf_origin *origin,
    const char *text)
{
	struct conf_state *state = &run->set->states[row];

	if (state->secret_file != NULL &&
	    origin->layer > state->secret_origin.layer) {
		free(state->secret_file);
		state->secret_file = NULL;
	}
	if (state->secret_file != NULL && text[0] != '\0')
		conf_fault_at(run, &state->secret_origin, row, true, both);
	conf_row_take(run, row, origin, text, false);
}

void
conf_row_set_file(struct conf_run *run, int row,
    const struct conf_origin *origin, const char *path)
{
	struct conf_state *state = &run->set->states[row];

	free(state->secret_file);
	state->secret_file = NULL;
	if (path[0] == '\0')
		return;
	if (state->origin.layer == origin->layer && state->text[0] != '\0')
		conf_fault_at(run, origin, row, true, both);
	state->secret_file = xstrdup(path);
	state->secret_origin = *origin;
}

/* The file's name stays in the state, so that conf_show can tell of it. */
void
conf_row_read_file(struct conf_run *run, int row)
{
	const struct conf_state *state = &run->set->states[row];
	const char *what = NULL;
	struct buf why = { 0 };
	char *text = NULL;
	size_t len = 0, line;

	if (state->secret_file == NULL)
		return;
	if (str_read_file(state->secret_file, SECRET_FILE_MAX, &text, &len) ==
	    -1) {
		what = strerror(errno);
	} else {
		line = strcspn(text, "\r\n");
		if (strlen(text) != len)
			what = "there is a NUL byte in it";
		else if (line == 0)
			what = "its first line is empty";
		text[line] = '\0';
	}
	if (what == NULL) {
		conf_row_take(run, row, &state->secret_origin, text, true);
	} else {
		buf_printf(&why, "%s: %s", state->secret_file, what);
		conf_fault_at(run, &state->secret_origin, row, true, why.data);
		buf_free(&why);
	}
	if (text != NULL)
		explicit_bzero(text, len);
	free(text);
}

void
conf_row_clear(struct conf_set *set, int row)
{
	struct conf_state *state = &set->states[row];

	conf_value_clear(conf_row_at(row), conf_row_field(set, row));
	if (state->text != NULL)
		explicit_bzero(state->text, strlen(state->text));
	free(state->text);
	free(state->secret_file);
}
