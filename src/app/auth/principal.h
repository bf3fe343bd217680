/* SPDX-License-Identifier: ISC */
/* Who is asking, and what may become of a token that says so. */
#ifndef PRINCIPAL_H
#define PRINCIPAL_H

#include "base/base.h"

enum role { ROLE_USER, ROLE_ADMIN, ROLE__MAX };
extern const char *const role_names[ROLE__MAX]; /* "user", "admin" */

/* What a token may bring along that [rbac] asks for, one bit each: first the
 * roles above, then whatever else the rules name. */
#define RIGHTS_WORDS 6
#define RIGHTS_MAX   (RIGHTS_WORDS * 64)
struct rights {
	uint64_t bits[RIGHTS_WORDS];
};

static inline bool
rights_has(const struct rights *r, size_t right)
{
	return (r->bits[right / 64] >> right % 64 & 1) != 0;
}

/* A verified token's bearer.  admin includes user. */
struct principal {
	const char *subject;
	const char *username; /* preferred_username, else subject */
	const char *email;    /* where mail may go, or NULL */
	const char *owner;    /* of what it makes, "sub=5f0c", or NULL */
	int64_t expires;      /* the exp of the token, in seconds since 1970 */
	const char *scopes;   /* separated by spaces, maybe not all; or NULL */
	struct rights rights;
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
