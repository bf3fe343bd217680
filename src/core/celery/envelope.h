/* SPDX-License-Identifier: ISC */
/* What Celery wraps around an event, a control message and its answer. */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include <json-c/json_object.h>

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"

#define ENVELOPE_MAX ((size_t)1024 * 1024)

struct envelope {
	const char *exchange;
	const char *routing_key;
	const char *hostname; /* in the headers, or NULL */
	const char *ticket;   /* in the headers, or NULL */
	int64_t clock;        /* in the headers, unless there is a hostname */
	const char *body;     /* JSON */
	size_t len;
};

/* Adds the message, with a fresh delivery tag. */
void envelope_format(struct buf *b, const struct envelope *e);

/* Reads a message whose body is a JSON object.  That object, the arena's, and
 * the clock of the headers (0 if they have none); or NULL, with why a constant
 * sentence. */
struct json_object *envelope_read(struct arena *a, const char *text, size_t len,
    int64_t *clock, const char **why) MUSTCHECK;

#endif
