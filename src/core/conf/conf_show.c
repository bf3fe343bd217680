/* SPDX-License-Identifier: ISC */
/* Prints the settings in force. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "conf_own.h"

/* A password may stand in an address, between scheme and host. */
static void
conf_show_text(FILE *out, const char *text)
{
	const char *user = strstr(text, "://"), *host = strrchr(text, '@');

	if (user == NULL || host == NULL || host < user)
		fputs(text, out);
	else
		fprintf(out, "%.*s***%s", (int)(user + 3 - text), text, host);
}

static void
conf_show_value(FILE *out, int row)
{
	const struct conf_state *state = &conf_in_force()->states[row];
	bool secret = conf_row_at(row)->type == CONF_SECRET;

	if (secret && state->origin.layer != CONF_DEFAULT &&
	    state->text[0] != '\0')
		fputs("***", out);
	else
		conf_show_text(out, state->text);
}

static void
conf_show_origin(FILE *out, int row)
{
	const struct conf_state *state = &conf_in_force()->states[row];
	char name[CONF_VARIABLE];

	if (state->secret_file != NULL)
		fprintf(out, "%s, named by ", state->secret_file);
	switch (state->origin.layer) {
	case CONF_DEFAULT:
		fputs("default", out);
		break;
	case CONF_FILE:
		fprintf(out, "%s:%u", conf_path(), state->origin.line);
		break;
	case CONF_ENV:
		fputs(state->origin.variable != NULL
			  ? state->origin.variable
			  : conf_row_variable(row, state->secret_file != NULL,
				name),
		    out);
		break;
	}
}

static void
conf_show_row(FILE *out, int row)
{
	fprintf(out, "%s = ", conf_row_at(row)->key);
	conf_show_value(out, row);
	fputs(" ; ", out);
	conf_show_origin(out, row);
	fputc('\n', out);
}

/* What a kind of jobs does not say is left to it. */
static void
conf_show_jobs(FILE *out)
{
	const struct conf_set *set = conf_in_force();
	size_t i;

	for (i = 0; i < set->njobs; i++) {
		int row = CONF_ROWS + (int)i * CONF_JOB_ROWS, k;

		fprintf(out, "\n[job:%s]\n", set->jobs[i].kind);
		for (k = row; k < row + CONF_JOB_ROWS; k++) {
			if (set->states[k].text != NULL)
				conf_show_row(out, k);
		}
	}
}

void
conf_show(FILE *out)
{
	const char *section = "";
	int i;

	for (i = 0; i < CONF_ROWS; i++) {
		if (!str_eq(section, conf_rows[i].section)) {
			fprintf(out, "%s[%s]\n", i == 0 ? "" : "\n",
			    conf_rows[i].section);
			section = conf_rows[i].section;
		}
		conf_show_row(out, i);
	}
	conf_show_jobs(out);
}
