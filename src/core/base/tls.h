/* SPDX-License-Identifier: ISC */
/* TLS over a socket that never waits. */
#ifndef TLS_H
#define TLS_H

#include <sys/types.h>

#include "base.h"

/* What is asked of the peer's certificate. */
enum tls_verify {
	TLS_VERIFY_NAME,  /* somebody we trust gave it to that host */
	TLS_VERIFY_CHAIN, /* somebody we trust gave it to anybody */
	TLS_VERIFY_NONE
};

/* Files are in PEM form; NULL and "" are none. */
struct tls_options {
	const char *ca_file;   /* none: the system's authorities */
	const char *cert_file; /* who we are */
	const char *key_file;  /* none: it is in cert_file */
	enum tls_verify verify;
};

/* Whom we trust and who we are, for any number of sessions; the files are read
 * here.  NULL: *why is set, as below. */
struct tls_trust;
struct tls_trust *tls_trust_new(const struct tls_options *o, const char **why)
    MUSTCHECK;
void tls_trust_free(struct tls_trust *trust);

/* A session with host over fd, which stays the caller's; it may outlive trust.
 * NULL: *why is set, to a constant or a text that is valid until the next call
 * in this thread. */
struct tls;
struct tls *tls_new(const struct tls_trust *trust, int fd, const char *host,
    const char **why) MUSTCHECK;

/* Sends nothing. */
void tls_free(struct tls *t);

/* Goes on with the greeting.  1: done, 0: later, -1: *why is set. */
int tls_greet(struct tls *t, const char **why) MUSTCHECK;

/* As send and recv, with errno EAGAIN where they would wait.  For -1 with
 * another errno *why is set.  A peer that ended the session is such a failure
 * as well. */
ssize_t tls_send(struct tls *t, const void *data, size_t len, const char **why)
    MUSTCHECK;
ssize_t tls_recv(struct tls *t, void *data, size_t len, const char **why)
    MUSTCHECK;

/* What poll has to wait for after a call that said "later" or EAGAIN. */
short tls_events(const struct tls *t);

/* True if tls_recv has something that poll does not know of. */
bool tls_pending(const struct tls *t);

/* Tells the peer that this was all. */
void tls_end(struct tls *t);

#endif
