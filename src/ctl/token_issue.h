/* SPDX-License-Identifier: ISC */
/* A development token, such as Keycloak would issue. */
#ifndef TOKEN_ISSUE_H
#define TOKEN_ISSUE_H

#include <json-c/json_object.h>

#include "base/base.h"
#include "token_key.h"

struct token_wish {
	const char *issuer;
	const char *audience;
	const char *user;
	const char *email;         /* or NULL */
	struct json_object *roles; /* an array; borrowed */
	int64_t ttl;               /* seconds */
};

/* The claims, and the header for a token of that key; the caller puts them
 * and may change them before. */
struct json_object *token_issue_claims(const struct token_wish *wish);
struct json_object *token_issue_header(const struct token_key *key);

/* The signed token, freed by the caller.  NULL if it cannot be signed. */
char *token_issue_sign(const struct token_key *key, struct json_object *header,
    struct json_object *claims);

#endif
