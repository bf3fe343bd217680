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

#endif
