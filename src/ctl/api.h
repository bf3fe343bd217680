/* SPDX-License-Identifier: ISC */
/* Errand's API as a client sees it: one question and its answer, and what may
 * be wrong with that in plain words. */
#ifndef API_H
#define API_H

#include <json-c/json_object.h>

#include "api_token.h"
#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "http/http.h"
#include "who.h"

/* What the command line says of the service; each may be NULL. */
struct api_where {
	const char *url;        /* else $ERRAND_URL, else of the last login */
	const char *token_file; /* else $ERRAND_TOKEN or its file, else of the
				   login there */
	const char *ca_file;    /* else the system's authorities */
	int64_t timeout_ms;     /* of each question */
	bool nobody;            /* no token is needed */
	bool open; /* a token may go by plain HTTP to another machine */
};

struct api {
	struct http *http;
	struct arena *arena; /* of answers: the caller's, at any time another */
	const char *url;     /* without a slash at its end */
	struct api_token token;
	struct api_where where;
	const volatile int *stop; /* see http.h; or NULL */
	struct buf head, body;
	char *own_url;
	struct arena *kept; /* as long as all of this */
};

struct api_ask {
	const char *method;
	const char *path;       /* and query */
	const struct buf *json; /* the body, or NULL */
	const char *if_match;   /* or NULL */
	const char *key;        /* Idempotency-Key, or NULL */
	int64_t wait;           /* seconds for Prefer: wait; 0: not asked */
};

struct api_answer {
	long status;              /* -1: there was none, and */
	const char *why;          /* is why */
	struct json_object *json; /* or NULL */
	const char *etag;         /* or NULL */
};

/* CMD_OK, or an exit status when it has said what is missing. */
int api_open(struct api *api, const struct api_where *where) MUSTCHECK;
void api_close(struct api *api);

/* Asks.  All of the answer lives in api->arena.  True if it is a success with
 * JSON in it, or without a body. */
bool api_ask(struct api *api, const struct api_ask *ask,
    struct api_answer *answer) MUSTCHECK;

/* The same for what changes nothing or has a key: if the service is away for a
 * moment it is asked again, a few times. */
bool api_ask_patiently(struct api *api, const struct api_ask *ask,
    struct api_answer *answer) MUSTCHECK;

/* True if there was no answer, or one that says to try again. */
bool api_is_away(const struct api_answer *answer);

/* Waits before another try, of which there were so many. */
void api_wait(const struct api *api, int tries);

/* A header of the last answer; it lives in api->arena. */
const char *api_header(struct api *api, const char *name);

/* Adds "?name=value", or "&name=value" behind a first one; NULL: nothing. */
void api_add_query(struct buf *path, const char *name, const char *value);

/* Says on standard error why what was asked for did not come; what is a
 * sentence about that, such as "task 7 was not deleted".  The exit status. */
int api_say(const struct api_answer *answer, const char *what);

#endif
