/* SPDX-License-Identifier: ISC */
/* Unpacks the body of a Celery message: base64, then zlib. */
#include "config.h"

#include "celery_own.h"

#include <string.h>

#include <zlib.h>

#include "base/buf.h"
#include "base/codec.h"
#include "base/str.h"
#include "text/json_string.h"

#define CHUNK ((size_t)64 * 1024)

/* True for an absent member, and for null. */
static bool
is_none(const struct json_span *v)
{
	return v->len == 0 || json_span_is(v, 'n');
}

static bool
says(struct arena *a, const struct json_span *v, const char *word)
{
	const char *text = v->len == 0 ? NULL : json_span_text(a, v, 64);

	return text != NULL && str_case_eq(text, word);
}

/* The string itself, which may hold anything; half a surrogate pair in a body
 * that is not base64 has no UTF-8. */
static enum celery_err
read_plain(const struct json_span *v, struct buf *b, const char **why)
{
	const char *p = v->p;

	buf_reserve(b, v->len);
	*why = json_string_read(&p, v->p + v->len, b);
	return *why == NULL ? CELERY_OK : CELERY_BROKEN;
}

static enum celery_err
read_base64(struct buf *b, const char **why)
{
	long n = codec_b64_decode(b->data, b->len, (uint8_t *)b->data);

	if (n < 0) {
		*why = "the body is not base64";
		return CELERY_BROKEN;
	}
	b->len = (size_t)n;
	return CELERY_OK;
}

/* zlib or gzip, whichever it is; 0 or -1. */
static int
inflate_to(const struct buf *in, struct buf *out)
{
	z_stream z = { .next_in = (Bytef *)in->data,
		.avail_in = (uInt)in->len };
	int rc = Z_OK;

	if (inflateInit2(&z, MAX_WBITS + 32) != Z_OK)
		return -1;
	while (rc == Z_OK && out->len <= CELERY_BODY_MAX) {
		z.next_out = (Bytef *)buf_reserve(out, CHUNK);
		z.avail_out = (uInt)CHUNK;
		rc = inflate(&z, Z_NO_FLUSH);
		out->len += CHUNK - z.avail_out;
	}
	inflateEnd(&z);
	return rc == Z_STREAM_END && z.avail_in == 0 ? 0 : -1;
}

static enum celery_err
read_zlib(struct buf *b, const char **why)
{
	struct buf out = { 0 };
	int rc = inflate_to(b, &out);

	buf_free(b);
	*b = out;
	if (b->len > CELERY_BODY_MAX) {
		*why = "the body is larger than 4 MiB once unpacked";
		return CELERY_BROKEN;
	}
	if (rc == 0)
		return CELERY_OK;
	*why = "the body is not compressed as it says";
	return CELERY_BROKEN;
}

static enum celery_err
unpack(struct arena *a, const struct celery_packing *in, struct buf *b,
    const char **why)
{
	enum celery_err err;

	if (in->body.len == 0 || !json_span_is(&in->body, '"')) {
		*why = "there is no body";
		return CELERY_BROKEN;
	}
	err = read_plain(&in->body, b, why);
	if (err == CELERY_OK && says(a, &in->encoding, "base64")) {
		err = read_base64(b, why);
	} else if (err == CELERY_OK && !is_none(&in->encoding) &&
		   !says(a, &in->encoding, "utf-8")) {
		*why = "the body's encoding is not known";
		err = CELERY_TYPE;
	}
	if (err != CELERY_OK || is_none(&in->compression))
		return err;
	if (says(a, &in->compression, "application/x-gzip"))
		return read_zlib(b, why);
	*why = "the body's compression is not known";
	return CELERY_TYPE;
}

enum celery_err
celery_body(struct arena *a, const struct celery_packing *in, const char **text,
    size_t *len, const char **why)
{
	struct buf b = { 0 };
	enum celery_err err = unpack(a, in, &b, why);
	char *copy;

	if (err == CELERY_OK) {
		copy = arena_alloc(a, b.len + 1);
		if (b.len > 0)
			memcpy(copy, b.data, b.len);
		*text = copy;
		*len = b.len;
	}
	buf_free(&b);
	return err;
}
