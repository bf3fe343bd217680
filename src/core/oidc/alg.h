/* SPDX-License-Identifier: ISC */
/* Signature algorithms: their names, and verification by OpenSSL. */
#ifndef ALG_H
#define ALG_H

#include <openssl/evp.h>

#include "base/base.h"

enum alg {
	ALG_RS256,
	ALG_PS256,
	ALG_ES256,
	ALG_ES384,
	ALG_EDDSA, /* Ed25519 only */
	ALG__MAX
};
extern const char *const alg_names[ALG__MAX];

/* The algorithm of that exact name (EdDSA is also called Ed25519), or
 * ALG__MAX. */
enum alg alg_find(const char *name, size_t len);

/* Bytes that each signature of this key has. */
size_t alg_size(enum alg alg, const EVP_PKEY *key);

/* True if sig, of alg_size bytes, is the key's signature on data.  The key
 * must be of the algorithm's type.  Leaves no error in OpenSSL's queue. */
bool alg_verify(enum alg alg, EVP_PKEY *key, const void *data, size_t len,
    const uint8_t *sig, size_t sig_len) MUSTCHECK;

#endif
