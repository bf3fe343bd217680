/* SPDX-License-Identifier: ISC */
/* Addresses of host names, within a deadline. */
#ifndef RESOLVE_H
#define RESOLVE_H

#include <netdb.h>

#include "base.h"

/* Looks up the addresses of host for TCP.  Waits at most until deadline
 * (clock_mono_us), whatever the name servers do; an address in digits costs no
 * wait at all.  0, and the caller ends *list with freeaddrinfo; or an EAI_ code
 * (see gai_strerror), which is EAI_AGAIN if it took too long.  A look-up that
 * took too long goes on in a thread, and the next call for the same host and
 * port has its result. */
int resolve(const char *host, int port, int64_t deadline,
    struct addrinfo **list) MUSTCHECK;

#endif
