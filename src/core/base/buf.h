/* SPDX-License-Identifier: ISC */
/* A growing byte string, embedded in its owner and reused between requests. */
#ifndef BUF_H
#define BUF_H

#include <stdarg.h>

#include "base.h"

struct buf {
	char *data; /* always terminated once something was added */
	size_t len;
	size_t size;
};

/* Releases the memory; the struct is empty and usable afterwards. */
void buf_free(struct buf *b);

/* Empties it; keeps the memory unless it has grown beyond 1 MiB. */
void buf_clear(struct buf *b);

/* Room for extra more bytes and a terminator; returns where they start.
 * The caller writes the end itself, and adds what it wrote to b->len. */
char *buf_reserve(struct buf *b, size_t extra);

void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addint(struct buf *b, int64_t n);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF(2, 0);

#endif
