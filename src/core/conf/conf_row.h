/* SPDX-License-Identifier: ISC */
/* What the conf_*.c files share: the table of settings, and faults. */
#ifndef CONF_ROW_H
#define CONF_ROW_H

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
	CONF_LIST
};

struct conf_row {
	const char *section, *key;
	enum conf_type type;
	const char *def;
	int64_t min, max;
	const char *choices;
	size_t offset; /* in struct conf */
};

enum {
#define CONF(section, key, ...) CONF_ROW_##section##_##key,
#include "conf.def"
#undef CONF
	CONF_ROWS
};
extern const struct conf_row conf_rows[CONF_ROWS];

enum {
#define CONF_JOB(key, ...) CONF_JOB_##key,
#include "conf_job.def"
#undef CONF_JOB
	CONF_JOB_ROWS
};
extern const struct conf_row conf_job_rows[CONF_JOB_ROWS];

/* A row's number may also mean a key of a section [job:<kind>]: these come
 * behind those of conf.def, section by section. */
#define CONF_JOBS_MAX 48
#define CONF_ROWS_ALL (CONF_ROWS + CONF_JOBS_MAX * CONF_JOB_ROWS)
#define CONF_SECTION  128

const struct conf_row *conf_row_at(int row);

/* Where the row's values go: conf_row's offset counts from here. */
void *conf_row_base(int row);

/* The section's name as the file has it; returns out. */
char *conf_row_section(int row, char out[CONF_SECTION]);

/* The first row of the section [job:<kind>], which is made if it was not there
 * yet; -1: told as a fault. */
struct conf_run;
int conf_job_open(struct conf_run *run, const char *section, unsigned line);
bool conf_job_is(const char *section);

/* Where a value comes from, in the order of rising rank. */
enum conf_layer { CONF_DEFAULT, CONF_FILE, CONF_ENV };

struct conf_origin {
	enum conf_layer layer;
	unsigned line; /* in the file */
};

/* The text behind a setting. */
struct conf_state {
	char *text;
	struct conf_origin origin;
	char *secret_file; /* what <key>_file says, if it has a say; or NULL */
	struct conf_origin secret_origin;
};
extern struct conf_state conf_states[CONF_ROWS_ALL];

struct conf_jobs {
	size_t n;
	struct conf_job v[CONF_JOBS_MAX];
};
extern struct conf_jobs conf_jobs;

/* One run of conf_load. */
struct conf_run {
	const char *path; /* of the file */
	conf_fault_fn fault;
	void *arg;
	unsigned faults;
};

/* Tells a fault as a whole sentence. */
void conf_fault(struct conf_run *run, const char *fmt, ...) PRINTF(2, 3);

/* The same, about the setting of that row: the sentence starts with where it
 * was set.  file: it is about <key>_file. */
void conf_fault_at(struct conf_run *run, const struct conf_origin *origin,
    int row, bool file, const char *sentence);

/* Gives a row a new text; a bad one is told and changes nothing. */
void conf_set(struct conf_run *run, int row, const struct conf_origin *origin,
    const char *text);

/* The same for <key>_file; the file is read later. */
void conf_set_file(struct conf_run *run, int row,
    const struct conf_origin *origin, const char *path);

/* The row of a key, -1 if there is none; true if the section exists. */
int conf_row_find(const char *section, const char *key);
bool conf_section_known(const char *section);

/* True if name is the row's key with _file behind it and that is allowed. */
bool conf_row_is_file(int row, const char *name);

#define CONF_VARIABLE 96
/* ERRAND_SECTION_KEY, with _FILE behind it if asked for; returns out. */
char *conf_variable(int row, bool file, char out[CONF_VARIABLE]);

/* Reads text as the row's type into its field of base.  Strings are borrowed
 * from text.  0, or -1 with the end of a sentence in why. */
int conf_value_parse(const struct conf_row *row, void *base, const char *text,
    struct buf *why) MUSTCHECK;

/* Releases what conf_value_parse allocated for the row. */
void conf_value_clear(const struct conf_row *row, void *base);

/* Forgets all sections [job:<kind>]. */
void conf_jobs_forget(void);

/* Reads run->path. */
void conf_file_read(struct conf_run *run);

/* Reads the environment. */
void conf_env_read(struct conf_run *run);

/* Judges settings beyond what a row says. */
void conf_check(struct conf_run *run);

/* The part of it for the section mail. */
void conf_check_mail(struct conf_run *run);

#endif
