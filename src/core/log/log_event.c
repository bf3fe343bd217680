/* SPDX-License-Identifier: ISC */
/* Makes events: what happened, and who says so. */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "log_own.h"

struct log_speaker log_speaker;

/* Who counts, and what nobody has counted yet. */
static struct {
	log_line_fn line;
	log_lost_fn lost;
	uint64_t lines[LOGL__MAX], losses[LOG_TO__MAX];
} counts;

void
log_line_counts(enum log_level level)
{
	if (counts.line != NULL)
		counts.line(level, 1);
	else
		counts.lines[level]++;
}

void
log_lost_counts(enum log_goal goal, uint64_t lines)
{
	if (lines == 0)
		return;
	if (counts.lost != NULL)
		counts.lost(goal, lines);
	else
		counts.losses[goal] += lines;
}

void
log_counts_forget(void)
{
	memset(counts.lines, 0, sizeof(counts.lines));
	memset(counts.losses, 0, sizeof(counts.losses));
}

void
log_count(log_line_fn line, log_lost_fn lost)
{
	counts.line = line;
	counts.lost = lost;
	if (line == NULL || lost == NULL)
		return;
	for (int i = 0; i < LOGL__MAX; i++) {
		if (counts.lines[i] > 0)
			line((enum log_level)i, counts.lines[i]);
	}
	for (int i = 0; i < LOG_TO__MAX; i++) {
		if (counts.losses[i] > 0)
			lost((enum log_goal)i, counts.losses[i]);
	}
	log_counts_forget();
}

/* The journal says in JOURNAL_STREAM which file it reads; a parent may have
 * sent standard error elsewhere since. */
bool
log_stderr_is_journal(void)
{
	const char *want = getenv("JOURNAL_STREAM");
	char is[64];
	struct stat st;

	if (want == NULL || fstat(STDERR_FILENO, &st) == -1)
		return false;
	snprintf(is, sizeof(is), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(is, want) == 0;
}

/* The journal takes a priority of syslog(3) from the front of a line. */
const char *
log_stderr_mark(enum log_level level)
{
	static char mark[8];

	if (!log_stderr_is_journal())
		return "";
	snprintf(mark, sizeof(mark), "<%d>", log_severities[level]);
	return mark;
}

int
log_level_of(int word)
{
	static const int levels[CONF_stderr_level__MAX] = {
		[CONF_stderr_level_error] = LOGL_ERROR,
		[CONF_stderr_level_warning] = LOGL_WARNING,
		[CONF_stderr_level_info] = LOGL_INFO,
		[CONF_stderr_level_debug] = LOGL_DEBUG,
		[CONF_stderr_level_off] = -1,
	};

#define ALIKE(other)                                                           \
	_Static_assert((int)CONF_##other##_error ==                            \
			       (int)CONF_stderr_level_error &&                 \
			   (int)CONF_##other##_debug ==                        \
			       (int)CONF_stderr_level_debug,                   \
	    "the words of one setting are not those of the other")
	ALIKE(file_level);
	ALIKE(syslog_level);
#undef ALIKE
	return levels[word];
}

void
log_event_init(struct log_event *e, enum log_level level, const char *msg,
    const struct log_field *fields)
{
	*e = (struct log_event){
		.us = clock_wall_us(),
		.level = level,
		.program = log_speaker.program,
		.pid = log_speaker.pid,
		.msg = msg,
		.fields = fields,
		.request_id = log_speaker.request_id,
		.trace_id = log_speaker.trace_id,
		.json = log_speaker.json,
	};
	if (e->program == NULL)
		e->program = program_invocation_short_name;
}

const struct buf *
log_event_line(struct log_event *e)
{
	static struct buf line;

	if (e->line != NULL)
		return e->line;
	buf_clear(&line);
	if (e->json)
		log_line_json(&line, e);
	else
		log_line_text(&line, e);
	e->line = &line;
	return e->line;
}
