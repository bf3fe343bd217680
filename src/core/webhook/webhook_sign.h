/* SPDX-License-Identifier: ISC */
/* Secrets and signatures of Standard Webhooks 1.0.0, in its form v1. */
#ifndef WEBHOOK_SIGN_H
#define WEBHOOK_SIGN_H

#include "base/base.h"
#include "base/buf.h"

#define WEBHOOK_SECRET 51 /* "whsec_", 32 bytes in base64, and its end */

/* Those of one webhook. */
struct webhook_secrets {
	const char *now;
	const char *before; /* in force as well; or NULL */
};

/* Makes a new one: whsec_ and 32 random bytes in base64.  Returns out. */
char *webhook_secret(char out[WEBHOOK_SECRET]);

/* What is signed. */
struct webhook_message {
	const char *id;    /* webhook-id */
	int64_t timestamp; /* seconds since 1970, of this try */
	const char *body;
	size_t len;
};

/* Adds the value of webhook-signature: a signature for each secret, with a
 * blank between them.  0, or -1 if a secret is none. */
int webhook_sign(struct buf *b, const struct webhook_secrets *secrets,
    const struct webhook_message *m) MUSTCHECK;

#endif
