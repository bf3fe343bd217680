/* SPDX-License-Identifier: ISC */
/* Lists of names and values in one line of text. */
#include "config.h"

#include "pairs.h"

#include <string.h>

#include "base/codec.h"

#define BLANKS " \t"

/* Adds what stands from s to end, without the blanks at both. */
static void
pairs_take(struct buf *b, const char *s, const char *end)
{
	s += strspn(s, BLANKS);
	while (end > s && strchr(BLANKS, end[-1]) != NULL)
		end--;
	buf_clear(b);
	buf_add(b, s, end > s ? (size_t)(end - s) : 0);
}

int
pairs_next(const char **at, struct buf *name, struct buf *value)
{
	const char *s = *at + strspn(*at, BLANKS ","), *equals, *end;
	long len;

	if (*s == '\0')
		return 0;
	end = s + strcspn(s, ",");
	equals = memchr(s, '=', (size_t)(end - s));
	if (equals == NULL)
		return -1;
	*at = end;
	pairs_take(name, s, equals);
	pairs_take(value, equals + 1, end);
	len = codec_percent_decode(value->data, value->len, value->data);
	if (name->len == 0 || len == -1 || strlen(value->data) != (size_t)len)
		return -1;
	value->len = (size_t)len;
	return 1;
}
