/* SPDX-License-Identifier: ISC */
/* Celery's messages (protocol 2, JSON), its times, and its results. */
#ifndef CELERY_H
#define CELERY_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"

/* What a message says.  Texts are terminated and live in the arena. */
struct celery_message {
	const char *id;   /* any text, 1 to 255 bytes */
	const char *kind; /* the task's name, 1 to 255 bytes */
	/* JSON: an array and an object, with every digit of large numbers.  To
	 * encode, NULL stands for an empty one. */
	const char *args;
	const char *kwargs;
	const char *root_id;   /* or NULL */
	const char *parent_id; /* or NULL */
	const char *group;     /* or NULL */
	/* Where it stands in a canvas, JSON or NULL: signatures that follow
	 * its end (arrays), the body of the chord that it is part of, and its
	 * place there. */
	const char *callbacks, *errbacks, *chain, *chord;
	const char *group_index;
	/* Only to encode, JSON or NULL: a list, an object, members of the
	 * headers. */
	const char *stamped, *stamps, *headers;
	const char *shadow, *reply_to; /* or NULL */
	int64_t retries;
	bool has_eta, has_expires;
	int64_t eta; /* microseconds since 1970 */
	int64_t expires;
	int64_t soft_limit; /* milliseconds; 0: it does not say */
	int64_t hard_limit;
	bool ignore_result;
	int priority;           /* 0 to 9, 0 is served first */
	const char *queue;      /* routing key it was sent with, or NULL */
	const char *tag;        /* of this copy; to encode: NULL is a new one */
	const char *request_id; /* our own headers, or NULL */
	const char *traceparent;
};

/* Adds the message as one list element for LPUSH: one line of JSON with a
 * fresh delivery tag.  No args is [], no kwargs is {}; queue is needed. */
void celery_encode(struct buf *b, const struct celery_message *m);

/* Adds a message of somebody else once more, member by member as it was read
 * before, but for a fresh delivery tag and the queue where it goes; with its
 * eta gone, since it is due, and its expiry if the caller says so. */
struct celery_again {
	const char *id, *queue;
	int64_t retries;
	bool forget_expires;
};
/* False if the text is no message: nothing is added. */
bool celery_encode_again(struct buf *b, const char *text, size_t len,
    const struct celery_again *how) MUSTCHECK;

/* Each message that we encode has a tag that tells so, for its id: a copy that
 * others make of it has the same, what they send anew has not. */
bool celery_tag_is_ours(const char *tag, const char *id);

enum celery_err {
	CELERY_OK,
	CELERY_BROKEN,      /* not an envelope, or not decodable */
	CELERY_TYPE,        /* content type or encoding that we do not take */
	CELERY_NO_TASK,     /* no usable id or task name */
	CELERY_UNSUPPORTED, /* chain, chord, callbacks that are none */
	CELERY_ARGS,        /* arguments or times that we cannot keep */
	CELERY__MAX
};

/* The largest element, and the largest body in it once unpacked. */
#define CELERY_MAX      ((size_t)1024 * 1024)
#define CELERY_BODY_MAX ((size_t)4 * 1024 * 1024)

/* Arguments nest no deeper than that. */
#define CELERY_DEPTH 256

/* Reads one list element.  Whatever it says, id and kind are set where they
 * could be read, else NULL; on CELERY_UNSUPPORTED and CELERY_ARGS both are.
 * Nothing else may be relied on without CELERY_OK.  *why is a constant
 * sentence. */
enum celery_err celery_decode(struct arena *a, const char *text, size_t len,
    struct celery_message *m, const char **why) MUSTCHECK;

/* Whom to tell of an element that is no message, or of the beginning and the
 * end of one: the id in the first headers that can be read there, up to
 * CELERY_ID_MOST bytes.  NULL if there is none, or nobody waits for a result.
 */
#define CELERY_ID_MOST ((size_t)1024)
const char *celery_id_of(struct arena *a, const char *text, size_t len);

/* Judges the arguments of a message that was read, when they are to be kept:
 * no name twice in an object, no number that a double cannot hold.  NULL, or
 * what is wrong as a constant sentence. */
const char *celery_check_args(const struct celery_message *m) MUSTCHECK;

/* Time as Celery's oldest reader wants it: six decimals and +00:00. */
#define CELERY_TIME 33
char *celery_time(int64_t us, char out[CELERY_TIME]);

/* Reads what Celery and its libraries write: Z, an offset with or without a
 * colon, or none ([broker]
 * timezone); T or a blank; seconds or none.  0 or -1. */
int celery_time_parse(const char *text, int64_t *us) MUSTCHECK;

/* --- results, as AsyncResult reads them --- */

enum celery_state {
	CELERY_SUCCESS,
	CELERY_FAILURE,
	CELERY_RETRY,
	CELERY_REVOKED,
	CELERY_STARTED,
	CELERY_STATE__MAX
};
extern const char *const celery_states[CELERY_STATE__MAX];

/* Strings may be NULL unless said otherwise. */
struct celery_result {
	enum celery_state state;
	const char *id; /* needed */
	/* CELERY_SUCCESS and CELERY_STARTED: JSON text; NULL is null, and what
	 * is not JSON becomes a string. */
	const char *value;
	/* Else: an exception.  NULL is RuntimeError of builtins, and for
	 * CELERY_REVOKED TaskRevokedError of celery.exceptions with the message
	 * "revoked". */
	const char *exc_type;
	const char *exc_module;
	const char *message;
	const char *traceback;
	const char *parent_id;
	const char *group;
	const char *children; /* JSON, an array; NULL: none */
};

/* The exception alone, as it stands in there. */
void celery_exception_format(struct buf *b, const struct celery_result *r);

/* The value alone. */
void celery_value_format(struct buf *b, const char *value);

/* Adds the JSON text of celery-task-meta-<id>, done now. */
void celery_result_format(struct buf *b, const struct celery_result *r);

/* The state that such a text tells, or CELERY_STATE__MAX if it is another or
 * none.  For results that stock workers wrote: *final is true for those that
 * do not change any more; exc (size bytes) gets "Type: message" of a failure.
 * Of what is not JSON, or was cut, the state is found as well; if there is
 * none, somebody has ended the job all the same, and *final is true. */
enum celery_state celery_result_state(const char *text, size_t len, bool *final,
    char *exc, size_t size) MUSTCHECK;

#endif
