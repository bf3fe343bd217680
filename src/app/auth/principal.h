/* SPDX-License-Identifier: ISC */
/* Who is asking, and what may become of a token that says so. */
#ifndef PRINCIPAL_H
#define PRINCIPAL_H

#include "base/base.h"

enum role { ROLE_USER, ROLE_ADMIN, ROLE__MAX };
extern const char *const role_names[ROLE__MAX]; /* "user", "admin" */

/* A verified token's bearer.  admin includes user. */
struct principal {
	const char *subject;
	const char *username; /* preferred_username, else subject */
	const char *email;    /* or NULL */
	int64_t expires;      /* the exp of the token, in seconds since 1970 */
	bool roles[ROLE__MAX];
};

enum auth_result {
	AUTH_OK,
	/* No Authorization, or another scheme: 401, bare challenge. */
	AUTH_NONE,
	/* Not a Bearer header at all: 400 invalid_request. */
	AUTH_MALFORMED,
	/* A token that is refused: 401 invalid_token. */
	AUTH_INVALID,
	/* It cannot be judged now: 503, no challenge. */
	AUTH_UNAVAILABLE,
	AUTH__MAX
};

#endif
