/* SPDX-License-Identifier: ISC */
/* A strict JSON reader that builds json-c objects. */
#include "config.h"

#include "json.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "json_string.h"

/*
 * One pass, by recursive descent that depth bounds.  json-c's own parser is
 * not used, as it takes much that is not JSON even in its strict mode; its
 * objects are what the rest of the program works with.
 *
 * scratch is a stack: names of the open members, each with its end, and on
 * top the string or number being read.  Offsets, as it may move.
 */
struct reader {
	const char *start;
	const char *p;
	const char *end;
	int depth; /* levels that may still be opened */
	struct buf scratch;
	struct json_fault *fault;
};

static int
fail(struct reader *r, const char *at, const char *msg)
{
	const char *p;

	*r->fault = (struct json_fault){ .line = 1, .column = 1, .msg = msg };
	for (p = r->start; p < at; p++) {
		r->fault->column++;
		if (*p == '\n') {
			r->fault->line++;
			r->fault->column = 1;
		}
	}
	return -1;
}

/* What stands here is not what the grammar wants. */
static int
unexpected(struct reader *r, const char *msg)
{
	return fail(r, r->p, r->p == r->end ? "the text ends too early" : msg);
}

static struct json_object *
must(struct json_object *o)
{
	if (o == NULL) {
		fprintf(stderr, "errand: out of memory for a JSON value\n");
		abort();
	}
	return o;
}

static bool
at(const struct reader *r, char c)
{
	return r->p < r->end && *r->p == c;
}

static bool
skip(struct reader *r, char c)
{
	bool found = at(r, c);

	r->p += found;
	return found;
}

static void
skip_space(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' ||
				    *r->p == '\n' || *r->p == '\r'))
		r->p++;
}

/* Adds the string's bytes and an end to scratch. */
static int
read_string(struct reader *r)
{
	const char *msg = json_string_read(&r->p, r->end, &r->scratch);

	if (msg != NULL)
		return unexpected(r, msg);
	buf_addc(&r->scratch, '\0');
	return 0;
}

static int
read_string_value(struct reader *r, struct json_object **out)
{
	size_t mark = r->scratch.len, len;

	if (read_string(r) != 0)
		return -1;
	len = r->scratch.len - mark - 1;
	*out =
	    must(json_object_new_string_len(r->scratch.data + mark, (int)len));
	r->scratch.len = mark;
	return 0;
}

static size_t
skip_digits(struct reader *r)
{
	const char *from = r->p;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return (size_t)(r->p - from);
}

/* Moves over a number.  1 if it is written as an integer, 0 if not, -1 if it
 * is malformed. */
static int
skip_number(struct reader *r)
{
	const char *first;
	int integer = 1;

	skip(r, '-');
	first = r->p;
	if (skip(r, '0')) {
		if (skip_digits(r) > 0)
			return fail(r, first, "a number must not start with 0");
	} else if (skip_digits(r) == 0) {
		return unexpected(r, "a digit is expected here");
	}
	if (skip(r, '.')) {
		integer = 0;
		if (skip_digits(r) == 0)
			return unexpected(r, "a digit is expected here");
	}
	if (skip(r, 'e') || skip(r, 'E')) {
		integer = 0;
		if (!skip(r, '+'))
			skip(r, '-');
		if (skip_digits(r) == 0)
			return unexpected(r, "a digit is expected here");
	}
	return integer;
}

/* An integer if it is written as one and 64 bits hold it, a double if not. */
static int
read_number(struct reader *r, struct json_object **out)
{
	const char *from = r->p;
	const char *text;
	size_t mark = r->scratch.len;
	int64_t n;
	double d;
	int integer = skip_number(r);

	if (integer < 0)
		return -1;
	buf_add(&r->scratch, from, (size_t)(r->p - from));
	text = r->scratch.data + mark;
	r->scratch.len = mark;
	if (integer && str_to_int(text, INT64_MIN, INT64_MAX, &n) == 0) {
		*out = must(json_object_new_int64(n));
		return 0;
	}
	d = strtod(text, NULL);
	if (isinf(d))
		return fail(r, from, "the number is too large");
	*out = must(json_object_new_double(d));
	return 0;
}

static int read_value(struct reader *r, struct json_object **out);

/* p is at the opening bracket or brace: one level deeper. */
static int
descend(struct reader *r)
{
	if (r->depth == 0)
		return fail(r, r->p, "nested too deeply");
	r->depth--;
	r->p++;
	skip_space(r);
	return 0;
}

static int
read_elements(struct reader *r, struct json_object *array)
{
	struct json_object *value;

	if (descend(r) != 0)
		return -1;
	if (!at(r, ']')) {
		do {
			if (read_value(r, &value) != 0)
				return -1;
			if (json_object_array_add(array, value) != 0)
				must(NULL);
			skip_space(r);
		} while (skip(r, ','));
	}
	r->depth++;
	if (!skip(r, ']'))
		return unexpected(r, "a comma or ] is expected here");
	return 0;
}

/* The name goes to the top of scratch; it is new in object. */
static int
read_name(struct reader *r, struct json_object *object)
{
	size_t mark = r->scratch.len;
	const char *from, *name;

	skip_space(r);
	from = r->p;
	if (!at(r, '"'))
		return unexpected(r,
		    "a member name in quotes is expected here");
	if (read_string(r) != 0)
		return -1;
	name = r->scratch.data + mark;
	if (strlen(name) != r->scratch.len - mark - 1)
		return fail(r, from, "U+0000 in a member name");
	if (json_object_object_get_ex(object, name, NULL))
		return fail(r, from, "duplicate member name");
	skip_space(r);
	if (!skip(r, ':'))
		return unexpected(r, "a colon is expected here");
	return 0;
}

static int
read_member(struct reader *r, struct json_object *object)
{
	struct json_object *value;
	size_t mark = r->scratch.len;

	if (read_name(r, object) != 0 || read_value(r, &value) != 0)
		return -1;
	if (json_object_object_add_ex(object, r->scratch.data + mark, value,
		JSON_C_OBJECT_ADD_KEY_IS_NEW) != 0)
		must(NULL);
	r->scratch.len = mark;
	skip_space(r);
	return 0;
}

static int
read_members(struct reader *r, struct json_object *object)
{
	if (descend(r) != 0)
		return -1;
	if (!at(r, '}')) {
		do {
			if (read_member(r, object) != 0)
				return -1;
		} while (skip(r, ','));
	}
	r->depth++;
	if (!skip(r, '}'))
		return unexpected(r, "a comma or } is expected here");
	return 0;
}

static int
read_container(struct reader *r, struct json_object **out)
{
	struct json_object *o;
	int failed;

	if (*r->p == '[') {
		o = must(json_object_new_array());
		failed = read_elements(r, o);
	} else {
		o = must(json_object_new_object());
		failed = read_members(r, o);
	}
	if (failed) {
		json_object_put(o);
		return -1;
	}
	*out = o;
	return 0;
}

static int
read_word(struct reader *r, struct json_object **out)
{
	static const char *const words[] = { "null", "true", "false" };
	size_t i, len;

	for (i = 0; i < NELEM(words); i++) {
		len = strlen(words[i]);
		if ((size_t)(r->end - r->p) < len ||
		    memcmp(r->p, words[i], len) != 0)
			continue;
		r->p += len;
		*out = i == 0 ? NULL : must(json_object_new_boolean(i == 1));
		return 0;
	}
	return unexpected(r, "a value is expected here");
}

static int
read_value(struct reader *r, struct json_object **out)
{
	skip_space(r);
	if (at(r, '{') || at(r, '['))
		return read_container(r, out);
	if (at(r, '"'))
		return read_string_value(r, out);
	if (at(r, '-') || (r->p < r->end && *r->p >= '0' && *r->p <= '9'))
		return read_number(r, out);
	return read_word(r, out);
}

static int
read_text(struct reader *r, struct json_object **out)
{
	if (r->end - r->start > INT_MAX)
		return fail(r, r->start, "the text is too long");
	if (r->end - r->start >= 3 && memcmp(r->start, "\xef\xbb\xbf", 3) == 0)
		return fail(r, r->start, "a byte-order mark is not JSON");
	skip_space(r);
	if (r->p == r->end)
		return fail(r, r->p, "the text is empty");
	if (read_value(r, out) != 0)
		return -1;
	skip_space(r);
	if (r->p < r->end) {
		json_object_put(*out);
		return fail(r, r->p, "something follows the value");
	}
	return 0;
}

struct json_object *
json_read(const char *text, size_t len, int depth, struct json_fault *fault)
{
	struct json_object *tree = NULL;
	struct reader r = {
		.start = text,
		.p = text,
		.end = text + len,
		.depth = depth,
		.fault = fault,
	};

	*fault = (struct json_fault){ 0 };
	if (read_text(&r, &tree) != 0)
		tree = NULL;
	buf_free(&r.scratch);
	return tree;
}

void
json_release(void *object)
{
	json_object_put(object);
}
