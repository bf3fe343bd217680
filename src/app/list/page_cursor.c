/* SPDX-License-Identifier: ISC */
/* Cursors: where a list goes on, as a text that only we read. */
#include "config.h"

#include "page_cursor.h"

#include <endian.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "task/task.h"

/*
 * A cursor is base64url of: the form's number, a digest of filter and order,
 * the key as a number, the id, the key as text.  The digest finds mistakes,
 * it is no signature: whoever makes one up only says where to go on, and each
 * value is judged as any other parameter.  When the form changes its number
 * does, so that cursors from before are refused by name.
 */
#define FORM     1
#define DIGEST   8
#define AT_BOUND 1
#define AT_KEY   (AT_BOUND + DIGEST)
#define AT_ID    (AT_KEY + 8)
#define AT_TEXT  (AT_ID + 16)
#define TEXT_MAX (4 * TASK_TITLE_MAX)

#define YEAR_0    INT64_C(-62167219200000000) /* microseconds since 1970 */
#define YEAR_9999 INT64_C(253402300799999999)

static void
digest_query(const struct page *p, uint8_t out[DIGEST])
{
	uint8_t digest[CODEC_SHA256];
	struct buf b = { 0 };

	page_add_filter(&b, p);
	codec_sha256(b.data, b.len, digest);
	memcpy(out, digest, DIGEST);
	buf_free(&b);
}

const char *
page_cursor(struct arena *a, const struct page *p, const char *key,
    int64_t key_number, const struct uuid *id)
{
	size_t text_len = key == NULL ? 0 : strlen(key);
	size_t len = AT_TEXT + text_len;
	uint64_t number = htobe64((uint64_t)key_number);
	uint8_t *bytes = arena_alloc(a, len);
	char *out = arena_alloc(a, CODEC_B64_LEN(len) + 1);

	bytes[0] = FORM;
	digest_query(p, bytes + AT_BOUND);
	memcpy(bytes + AT_KEY, &number, sizeof(number));
	memcpy(bytes + AT_ID, id->b, sizeof(id->b));
	if (text_len > 0)
		memcpy(bytes + AT_TEXT, key, text_len);
	codec_b64url(bytes, len, out);
	return out;
}

/* True if the members are what page_cursor would write for that order. */
static bool
is_sane(const struct page *p, size_t text_len)
{
	static const struct uuid none;
	bool time = p->key_number >= YEAR_0 && p->key_number <= YEAR_9999;
	long chars = str_utf8_count(p->key, text_len);
	enum task_status status;

	if (memchr(p->key, '\0', text_len) != NULL)
		return false;
	switch (p->sort) {
	case PAGE_TITLE:
		return p->key_number == 0 && chars >= 1 &&
		       chars <= TASK_TITLE_MAX;
	case PAGE_STATUS:
		return time &&
		       task_status_parse(p->key, text_len, &status) == 0;
	case PAGE_EVENT:
		return text_len == 0 && p->key_number > 0 &&
		       memcmp(&p->id, &none, sizeof(none)) == 0;
	default:
		return time && text_len == 0;
	}
}

const char *
page_cursor_parse(struct arena *a, struct page *p, const char *text)
{
	uint8_t bytes[AT_TEXT + TEXT_MAX + 3], bound[DIGEST];
	size_t text_len, len = strlen(text);
	uint64_t number;
	long n = -1;

	if (len <= CODEC_B64_LEN(AT_TEXT + TEXT_MAX))
		n = codec_b64url_decode(text, len, bytes);
	if (n < AT_TEXT || bytes[0] != FORM)
		return "this is no cursor; take it from next_cursor as it is";
	digest_query(p, bound);
	if (memcmp(bound, bytes + AT_BOUND, DIGEST) != 0)
		return "cursor belongs to another query: filter and sort must "
		       "stay the same from page to page";
	text_len = (size_t)n - AT_TEXT;
	memcpy(&number, bytes + AT_KEY, sizeof(number));
	memcpy(p->id.b, bytes + AT_ID, sizeof(p->id.b));
	p->key_number = (int64_t)be64toh(number);
	p->key = arena_strndup(a, (const char *)bytes + AT_TEXT, text_len);
	if (!is_sane(p, text_len))
		return "this is no cursor; take it from next_cursor as it is";
	if (text_len == 0)
		p->key = NULL;
	p->has_cursor = true;
	return NULL;
}
