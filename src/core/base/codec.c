/* SPDX-License-Identifier: ISC */
/* Hex, base64 and percent-encoding; SHA-256 by OpenSSL. */
#include "config.h"

#include "codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "str.h"

static NORETURN void
no_digest(void)
{
	fprintf(stderr, "errand: OpenSSL has no working SHA-256\n");
	abort();
}

/* One context and one fetched algorithm for the life of the process: looking
 * the algorithm up costs as much as digesting a few hundred bytes. */
void
codec_sha256(const void *data, size_t len, uint8_t out[CODEC_SHA256])
{
	static EVP_MD_CTX *ctx;
	static EVP_MD *md;

	if (ctx == NULL) {
		ctx = EVP_MD_CTX_new();
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
		if (ctx == NULL || md == NULL)
			no_digest();
	}
	if (EVP_DigestInit_ex2(ctx, md, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, data, len) != 1 ||
	    EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		no_digest();
}

char *
codec_hex(const void *data, size_t len, char *out)
{
	static const char digit[] = "0123456789abcdef";
	const uint8_t *in = data;
	char *p = out;
	size_t i;

	for (i = 0; i < len; i++) {
		*p++ = digit[in[i] >> 4];
		*p++ = digit[in[i] & 15];
	}
	*p = '\0';
	return out;
}

static const char b64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t
codec_b64url(const void *data, size_t len, char *out)
{
	const uint8_t *in = data;
	char *p = out;
	uint32_t bits = 0;
	unsigned have = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (have += 8; have >= 6; have -= 6)
			*p++ = b64[bits >> (have - 6) & 63];
	}
	if (have > 0)
		*p++ = b64[bits << (6 - have) & 63];
	*p = '\0';
	return (size_t)(p - out);
}

/* For each byte its place in the alphabet plus one, or 0. */
static const uint8_t *
b64_places(void)
{
	static uint8_t places[256];

	if (places[(uint8_t)b64[0]] == 0) {
		for (uint8_t i = 0; i < 64; i++)
			places[(uint8_t)b64[i]] = (uint8_t)(i + 1);
	}
	return places;
}

/* Reads n (2 to 4) characters into n - 1 bytes.  0, or -1 if one of them is
 * foreign or if the bits behind the last byte are not zero. */
static int
b64_group(const uint8_t *in, size_t n, uint8_t *out)
{
	const uint8_t *places = b64_places();
	uint32_t bits = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (places[in[i]] == 0)
			return -1;
		bits = bits << 6 | (places[in[i]] - 1u);
	}
	bits <<= 6 * (4 - n);
	for (i = 0; i < n - 1; i++)
		out[i] = (uint8_t)(bits >> (16 - 8 * i));
	return n < 4 && (bits & 0xffffffu >> (8 * (n - 1))) != 0 ? -1 : 0;
}

long
codec_b64url_decode(const char *text, size_t len, uint8_t *out)
{
	const uint8_t *in = (const uint8_t *)text;
	size_t n, left;

	if (len % 4 == 1)
		return -1;
	for (left = len; left > 0; left -= n) {
		n = left < 4 ? left : 4;
		if (b64_group(in, n, out) != 0)
			return -1;
		in += n;
		out += n - 1;
	}
	return (long)(len / 4 * 3 + (len % 4 ? len % 4 - 1 : 0));
}

void
codec_add_b64url(struct buf *b, const void *data, size_t len)
{
	b->len +=
	    codec_b64url(data, len, buf_reserve(b, CODEC_B64_LEN(len) + 1));
}

/* The standard alphabet differs in its last two characters. */
size_t
codec_b64(const void *data, size_t len, char *out)
{
	size_t n = codec_b64url(data, len, out);

	for (size_t i = 0; i < n; i++) {
		if (out[i] == '-')
			out[i] = '+';
		else if (out[i] == '_')
			out[i] = '/';
	}
	while (n % 4 != 0)
		out[n++] = '=';
	out[n] = '\0';
	return n;
}

static uint8_t
b64_as_url(char c)
{
	switch (c) {
	case '+':
		return '-';
	case '/':
		return '_';
	case '-':
	case '_':
		return 0;
	default:
		return (uint8_t)c;
	}
}

long
codec_b64_decode(const char *text, size_t len, uint8_t *out)
{
	uint8_t group[4];
	size_t i, k, n, total = 0;

	if (len % 4 != 0)
		return -1;
	for (i = 0; i < len; i += 4) {
		n = 4;
		while (i + 4 == len && n > 2 && text[i + n - 1] == '=')
			n--;
		for (k = 0; k < n; k++)
			group[k] = b64_as_url(text[i + k]);
		if (b64_group(group, n, out + total) != 0)
			return -1;
		total += n - 1;
	}
	return (long)total;
}

void
codec_add_percent(struct buf *b, const char *text, size_t len)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\0' && strchr(plain, text[i]) != NULL)
			buf_addc(b, text[i]);
		else
			buf_printf(b, "%%%02X", (uint8_t)text[i]);
	}
}

long
codec_percent_decode(const char *text, size_t len, char *out)
{
	const char *end = text + len;
	char *to = out;

	for (; text < end; text++) {
		int high, low;

		if (*text != '%') {
			*to++ = *text;
			continue;
		}
		high = end - text < 3 ? -1 : str_hex_digit(text[1]);
		low = high == -1 ? -1 : str_hex_digit(text[2]);
		if (low == -1)
			return -1;
		*to++ = (char)(high * 16 + low);
		text += 2;
	}
	*to = '\0';
	return (long)(to - out);
}
