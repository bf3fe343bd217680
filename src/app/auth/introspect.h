/* SPDX-License-Identifier: ISC */
/* Asks the issuer whether a token is still in force (RFC 7662). */
#ifndef INTROSPECT_H
#define INTROSPECT_H

#include "auth.h"
#include "base/base.h"
#include "refusal.h"

struct introspect;

/* Reads [auth].  Connects at first use.  Never NULL. */
struct introspect *introspect_new(void);
void introspect_free(struct introspect *in);

/* Asks about a token that was verified as that of who.  AUTH_OK;
 * AUTH_INVALID with *why; or AUTH_UNAVAILABLE if the issuer has not answered
 * as it should within [auth] fetch_timeout (logged when that begins and ends),
 * or has not done so less than [auth] introspect_retry ago. */
enum auth_result introspect_ask(struct introspect *in, const char *token,
    size_t len, const struct principal *who, enum refusal *why) MUSTCHECK;

/* True if the last question had no answer; *paused if nobody is asked now
 * because of that. */
bool introspect_in_vain(const struct introspect *in, bool *paused);

#endif
