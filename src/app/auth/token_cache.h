/* SPDX-License-Identifier: ISC */
/* Tokens that were verified a moment ago, by their digest. */
#ifndef TOKEN_CACHE_H
#define TOKEN_CACHE_H

#include "auth.h"
#include "base/base.h"

struct token_cache;

/* Room for n tokens; n 0: remembers nothing. */
struct token_cache *token_cache_new(size_t n);
void token_cache_free(struct token_cache *c);

/* The bearer of the token with that digest, if it counts at the time now
 * (seconds since 1970), or NULL.  Lives until the next call of
 * token_cache_put or token_cache_get.  generation is that of the key set:
 * when it changes, everything is forgotten. */
const struct principal *token_cache_get(struct token_cache *c,
    const uint8_t digest[32], uint64_t generation, int64_t now);

/* Remembers a copy of who, to count from from until before until. */
void token_cache_put(struct token_cache *c, const uint8_t digest[32],
    uint64_t generation, int64_t from, int64_t until,
    const struct principal *who);

/* Notes that the issuer has confirmed the token with that digest, which is
 * believed before the time until (of clock_mono_us).  Does nothing if the token
 * is not remembered. */
void token_cache_confirm(struct token_cache *c, const uint8_t digest[32],
    int64_t until);

/* True if the issuer's word is still believed at the time now (the same). */
bool token_cache_confirmed(const struct token_cache *c,
    const uint8_t digest[32], int64_t now);

#endif
