/* SPDX-License-Identifier: ISC */
/* Gets the key set from the issuer, by OpenID discovery if need be: the one way
 * in which programs learn whose signatures count. */
#ifndef JWKS_FETCH_H
#define JWKS_FETCH_H

#include "base/base.h"
#include "issuer.h"
#include "jwks.h"

struct jwks_fetch;

/* Reads [auth] at each use. */
struct jwks_fetch *jwks_fetch_new(void);
void jwks_fetch_free(struct jwks_fetch *f);

/* Asks the issuer, and reads what it says, within [auth] fetch_timeout.  The
 * set has the keys that are fit for [auth] algorithms, at least one, and is the
 * caller's.  NULL with *fault filled in. */
struct jwks *jwks_fetch_run(struct jwks_fetch *f, struct issuer_fault *fault)
    MUSTCHECK;

/* The address that the last attempt used; "" before the first. */
const char *jwks_fetch_url(const struct jwks_fetch *f);

#endif
