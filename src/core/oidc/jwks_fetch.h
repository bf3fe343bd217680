/* SPDX-License-Identifier: ISC */
/* Gets the key set from the issuer, by OpenID discovery if need be. */
#ifndef JWKS_FETCH_H
#define JWKS_FETCH_H

#include "base/base.h"
#include "base/buf.h"
#include "issuer.h"

struct jwks_fetch;

/* Reads [auth] at each use. */
struct jwks_fetch *jwks_fetch_new(void);
void jwks_fetch_free(struct jwks_fetch *f);

/* Fills body with the key set document within [auth] fetch_timeout.  0, or -1
 * with *fault filled in. */
int jwks_fetch_run(struct jwks_fetch *f, struct buf *body,
    struct issuer_fault *fault) MUSTCHECK;

/* The address that the last attempt used; "" before the first. */
const char *jwks_fetch_url(const struct jwks_fetch *f);

#endif
