/* SPDX-License-Identifier: ISC */
/* Strict JSON in (RFC 8259 and I-JSON's refusals), escaped strings out. */
#ifndef JSON_H
#define JSON_H

#include <json-c/json_object.h>

#include "base/base.h"
#include "base/buf.h"

struct json_fault {
	unsigned line;   /* from 1 */
	unsigned column; /* in bytes, from 1 */
	const char *msg; /* a constant sentence without a full stop */
};

/* Reads one JSON text and nothing after it.  Refused beyond what RFC 8259
 * refuses: invalid UTF-8, a byte-order mark, duplicate member names (compared
 * after unescaping), a member name with U+0000, lone surrogates, numbers that
 * no double can hold, and nesting deeper than depth.  A string value may hold
 * U+0000: use json_object_get_string_len.
 * Returns a tree that the caller puts, or NULL with *fault set.  The text
 * "null" is a NULL tree as well: then fault->msg is NULL. */
struct json_object *json_read(const char *text, size_t len, int depth,
    struct json_fault *fault) MUSTCHECK;

/* arena_defer's form of json_object_put. */
void json_release(void *object);

/* Adds s as a JSON string with its quotes.  Invalid UTF-8 becomes U+FFFD. */
void json_add_string(struct buf *b, const char *s, size_t len);

/* The same, or null if s is NULL. */
void json_add_cstring(struct buf *b, const char *s);

#endif
