/* SPDX-License-Identifier: ISC */
/* The texts of the settings: the sample file, and single explanations. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "conf_own.h"
#include "text/near.h"

#define WIDTH 78
#define TEXT  "    "
#define FACT  "                " /* as wide as TEXT and the name of a fact */

/* --- texts --- */

static const struct {
	const char *name, *text;
} sections[] = {
#define SECTION(name, text) { #name, text },
#include "conf.def"
#define SECTION(name, text) { #name, text },
#include "conf_job.def"
};

/* Prints text in lines of up to WIDTH columns, the first behind head, the
 * others behind indent. */
static void
explain_wrap(FILE *out, const char *head, const char *indent, const char *text)
{
	size_t column = strlen(head);
	bool begun = false;

	fputs(head, out);
	while (*text != '\0') {
		size_t len = strcspn(text, " \n");

		if (begun && column + 1 + len > WIDTH) {
			fprintf(out, "\n%s", indent);
			column = strlen(indent);
			begun = false;
		}
		fprintf(out, "%s%.*s", begun ? " " : "", (int)len, text);
		column += begun + len;
		begun = true;
		text += len;
		if (*text == '\n') {
			fprintf(out, "\n%s", indent);
			column = strlen(indent);
			begun = false;
		}
		text += *text != '\0';
	}
	fputc('\n', out);
}

/* The words of a choice, put into b. */
static const char *
explain_words(const struct conf_row *row, struct buf *b)
{
	size_t i;

	for (i = 0; row->words[i] != NULL; i++)
		buf_printf(b, "%s%s", i == 0 ? "" : ", ", row->words[i]);
	return b->data;
}

/* --- the sample --- */

/* Paragraphs. */
static const char *const sample_head[] = {
	"SPDX-License-Identifier: ISC",
	("Errand's settings. errand.ini(5) tells more about each, and "
	 "\"errandctl config explain KEY\" tells its type and the variable "
	 "that sets it."),
	("Every setting stands here with its default. To change one, remove "
	 "the semicolon before it. A setting begins in the first column of "
	 "its line; an indented line continues the setting above it. A line "
	 "has at most 197 bytes, which is a limit of inih, the library that "
	 "reads it. A semicolon behind white space begins a comment."),
	("The environment wins over this file: ERRAND_HTTP_BASE_PATH sets "
	 "[http] base_path. A setting with a _file beside it can be read "
	 "from the first line of another file, which keeps secrets out of "
	 "this one; give one of the two."),
	("errandctl config check names each fault with its line.\n"
	 "errandctl config show prints the settings in force and their "
	 "sources."),
};

static const char sample_tail[] = "#\n"
				  "# Examples:\n"
				  "#\n"
				  "# [job:errand.send_notification]\n"
				  "# max_retries = 20\n"
				  "#\n"
				  "# [job:reports.monthly]\n"
				  "# command = /usr/local/bin/monthly-report\n"
				  "# hard_limit = 10m\n";

static void
sample_row(FILE *out, const struct conf_row *row)
{
	struct buf b = { 0 };

	explain_wrap(out, "# ", "# ", row->text);
	if (row->type == CONF_CHOICE) {
		explain_words(row, &b);
		buf_addc(&b, '.');
		explain_wrap(out, "# Values: ", "# ", b.data);
	}
	/* How long a text may be is not worth a line. */
	if (row->type == CONF_INT || row->type == CONF_SIZE ||
	    row->type == CONF_TIME) {
		conf_value_range(row, &b);
		fprintf(out, "# Range: %s.\n", b.data);
	}
	buf_free(&b);
	fprintf(out, ";%s =%s%s\n", row->key, row->def[0] == '\0' ? "" : " ",
	    row->def);
	if (row->type == CONF_SECRET)
		fprintf(out, ";%s_file =\n", row->key);
	fputc('\n', out);
}

void
conf_print_sample(FILE *out)
{
	size_t i;
	int row;

	for (i = 0; i < NELEM(sample_head); i++) {
		if (i > 0)
			fputs("#\n", out);
		explain_wrap(out, "# ", "# ", sample_head[i]);
	}
	fputc('\n', out);
	for (i = 0; i < NELEM(sections) - 1; i++) {
		fprintf(out, "[%s]\n", sections[i].name);
		explain_wrap(out, "# ", "# ", sections[i].text);
		fputc('\n', out);
		for (row = 0; row < CONF_ROWS; row++) {
			if (str_eq(conf_rows[row].section, sections[i].name))
				sample_row(out, &conf_rows[row]);
		}
	}
	fputs("# [job:KIND]\n#\n", out);
	explain_wrap(out, "# ", "# ", sections[i].text);
	for (row = 0; row < CONF_JOB_ROWS; row++) {
		fprintf(out, "#\n# %s\n", conf_job_rows[row].key);
		explain_wrap(out, "#     ", "#     ", conf_job_rows[row].text);
	}
	fputs(sample_tail, out);
}

/* --- explanations --- */

static void
explain_row(FILE *out, int number)
{
	static const char *const types[] = {
		[CONF_STR] = "text",
		[CONF_SECRET] = "text, never shown",
		[CONF_INT] = "whole number",
		[CONF_SIZE] = "bytes, or a number with k, m or g behind it",
		[CONF_TIME] = "a number with ms, s, m, h or d behind it",
		[CONF_BOOL] = "on or off",
		[CONF_CHOICE] = "one word",
		[CONF_LIST] = "words, separated by commas or white space",
		[CONF_RULE] =
		    "names of roles, role:NAME and scope:NAME; a comma for any of, + for all of",
	};
	const struct conf_row *row = conf_row_at(number);
	bool of_job = number >= CONF_ROWS;
	struct buf range = { 0 }, file = { 0 };
	char name[CONF_VARIABLE];

	fprintf(out, "[%s] %s\n", of_job ? "job:KIND" : row->section, row->key);
	explain_wrap(out, TEXT, TEXT, row->text);
	fputc('\n', out);
	explain_wrap(out, TEXT "type        ", FACT, types[row->type]);
	if (row->type == CONF_CHOICE)
		explain_words(row, &range);
	else
		conf_value_range(row, &range);
	if (range.len > 0)
		explain_wrap(out,
		    row->type == CONF_CHOICE ? TEXT "values      "
					     : TEXT "range       ",
		    FACT, range.data);
	if (of_job) {
		fputs(TEXT "default     that of the kind, see errand.ini(5)\n",
		    out);
	} else {
		fprintf(out, TEXT "default     %s\n",
		    row->def[0] == '\0' ? "(empty)" : row->def);
		fprintf(out, TEXT "variable    %s\n",
		    conf_row_variable(number, false, name));
	}
	if (row->type == CONF_SECRET) {
		buf_printf(&file,
		    "the first line of the file that %s_file or %s names",
		    row->key, conf_row_variable(number, true, name));
		explain_wrap(out, TEXT "or from     ", FACT, file.data);
	}
	fputc('\n', out);
	buf_free(&range);
	buf_free(&file);
}

/* True if name means the row: KEY, SECTION.KEY, or either with _file. */
static bool
explain_names(int row, const char *name)
{
	const char *section = conf_row_at(row)->section;
	size_t len = strlen(section);

	if (str_starts(name, section) && name[len] == '.')
		name += len + 1;
	return str_eq(name, conf_row_at(row)->key) ||
	       conf_row_is_file(row, name);
}

/* The first kind's section stands for all of them. */
#define EXPLAIN_ROWS (CONF_ROWS + CONF_JOB_ROWS)

static void
explain_near(const char *name, struct buf *out)
{
	char names[EXPLAIN_ROWS][CONF_SECTION];
	char variables[CONF_ROWS][CONF_VARIABLE];
	struct near near;
	size_t i;

	near_init(&near, name);
	for (i = 0; i < NELEM(sections); i++)
		near_offer(&near, sections[i].name);
	for (i = 0; i < EXPLAIN_ROWS; i++) {
		const struct conf_row *row = conf_row_at((int)i);

		snprintf(names[i], sizeof(names[i]), "%s.%s", row->section,
		    row->key);
		near_offer(&near, row->key);
		near_offer(&near, names[i]);
	}
	for (i = 0; i < CONF_ROWS && str_starts(name, "ERRAND_"); i++)
		near_offer(&near,
		    conf_row_variable((int)i, false, variables[i]));
	if (near_best(&near) != NULL)
		buf_adds(out, near_best(&near));
}

/* True if name is the variable of a row. */
static bool
explain_is_variable(int row, const char *name)
{
	char variable[CONF_VARIABLE];

	return row < CONF_ROWS &&
	       (str_eq(name, conf_row_variable(row, false, variable)) ||
		   (conf_row_at(row)->type == CONF_SECRET &&
		       str_eq(name, conf_row_variable(row, true, variable))));
}

/* A section [job:KIND] is any: what is behind the last dot of a kind may be a
 * key as well. */
static void
explain_job(struct buf *b, const char *kind)
{
	const char *dot = strrchr(kind, '.');

	buf_adds(b, "job");
	for (int row = 0; dot != NULL && row < CONF_JOB_ROWS; row++) {
		if (str_eq(conf_job_rows[row].key, dot + 1))
			buf_adds(b, dot);
	}
}

/* What is written as in the file, or as a variable, in the form SECTION.KEY. */
static void
explain_plain(struct buf *b, const char *name)
{
	size_t len, blanks;

	buf_adds(b, ""); /* there may be nothing to add */
	for (int row = 0; row < CONF_ROWS; row++) {
		if (explain_is_variable(row, name)) {
			buf_printf(b, "%s.%s", conf_rows[row].section,
			    conf_rows[row].key);
			return;
		}
	}
	name += name[0] == '[';
	len = strcspn(name, "] ");
	blanks = strspn(name + len, "] ");
	if (str_starts(name, "job:") && name[len + blanks] != '\0')
		buf_adds(b, "job");
	else if (str_starts(name, "job:"))
		explain_job(b, name);
	else
		buf_add(b, name, len);
	if (name[len + blanks] != '\0')
		buf_printf(b, ".%s", name + len + blanks);
}

static size_t
explain_all(FILE *out, const char *name)
{
	size_t found = 0, i;
	int row;

	for (i = 0; i < NELEM(sections); i++) {
		const char *section = sections[i].name;
		bool is_job = i == NELEM(sections) - 1;
		bool whole = name == NULL || str_eq(name, section);

		if (whole) {
			fprintf(out, "[%s]\n", is_job ? "job:KIND" : section);
			explain_wrap(out, TEXT, TEXT, sections[i].text);
			fputc('\n', out);
			found++;
		}
		for (row = 0; row < EXPLAIN_ROWS; row++) {
			if (!str_eq(conf_row_at(row)->section, section))
				continue;
			if (!whole && !explain_names(row, name))
				continue;
			explain_row(out, row);
			found++;
		}
	}
	return found;
}

int
conf_explain(FILE *out, const char *name, struct buf *near)
{
	struct buf plain = { 0 };
	size_t found;

	if (name != NULL)
		explain_plain(&plain, name);
	found = explain_all(out, name == NULL ? NULL : plain.data);
	if (found == 0)
		explain_near(plain.data, near);
	buf_free(&plain);
	return found > 0 ? 0 : -1;
}
