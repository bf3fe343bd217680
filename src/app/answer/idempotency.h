/* SPDX-License-Identifier: ISC */
/* Requests with an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header)
 * are made once. */
#ifndef IDEMPOTENCY_H
#define IDEMPOTENCY_H

#include "call.h"

#define IDEMPOTENCY_KEY_MAX 255 /* characters */

/* Reads the value of the header, a string of Structured Fields (RFC 9651), or
 * the same without its quotes.  The key in the arena, or NULL. */
const char *idempotency_key(struct arena *a, const char *header);

/* Answers as this request of the caller was answered before; else runs the
 * handler in a transaction that keeps what it answers, if that is success. */
void idempotency_run(struct call *c, void (*handler)(struct call *c));

#endif
