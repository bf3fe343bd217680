/* SPDX-License-Identifier: ISC */
/* The table of a job's life, as C reads it. */
#include "config.h"

#include "life.h"

enum {
	NEXT__ = LIFE_NONE,
	NEXT_queued = JOB_QUEUED,
	NEXT_published = JOB_PUBLISHED,
	NEXT_running = JOB_RUNNING,
	NEXT_retrying = JOB_RETRYING,
	NEXT_succeeded = JOB_SUCCEEDED,
	NEXT_failed = JOB_FAILED,
	NEXT_cancelled = JOB_CANCELLED
};

#define LIFE_C_ROW(none, q, p, r, t, s, f, c)                                  \
	{                                                                      \
		NEXT_##q, NEXT_##p, NEXT_##r, NEXT_##t, NEXT_##s, NEXT_##f,    \
		    NEXT_##c, NEXT_##none                                      \
	}

static const struct {
	const char *name, *told, *line, *what;
	enum log_level level;
	int next[JOB_STATE__MAX + 1];
} life[LIFE_EVENT__MAX] = {
#define LIFE_C(event, told, level, line, what)                                 \
	{ #event, told, line, what, LOGL_##level, LIFE_##event(LIFE_C_ROW) },
	LIFE_EVENTS(LIFE_C)
#undef LIFE_C
};

enum job_state
life_next(enum life_event event, enum job_state state)
{
	return (enum job_state)life[event].next[state];
}

const char *
life_name(enum life_event event)
{
	return life[event].name;
}

const char *
life_told(enum life_event event)
{
	return life[event].told;
}

const char *
life_line(enum life_event event)
{
	return life[event].line;
}

enum log_level
life_level(enum life_event event)
{
	return life[event].level;
}

void
life_log_fields(enum life_event event, const struct log_field *fields)
{
	if (life[event].line[0] != '\0')
		log_write(life[event].level, life[event].line, fields);
}

const char *
life_what(enum life_event event)
{
	return life[event].what;
}
