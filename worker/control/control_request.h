/* SPDX-License-Identifier: ISC */
/* What somebody asks all workers, or some, by Celery's remote control. */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include <json-c/json_object.h>

#include "base/arena.h"
#include "base/base.h"

/* All is the arena's. */
struct control_request {
	const char *method;
	struct json_object *arguments;   /* an object, or NULL */
	struct json_object *destination; /* an array of names, or NULL: all */
	const char *pattern;             /* of names, or NULL */
	const char *matcher;
	const char *reply_to; /* routing key; NULL: wants no answer */
	const char *ticket;   /* or NULL */
	int64_t clock;
};

/* Reads what was published.  0; or -1, with why a constant sentence: then
 * there is nobody to answer to. */
int control_request_read(struct arena *a, const char *text, size_t len,
    struct control_request *r, const char **why) MUSTCHECK;

/* True if it is for the worker of that name. */
bool control_request_is_for(const struct control_request *r, const char *node);

/* True if the text matches as a whole: * is anything, ? one character, [abc]
 * and [a-z] one of these, [!abc] one other.  Takes no longer than the product
 * of both lengths. */
bool control_request_glob(const char *pattern, const char *text);

/* An argument that is a text, or NULL; and a flag. */
const char *control_request_text(const struct control_request *r,
    const char *name);
bool control_request_flag(const struct control_request *r, const char *name);

/* An argument that is a whole number; *n stays as it is if it is not given.
 * 0, or -1 if it is something else. */
int control_request_number(const struct control_request *r, const char *name,
    int64_t *n) MUSTCHECK;

/* Up to max texts of an argument that is one text or a list; others in it are
 * left out.  How many. */
size_t control_request_texts(const struct control_request *r, const char *name,
    const char **texts, size_t max);

#endif
