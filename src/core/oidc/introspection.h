/* SPDX-License-Identifier: ISC */
/* Asking the issuer about a token (RFC 7662). */
#ifndef INTROSPECTION_H
#define INTROSPECTION_H

#include "base/base.h"
#include "base/buf.h"
#include "issuer.h"

struct introspection;

/* Asks as [auth] says now.  Never NULL. */
struct introspection *introspection_new(void);
void introspection_free(struct introspection *in);

/* Asks about a token, within [auth] fetch_timeout.  0 with the answer as it
 * came in *body, which belongs to in; or -1 with *fault set. */
int introspection_ask(struct introspection *in, const char *token, size_t len,
    const struct buf **body, struct issuer_fault *fault) MUSTCHECK;

/* Sets *fault about the answer.  Returns -1. */
int introspection_fail(struct introspection *in, struct issuer_fault *fault,
    const char *why);

/* Asks about what is no token: whether the issuer answers us at all.  0, or -1
 * with *fault set. */
int introspection_try(struct introspection *in, struct issuer_fault *fault)
    MUSTCHECK;

#endif
