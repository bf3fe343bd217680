/* SPDX-License-Identifier: ISC */
/* A strict JSON reader that builds json-c objects. */
#include "config.h"

#include "json.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "json_walk.h"

#define PLACES_MAX 16383

/*
 * json-c's own parser is not used, as it takes much that is not JSON even in
 * its strict mode; its objects are what the rest of the program works with.
 */
struct reader {
	struct json_walk walk;
	struct json_object *root; /* of all that was built */
	struct json_object *top;  /* the innermost that is open, or NULL */
};

/* The walk is the first member. */
static struct reader *
reader_of(struct json_walk *w)
{
	return (struct reader *)w;
}

static void
out_of_memory(void)
{
	fprintf(stderr, "errand: out of memory for a JSON value\n");
	abort();
}

/* Puts a value where it belongs.  In an object its name is all that is left
 * in the walk's text. */
static void
put(struct reader *r, struct json_object *value)
{
	if (r->top == NULL) {
		r->root = value;
		return;
	}
	if (json_object_is_type(r->top, json_type_array)) {
		if (json_object_array_add(r->top, value) != 0)
			out_of_memory();
		return;
	}
	if (json_object_object_add_ex(r->top, r->walk.text.data, value,
		JSON_C_OBJECT_ADD_KEY_IS_NEW) != 0)
		out_of_memory();
	r->walk.text.len = 0;
}

static void
put_new(struct reader *r, struct json_object *value)
{
	if (value == NULL)
		out_of_memory();
	put(r, value);
}

/* What was the innermost so far is kept for the time after. */
static void *
read_open(struct json_walk *w, bool object)
{
	struct reader *r = reader_of(w);
	struct json_object *outer = r->top, *inner;

	inner = object ? json_object_new_object() : json_object_new_array();
	put_new(r, inner);
	r->top = inner;
	return outer;
}

static void
read_close(struct json_walk *w, void *outer)
{
	reader_of(w)->top = outer;
}

static const char *
read_name(struct json_walk *w, size_t mark)
{
	struct reader *r = reader_of(w);
	const char *name = w->text.data;

	assert(mark == 0);
	if (memchr(name, '\0', w->text.len) != NULL)
		return "U+0000 in a member name";
	buf_addc(&w->text, '\0');
	if (json_object_object_get_ex(r->top, w->text.data, NULL))
		return "duplicate member name";
	return NULL;
}

static const char *
read_string(struct json_walk *w, size_t mark)
{
	size_t len = w->text.len - mark;
	struct json_object *value =
	    json_object_new_string_len(w->text.data + mark, (int)len);

	w->text.len = mark;
	put_new(reader_of(w), value);
	return NULL;
}

/* True if it has more places behind the point than PostgreSQL's jsonb takes. */
static bool
is_too_fine(const char *text)
{
	const char *point = strchr(text, '.'), *power = strpbrk(text, "eE");
	int64_t places = 0, n = 0;

	if (point != NULL)
		places = (int64_t)strspn(point + 1, "0123456789");
	if (power != NULL)
		n = strtol(power + 1, NULL, 10);
	return n < -PLACES_MAX || places - n > PLACES_MAX;
}

/* An integer if it is written as one and 64 bits hold it, a double if not,
 * which is written again as it was. */
static const char *
read_number(struct json_walk *w, const char *from, bool integer)
{
	size_t mark = w->text.len;
	const char *text;
	int64_t n;
	double d;

	buf_add(&w->text, from, (size_t)(w->p - from));
	text = w->text.data + mark;
	w->text.len = mark;
	if (integer && str_to_int(text, INT64_MIN, INT64_MAX, &n) == 0) {
		put_new(reader_of(w), json_object_new_int64(n));
		return NULL;
	}
	d = strtod(text, NULL);
	if (isinf(d))
		return "the number is too large";
	if (is_too_fine(text))
		return "the number has too many decimal places";
	put_new(reader_of(w), json_object_new_double_s(d, text));
	return NULL;
}

static void
read_word(struct json_walk *w, char first)
{
	if (first == 'n')
		put(reader_of(w), NULL);
	else
		put_new(reader_of(w), json_object_new_boolean(first == 't'));
}

static const struct json_walk_ops reader_ops = {
	.open = read_open,
	.close = read_close,
	.name = read_name,
	.string = read_string,
	.number = read_number,
	.word = read_word,
};

static bool
read_text(struct json_walk *w)
{
	const char *start = w->p;

	if (w->end - start > INT_MAX)
		return json_walk_fail(w, start, "the text is too long");
	if (w->end - start >= 3 && memcmp(start, "\xef\xbb\xbf", 3) == 0)
		return json_walk_fail(w, start,
		    "a byte-order mark is not JSON");
	json_walk_space(w);
	if (w->p == w->end)
		return json_walk_fail(w, w->p, "the text is empty");
	if (!json_walk_value(w))
		return false;
	json_walk_space(w);
	return w->p == w->end ||
	       json_walk_fail(w, w->p, "something follows the value");
}

static struct json_fault
fault_at(const char *start, const char *at, const char *msg)
{
	struct json_fault fault = { .line = 1, .column = 1, .msg = msg };
	const char *p;

	for (p = start; p < at; p++) {
		fault.column++;
		if (*p == '\n') {
			fault.line++;
			fault.column = 1;
		}
	}
	return fault;
}

struct json_object *
json_read(const char *text, size_t len, int depth, struct json_fault *fault)
{
	struct reader r = {
		.walk = { .p = text,
		    .end = text + len,
		    .depth = depth,
		    .ops = &reader_ops },
	};

	*fault = (struct json_fault){ 0 };
	if (!read_text(&r.walk)) {
		*fault = fault_at(text, r.walk.at, r.walk.fault);
		json_object_put(r.root);
		r.root = NULL;
	}
	buf_free(&r.walk.text);
	return r.root;
}

void
json_release(void *object)
{
	json_object_put(object);
}
