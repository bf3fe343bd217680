/* SPDX-License-Identifier: ISC */
/* Signature algorithms: their names, and verification by OpenSSL. */
#ifndef ALG_H
#define ALG_H

#include <openssl/evp.h>

#include "base/base.h"
#include "conf/conf.h"

enum alg {
#define ALG(id, ...) ALG_##id,
#include "text/alg.def"
#undef ALG
	ALG__MAX
};
extern const char *const alg_names[ALG__MAX];
extern const char *const alg_list; /* all of them, for a sentence */

/* What a key for the algorithm is like; the columns of alg.def. */
struct alg_row {
	const char *kty, *crv; /* as JOSE says */
	size_t size;
	const char *type, *group; /* as OpenSSL says */
	const EVP_MD *(*digest)(void);
	bool pss;
};
extern const struct alg_row alg_rows[ALG__MAX];

/* The algorithm of that exact name (EdDSA is also called Ed25519), or
 * ALG__MAX. */
enum alg alg_find(const char *name, size_t len);

/* The bits 1 << alg of those that are named; other names are passed over. */
unsigned alg_bits(const struct conf_list *names);

/* Bytes that each signature of this key has. */
size_t alg_size(enum alg alg, const EVP_PKEY *key);

/* For what EVP_DigestVerifyInit or EVP_DigestSignInit has begun: sets the
 * padding.  0 or -1. */
int alg_pad(enum alg alg, EVP_PKEY_CTX *pctx) MUSTCHECK;

/* True if sig, of alg_size bytes, is the key's signature on data.  The key
 * must be of the algorithm's type.  Leaves no error in OpenSSL's queue. */
bool alg_verify(enum alg alg, EVP_PKEY *key, const void *data, size_t len,
    const uint8_t *sig) MUSTCHECK;

#endif
