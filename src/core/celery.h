/* SPDX-License-Identifier: ISC */
/* Celery messages (protocol 2, JSON): made from one template, read strictly. */
#ifndef CELERY_H
#define CELERY_H

#include <json-c/json_object.h>

#include "arena.h"
#include "base.h"
#include "buf.h"

/* What a message says.  Texts are terminated and live in the arena. */
struct celery_message {
	const char *id;   /* any text, 1 to 255 bytes */
	const char *kind; /* the task's name */
	struct json_object *args;   /* array; the arena's */
	struct json_object *kwargs; /* object; the arena's */
	const char *root_id;   /* or NULL */
	const char *parent_id; /* or NULL */
	int64_t retries;
	bool has_eta, has_expires;
	int64_t eta; /* microseconds since 1970 */
	int64_t expires;
	bool ignore_result;
	bool redelivered;
	int priority;      /* 0 to 9, 0 is served first */
	const char *queue; /* routing key it was sent with, or NULL */
	const char *request_id;  /* our own headers, or NULL */
	const char *traceparent;
};

/* Adds the message as one list element for LPUSH: one line of JSON with a
 * fresh delivery tag.  args NULL is [], kwargs NULL is {}. */
void celery_encode(struct buf *b, const struct celery_message *m);

enum celery_err {
	CELERY_OK,
	CELERY_BROKEN,     /* not an envelope, or not decodable */
	CELERY_TYPE,       /* content type or encoding that we do not take */
	CELERY_NO_TASK,    /* no usable id or task name */
	CELERY_UNSUPPORTED, /* chain, chord, callbacks */
	CELERY__MAX
};

/* Reads one list element.  On CELERY_UNSUPPORTED id and kind are set.  *why
 * is a constant sentence. */
enum celery_err celery_decode(struct arena *a, const char *text, size_t len,
    struct celery_message *m, const char **why) MUSTCHECK;

/* Time as Celery's oldest reader wants it: six decimals and +00:00. */
#define CELERY_TIME 33
char *celery_time(int64_t us, char out[CELERY_TIME]);

#endif
