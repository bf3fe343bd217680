/* SPDX-License-Identifier: ISC */
/* The log: hands events to its sinks and decides when they go out. */
#include "config.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "log_own.h"

#define LOG_AGAIN_US 10000 /* until a sink that is under way is asked again */

/* Standard error says nothing where the journal has it all already. */
static struct log_sink *const sinks[] = { &log_file_sink, &log_journal_sink,
	&log_stderr_sink, &log_gelf_sink, &log_syslog_sink };
static bool opened;

/* What waits in the parent is the parent's to write. */
static void
log_forked(void)
{
	size_t i;

	log_speaker.pid = (int)getpid();
	log_counts_forget();
	for (i = 0; i < NELEM(sinks); i++)
		sinks[i]->forget(sinks[i]);
}

static void
log_prepare(void)
{
	if (log_speaker.pid != 0)
		return;
	log_speaker.pid = (int)getpid();
	if (pthread_atfork(NULL, NULL, log_forked) != 0)
		abort();
}

/* Puts the event into each sink that wants it; full tells which of them are to
 * be flushed. */
static void
log_put(enum log_level level, const char *msg, const struct log_field *fields,
    bool full[NELEM(sinks)])
{
	struct log_event e;
	size_t i;

	if (log_enabled(level))
		log_line_counts(level);
	log_event_init(&e, level, msg, fields);
	for (i = 0; i < NELEM(sinks); i++)
		full[i] = (int)level <= sinks[i]->level &&
			  sinks[i]->put(sinks[i], &e);
}

static void
log_follow(struct log_sink *sink, bool force)
{
	bool full[NELEM(sinks)];

	if (sink->follow(sink, force) == 0)
		return;
	log_put(LOGL_ERROR, "log file cannot be opened again",
	    (const struct log_field[]){
		LS("file", sink->place), LS("reason", strerror(errno)), { 0 } },
	    full);
}

/* Lines of this go out with the next ones. */
static void
log_tell(struct log_sink *sink)
{
	bool full[NELEM(sinks)];
	struct log_news news;

	while (sink->news != NULL && sink->news(sink, &news))
		log_put(news.level, news.msg, news.fields, full);
}

static void
log_flush(struct log_sink *sink)
{
	if (sink->chores(sink, clock_mono_us()) == -1)
		return; /* nothing waits */
	log_follow(sink, false);
	sink->flush(sink);
	log_tell(sink);
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
log_resume(const char *name)
{
	int rc = 0;
	size_t i;

	log_close();
	log_hold_stderr();
	/* A file that may grow no more is an error of the write alone. */
	signal(SIGXFSZ, SIG_IGN);
	for (i = 0; i < NELEM(sinks); i++) {
		if (sinks[i]->open(sinks[i], name) == -1)
			rc = -1;
	}
	log_speaker.program = xstrdup(name);
	log_speaker.json = settings.log_format == CONF_log_format_json;
	opened = true;
	return rc;
}

int
log_open(const char *name)
{
	int rc = log_resume(name);

	if (rc == -1)
		log_close();
	return rc;
}

void
log_close(void)
{
	size_t i;

	for (i = 0; i < NELEM(sinks); i++) {
		if (sinks[i]->finish == NULL)
			continue;
		sinks[i]->finish(sinks[i]);
		log_tell(sinks[i]);
	}
	for (i = 0; i < NELEM(sinks); i++) {
		log_flush(sinks[i]);
		sinks[i]->close(sinks[i]);
	}
	free(log_speaker.program);
	log_speaker.program = NULL;
	log_speaker.json = false;
	opened = false;
}

bool
log_enabled(enum log_level level)
{
	size_t i;

	for (i = 0; i < NELEM(sinks); i++) {
		if ((int)level <= sinks[i]->level)
			return true;
	}
	return false;
}

void
log_context(const char *request_id, const char *trace_id)
{
	log_speaker.request_id = request_id;
	log_speaker.trace_id = trace_id;
}

void
log_write(enum log_level level, const char *msg, const struct log_field *fields)
{
	bool full[NELEM(sinks)];
	size_t i;

	if (!log_enabled(level))
		return;
	log_prepare();
	log_put(level, msg, fields, full);
	for (i = 0; i < NELEM(sinks); i++) {
		if (level <= LOGL_WARNING || !opened || full[i])
			log_flush(sinks[i]);
	}
}

int64_t
log_chores(void)
{
	int64_t now = clock_mono_us(), left, next = -1;
	size_t i;

	for (i = 0; i < NELEM(sinks); i++) {
		left = sinks[i]->chores(sinks[i], now);
		if (left == 0) {
			log_flush(sinks[i]);
			left = sinks[i]->chores(sinks[i], clock_mono_us());
			if (left == 0)
				left = LOG_AGAIN_US;
		}
		if (left > 0 && (next == -1 || left < next))
			next = left;
	}
	return next;
}

void
log_reopen(void)
{
	size_t i;

	for (i = 0; i < NELEM(sinks); i++) {
		log_flush(sinks[i]);
		log_follow(sinks[i], true);
		log_flush(sinks[i]);
	}
}
