/* SPDX-License-Identifier: ISC */
/* Calls to the issuer, and what its discovery document says. */
#ifndef ISSUER_H
#define ISSUER_H

#include "base/base.h"
#include "base/buf.h"
#include "http/http.h"

struct issuer;

/* What went wrong with one attempt. */
struct issuer_fault {
	const char *why; /* a constant sentence; NULL: nothing */
	const char *url; /* this and detail live until the next attempt */
	const char *detail;
};

/* Reads [auth] at each use.  Never NULL. */
struct issuer *issuer_new(void);
void issuer_free(struct issuer *i);

/* Begins an attempt, of as many calls as it takes, that ends within [auth]
 * fetch_timeout. */
void issuer_begin(struct issuer *i);

/* The address that goes by that name in the discovery document; the caller
 * frees it.  NULL with *fault set if there is no document, if it is about
 * another issuer, or if that address has another origin. */
char *issuer_find(struct issuer *i, const char *name, struct buf *body,
    struct issuer_fault *fault) MUSTCHECK;

/* Makes the call; its time-out and ca_file are set here.  200 and the body;
 * else the status, or -1 if there was no answer, with *fault set. */
long issuer_call(struct issuer *i, const struct http_call *call,
    struct buf *body, struct issuer_fault *fault) MUSTCHECK;

/* The address of the last call; "" before the first. */
const char *issuer_url(const struct issuer *i);

/* Sets *fault about the last call; detail is copied.  Returns -1. */
int issuer_fail(struct issuer *i, struct issuer_fault *fault, const char *why,
    const char *detail);

#endif
