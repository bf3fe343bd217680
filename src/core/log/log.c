/* SPDX-License-Identifier: ISC */
/* The log: gathers lines for its sinks and decides when they go out. */
#include "config.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "log_line.h"
#include "log_sink.h"

#define GATHER ((size_t)16384) /* bytes that wait at most */

enum { SINK_FILE, SINK_STDERR, SINK__MAX };

const char *const log_levels[LOGL__MAX] = { "error", "warning", "info",
	"debug" };

/* Before log_open: what an administrator must see, at once. */
static struct log_sink sinks[SINK__MAX] = {
	[SINK_FILE] = { .fd = -1, .level = -1 },
	[SINK_STDERR] = { .fd = STDERR_FILENO, .level = LOGL_WARNING },
};
static char *program;
static const char *context;
static int own_pid;
static bool opened;

/* What waits in the parent is the parent's to write. */
static void
log_forked(void)
{
	size_t i;

	own_pid = (int)getpid();
	for (i = 0; i < SINK__MAX; i++)
		buf_clear(&sinks[i].lines);
}

static void
log_prepare(void)
{
	if (own_pid != 0)
		return;
	own_pid = (int)getpid();
	if (pthread_atfork(NULL, NULL, log_forked) != 0)
		abort();
}

static void
log_format(struct buf *b, enum log_level level, const char *msg,
    const struct log_field *fields)
{
	struct log_event e = { .level = level,
		.pid = own_pid,
		.msg = msg,
		.fields = fields,
		.request_id = context };

	e.us = clock_wall_us();
	e.program = program != NULL ? program : program_invocation_short_name;
	if (opened && settings.log_format == CONF_log_format_json)
		log_line_json(b, &e);
	else
		log_line_text(b, &e);
}

static void
log_lost(struct buf *b, uint64_t lost)
{
	log_format(b, LOGL_WARNING, "log lines were lost",
	    (const struct log_field[]){ LI("lines", (int64_t)lost), { 0 } });
}

/* Adds the line to each sink that wants it. */
static void
log_gather(enum log_level level, const char *msg,
    const struct log_field *fields)
{
	static struct buf line;
	size_t i;

	buf_clear(&line);
	log_format(&line, level, msg, fields);
	for (i = 0; i < SINK__MAX; i++) {
		struct log_sink *sink = &sinks[i];

		if ((int)level > sink->level)
			continue;
		if (sink->lines.len == 0)
			sink->since = clock_mono_us();
		buf_add(&sink->lines, line.data, line.len);
	}
}

static void
log_follow(struct log_sink *sink, bool force)
{
	if (log_sink_follow(sink, force) == 0)
		return;
	log_gather(LOGL_ERROR, "log file cannot be opened again",
	    (const struct log_field[]){
		LS("file", sink->path), LS("reason", strerror(errno)), { 0 } });
}

static void
log_flush(struct log_sink *sink)
{
	if (sink->lines.len == 0)
		return;
	log_follow(sink, false);
	log_sink_flush(sink, log_lost);
}

/* A web server may start us without standard error; then the next thing that
 * is opened would get its number, and our lines. */
static void
log_hold_stderr(void)
{
	int fd = STDERR_FILENO;

	if (fcntl(STDERR_FILENO, F_GETFD) != -1)
		return;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd != -1 && fd < STDERR_FILENO);
}

int
log_open(const char *name)
{
	static const int file_levels[CONF_file_level__MAX] = {
		[CONF_file_level_error] = LOGL_ERROR,
		[CONF_file_level_warning] = LOGL_WARNING,
		[CONF_file_level_info] = LOGL_INFO,
		[CONF_file_level_debug] = LOGL_DEBUG,
	};
	static const int stderr_levels[CONF_stderr_level__MAX] = {
		[CONF_stderr_level_error] = LOGL_ERROR,
		[CONF_stderr_level_warning] = LOGL_WARNING,
		[CONF_stderr_level_info] = LOGL_INFO,
		[CONF_stderr_level_debug] = LOGL_DEBUG,
		[CONF_stderr_level_off] = -1,
	};

	log_close();
	log_hold_stderr();
	if (settings.log_file[0] != '\0' &&
	    log_sink_open(&sinks[SINK_FILE], settings.log_file,
		file_levels[settings.log_file_level]) == -1) {
		fprintf(stderr, "%s: %s: %s\n", name, settings.log_file,
		    strerror(errno));
		return -1;
	}
	program = xstrdup(name);
	sinks[SINK_STDERR].level = stderr_levels[settings.log_stderr_level];
	opened = true;
	return 0;
}

void
log_close(void)
{
	size_t i;

	for (i = 0; i < SINK__MAX; i++) {
		log_flush(&sinks[i]);
		log_sink_close(&sinks[i]);
	}
	sinks[SINK_STDERR].fd = STDERR_FILENO;
	sinks[SINK_STDERR].level = LOGL_WARNING;
	free(program);
	program = NULL;
	opened = false;
}

bool
log_enabled(enum log_level level)
{
	size_t i;

	for (i = 0; i < SINK__MAX; i++) {
		if ((int)level <= sinks[i].level)
			return true;
	}
	return false;
}

void
log_context(const char *request_id)
{
	context = request_id;
}

void
log_write(enum log_level level, const char *msg, const struct log_field *fields)
{
	size_t i;

	if (!log_enabled(level))
		return;
	log_prepare();
	log_gather(level, msg, fields);
	for (i = 0; i < SINK__MAX; i++) {
		if (level <= LOGL_WARNING || !opened ||
		    sinks[i].lines.len >= GATHER)
			log_flush(&sinks[i]);
	}
}

int64_t
log_chores(void)
{
	int64_t now = clock_mono_us(), next = -1;
	size_t i;

	for (i = 0; i < SINK__MAX; i++) {
		struct log_sink *sink = &sinks[i];
		int64_t left;

		if (sink->lines.len == 0)
			continue;
		left = sink->since + settings.log_flush * 1000 - now;
		if (left <= 0)
			log_flush(sink);
		else if (next == -1 || left < next)
			next = left;
	}
	return next;
}

void
log_reopen(void)
{
	size_t i;

	for (i = 0; i < SINK__MAX; i++) {
		log_flush(&sinks[i]);
		log_follow(&sinks[i], true);
		log_flush(&sinks[i]);
	}
}
