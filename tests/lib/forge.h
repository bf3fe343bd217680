/* SPDX-License-Identifier: ISC */
/* What token_factory makes its tokens of: the parts of good ones, any of which
 * can be replaced, and a line of output for each. */
#ifndef FORGE_H
#define FORGE_H

#include "auth/auth_own.h"
#include "base/arena.h"
#include "base/base.h"
#include "lib/signer.h"

#define FORGE_REALM "Bearer realm=\"errand\""

/* Texts that functions here return live until forge_close. */
extern struct forge {
	struct arena *texts;
	struct signer signers[ALG__MAX];   /* the keys that are good */
	struct signer strangers[ALG__MAX]; /* others with the same kids */
	const char *issuer;
	int64_t now;
	const char *good;          /* a token, of RS256 */
	bool broken[REFUSAL__MAX]; /* what some token is refused for */
} forge;

void forge_open(const char *issuer);
void forge_close(void);
NORETURN void forge_die(const char *why);

/* What is in b; b is forgotten after that. */
char *forge_text(struct buf *b);

/* The value with its times (@+60) and the issuer (^) filled in.  NULL stays
 * NULL. */
char *forge_expand(const char *value);

/* The text with what in place of each mark. */
char *forge_fill(const char *text, char mark, const char *what);

/* A header with value for one member; see signer_add_object. */
char *forge_header(enum alg alg, const char *kid, const char *name,
    const char *value);
char *forge_plain_header(enum alg alg);

/* The good claims with value for one of them. */
char *forge_claims(const char *name, const char *value);

char *forge_token(const struct signer *s, const char *header,
    const char *payload);

/* Writes a case: label, status, challenge, reason in the log, whether a token
 * gets as far as the key set, request; in hex the body and up to two lines of
 * the header.  @ in the last three is the good token. */
void forge_put(const char *label, int status, const char *challenge,
    const char *reason, bool deep, const char *request, const char *body,
    const char *const lines[2]);

/* Writes the case of a token that is refused for that, or accepted. */
void forge_put_token(const char *label, enum refusal why, const char *token);

#endif
