/* SPDX-License-Identifier: ISC */
/* What others have said, as a text that can be kept. */
#include "config.h"

#include "said.h"

#include "base/buf.h"
#include "base/str.h"

char *
said_text(struct arena *a, const char *said, size_t len)
{
	struct buf b = { 0 };
	size_t i, n;
	char *text;

	for (i = 0; i < len; i += n == 0 ? 1 : n) {
		n = str_utf8_len(said + i, len - i);
		if (n == 0 || said[i] == '\0')
			buf_addc(&b, '?');
		else
			buf_add(&b, said + i, n);
	}
	buf_adds(&b, "");
	text = arena_strdup(a, b.data);
	buf_free(&b);
	return str_trim(text);
}
