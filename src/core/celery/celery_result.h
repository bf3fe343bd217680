/* SPDX-License-Identifier: ISC */
/* Results as Celery's AsyncResult reads them. */
#ifndef CELERY_RESULT_H
#define CELERY_RESULT_H

#include "base/base.h"
#include "base/buf.h"

enum celery_state {
	CELERY_SUCCESS,
	CELERY_FAILURE,
	CELERY_RETRY,
	CELERY_REVOKED,
	CELERY_STATE__MAX
};
extern const char *const celery_states[CELERY_STATE__MAX];

/* Strings may be NULL unless said otherwise. */
struct celery_result {
	enum celery_state state;
	const char *id; /* needed */
	/* CELERY_SUCCESS: JSON text; NULL is null, and what is not JSON becomes
	 * a string. */
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
};

/* Adds the JSON text of celery-task-meta-<id>, done now. */
void celery_result_format(struct buf *b, const struct celery_result *r);

/* The state that such a text tells, or CELERY_STATE__MAX if it is another or
 * none.  For results that stock workers wrote: *final is true for those that
 * do not change any more; exc (size bytes) gets "Type: message" of a failure.
 */
enum celery_state celery_result_state(const char *text, size_t len, bool *final,
    char *exc, size_t size) MUSTCHECK;

#endif
