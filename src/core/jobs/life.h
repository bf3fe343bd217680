/* SPDX-License-Identifier: ISC */
/* The table of a job's life, for C and for SQL. */
#ifndef LIFE_H
#define LIFE_H

#include "base/base.h"
#include "job.h"
#include "life.def"
#include "log/log.h"

enum life_event {
#define LIFE_ID(event, told, level, line, what) LIFE_EVENT_##event,
	LIFE_EVENTS(LIFE_ID)
#undef LIFE_ID
	    LIFE_EVENT__MAX
};

/* A row that there is not, beside those of enum job_state. */
#define LIFE_NONE JOB_STATE__MAX

/* The state after the event, or LIFE_NONE if it changes nothing. */
enum job_state life_next(enum life_event event, enum job_state state);

/* The event as life.def has it: its name, what is told, what is logged, what
 * happens. */
const char *life_name(enum life_event event);
const char *life_told(enum life_event event);
const char *life_line(enum life_event event);
enum log_level life_level(enum life_event event);
const char *life_what(enum life_event event);

/* Writes the line of that event, if it has one; fields end with one whose key
 * is NULL.  An event of many rows is one line, with their number. */
void life_log_fields(enum life_event event, const struct log_field *fields);
/* clang-format off */
#define life_log(event, ...)                                                   \
	life_log_fields(event,                                                 \
	    (const struct log_field[]){ __VA_ARGS__, { 0 } })
/* clang-format on */

/* SQL of an event, about a row named j: true if the row is concerned, and the
 * state that it then gets. */
#define LIFE_FROM(event) "(false" LIFE_##event(LIFE_FROM_ROW) ")"
#define LIFE_TO(event)                                                         \
	"CASE j.state" LIFE_##event(LIFE_TO_ROW) " ELSE j.state END"

#define LIFE_FROM_ROW(none, q, p, r, t, s, f, c)                               \
	LIFE_IS_##q("queued") LIFE_IS_##p("published") LIFE_IS_##r("running")  \
	    LIFE_IS_##t("retrying") LIFE_IS_##s("succeeded")                   \
		LIFE_IS_##f("failed") LIFE_IS_##c("cancelled")
#define LIFE_IS__(state)
#define LIFE_IS_ANY(state)       " OR j.state = '" state "'"
#define LIFE_IS_queued(state)    LIFE_IS_ANY(state)
#define LIFE_IS_published(state) LIFE_IS_ANY(state)
#define LIFE_IS_running(state)   LIFE_IS_ANY(state)
#define LIFE_IS_retrying(state)  LIFE_IS_ANY(state)
#define LIFE_IS_succeeded(state) LIFE_IS_ANY(state)
#define LIFE_IS_failed(state)    LIFE_IS_ANY(state)
#define LIFE_IS_cancelled(state) LIFE_IS_ANY(state)

#define LIFE_TO_ROW(none, q, p, r, t, s, f, c)                                 \
	LIFE_WHEN_##q("queued") LIFE_WHEN_##p("published")                     \
	    LIFE_WHEN_##r("running") LIFE_WHEN_##t("retrying")                 \
		LIFE_WHEN_##s("succeeded") LIFE_WHEN_##f("failed")             \
		    LIFE_WHEN_##c("cancelled")
#define LIFE_WHEN__(state)
#define LIFE_WHEN_THEN(state, next) " WHEN '" state "' THEN '" next "'"
#define LIFE_WHEN_queued(state)     LIFE_WHEN_THEN(state, "queued")
#define LIFE_WHEN_published(state)  LIFE_WHEN_THEN(state, "published")
#define LIFE_WHEN_running(state)    LIFE_WHEN_THEN(state, "running")
#define LIFE_WHEN_retrying(state)   LIFE_WHEN_THEN(state, "retrying")
#define LIFE_WHEN_succeeded(state)  LIFE_WHEN_THEN(state, "succeeded")
#define LIFE_WHEN_failed(state)     LIFE_WHEN_THEN(state, "failed")
#define LIFE_WHEN_cancelled(state)  LIFE_WHEN_THEN(state, "cancelled")

/* SQL of the state that a row begins in. */
#define LIFE_NEW(event)                         LIFE_##event(LIFE_NEW_ROW)
#define LIFE_NEW_ROW(none, q, p, r, t, s, f, c) "'" #none "'"

#endif
