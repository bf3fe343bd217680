/* SPDX-License-Identifier: ISC */
/* Where a server listens, as it is written in addresses. */
#ifndef HOST_PORT_H
#define HOST_PORT_H

#include "base/base.h"

/* Takes host, host:port, [::1] or [::1]:port apart in place.  *port stays if
 * there is none.  0, or -1. */
int host_port_split(char *text, char **host, int *port) MUSTCHECK;

/* The address of a server that takes logs. */
struct log_url {
	char scheme[16];
	char host[256]; /* "" behind unix:// */
	int port;       /* 0: it has none */
	char path[512]; /* from its first slash on; "" if it has none */
};

/* Reads SCHEME://HOST[:PORT][/PATH] or unix:///PATH.  NULL, or what is wrong
 * with it, as a sentence without a full stop. */
const char *log_url_parse(const char *text, struct log_url *u) MUSTCHECK;

#endif
