/* SPDX-License-Identifier: ISC */
/* The address of a Redis server. */
#ifndef KV_URL_H
#define KV_URL_H

#include "base/base.h"

struct kv_url {
	char *path; /* of a unix socket; NULL: host and port */
	char *host;
	int port;
	char *username; /* or NULL */
	char *password; /* or NULL */
	char db[8];     /* "" is "0" */
};

/* Reads redis://[user[:password]@]host[:port][/db] or unix:///path[?db=n].
 * 0 and the caller clears *u, or -1 and *u is empty. */
int kv_url_parse(const char *text, struct kv_url *u) MUSTCHECK;
void kv_url_clear(struct kv_url *u);

#endif
