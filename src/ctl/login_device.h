/* SPDX-License-Identifier: ISC */
/* The Device Authorization Grant (RFC 8628): a login in some browser. */
#ifndef LOGIN_DEVICE_H
#define LOGIN_DEVICE_H

#include "login.h"

/* Asks the service for its issuer, if l has none, and the issuer for its
 * addresses.  0, or -1 when it has said why not. */
int login_discover(const struct login_how *how, struct login *l) MUSTCHECK;

/* Says where to log in with which code, and waits until somebody has.  scope
 * may be NULL; json: what is said is JSON.  0, or -1 when it has said why not.
 */
int login_device(const struct login_how *how, struct login *l,
    const char *scope, bool json) MUSTCHECK;

#endif
