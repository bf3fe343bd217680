/* SPDX-License-Identifier: ISC */
/* A JSON Web Key Set as a table of keys ready to verify with. */
#ifndef JWKS_H
#define JWKS_H

#include <openssl/evp.h>

#include "alg.h"
#include "base/base.h"

#define JWKS_KEYS_MAX 32
#define JWKS_KID_MAX  128

struct jwks;

struct jwks_key {
	char kid[JWKS_KID_MAX + 1];
	size_t kid_len;
	enum alg alg; /* the only one that it verifies */
	EVP_PKEY *key;
};

/* Reads a key set document.  algs has the bit 1 << alg for each accepted
 * algorithm.  Entries that cannot be used (other types, other use, weak or
 * broken keys, no kid) are passed over; of two with one kid and algorithm the
 * first counts.  A key without alg gets the one that its type fits, for RSA
 * RS256 if that is accepted.  Returns a set with at least one key, or NULL
 * with *why a constant sentence. */
struct jwks *jwks_parse(const char *text, size_t len, unsigned algs,
    const char **why) MUSTCHECK;
void jwks_free(struct jwks *set);

int jwks_count(const struct jwks *set);

/* True if both come from the same text. */
bool jwks_same(const struct jwks *a, const struct jwks *b);

/* The key with that kid for that algorithm, or NULL; *known tells whether
 * the kid is there at all. */
const struct jwks_key *jwks_find(const struct jwks *set, const char *kid,
    size_t kid_len, enum alg alg, bool *known);

#endif
