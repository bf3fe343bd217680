/* SPDX-License-Identifier: ISC */
/* The private key behind development tokens. */
#ifndef TOKEN_KEY_H
#define TOKEN_KEY_H

#include <json-c/json_object.h>
#include <openssl/evp.h>

#include "base/base.h"
#include "base/buf.h"
#include "oidc/alg.h"

#define TOKEN_KEY_ID 44 /* base64url of a SHA-256 and its end */

struct token_key {
	EVP_PKEY *pkey;
	char *pem; /* the text of the file */
	size_t pem_len;
	enum alg alg;
	char kid[TOKEN_KEY_ID]; /* RFC 7638 */
};

/* Reads a private key in PEM and chooses how it signs: alg, or what suits the
 * key if alg is NULL.  Faults are told on standard error.  0 or -1; to be
 * released by token_key_close in any case. */
int token_key_open(struct token_key *key, const char *path, const char *alg)
    MUSTCHECK;
void token_key_close(struct token_key *key);

/* Writes a new RSA key to a file that must not exist yet, readable by its
 * owner only.  Faults are told on standard error.  0 or -1. */
int token_key_create(const char *path) MUSTCHECK;

/* {"keys": [...]} with the public half; the caller puts it. */
struct json_object *token_key_set(const struct token_key *key);

/* Adds a dot and the signature of all that is in b.  0, or -1 and b as it
 * was. */
int token_key_sign(const struct token_key *key, struct buf *b) MUSTCHECK;

#endif
