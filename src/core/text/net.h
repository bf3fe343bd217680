/* SPDX-License-Identifier: ISC */
/* Addresses of the internet as text: where to listen, and whom to answer. */
#ifndef NET_H
#define NET_H

#include <sys/socket.h>

#include "base/base.h"

/* Reads "127.0.0.1:9464" or "[::1]:9464": 0, or -1 if it is nothing like it. */
int net_address_parse(const char *text, struct sockaddr_storage *sa,
    socklen_t *len) MUSTCHECK;

/* All addresses that begin with the same bits; IPv4 in its place in IPv6. */
struct net_range {
	uint8_t b[16];
	unsigned bits;
};

/* Reads an address, or one with the length of its network behind it, as in
 * 10.0.0.0/8.  0, or -1 if it is neither, or has bits behind that length. */
int net_range_parse(const char *text, struct net_range *r) MUSTCHECK;

/* True if all of one is in r. */
bool net_range_has(const struct net_range *r, const struct net_range *one);

#endif
