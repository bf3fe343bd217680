/* SPDX-License-Identifier: ISC */
/* What the files of this folder share: the steps that a token goes through,
 * and what is remembered about tokens and keys.  Each part is a file. */
#ifndef AUTH_OWN_H
#define AUTH_OWN_H

#include <json-c/json_object.h>

#include "base/arena.h"
#include "base/base.h"
#include "base/codec.h"
#include "conf/conf.h"
#include "oidc/alg.h"
#include "oidc/jwks.h"
#include "principal.h"

/*
 * refusal.c, refusal.def: why a token is refused.
 */
enum refusal {
#define REFUSAL(id, reason, text) REFUSAL_##id,
#include "refusal.def"
#undef REFUSAL
	REFUSAL__MAX
};

/* Constant texts: for the log in detail, for the client in kind. */
extern const char *const refusal_reasons[REFUSAL__MAX]; /* log */
extern const char *const refusal_words[REFUSAL__MAX];   /* for metrics */
extern const char *const refusal_texts[REFUSAL__MAX];   /* error_description */

/*
 * rights.c: what [rbac] asks for, made ready for quick answers.
 */
struct rules;

/* Reads [rbac]; the names are those of our roles in tokens.  Never NULL. */
struct rules *rules_new(const char *user_role, const char *admin_role);
void rules_free(struct rules *r);

/* Notes what a list of roles (or NULL), or the scopes of a token (words
 * between spaces), bring along. */
void rules_add_roles(const struct rules *r, struct json_object *list,
    struct rights *out);
void rules_add_scopes(const struct rules *r, const char *scopes,
    struct rights *out);

/* True if these suffice for that rule. */
bool rules_allow(const struct rules *r, enum conf_rule rule,
    const struct rights *have);

/* True if that rule names the role admin. */
bool rules_admin(const struct rules *r, enum conf_rule rule);

/* As auth_lacks, auth_role and auth_scope. */
const char *rules_lack(const struct rules *r, enum conf_rule rule,
    const struct rights *have, struct arena *a, const char **scopes);
const char *rules_role(const struct rules *r, const struct rights *have,
    size_t *i);
const char *rules_scope(const struct rules *r, size_t i);

/*
 * token.c: a compact JSON Web Signature is taken apart, its header judged, its
 * signature verified.
 */
/* What accepted tokens are like. */
struct token_rules {
	const char *issuer; /* "": nothing is accepted */
	const char *audience;
	const char *client;         /* its roles in resource_access count */
	const struct rules *rights; /* what roles and scopes count */
	const char *owner;          /* the claim that says whose a task is */
	struct conf_list azp;       /* empty: any */
	unsigned algs;              /* bits 1 << enum alg */
	bool rfc9068;               /* typ at+jwt is required */
	bool unverified;      /* addresses count that nobody has verified */
	size_t limit;         /* bytes of a whole token */
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

/*
 * claims.c: the claims of a token whose signature was verified.
 */
#define CLAIMS_NAME_MAX  255  /* bytes of sub */
#define CLAIMS_USER_MAX  1020 /* bytes of the username: 255 characters */
#define CLAIMS_EMAIL_MAX 320
#define CLAIMS_SCOPE_MAX 1024 /* bytes of scopes that /me tells */

struct claims {
	struct principal who; /* texts belong to the arena */
	int64_t from;         /* it is valid from here (less the leeway) */
	int64_t until; /* and before this (and the leeway); both since 1970 */
};

/* Judges the payload at the time now (seconds since 1970). */
enum refusal claims_read(const struct token *t, const struct token_rules *rules,
    int64_t now, struct arena *a, struct claims *out) MUSTCHECK;

/*
 * noted.c: texts that are noted for a while: kids that are in no key set, and
 * tokens that the issuer has revoked.
 */
#define NOTED_PLACES 128

struct noted {
	struct noted_place {
		uint64_t hash;
		int64_t until;
	} place[NOTED_PLACES];
};

/* True if the text was added and now is before its until. */
bool noted_has(const struct noted *a, const char *text, size_t len,
    int64_t now);

/* May push another text out: the memory is fixed. */
void noted_add(struct noted *a, const char *text, size_t len, int64_t until);

/* Forgets all. */
void noted_clear(struct noted *a);

/*
 * keyset.c: the issuer's keys in this process, when to fetch them, how long to
 * use them.
 */
struct keyset;

/* Reads [auth].  Tries to fetch the set once.  Never NULL. */
struct keyset *keyset_new(void);
void keyset_free(struct keyset *ks);

/* True if there is a set that is not older than [auth] key_stale. */
bool keyset_usable(const struct keyset *ks);

/* Changes whenever the keys do. */
uint64_t keyset_generation(const struct keyset *ks);

/* The key of that kid and algorithm; lives until the next call.  If the kid
 * is unknown, the set is fetched anew first, unless that was done for this kid
 * less than [auth] key_cooldown ago.  NULL with *why set; REFUSAL_NONE means
 * that the set cannot be fetched now, so that the key may be in it. */
const struct jwks_key *keyset_find(struct keyset *ks, const char *kid,
    size_t len, enum alg alg, enum refusal *why);

/* As auth_chores and auth_ready. */
int64_t keyset_chores(struct keyset *ks);
bool keyset_ready(const struct keyset *ks, int64_t *age_s, int *keys,
    int64_t *fetch_us);

/*
 * introspect.c: asks the issuer whether a token is still in force (RFC 7662).
 */
struct introspect;

/* Reads [auth].  Connects at first use.  Never NULL. */
struct introspect *introspect_new(void);
void introspect_free(struct introspect *in);

/* Asks about a token that was verified as that of who.  AUTH_OK;
 * AUTH_INVALID with *why; or AUTH_UNAVAILABLE if the issuer has not answered
 * as it should within [auth] fetch_timeout (logged when that begins and ends),
 * or has not done so less than [auth] introspect_retry ago. */
enum auth_result introspect_ask(struct introspect *in, const char *token,
    size_t len, const struct principal *who, enum refusal *why) MUSTCHECK;

/* Asks about no token if nothing was asked yet: so a wrong secret is known
 * before somebody comes with a token. */
void introspect_first(struct introspect *in);

/* Why the last question had no answer, a constant, or NULL if it had;
 * *paused if nobody is asked now because of that. */
const char *introspect_in_vain(const struct introspect *in, bool *paused);

/*
 * token_cache.c: tokens that were verified a moment ago, by their digest.
 */
struct token_cache;

/* Room for n tokens; n 0: remembers nothing. */
struct token_cache *token_cache_new(size_t n);
void token_cache_free(struct token_cache *c);

/* The bearer of the token with that digest, if it counts at the time now
 * (seconds since 1970), or NULL.  Lives until the next call of
 * token_cache_put or token_cache_get.  generation is that of the key set:
 * when it changes, everything is forgotten. */
const struct principal *token_cache_get(struct token_cache *c,
    const uint8_t digest[CODEC_SHA256], uint64_t generation, int64_t now);

/* Remembers a copy of claims->who, to count from claims->from on and before
 * claims->until, without any leeway. */
void token_cache_put(struct token_cache *c, const uint8_t digest[CODEC_SHA256],
    uint64_t generation, const struct claims *claims);

/* Notes that the issuer has confirmed the token with that digest, which is
 * believed before the time until (of clock_mono_us).  Does nothing if the token
 * is not remembered. */
void token_cache_confirm(struct token_cache *c,
    const uint8_t digest[CODEC_SHA256], int64_t until);

/* True if the issuer's word is still believed at the time now (the same). */
bool token_cache_confirmed(const struct token_cache *c,
    const uint8_t digest[CODEC_SHA256], int64_t now);

#endif
