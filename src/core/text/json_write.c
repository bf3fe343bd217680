/* SPDX-License-Identifier: ISC */
/* Writes JSON; what stands between two values depends on one flag alone. */
#include "config.h"

#include "json_write.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "json.h"
#include "json_string.h"

static bool
in_object(const struct json_write *w)
{
	return w->depth > 0 && (w->objects & 1U) != 0;
}

/* The comma and the name of a value.  Returns where the value begins, with
 * room for it and a byte more; the caller sets the end by finish. */
static char *
begin(struct json_write *w, const char *name, size_t room)
{
	size_t len;
	char *p;

	assert((name != NULL) == in_object(w));
	assert(w->depth > 0 || !w->comma); /* one value on top */
	if (name == NULL) {
		p = buf_reserve(w->b, room + 1);
	} else {
		len = strlen(name);
		p = buf_reserve(w->b, len + room + 4);
	}
	if (w->comma)
		*p++ = ',';
	w->comma = true;
	if (name == NULL)
		return p;
	if (json_string_plain(name, len) < len) {
		w->b->len = (size_t)(p - w->b->data);
		json_add_string(w->b, name, len);
		p = buf_reserve(w->b, room + 1);
	} else {
		*p++ = '"';
		memcpy(p, name, len);
		p += len;
		*p++ = '"';
	}
	*p++ = ':';
	return p;
}

static void
finish(struct json_write *w, char *end)
{
	*end = '\0';
	w->b->len = (size_t)(end - w->b->data);
}

static void
open_level(struct json_write *w, const char *name, bool object)
{
	char *p = begin(w, name, 1);

	assert(w->depth < JSON_WRITE_DEPTH);
	*p++ = object ? '{' : '[';
	finish(w, p);
	w->objects = w->objects << 1 | object;
	w->depth++;
	w->comma = false;
}

static void
close_level(struct json_write *w, bool object)
{
	assert(w->depth > 0 && in_object(w) == object);
	buf_addc(w->b, object ? '}' : ']');
	w->objects >>= 1;
	w->depth--;
	w->comma = true;
}

void
json_open_object(struct json_write *w, const char *name)
{
	open_level(w, name, true);
}

void
json_open_array(struct json_write *w, const char *name)
{
	open_level(w, name, false);
}

void
json_close_object(struct json_write *w)
{
	close_level(w, true);
}

void
json_close_array(struct json_write *w)
{
	close_level(w, false);
}

void
json_put_bytes(struct json_write *w, const char *name, const char *text,
    size_t len)
{
	char *p = begin(w, name, len + 2);

	if (len > 0 && json_string_plain(text, len) < len) {
		finish(w, p);
		json_add_string(w->b, text, len);
		return;
	}
	*p++ = '"';
	if (len > 0)
		memcpy(p, text, len);
	p += len;
	*p++ = '"';
	finish(w, p);
}

void
json_put_text(struct json_write *w, const char *name, const char *text)
{
	if (text == NULL)
		json_put_null(w, name);
	else
		json_put_bytes(w, name, text, strlen(text));
}

void
json_put_raw_bytes(struct json_write *w, const char *name, const char *json,
    size_t len)
{
	char *p = begin(w, name, len);

	memcpy(p, json, len);
	finish(w, p + len);
}

void
json_put_raw(struct json_write *w, const char *name, const char *json)
{
	json_put_raw_bytes(w, name, json, strlen(json));
}

void
json_put_int(struct json_write *w, const char *name, int64_t n)
{
	buf_addint(json_put_by_hand(w, name), n);
}

void
json_put_bool(struct json_write *w, const char *name, bool yes)
{
	json_put_raw(w, name, yes ? "true" : "false");
}

void
json_put_null(struct json_write *w, const char *name)
{
	json_put_raw_bytes(w, name, "null", 4);
}

void
json_put_time(struct json_write *w, const char *name, int64_t us)
{
	char *p = begin(w, name, CLOCK_TEXT + 1);

	*p++ = '"';
	clock_format(us, p);
	p += CLOCK_TEXT - 1;
	*p++ = '"';
	finish(w, p);
}

void
json_put_time_or_null(struct json_write *w, const char *name, int64_t us)
{
	if (us == 0)
		json_put_null(w, name);
	else
		json_put_time(w, name, us);
}

void
json_put_seconds(struct json_write *w, const char *name, int64_t us)
{
	buf_printf(json_put_by_hand(w, name), "%" PRId64 ".%06" PRId64,
	    us / 1000000, us % 1000000);
}

void
json_put_uuid(struct json_write *w, const char *name, const struct uuid *id)
{
	char *p = begin(w, name, UUID_TEXT + 1);

	*p++ = '"';
	uuid_format(id, p);
	p += UUID_TEXT - 1;
	*p++ = '"';
	finish(w, p);
}

struct buf *
json_put_by_hand(struct json_write *w, const char *name)
{
	finish(w, begin(w, name, 0));
	return w->b;
}

void
json_put_members(struct json_write *w, const char *members)
{
	assert(in_object(w));
	if (w->comma)
		buf_addc(w->b, ',');
	buf_adds(w->b, members);
	w->comma = true;
}

void
json_break_line(struct json_write *w)
{
	buf_adds(w->b, w->comma ? ",\n" : "\n");
	w->comma = false;
}

void
json_write_end(const struct json_write *w)
{
	assert(w->depth == 0 && w->comma);
}
