/* SPDX-License-Identifier: ISC */
/* Can the issuer's key set be had, and is there a key in it? */
#ifndef HEALTH_KEYS_H
#define HEALTH_KEYS_H

#include "base/base.h"
#include "base/buf.h"

/* Fetches the key set as [auth] says, by discovery if need be.  The number of
 * keys that may sign tokens, or 0 with a sentence in why. */
int health_keys_count(struct buf *why) MUSTCHECK;

#endif
