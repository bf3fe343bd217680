/* SPDX-License-Identifier: ISC */
/* The ini file: this file reads lines and joins values over several lines;
 * inih parses each line in between.  So each fault has its line. */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "conf_own.h"
#include "text/near.h"

#define FILE_MAX (1024 * 1024)
#define BOM      "\xef\xbb\xbf"

struct conf_file {
	struct conf_run *run;
	FILE *fp;
	size_t total; /* bytes read */
	unsigned line;

	/* The line in hand. */
	bool indented;
	bool awaited; /* inih has not yet told of the setting in it */

	/* The section in force. */
	bool known;
	int job;    /* first row of a section [job:<kind>], or -1 */
	bool begun; /* it has a setting, which indented lines continue */
	char *section;

	/* The setting that the next line may continue; row -1: none. */
	int row;
	bool is_file; /* it is <key>_file */
	struct conf_origin origin;
	struct buf value;

	bool ignore; /* indented lines continue something that was refused */
	unsigned seen[CONF_ROWS_ALL][2]; /* lines of key and <key>_file */
};

/* Tells a fault of the line in hand. */
static void conf_file_fault(struct conf_file *f, const char *fmt, ...)
    PRINTF(2, 3);

static void
conf_file_fault(struct conf_file *f, const char *fmt, ...)
{
	char *sentence = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&sentence, fmt, ap) == -1)
		abort();
	va_end(ap);
	conf_fault(f->run, "%s:%u: %s", f->run->set->path, f->line, sentence);
	free(sentence);
}

static void
conf_file_finish(struct conf_file *f)
{
	int row = f->row;

	if (row == -1)
		return;
	f->row = -1;
	buf_adds(&f->value, ""); /* there may be nothing in it */
	if (f->is_file)
		conf_row_set_file(f->run, row, &f->origin, f->value.data);
	else
		conf_row_set(f->run, row, &f->origin, f->value.data);
	buf_clear(&f->value);
}

/* Told when the next line is asked for: inih was given one that should have
 * had a setting in it and found none. */
static void
conf_file_report(struct conf_file *f)
{
	if (!f->awaited)
		return;
	f->awaited = false;
	conf_file_fault(f,
	    "this is neither a [section] nor a setting (key = value)");
}

static bool
conf_file_knows(const char *section)
{
	int i;

	for (i = 0; i < CONF_ROWS; i++) {
		if (str_eq(conf_rows[i].section, section))
			return true;
	}
	return false;
}

static void
conf_file_fault_section(struct conf_file *f, const char *name)
{
	struct near near;
	int i;

	near_init(&near, name);
	for (i = 0; i < CONF_ROWS; i++)
		near_offer(&near, conf_rows[i].section);
	if (near_best(&near) != NULL)
		conf_file_fault(f,
		    "there is no section [%.60s]; did you mean [%s]?", name,
		    near_best(&near));
	else
		conf_file_fault(f, "there is no section [%.60s]", name);
}

/* Sees that a section's line is whole and its name known; settings in one
 * that is not are passed over, as they would only repeat the fault. */
static void
conf_file_section(struct conf_file *f, const char *start)
{
	size_t len = strcspn(start + 1, "]");
	const char *rest = start + 1 + len;

	conf_file_finish(f);
	f->begun = f->known = false;
	free(f->section);
	f->section = xcalloc(1, len + 1);
	memcpy(f->section, start + 1, len);
	if (*rest != ']') {
		conf_file_fault(f, "the ] of the section is missing");
		return;
	}
	rest += 1 + strspn(rest + 1, " \t");
	if (*rest != '\0' && *rest != ';' && *rest != '#')
		conf_file_fault(f, "there is something behind [%.60s]",
		    f->section);
	f->job = -1;
	if (conf_job_is(f->section)) {
		f->job = conf_job_open(f->run, f->section, f->line);
		f->known = f->job != -1;
		return;
	}
	f->known = conf_file_knows(f->section);
	if (!f->known)
		conf_file_fault_section(f, f->section);
}

/* Shells write what the file takes for a comment. */
static void
conf_file_command(struct conf_file *f, const char *start)
{
	static const char key[] = "command";
	const char *end = start + strlen(key);
	const char *s;

	if (f->job == -1)
		return;
	if (f->indented
		? f->row == -1 || !str_eq(conf_row_at(f->row)->key, key)
		: !str_starts(start, key) || strchr("=: \t", *end) == NULL)
		return;
	for (s = start + 1; *s != '\0'; s++) {
		if (*s != ';' || strchr(" \t", s[-1]) == NULL)
			continue;
		conf_file_fault(f,
		    "[%s] command: a ; with a space before it begins a "
		    "comment; leave out one of them",
		    f->section);
		return;
	}
}

/* Decides what inih will make of the line.  False: it shall not see it. */
static bool
conf_file_classify(struct conf_file *f, const char *line)
{
	const char *start = line + strspn(line, " \t\r\v\f");

	if (*start == '\0' || *start == '#' || *start == ';')
		return true;
	f->indented = start > line;
	if (*start != '[')
		conf_file_command(f, start);
	if (f->indented && f->begun)
		return !f->ignore;
	f->ignore = false;
	if (*start == '[') {
		conf_file_section(f, start);
		return true;
	}
	if (f->indented) {
		conf_file_fault(f,
		    "an indented line continues the setting above it, "
		    "and there is none");
		return false;
	}
	f->awaited = true;
	return true;
}

/* One line without its end, as far as it fits; *len is its whole length.
 * False at the end of the file. */
static bool
conf_file_get(struct conf_file *f, char *line, size_t room, size_t *len)
{
	bool nul = false;
	size_t n = 0;
	int c;

	while ((c = getc(f->fp)) != EOF && c != '\n' && f->total < FILE_MAX) {
		f->total++;
		nul |= c == '\0';
		if (n < room)
			line[n] = (char)c;
		n++;
	}
	if (c == EOF && n == 0)
		return false;
	f->line++;
	if (n > 0 && n <= room && line[n - 1] == '\r')
		n--;
	line[n < room ? n : room] = '\0';
	*len = n;
	if (nul) {
		conf_file_fault(f, "there is a NUL byte in this line");
		line[0] = '\0';
	}
	return true;
}

/* inih's buffer is small and its size was fixed when it was built: num bytes,
 * three of them for the line's end.  What does not fit is refused here, as
 * inih would take the rest for another line. */
static char *
conf_file_line(char *line, int num, void *stream)
{
	struct conf_file *f = stream;
	size_t room = (size_t)num - 3, len;

	conf_file_report(f);
	if (f->total >= FILE_MAX || !conf_file_get(f, line, room, &len))
		return NULL;
	if (f->line == 1 && str_starts(line, BOM))
		memmove(line, line + 3, strlen(line + 3) + 1);
	if (len > room && strchr("#;", line[strspn(line, " \t")]) == NULL) {
		conf_file_fault(f,
		    "the line is longer than %zu bytes; "
		    "continue it in the next line, indented",
		    room);
		f->begun = f->ignore = true;
		line[0] = '\0';
	}
	if (!conf_file_classify(f, line))
		line[0] = '\0';
	return line;
}

/* The rows among which those of the section in force are. */
static int
conf_file_first(const struct conf_file *f)
{
	return f->job == -1 ? 0 : f->job;
}

static int
conf_file_end(const struct conf_file *f)
{
	return f->job == -1 ? CONF_ROWS : f->job + CONF_JOB_ROWS;
}

static bool
conf_file_has(const struct conf_file *f, int row)
{
	return f->job != -1 || str_eq(conf_rows[row].section, f->section);
}

static void
conf_file_fault_key(struct conf_file *f, const char *key)
{
	struct near near;
	int i;

	near_init(&near, key);
	for (i = conf_file_first(f); i < conf_file_end(f); i++) {
		if (conf_file_has(f, i))
			near_offer(&near, conf_row_at(i)->key);
	}
	if (near_best(&near) != NULL) {
		conf_file_fault(f, "[%s] has no %.60s; did you mean %s?",
		    f->section, key, near_best(&near));
		return;
	}
	for (i = 0; i < CONF_ROWS; i++) {
		if (!str_eq(conf_rows[i].key, key))
			continue;
		conf_file_fault(f, "[%s] has no %s; it belongs to [%s]",
		    f->section, key, conf_rows[i].section);
		return;
	}
	conf_file_fault(f, "[%s] has no %.60s", f->section, key);
}

/* Finds the row of a key in the section in force, and whether the key is that
 * row's <key>_file. */
static int
conf_file_find(const struct conf_file *f, const char *key, bool *is_file)
{
	int i;

	*is_file = false;
	for (i = conf_file_first(f); i < conf_file_end(f); i++) {
		if (!conf_file_has(f, i))
			continue;
		*is_file = conf_row_is_file(i, key);
		if (*is_file || str_eq(conf_row_at(i)->key, key))
			return i;
	}
	return -1;
}

static void
conf_file_begin(struct conf_file *f, const char *key, const char *value)
{
	unsigned *seen;
	bool is_file;
	int row;

	if (f->section == NULL) {
		conf_file_fault(f, "%.60s stands before the first [section]",
		    key);
		return;
	}
	if (!f->known)
		return;
	row = conf_file_find(f, key, &is_file);
	if (row == -1) {
		conf_file_fault_key(f, key);
		return;
	}
	seen = &f->seen[row][is_file];
	if (*seen != 0) {
		conf_file_fault(f, "[%s] %s was given in line %u already",
		    f->section, key, *seen);
		return;
	}
	*seen = f->line;
	f->row = row;
	f->is_file = is_file;
	f->origin = (struct conf_origin){ .layer = CONF_FILE, .line = f->line };
	buf_adds(&f->value, value);
}

/* Some versions of inih leave a comment at the end of an indented line. */
static size_t
conf_without_comment(const char *text)
{
	size_t len, end = strlen(text);

	for (len = 1; len < end; len++) {
		if (text[len] == ';' && strchr(" \t", text[len - 1]) != NULL)
			end = len;
	}
	while (end > 0 && strchr(" \t", text[end - 1]) != NULL)
		end--;
	return end;
}

/* inih calls this for a setting, and for each indented line behind it. */
static int
conf_file_setting(void *user, const char *section, const char *key,
    const char *value)
{
	struct conf_file *f = user;

	(void)section; /* inih cuts long names */
	f->awaited = false;
	if (f->indented) {
		if (f->row != -1) {
			if (f->value.len > 0)
				buf_addc(&f->value, ' ');
			buf_add(&f->value, value, conf_without_comment(value));
		}
		return 1;
	}
	conf_file_finish(f);
	f->begun = true;
	conf_file_begin(f, key, value);
	return 1;
}

void
conf_file_read(struct conf_run *run)
{
	struct conf_file f = { .run = run, .row = -1, .job = -1 };

	f.fp = fopen(run->set->path, "re");
	if (f.fp == NULL) {
		conf_fault(run, "%s: %s", run->set->path, strerror(errno));
		return;
	}
	(void)ini_parse_stream(conf_file_line, &f, conf_file_setting, &f);
	conf_file_report(&f);
	conf_file_finish(&f);
	if (ferror(f.fp))
		conf_fault(run, "%s: %s", run->set->path, strerror(errno));
	if (f.total >= FILE_MAX)
		conf_fault(run, "%s: the file is larger than 1 MiB",
		    run->set->path);
	fclose(f.fp);
	free(f.section);
	buf_free(&f.value);
}
