/* SPDX-License-Identifier: ISC */
/* What the conf_*.c files share: the table of settings, and faults. */
#ifndef CONF_OWN_H
#define CONF_OWN_H

#include <libpq-fe.h>

#include "base/base.h"
#include "base/buf.h"
#include "conf.h"

enum conf_type {
	CONF_STR,
	CONF_SECRET,
	CONF_INT,
	CONF_SIZE,
	CONF_TIME,
	CONF_BOOL,
	CONF_CHOICE,
	CONF_LIST,
	CONF_RULE
};

struct conf_row {
	const char *section, *key;
	enum conf_type type;
	const char *def;
	int64_t min, max;
	const char *const *words; /* of a choice, with NULL behind them */
	const char *text;         /* that explains it */
	size_t offset; /* of the value in struct conf or struct conf_job */
};

enum {
#define CONF(section, key, ...) CONF_ROW_##section##_##key,
#include "conf.def"
	CONF_ROWS
};
extern const struct conf_row conf_rows[CONF_ROWS];

enum {
#define CONF_JOB(key, ...) CONF_JOB_##key,
#include "conf_job.def"
	CONF_JOB_ROWS
};
extern const struct conf_row conf_job_rows[CONF_JOB_ROWS];

/* A row's number may also mean a key of a section [job:<kind>]: these come
 * behind those of conf.def, section by section. */
#define CONF_ROWS_ALL (CONF_ROWS + CONF_JOBS_MAX * CONF_JOB_ROWS)

/* Where a value comes from, in the order of rising rank. */
enum conf_layer { CONF_DEFAULT, CONF_FILE, CONF_ENV };

struct conf_origin {
	enum conf_layer layer;
	unsigned line;        /* in the file */
	const char *variable; /* if it is not the one of the row; constant */
};

/* The text behind a setting. */
struct conf_state {
	char *text;
	struct conf_origin origin;
	char *secret_file; /* what <key>_file says, if it has a say; or NULL */
	struct conf_origin secret_origin;
};

/* One run of conf_read. */
struct conf_run {
	struct conf_set *set;
	conf_fault_fn fault;
	void *arg;
};

/* --- conf.c --- */

/* The set in force, or NULL. */
struct conf_set *conf_in_force(void);

/* --- conf_row.c: rows, their values, and faults --- */

const struct conf_row *conf_row_at(int row);

/* Where the row's value is. */
void *conf_row_field(struct conf_set *set, int row);

#define CONF_SECTION 128
/* The section's name as the file has it; returns out. */
char *conf_row_section(const struct conf_set *set, int row,
    char out[CONF_SECTION]);

#define CONF_VARIABLE        96
#define CONF_VARIABLE_PREFIX "ERRAND_"
/* ERRAND_SECTION_KEY, with _FILE behind it if asked for; returns out.  Rows of
 * sections [job:<kind>] have none. */
char *conf_row_variable(int row, bool file, char out[CONF_VARIABLE]);

/* True if name is the row's key with _file behind it and that is allowed. */
bool conf_row_is_file(int row, const char *name);

/* Tells a fault as a whole sentence. */
void conf_fault(struct conf_run *run, const char *fmt, ...) PRINTF(2, 3);

/* The same, about the setting of that row: the sentence starts with where it
 * was set.  file: it is about <key>_file. */
void conf_fault_at(struct conf_run *run, const struct conf_origin *origin,
    int row, bool file, const char *sentence);

/* The same, about the value that the row has got. */
void conf_fault_row(struct conf_run *run, int row, const char *sentence);

/* Gives a row a new text; a bad one is told and changes nothing. */
void conf_row_set(struct conf_run *run, int row,
    const struct conf_origin *origin, const char *text);

/* The same for <key>_file, the name of a file that is read later. */
void conf_row_set_file(struct conf_run *run, int row,
    const struct conf_origin *origin, const char *path);

/* Reads the file that <key>_file names, if one does, into the row. */
void conf_row_read_file(struct conf_run *run, int row);

/* Releases the row's text and value. */
void conf_row_clear(struct conf_set *set, int row);

/* --- conf_value.c: from text to value --- */

/* Reads text as the row's type into field.  Strings are borrowed from text.
 * 0, or -1 with the end of a sentence in why. */
int conf_value_parse(const struct conf_row *row, void *field, const char *text,
    struct buf *why) MUSTCHECK;

/* Adds "1k to 16m" or the like: what is allowed beyond the type, if anything
 * is not. */
void conf_value_range(const struct conf_row *row, struct buf *b);

/* Releases what conf_value_parse allocated for the row. */
void conf_value_clear(const struct conf_row *row, void *field);

/* --- conf_job.c: the sections [job:<kind>] --- */

#define CONF_JOB_PREFIX "job:"

bool conf_job_is(const char *section);

/* The first row of the section, which is made if it was not there yet; -1:
 * told as a fault. */
int conf_job_open(struct conf_run *run, const char *section, unsigned line);

/* --- the steps of conf_read --- */

/* Reads the file run->set->path. */
void conf_file_read(struct conf_run *run);

/* Reads the environment. */
void conf_env_read(struct conf_run *run);

/* The part of it for variables of OpenTelemetry; those that cannot be taken
 * are left out, as its specification wants it. */
void conf_otel_read(struct conf_run *run);

/* Judges settings beyond what a row says. */
void conf_check(struct conf_run *run);

/* The part of it for the section database. */
void conf_check_database(struct conf_run *run);

/* The value of an option, or "". */
const char *conf_conninfo_value(const PQconninfoOption *options,
    const char *keyword);

/* The part of it for the section log. */
void conf_check_log(struct conf_run *run);

/* The part of it for the schedules in sections [job:<kind>]. */
void conf_check_schedules(struct conf_run *run);

/* The part of it for the section mail. */
void conf_check_mail(struct conf_run *run);

/* The part of it for the section trace; what is wrong with one of its texts, or
 * NULL. */
void conf_check_trace(struct conf_run *run);
const char *conf_judge_trace(int row, const char *text);

#endif
