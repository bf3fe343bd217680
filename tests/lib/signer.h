/* SPDX-License-Identifier: ISC */
/* Keys and tokens for tests, good ones and any kind of bad ones. */
#ifndef SIGNER_H
#define SIGNER_H

#include <openssl/evp.h>

#include "base/buf.h"
#include "oidc/alg.h"

struct signer {
	enum alg alg;
	const char *kid;
	EVP_PKEY *pkey;
};

/* A new key; bits is for RSA, 0 for the usual number. */
void signer_init(struct signer *s, enum alg alg, const char *kid,
    unsigned bits);
void signer_clear(struct signer *s);

/* Adds the public key as a JSON Web Key.  extra is put behind its members,
 * such as ",\"use\":\"sig\"". */
void signer_add_jwk(const struct signer *s, const char *extra, struct buf *b);

/* Adds {"keys": [...]} of n signers. */
void signer_add_set(const struct signer *s, size_t n, struct buf *b);

/* Adds text in base64url. */
void signer_add_part(struct buf *b, const char *text);

/* Adds a dot and the signature of all that is in b. */
void signer_sign(const struct signer *s, struct buf *b);

/* The same with HMAC and SHA-256. */
void signer_hmac(const void *secret, size_t len, struct buf *b);

/* A whole token; the caller frees it. */
char *signer_token(const struct signer *s, const char *header,
    const char *payload);

/* A JSON object in the making: members with their values as JSON text. */
struct signer_member {
	const char *name; /* the last one's is NULL */
	const char *value;
};

/* Adds an object of base, but with value for the member of that name: in its
 * place, behind the others if it is not among them, left out if NULL. */
void signer_add_object(struct buf *b, const struct signer_member *base,
    const char *name, const char *value);

#endif
