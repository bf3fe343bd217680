/* SPDX-License-Identifier: ISC */
/* One event as a line of text or JSON. */
#ifndef LOG_LINE_H
#define LOG_LINE_H

#include "base/base.h"
#include "base/buf.h"
#include "log.h"

/* What stands in every line. */
struct log_event {
	int64_t us; /* since 1970 */
	enum log_level level;
	const char *program;
	int pid;
	const char *msg;
	const struct log_field *fields;
	const char *request_id; /* or NULL */
};

/* Adds the line with its end.  Whatever is in the event, it is one line of
 * valid UTF-8 without control characters; long texts are cut. */
void log_line_text(struct buf *b, const struct log_event *e);
void log_line_json(struct buf *b, const struct log_event *e);

#endif
