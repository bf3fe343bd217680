/* SPDX-License-Identifier: ISC */
/* The address of a Redis server, or of the sentinels that know it. */
#ifndef KV_URL_H
#define KV_URL_H

#include "base/base.h"
#include "base/tls.h"

struct kv_host {
	char *name;
	int port;
};

struct kv_url {
	char *path; /* of a unix socket; NULL: host and port */
	char *host; /* that of the first sentinel, if there are any */
	int port;
	char *username; /* or NULL */
	char *password; /* or NULL */
	char db[8];     /* "" is "0" */
	bool tls;       /* is spoken to the server */
	struct kv_host *sentinels;
	size_t nsentinels;
	bool sentinel_tls; /* is spoken to them */
	char *master;      /* what they call the server, or NULL */
	char *ca_file, *cert_file, *key_file; /* or NULL */
	bool has_verify;                      /* the next is said */
	enum tls_verify verify;
};

/*
 * Reads redis://[user[:password]@]host[:port][/db], rediss:// (over TLS),
 * unix:///path[?db=n], and sentinel://[user[:password]@]host[:port][/db], as
 * Celery writes it: several with semicolons between them, or hosts with commas
 * between them; redis+sentinel:// is the same, and with rediss+sentinel:// TLS
 * is spoken to sentinels and server.  User, password and database are the
 * server's.  A path may be /master/db.  Behind a question mark may stand db,
 * master_name, and what redis-py calls ssl_cert_reqs, ssl_ca_certs,
 * ssl_certfile, ssl_keyfile and ssl_check_hostname; any ssl_ means that TLS is
 * spoken to the server that sentinels name.
 * 0 and the caller clears *u, or -1 and *u is empty.
 */
int kv_url_parse(const char *text, struct kv_url *u) MUSTCHECK;
void kv_url_clear(struct kv_url *u);

/* NULL, or what is wrong with an address, as a sentence without a full stop. */
const char *kv_url_judge(const char *text);

#endif
