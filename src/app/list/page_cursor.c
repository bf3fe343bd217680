/* SPDX-License-Identifier: ISC */
/* Cursors: where a list goes on, as a text that only we read. */
#include "config.h"

#include "page.h"

#include <endian.h>
#include <string.h>

#include "base/codec.h"
#include "list_own.h"

/*
 * A cursor is base64url of: the form's number, a digest of filter, order and
 * scope, the key as a number, the id, the key as text.  The digest finds
 * mistakes, it is no signature: whoever makes one up only says where to go on,
 * and each value is judged as any other parameter.  When the form changes its
 * number does, so that cursors from before are refused by name.
 */
#define CURSOR_FORM     1
#define CURSOR_DIGEST   8
#define CURSOR_AT_BOUND 1
#define CURSOR_AT_KEY   (CURSOR_AT_BOUND + CURSOR_DIGEST)
#define CURSOR_AT_ID    (CURSOR_AT_KEY + 8)
#define CURSOR_AT_TEXT  (CURSOR_AT_ID + 16)
#define CURSOR_MAX      (CURSOR_AT_TEXT + PAGE_KEY_MAX) /* bytes */

static void
page_digest(const struct page *p, uint8_t out[CURSOR_DIGEST])
{
	uint8_t digest[CODEC_SHA256];
	struct buf b = { 0 };

	page_filter_add(&b, p);
	if (p->scope != NULL)
		buf_printf(&b, "\n%s", p->scope);
	codec_sha256(b.data, b.len, digest);
	memcpy(out, digest, CURSOR_DIGEST);
	buf_free(&b);
}

const char *
page_cursor(struct arena *a, const struct page *p, const char *key,
    int64_t key_number, const struct uuid *id)
{
	size_t text_len = key == NULL ? 0 : strlen(key);
	size_t len = CURSOR_AT_TEXT + text_len;
	uint64_t number = htobe64((uint64_t)key_number);
	uint8_t *bytes = arena_alloc(a, len);
	char *out = arena_alloc(a, CODEC_B64_LEN(len) + 1);

	bytes[0] = CURSOR_FORM;
	page_digest(p, bytes + CURSOR_AT_BOUND);
	memcpy(bytes + CURSOR_AT_KEY, &number, sizeof(number));
	memcpy(bytes + CURSOR_AT_ID, id->b, sizeof(id->b));
	if (text_len > 0)
		memcpy(bytes + CURSOR_AT_TEXT, key, text_len);
	codec_b64url(bytes, len, out);
	return out;
}

const char *
page_cursor_parse(struct arena *a, struct page *p, const char *text)
{
	uint8_t bytes[CURSOR_MAX + 3], bound[CURSOR_DIGEST];
	size_t text_len, len = strlen(text);
	uint64_t number;
	long n = -1;

	if (len <= CODEC_B64_LEN(CURSOR_MAX))
		n = codec_b64url_decode(text, len, bytes);
	if (n < CURSOR_AT_TEXT || bytes[0] != CURSOR_FORM)
		return "this is no cursor; take it from next_cursor as it is";
	page_digest(p, bound);
	if (memcmp(bound, bytes + CURSOR_AT_BOUND, CURSOR_DIGEST) != 0)
		return p->list->alien != NULL
			   ? p->list->alien
			   : "cursor belongs to another query: filter and sort "
			     "must stay the same from page to page";
	text_len = (size_t)n - CURSOR_AT_TEXT;
	if (memchr(bytes + CURSOR_AT_TEXT, '\0', text_len) != NULL)
		return "this is no cursor; take it from next_cursor as it is";
	memcpy(&number, bytes + CURSOR_AT_KEY, sizeof(number));
	memcpy(p->id.b, bytes + CURSOR_AT_ID, sizeof(p->id.b));
	p->key_number = (int64_t)be64toh(number);
	p->key =
	    arena_strndup(a, (const char *)bytes + CURSOR_AT_TEXT, text_len);
	if (!p->list->sane(p, text_len))
		return "this is no cursor; take it from next_cursor as it is";
	if (text_len == 0)
		p->key = NULL;
	p->has_cursor = true;
	return NULL;
}
