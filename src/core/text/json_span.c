/* SPDX-License-Identifier: ISC */
/* Checks JSON without building anything, then finds pieces in it. */
#include "config.h"

#include "json_span.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "json_string.h"
#include "json_walk.h"

const char *
json_span_begin(const char *text, size_t len, int depth,
    struct json_span *value, unsigned *odd)
{
	struct json_walk w = {
		.p = text,
		.end = text + len,
		.depth = depth,
	};

	json_walk_space(&w);
	value->p = w.p;
	if (!json_walk_value(&w))
		return w.fault;
	value->len = (size_t)(w.p - value->p);
	*odd = w.odd;
	return NULL;
}

const char *
json_span_read(const char *text, size_t len, int depth, struct json_span *value,
    unsigned *odd)
{
	const char *fault = json_span_begin(text, len, depth, value, odd);
	struct json_walk rest = { .end = text + len };

	if (fault != NULL)
		return fault;
	rest.p = value->p + value->len;
	json_walk_space(&rest);
	return rest.p < rest.end ? "something follows the value" : NULL;
}

/*
 * From here on texts are known to be well formed.
 */

bool
json_span_is(const struct json_span *v, char first)
{
	return v->len > 0 && v->p[0] == first;
}

/* The end of the string whose opening quote is at p. */
static const char *
span_string_end(const char *p)
{
	for (p++; *p != '"'; p++)
		p += *p == '\\';
	return p + 1;
}

static const char *
span_value_end(const char *p, const char *end)
{
	int depth = 0;

	while (p < end) {
		if (*p == '"') {
			p = span_string_end(p);
		} else if (*p == '{' || *p == '[') {
			depth++;
			p++;
		} else if (*p == '}' || *p == ']') {
			if (depth == 0)
				return p; /* of what the value stands in */
			depth--;
			p++;
		} else if (depth == 0 && strchr(", \t\r\n", *p) != NULL) {
			return p;
		} else {
			p++;
			continue;
		}
		if (depth == 0)
			return p;
	}
	return p;
}

/* Moves over white space, commas and colons. */
static const char *
span_next(const char *p, const char *end)
{
	while (p < end && *p != '\0' && strchr(" \t\r\n,:", *p) != NULL)
		p++;
	return p;
}

/* Cuts the value at *p off; false at the end of what it stands in. */
static bool
span_cut(const char **p, const char *end, struct json_span *v)
{
	*p = span_next(*p, end);
	if (*p == end || **p == '}' || **p == ']')
		return false;
	v->p = *p;
	*p = span_value_end(*p, end);
	v->len = (size_t)(*p - v->p);
	return true;
}

static bool
span_means(const struct json_span *v, const char *text)
{
	size_t len = strlen(text);
	const char *p = v->p;
	struct buf b = { 0 };
	bool same;

	if (memchr(v->p, '\\', v->len) == NULL)
		return v->len == len + 2 && memcmp(v->p + 1, text, len) == 0;
	same = json_string_read(&p, v->p + v->len, &b) == NULL &&
	       b.len == len && memcmp(b.data, text, len) == 0;
	buf_free(&b);
	return same;
}

bool
json_span_get(const struct json_span *v, const char *name,
    struct json_span *member)
{
	struct json_span key, value;
	const char *p = v->p + 1, *end = v->p + v->len;
	bool found = false;

	if (!json_span_is(v, '{'))
		return false;
	while (span_cut(&p, end, &key) && span_cut(&p, end, &value)) {
		if (!span_means(&key, name))
			continue;
		*member = value;
		found = true;
	}
	return found;
}

bool
json_span_each(const struct json_span *v, const char **at,
    struct json_span *name, struct json_span *member)
{
	const char *end = v->p + v->len;

	if (!json_span_is(v, '{'))
		return false;
	if (*at == NULL)
		*at = v->p + 1;
	return span_cut(at, end, name) && span_cut(at, end, member);
}

bool
json_span_next(const struct json_span *v, const char **at,
    struct json_span *element)
{
	if (!json_span_is(v, '['))
		return false;
	if (*at == NULL)
		*at = v->p + 1;
	return span_cut(at, v->p + v->len, element);
}

bool
json_span_says(const struct json_span *v, const char *text)
{
	return json_span_is(v, '"') && span_means(v, text);
}

bool
json_span_at(const struct json_span *v, size_t index, struct json_span *element)
{
	const char *p = v->p + 1, *end = v->p + v->len;

	if (!json_span_is(v, '['))
		return false;
	do {
		if (!span_cut(&p, end, element))
			return false;
	} while (index-- > 0);
	return true;
}

size_t
json_span_count(const struct json_span *v)
{
	const char *p = v->p + 1, *end = v->p + v->len;
	struct json_span element;
	size_t n = 0;

	if (!json_span_is(v, '['))
		return 0;
	while (span_cut(&p, end, &element))
		n++;
	return n;
}

char *
json_span_text(struct arena *a, const struct json_span *v, size_t max)
{
	const char *p = v->p;
	struct buf b = { 0 };
	char *text = NULL;

	if (!json_span_is(v, '"') || v->len > max * 6 + 2)
		return NULL;
	buf_reserve(&b, v->len);
	if (json_string_read(&p, v->p + v->len, &b) == NULL && b.len <= max &&
	    memchr(b.data, '\0', b.len) == NULL)
		text = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return text;
}

bool
json_span_int(const struct json_span *v, int64_t *n)
{
	char text[24];

	if (v->len == 0 || v->len >= sizeof(text))
		return false;
	memcpy(text, v->p, v->len);
	text[v->len] = '\0';
	return str_to_int(text, INT64_MIN, INT64_MAX, n) == 0;
}
