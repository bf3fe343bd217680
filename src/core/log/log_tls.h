/* SPDX-License-Identifier: ISC */
/* TLS over a socket that never waits. */
#ifndef LOG_TLS_H
#define LOG_TLS_H

#include <sys/types.h>

#include "base/base.h"

struct log_tls;

/* A session with host over fd, which stays the caller's.  ca_file "": the
 * system's authorities; any_name: nobody is asked who he is.  NULL: *why is set
 * (a constant, or valid until the next call). */
struct log_tls *log_tls_new(int fd, const char *host, const char *ca_file,
    bool any_name, const char **why);

/* Sends nothing. */
void log_tls_free(struct log_tls *t);

/* Goes on with the greeting.  1: done, 0: later, -1: *why is set. */
int log_tls_greet(struct log_tls *t, const char **why) MUSTCHECK;

/* As send and recv, with errno EAGAIN where they would wait.  For -1 with
 * another errno *why is set. */
ssize_t log_tls_send(struct log_tls *t, const void *data, size_t len,
    const char **why) MUSTCHECK;
ssize_t log_tls_recv(struct log_tls *t, void *data, size_t len,
    const char **why) MUSTCHECK;

/* Tells the peer that this was all. */
void log_tls_end(struct log_tls *t);

#endif
