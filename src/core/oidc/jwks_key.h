/* SPDX-License-Identifier: ISC */
/* One JSON Web Key becomes an OpenSSL key, if it is worth it. */
#ifndef JWKS_KEY_H
#define JWKS_KEY_H

#include <json-c/json_object.h>
#include <openssl/evp.h>

#include "alg.h"
#include "base/base.h"

/* The algorithm that a public key is for: its alg, or what its kty and crv
 * fit among algs (bits 1 << alg).  ALG__MAX if it cannot be used. */
enum alg jwks_key_alg(struct json_object *jwk, unsigned algs);

/* Builds the key.  NULL if its numbers are missing, out of bounds (RSA of 2048
 * to 8192 bits) or not a point on the curve, or if all can sign with it. */
EVP_PKEY *jwks_key_build(struct json_object *jwk, enum alg alg) MUSTCHECK;

#endif
