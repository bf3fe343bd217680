/* SPDX-License-Identifier: ISC */
/* Checks JSON without building anything, then finds pieces by walking. */
#include "config.h"

#include "json_span.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "json_string.h"

struct span_reader {
	const char *p;
	const char *end;
	int depth;
	unsigned odd;
	const char *why;
};

static bool
span_fail(struct span_reader *r, const char *why)
{
	r->why = r->p == r->end ? "the text ends too early" : why;
	return false;
}

static bool
span_at(const struct span_reader *r, char c)
{
	return r->p < r->end && *r->p == c;
}

static bool
span_skip(struct span_reader *r, char c)
{
	bool found = span_at(r, c);

	r->p += found;
	return found;
}

static void
span_space(struct span_reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' ||
				    *r->p == '\n' || *r->p == '\r'))
		r->p++;
}

/* Four hex digits behind the two characters at s, or -1. */
static int
span_hex4(const struct span_reader *r, const char *s)
{
	int value = 0, digit;

	if (r->end - s < 6 || s[0] != '\\' || s[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		digit = str_hex_digit(s[i]);
		if (digit == -1)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* p is at a backslash. */
static bool
span_escape(struct span_reader *r)
{
	int c, low;

	if (r->end - r->p < 2) {
		r->p = r->end;
		return span_fail(r, "");
	}
	if (r->p[1] != 'u') {
		if (memchr("\"\\/bfnrt", r->p[1], 8) == NULL)
			return span_fail(r, "no such escape in a string");
		r->p += 2;
		return true;
	}
	c = span_hex4(r, r->p);
	if (c == -1)
		return span_fail(r, "four hex digits must follow \\u");
	r->p += 6;
	if (c == 0)
		r->odd |= JSON_SPAN_NUL;
	if (c < 0xd800 || c > 0xdfff)
		return true;
	low = c < 0xdc00 ? span_hex4(r, r->p) : -1;
	if (low >= 0xdc00 && low <= 0xdfff)
		r->p += 6;
	else
		r->odd |= JSON_SPAN_HALF;
	return true;
}

static bool
span_string(struct span_reader *r)
{
	size_t wide;

	if (!span_skip(r, '"'))
		return span_fail(r, "a string is expected here");
	while (r->p < r->end && *r->p != '"') {
		if (*r->p == '\\') {
			if (!span_escape(r))
				return false;
			continue;
		}
		if ((uint8_t)*r->p < 0x20)
			return span_fail(r, "control character in a string");
		wide = str_utf8_len(r->p, (size_t)(r->end - r->p));
		if (wide == 0)
			return span_fail(r, "invalid UTF-8");
		r->p += wide;
	}
	return span_skip(r, '"') || span_fail(r, "");
}

static bool
span_digits(struct span_reader *r)
{
	const char *from = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return r->p > from || span_fail(r, "a digit is expected here");
}

static bool
span_number(struct span_reader *r)
{
	if (!span_skip(r, '0') && !span_digits(r))
		return false;
	if (span_skip(r, '.') && !span_digits(r))
		return false;
	if (span_skip(r, 'e') || span_skip(r, 'E')) {
		if (!span_skip(r, '+'))
			span_skip(r, '-');
		return span_digits(r);
	}
	return true;
}

static bool
span_word(struct span_reader *r, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(r->end - r->p) < len || memcmp(r->p, word, len) != 0)
		return false;
	r->p += len;
	return true;
}

static bool
span_scalar(struct span_reader *r)
{
	if (span_word(r, "null") || span_word(r, "true") ||
	    span_word(r, "false"))
		return true;
	if (span_word(r, "NaN")) {
		r->odd |= JSON_SPAN_NAN;
		return true;
	}
	span_skip(r, '-');
	if (span_word(r, "Infinity")) {
		r->odd |= JSON_SPAN_NAN;
		return true;
	}
	if (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		return span_number(r);
	return span_fail(r, "a value is expected here");
}

static bool span_value(struct span_reader *r);

static bool
span_name(struct span_reader *r)
{
	span_space(r);
	if (!span_string(r))
		return false;
	span_space(r);
	return span_skip(r, ':') || span_fail(r, "a colon is expected here");
}

/* p is at the opening bracket or brace; depth bounds the recursion. */
static bool
span_container(struct span_reader *r, char close)
{
	if (r->depth == 0)
		return span_fail(r, "nested too deeply");
	r->depth--;
	r->p++;
	span_space(r);
	if (!span_at(r, close)) {
		do {
			if (close == '}' && !span_name(r))
				return false;
			if (!span_value(r))
				return false;
			span_space(r);
		} while (span_skip(r, ','));
	}
	r->depth++;
	return span_skip(r, close) ||
	       span_fail(r, "a comma or the end is expected here");
}

static bool
span_value(struct span_reader *r)
{
	span_space(r);
	if (span_at(r, '{'))
		return span_container(r, '}');
	if (span_at(r, '['))
		return span_container(r, ']');
	if (span_at(r, '"'))
		return span_string(r);
	return span_scalar(r);
}

const char *
json_span_read(const char *text, size_t len, int depth, struct json_span *value,
    unsigned *odd)
{
	struct span_reader r = { .p = text, .end = text + len, .depth = depth };

	span_space(&r);
	value->p = r.p;
	if (!span_value(&r))
		return r.why;
	value->len = (size_t)(r.p - value->p);
	span_space(&r);
	if (r.p < r.end)
		return "something follows the value";
	*odd = r.odd;
	return NULL;
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
