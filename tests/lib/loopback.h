/* SPDX-License-Identifier: ISC */
/* A web server inside of a test, on a free port of 127.0.0.1. */
#ifndef LOOPBACK_H
#define LOOPBACK_H

#include "base/base.h"

#define LOOPBACK_URL 64

/* Instead of a status. */
#define LOOPBACK_SILENT 0 /* takes the request and never answers */
#define LOOPBACK_RUDE   1 /* closes at once */

struct loopback;

/* Starts it.  tls: with a new certificate for "localhost", which signs
 * itself. */
struct loopback *loopback_start(bool tls);
void loopback_stop(struct loopback *lb);

/* "http://127.0.0.1:PORT", or "https://localhost:PORT". */
const char *loopback_url(const struct loopback *lb);

/* The certificate in a file. */
const char *loopback_ca_file(const struct loopback *lb);

/* What path is answered with from now on; borrowed.  Other paths get 404.
 * A NULL body of status 302 leads to "/elsewhere". */
void loopback_set(struct loopback *lb, const char *path, int status,
    const char *body, size_t len);

/* The last request that path was asked with: head, empty line and body; the
 * caller frees it.  NULL: it was not asked for. */
char *loopback_last(struct loopback *lb, const char *path);

/* How many connections there have been. */
int loopback_connections(struct loopback *lb);

/* How often path was asked for. */
int loopback_count(struct loopback *lb, const char *path);

#endif
