/* SPDX-License-Identifier: ISC */
/* The issuer's keys in this process: when to fetch them, how long to use
 * them. */
#ifndef KEYSET_H
#define KEYSET_H

#include "base/base.h"
#include "oidc/alg.h"
#include "oidc/jwks.h"
#include "refusal.h"

struct keyset;

/* Reads [auth].  Tries to fetch the set once.  Never NULL. */
struct keyset *keyset_new(void);
void keyset_free(struct keyset *ks);

/* True if there is a set that is not older than [auth] key_stale. */
bool keyset_usable(const struct keyset *ks);

/* Changes whenever the keys do. */
uint64_t keyset_generation(const struct keyset *ks);

/* The key of that kid and algorithm; lives until the next call.  If the kid
 * is unknown, the set is fetched anew first, but after a fetch in vain not
 * before [auth] key_cooldown is over.  NULL with *why set. */
const struct jwks_key *keyset_find(struct keyset *ks, const char *kid,
    size_t len, enum alg alg, enum refusal *why);

/* Fetches the set when it is missing or old.  Returns microseconds until it
 * wants to be called again. */
int64_t keyset_chores(struct keyset *ks);

/* As auth_ready. */
bool keyset_ready(const struct keyset *ks, int64_t *age_s, int *keys,
    int64_t *fetch_us);

#endif
