/* SPDX-License-Identifier: ISC */
/* A compact JSON Web Signature: taken apart, its header judged, verified. */
#ifndef TOKEN_H
#define TOKEN_H

#include "base/arena.h"
#include "base/base.h"
#include "conf/conf.h"
#include "oidc/alg.h"
#include "oidc/jwks.h"
#include "refusal.h"

#define TOKEN_LEN_MAX 8192

/* What accepted tokens are like. */
struct token_rules {
	const char *issuer; /* "": nothing is accepted */
	const char *audience;
	const char *client; /* its roles in resource_access count */
	const char *user_role;
	const char *admin_role;
	struct conf_list azp; /* empty: any */
	unsigned algs;        /* bits 1 << enum alg */
	bool rfc9068;         /* typ at+jwt is required */
	int64_t leeway;       /* seconds */
	int64_t max_lifetime; /* seconds; 0: no limit */
};

/* A token whose header was accepted.  Nothing in it is proven yet. */
struct token {
	const char *text; /* the part that is signed: text, signed_len */
	size_t signed_len;
	const char *payload; /* in base64url */
	size_t payload_len;
	const char *signature; /* in base64url */
	size_t signature_len;
	enum alg alg;
	const char *kid; /* of at most JWKS_KID_MAX bytes, any bytes */
	size_t kid_len;
};

/* Judges length, shape and header.  *t points into text and the arena; if the
 * refusal is behind that of the kid, kid is set. */
enum refusal token_open(const char *text, size_t len,
    const struct token_rules *rules, struct arena *a, struct token *t)
    MUSTCHECK;

/* Judges the signature. */
enum refusal token_verify(const struct token *t, const struct jwks_key *key,
    struct arena *a) MUSTCHECK;

/* Decodes a part of a token and reads it as one JSON object, which belongs to
 * the arena.  NULL if it is anything else or longer than max bytes. */
struct json_object *token_json(const char *part, size_t len, size_t max,
    struct arena *a);

#endif
