/* SPDX-License-Identifier: ISC */
/* CSV as RFC 4180 has it, in and out. */
#include "config.h"

#include "csv.h"

#include <string.h>

#define MARK "\xef\xbb\xbf"

struct csv
csv_begin(const char *text, size_t len)
{
	const size_t mark = strlen(MARK);

	if (len >= mark && memcmp(text, MARK, mark) == 0) {
		text += mark;
		len -= mark;
	}
	return (struct csv){ .at = text, .end = text + len, .next = 1 };
}

/* The end of a line at at; false if there is none. */
static bool
csv_break(struct csv *c)
{
	if (c->at == c->end || (*c->at != '\r' && *c->at != '\n'))
		return false;
	c->at +=
	    *c->at == '\r' && c->end - c->at > 1 && c->at[1] == '\n' ? 2 : 1;
	c->next++;
	return true;
}

/* Behind an opening quote; NULL or a sentence. */
static const char *
csv_quoted(struct csv *c, struct buf *b)
{
	for (; c->at < c->end; c->at++) {
		if (*c->at == '"') {
			if (++c->at == c->end || *c->at != '"')
				return NULL;
		} else if (*c->at == '\n') {
			c->next++;
		} else if (*c->at == '\0') {
			break;
		}
		buf_addc(b, *c->at);
	}
	return "a quote has no end";
}

static const char *
csv_cell(struct csv *c, struct arena *a, const char **cell)
{
	const char *why = NULL, *from;
	struct buf b = { 0 };

	*cell = NULL;
	if (c->at < c->end && *c->at == '"') {
		c->at++;
		why = csv_quoted(c, &b);
		*cell = arena_strndup(a, b.data == NULL ? "" : b.data, b.len);
		buf_free(&b);
		return why;
	}
	for (from = c->at; c->at < c->end && strchr(",\r\n\"", *c->at) == NULL;
	     c->at++)
		continue;
	if (c->at < c->end && (*c->at == '"' || *c->at == '\0'))
		return "a quote or a zero byte stands within a cell without "
		       "quotes";
	if (c->at > from)
		*cell = arena_strndup(a, from, (size_t)(c->at - from));
	return NULL;
}

int
csv_next(struct csv *c, struct arena *a, const char ***cells, size_t *n,
    const char **why)
{
	size_t size = 16;

	while (csv_break(c))
		continue;
	if (c->at == c->end)
		return 0;
	c->line = c->next;
	*cells = arena_alloc(a, size * sizeof(**cells));
	*n = 0;
	do {
		if (*n == size) {
			const char **more =
			    arena_alloc(a, 2 * size * sizeof(**cells));

			memcpy(more, *cells, size * sizeof(**cells));
			*cells = more;
			size *= 2;
		}
		*why = csv_cell(c, a, &(*cells)[*n]);
		if (*why != NULL)
			return -1;
		(*n)++;
		if (c->at == c->end || csv_break(c))
			return 1;
	} while (*c->at++ == ',');
	*why = "something stands behind a quote";
	return -1;
}

void
csv_add(struct buf *b, const char *text, bool first)
{
	if (!first)
		buf_addc(b, ',');
	if (text == NULL)
		return;
	if (text[0] != '\0' && strpbrk(text, ",\"\r\n") == NULL &&
	    text[0] != ' ' && strncmp(text, MARK, strlen(MARK)) != 0) {
		buf_adds(b, text);
		return;
	}
	buf_addc(b, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_addc(b, '"');
		buf_addc(b, *text);
	}
	buf_addc(b, '"');
}
