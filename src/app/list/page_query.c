/* SPDX-License-Identifier: ISC */
/* Decodes and encodes query strings. */
#include "config.h"

#include "list_own.h"

#include <string.h>

#include "base/codec.h"
#include "base/str.h"

/* Decodes len bytes of a form, where a plus is a blank.  NULL with *why set if
 * that is not possible. */
static char *
decode(struct arena *a, const char *s, size_t len, const char **why)
{
	char *out = arena_strndup(a, s, len);
	long n;

	for (size_t i = 0; i < len; i++) {
		if (out[i] == '+')
			out[i] = ' ';
	}
	n = codec_percent_decode(out, len, out);
	if (n == -1)
		*why = "a % must be followed by two hexadecimal digits";
	else if (memchr(out, '\0', (size_t)n) != NULL)
		*why = "the character U+0000 is not allowed";
	else if (str_utf8_count(out, (size_t)n) == -1)
		*why = "the text is not valid UTF-8";
	else
		return out;
	return NULL;
}

bool
page_query_next(struct arena *a, const char **query, struct page_param *out)
{
	const char *s = *query + strspn(*query, "&");
	size_t len = strcspn(s, "&");
	const char *equals = memchr(s, '=', len);
	size_t name_len = equals == NULL ? len : (size_t)(equals - s);

	*query = s + len;
	if (len == 0)
		return false;
	out->fault = NULL;
	out->value = NULL;
	out->name = decode(a, s, name_len, &out->fault);
	if (out->name == NULL)
		out->name = arena_strndup(a, s, name_len);
	else if (equals == NULL)
		out->value = "";
	else
		out->value =
		    decode(a, equals + 1, len - name_len - 1, &out->fault);
	return true;
}

static bool
is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~,:", c) != NULL);
}

void
list_add(struct buf *b, const char *name, const char *value)
{
	static const char hex[] = "0123456789ABCDEF";

	if (b->len > 0)
		buf_addc(b, '&');
	buf_adds(b, name);
	buf_addc(b, '=');
	for (; *value != '\0'; value++) {
		if (is_plain(*value)) {
			buf_addc(b, *value);
			continue;
		}
		buf_addc(b, '%');
		buf_addc(b, hex[(unsigned char)*value >> 4]);
		buf_addc(b, hex[(unsigned char)*value & 15]);
	}
}
