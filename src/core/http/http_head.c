/* SPDX-License-Identifier: ISC */
/* The lines of an answer before its body. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "http_own.h"

#define HEAD_MAX 65536 /* bytes that are kept */

/* What an answer on the way to the last one had, such as 100, is forgotten; so
 * is what no answer of ours is as long as. */
size_t
http_take_head(char *data, size_t size, size_t n, void *arg)
{
	struct http *h = arg;

	n *= size;
	if (n >= 5 && memcmp(data, "HTTP/", 5) == 0)
		buf_clear(h->head);
	if (h->head->len + n <= HEAD_MAX)
		buf_add(h->head, data, n);
	return n;
}

const char *
http_header(struct arena *a, const struct buf *head, const char *name)
{
	const size_t len = strlen(name);
	const char *at = head->data, *end;
	char *line;

	for (; at != NULL && *at != '\0'; at = end) {
		end = at + strcspn(at, "\n");
		line = arena_strndup(a, at, (size_t)(end - at));
		end += *end == '\n';
		if (strncasecmp(line, name, len) == 0 && line[len] == ':')
			return str_trim(line + len + 1);
	}
	return NULL;
}
