/* SPDX-License-Identifier: ISC */
/* JSON of others, left as text: pieces are found and copied, never rewritten,
 * so that nothing is lost that no object of ours could hold. */
#ifndef JSON_SPAN_H
#define JSON_SPAN_H

#include "base/arena.h"
#include "base/base.h"
#include "json_string.h"

/* A value within a text, without the white space around it. */
struct json_span {
	const char *p;
	size_t len;
};

/* What Python's json module writes and reads, and other readers do not. */
#define JSON_SPAN_NUL  JSON_STRING_NUL  /* U+0000 in a string */
#define JSON_SPAN_HALF JSON_STRING_HALF /* half of a surrogate pair */
#define JSON_SPAN_NAN  4u               /* NaN, Infinity, -Infinity */

/* Checks that text is one value, nested at most depth levels, and nothing
 * behind it; JSON as Python reads it, in valid UTF-8.  Names may occur more
 * than once: the last one counts.  NULL with *value (and *odd, the above that
 * occur), or what is wrong as a constant sentence. */
const char *json_span_read(const char *text, size_t len, int depth,
    struct json_span *value, unsigned *odd) MUSTCHECK;

/* The same for the value that text begins with, whatever follows. */
const char *json_span_begin(const char *text, size_t len, int depth,
    struct json_span *value, unsigned *odd) MUSTCHECK;

/* For spans out of json_span_read, and of these themselves. */

/* The first character tells the type: { [ " t f n, else a number. */
bool json_span_is(const struct json_span *v, char first);

/* The member of an object; false if v is no object or has none. */
bool json_span_get(const struct json_span *v, const char *name,
    struct json_span *member);

/* The members of an object one after another, with their names as they are
 * written: *at is NULL at first.  False at the end. */
bool json_span_each(const struct json_span *v, const char **at,
    struct json_span *name, struct json_span *member);

/* The elements of an array in the same way. */
bool json_span_next(const struct json_span *v, const char **at,
    struct json_span *element);

/* True if the string, as it is written, means that text. */
bool json_span_says(const struct json_span *v, const char *text);

/* The element of an array; false if v is no array or ends before it. */
bool json_span_at(const struct json_span *v, size_t index,
    struct json_span *element);

/* Number of an array's elements, 0 for anything else. */
size_t json_span_count(const struct json_span *v);

/* What a string means, or NULL: no string, longer than max bytes, U+0000 or
 * half a surrogate pair in it. */
char *json_span_text(struct arena *a, const struct json_span *v, size_t max);

/* An integer of 64 bits; false if v is anything else. */
bool json_span_int(const struct json_span *v, int64_t *n);

#endif
