/* SPDX-License-Identifier: ISC */
/* Makes events: what happened, and who says so. */
#include "config.h"

#include <errno.h>

#include "base/clock.h"
#include "log_own.h"

struct log_speaker log_speaker;

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
		.request_id = log_speaker.context,
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
