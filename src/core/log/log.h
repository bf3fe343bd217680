/* SPDX-License-Identifier: ISC */
/* The log: one event, one line, a fixed message and named fields. */
#ifndef LOG_H
#define LOG_H

#include "base/base.h"

enum log_level {
	LOGL_ERROR,   /* someone must act */
	LOGL_WARNING, /* it recovered */
	LOGL_INFO,    /* a state changed, a request was served */
	LOGL_DEBUG,   /* for us */
	LOGL__MAX
};
extern const char *const log_levels[LOGL__MAX];

struct log_field {
	const char *key;
	const char *text; /* used if not NULL */
	int64_t number;
};

/* clang-format off */
/* A field with a text (NULL is shown empty), and one with a number. */
static inline struct log_field
LS(const char *key, const char *text)
{
	return (struct log_field){ .key = key, .text = text ? text : "" };
}

static inline struct log_field
LI(const char *key, int64_t number)
{
	return (struct log_field){ .key = key, .number = number };
}
/* clang-format on */

/* Opens the sinks that the settings name ([log]); name is the program's.
 * Before this call, and for errandctl, warnings and errors go to standard
 * error as text, at once.
 * 0, or -1 if the file cannot be opened (said on standard error). */
int
log_open(const char *name) MUSTCHECK;

/* The same for a process that is to go on in any case: while the file cannot be
 * opened, which -1 tells, its lines are counted, and it is tried again. */
int log_resume(const char *name);

/* Writes out and closes. */
void log_close(void);

/* Where lines go. */
enum log_goal {
	LOG_TO_FILE,
	LOG_TO_STDERR,
	LOG_TO_JOURNAL,
	LOG_TO_GELF,
	LOG_TO_SYSLOG,
	LOG_TO__MAX
};

/* Who counts lines that go anywhere, the log's own among them, and lines that
 * did not get where they were to go.  While nobody does (NULL), they are kept
 * for who comes next. */
typedef void (*log_line_fn)(enum log_level level, uint64_t lines);
typedef void (*log_lost_fn)(enum log_goal goal, uint64_t lines);
void log_count(log_line_fn line, log_lost_fn lost);

/* What stands before a line that somebody else writes to standard error, so
 * that the journal, if it reads there, knows its level: "<3>", or nothing. */
const char *log_stderr_mark(enum log_level level);

/* True if a line of that level goes anywhere. */
bool log_enabled(enum log_level level);

/* Adds request_id and trace_id to each line from now on; NULL: none.
 * Borrowed. */
void log_context(const char *request_id, const char *trace_id);

/* One line; fields end with one whose key is NULL.  Warnings and errors are
 * written at once, other lines within [log] flush: see log_chores. */
void log_write(enum log_level level, const char *msg,
    const struct log_field *fields);

/* clang-format off */
#define LOG_(level, msg, ...)                                          \
	log_write(level, msg,                                            \
	    (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
#define log_error(...) LOG_(LOGL_ERROR, __VA_ARGS__)
#define log_warning(...) LOG_(LOGL_WARNING, __VA_ARGS__)
#define log_info(...) LOG_(LOGL_INFO, __VA_ARGS__)
#define log_debug(...) LOG_(LOGL_DEBUG, __VA_ARGS__)
/* clang-format on */

/* Writes out what waits, if it has waited long enough; reopens a file that
 * was moved away.  Returns microseconds until the next call is due, -1 if
 * nothing waits. */
int64_t log_chores(void);

/* Reopens the file now (SIGHUP). */
void log_reopen(void);

#endif
