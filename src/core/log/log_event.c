/* SPDX-License-Identifier: ISC */
/* Makes events: what happened, and who says so. */
#include "config.h"

#include <errno.h>
#include <string.h>

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
