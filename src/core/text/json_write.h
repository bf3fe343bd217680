/* SPDX-License-Identifier: ISC */
/* Writes JSON: makes the quotes, the commas and the escapes. */
#ifndef JSON_WRITE_H
#define JSON_WRITE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/uuid.h"

#define JSON_WRITE_DEPTH 32

/* One value on its way into a buf.  It has no memory of its own: nothing is
 * to be released, and what is unfinished can be left as it is. */
struct json_write {
	struct buf *b;
	uint32_t objects; /* a bit for each open level: an object */
	unsigned depth;   /* levels that are open */
	bool comma;       /* one is due before the next value */
};

/* Begins a value at the end of b, compact. */
static inline struct json_write
json_write(struct buf *b)
{
	return (struct json_write){ .b = b };
}

/* In an object each value has a name, in an array and on top it has none: then
 * name is NULL.  What does not fit together, and more than JSON_WRITE_DEPTH
 * levels, are mistakes of the caller, and end the process. */
void json_open_object(struct json_write *w, const char *name);
void json_open_array(struct json_write *w, const char *name);
void json_close_object(struct json_write *w);
void json_close_array(struct json_write *w);

/* Strings, escaped; invalid UTF-8 becomes U+FFFD.  A text of NULL is null. */
void json_put_text(struct json_write *w, const char *name, const char *text);
void json_put_bytes(struct json_write *w, const char *name, const char *text,
    size_t len);

void json_put_int(struct json_write *w, const char *name, int64_t n);
void json_put_bool(struct json_write *w, const char *name, bool yes);
void json_put_null(struct json_write *w, const char *name);

/* A time in microseconds since 1970 as clock_format writes it, and a UUID. */
void json_put_time(struct json_write *w, const char *name, int64_t us);
void json_put_time_or_null(struct json_write *w, const char *name,
    int64_t us); /* 0: null */
void json_put_uuid(struct json_write *w, const char *name,
    const struct uuid *id);

/* Microseconds as seconds with six decimals. */
void json_put_seconds(struct json_write *w, const char *name, int64_t us);

/* A value that is JSON already. */
void json_put_raw(struct json_write *w, const char *name, const char *json);
void json_put_raw_bytes(struct json_write *w, const char *name,
    const char *json, size_t len);

/* Members of an object that are JSON already, with commas between them. */
void json_put_members(struct json_write *w, const char *members);

/* Returns w->b: the caller adds one value of JSON to its end before anything
 * else is written. */
struct buf *json_put_by_hand(struct json_write *w, const char *name);

/* Begins a line, where another value follows in the same object or array. */
void json_break_line(struct json_write *w);

/* Checks that all is closed. */
void json_write_end(const struct json_write *w);

#endif
