/* SPDX-License-Identifier: ISC */
/* Bytes as text and their digest: hex, base64, percent-encoding, SHA-256. */
#ifndef CODEC_H
#define CODEC_H

#include "base.h"
#include "buf.h"

#define CODEC_SHA256 32

void codec_sha256(const void *data, size_t len, uint8_t out[CODEC_SHA256]);

/* Lower-case hex; out has room for 2 * len + 1. */
char *codec_hex(const void *data, size_t len, char *out);

/* base64url without padding (RFC 7515); out has room for
 * CODEC_B64_LEN(len) + 1.  Returns the length of the text. */
#define CODEC_B64_LEN(len) (((len)*4 + 2) / 3)
size_t codec_b64url(const void *data, size_t len, char *out);
void codec_add_b64url(struct buf *b, const void *data, size_t len);

/* Strict: no padding, no other alphabet, no white space, unused bits zero.
 * out has room for len * 3 / 4.  Returns the number of bytes, or -1. */
long codec_b64url_decode(const char *text, size_t len, uint8_t *out) MUSTCHECK;

/* The same in the standard alphabet with padding (RFC 4648), in one line.  out
 * has room for CODEC_B64_PADDED(len) + 1. */
#define CODEC_B64_PADDED(len) (((len) + 2) / 3 * 4)
size_t codec_b64(const void *data, size_t len, char *out);

/* Strict: with padding, else as above. */
long codec_b64_decode(const char *text, size_t len, uint8_t *out) MUSTCHECK;

/* Adds text for a place in an address: all but the unreserved characters of
 * RFC 3986 are percent-encoded. */
void codec_add_percent(struct buf *b, const char *text, size_t len);

/* Undoes percent-encoding (RFC 3986) into out, which has room for len + 1 and
 * may be text itself.  The result is terminated, and may hold zero bytes.
 * Returns its length, or -1 if two hex digits do not follow a %. */
long codec_percent_decode(const char *text, size_t len, char *out) MUSTCHECK;

#endif
