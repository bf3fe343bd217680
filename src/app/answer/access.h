/* SPDX-License-Identifier: ISC */
/* Who is calling, and whether he may: else 401 or 403 with a challenge. */
#ifndef ACCESS_H
#define ACCESS_H

#include "call.h"
#include "conf/conf.h"

/* Takes the caller from his token.  False: it is answered. */
bool access_identify(struct call *c) MUSTCHECK;

/* True if the caller meets that rule of [rbac] and his token is still in force;
 * else it is answered. */
bool access_allow(struct call *c, enum conf_rule rule) MUSTCHECK;

/* What a route has to do with tasks that are not shared: see routes.def. */
enum access_whose { ACCESS_NOBODY, ACCESS_TASKS, ACCESS_ALL };

/* Sets c->scope, behind access_allow.  False: there is none for this caller,
 * which is answered. */
bool access_scope(struct call *c, enum access_whose whose) MUSTCHECK;

/* Whether the caller could be let in to a route of that kind: he meets its
 * rules, or lacks nothing but scopes, which his issuer may give him. */
bool access_might(struct call *c, enum conf_rule rule, enum access_whose whose);

/* Whether the issuer is to be asked again and again for a call that goes on. */
bool access_confirms(const struct call *c, enum conf_rule rule);

#endif
