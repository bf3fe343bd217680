/* SPDX-License-Identifier: ISC */
/* Events in the form that Graylog takes: GELF 1.1, and its ways to travel. */
#ifndef GELF_H
#define GELF_H

#include "log_net.h"
#include "log_own.h"

#define GELF_CHUNKS      128             /* of a message, at most */
#define GELF_CHUNK_HEAD  12              /* bytes of each */
#define GELF_MESSAGE_MAX ((size_t)49152) /* bytes; HTTP inputs take 64 KiB */

/* Adds the event as a JSON object.  Whatever is in the event, Graylog keeps
 * it: see gelf.c for the rules.  host is our name, not empty. */
void gelf_json(struct buf *b, const struct log_event *e, const char *host);

/* Adds the data compressed by gzip. */
void gelf_gzip(struct buf *b, const void *data, size_t len);

/* Adds the datagrams of a message behind each other, and their sizes as
 * log_net_add wants them (uint32_t).  One is at most most bytes long, which is
 * more than GELF_CHUNK_HEAD; id is another one for each message.  0, or -1 if
 * there would be too many. */
int gelf_datagrams(struct buf *out, struct buf *sizes, const char *data,
    size_t len, size_t most, uint64_t id) MUSTCHECK;

/* Adds the head of an HTTP request that brings len bytes. */
void gelf_http_head(struct buf *b, const char *host, const char *path,
    size_t len);

/* Reads an answer of HTTP/1.1: a log_net_read. */
enum log_net_answer gelf_http_answer(const struct buf *in, size_t *len,
    const char **why);

#endif
