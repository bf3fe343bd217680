/* SPDX-License-Identifier: ISC */
/*
 * Events as GELF 1.1.
 *
 * Graylog gives a field the type that its first value has, for ever, and drops
 * each message in which it has another; also one with a field above 32766
 * bytes, one without a text, and one whose level is no number.  It drops fields
 * that are empty and those that have a name of its own.  A first text that
 * looks like a date makes a field of dates.  So what is written here is always
 * a number or always a text (tests/tree/log-fields.sh), never empty, short, and
 * never like a date.
 */
#define ZLIB_CONST
#include "config.h"

#include "gelf.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "base/str.h"
#include "text/json_write.h"

#define GELF_NAME 64 /* bytes of a name, without its underscore */

/* Names that Graylog keeps for itself, or that GELF forbids. */
static const char *const gelf_reserved[] = { "id", "source", "message",
	"timestamp", "level", "streams", "host" };

/* Letters, digits and _, behind a _; what is reserved gets another one. */
static const char *
gelf_name(const char *key, char out[GELF_NAME + 3])
{
	size_t n = 0, i;

	out[n++] = '_';
	for (; *key != '\0' && n <= GELF_NAME; key++) {
		char c = *key;
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9');

		out[n++] = good ? c : '_';
	}
	out[n] = '\0';
	for (i = 0; i < NELEM(gelf_reserved); i++) {
		if (str_eq(out + 1, gelf_reserved[i]))
			break;
	}
	if (i < NELEM(gelf_reserved) || str_starts(out, "_gl2_")) {
		out[n++] = '_';
		out[n] = '\0';
	}
	return out;
}

/* "2026", "2026-11-28...", "2026/11/28..." */
static bool
gelf_is_like_date(const char *s)
{
	return strspn(s, "0123456789") == 4 &&
	       (s[4] == '\0' || strchr("-/T ", s[4]) != NULL);
}

/* True if nothing that can be seen is in it. */
static bool
gelf_is_blank(const char *s, size_t len)
{
	return s[strspn(s, " \t\r\n\v\f")] == '\0' ||
	       (str_utf8_count(s, len) >= 0 && str_is_blank(s, len));
}

static void
gelf_put(struct json_write *w, const char *key, const char *text)
{
	char name[GELF_NAME + 3], guarded[LOG_TEXT_MAX + 2];
	size_t len = log_text_cut(text);

	if (gelf_is_blank(text, len))
		return;
	if (gelf_is_like_date(text)) {
		/* As in a table, an apostrophe says that it is text. */
		snprintf(guarded, sizeof(guarded), "'%.*s", (int)len, text);
		text = guarded;
		len++;
	}
	json_put_bytes(w, gelf_name(key, name), text, len);
}

static void
gelf_put_int(struct json_write *w, const char *key, int64_t n)
{
	char name[GELF_NAME + 3];

	json_put_int(w, gelf_name(key, name), n);
}

void
gelf_json(struct buf *b, const struct log_event *e, const char *host)
{
	size_t start = b->len, len = log_text_cut(e->msg);
	struct json_write w = json_write(b);
	const struct log_field *f;

	json_open_object(&w, NULL);
	json_put_text(&w, "version", "1.1");
	json_put_bytes(&w, "host", host, log_text_cut(host));
	if (gelf_is_blank(e->msg, len))
		json_put_text(&w, "short_message", "-");
	else
		json_put_bytes(&w, "short_message", e->msg, len);
	buf_printf(json_put_by_hand(&w, "timestamp"), "%" PRId64 ".%03d",
	    e->us / 1000000, (int)(e->us / 1000 % 1000));
	json_put_int(&w, "level", log_severities[e->level]);
	gelf_put(&w, "program", e->program);
	gelf_put_int(&w, "pid", e->pid);
	if (e->request_id != NULL)
		gelf_put(&w, "request_id", e->request_id);
	if (e->trace_id != NULL)
		gelf_put(&w, "trace_id", e->trace_id);
	/* A text may grow sixfold by its escapes. */
	for (f = e->fields;
	     f->key != NULL &&
	     b->len - start < GELF_MESSAGE_MAX - 6 * (LOG_TEXT_MAX + GELF_NAME);
	     f++) {
		if (f->text != NULL)
			gelf_put(&w, f->key, f->text);
		else
			gelf_put_int(&w, f->key, f->number);
	}
	json_close_object(&w);
	json_write_end(&w);
	assert(b->len - start <= GELF_MESSAGE_MAX);
}

void
gelf_gzip(struct buf *b, const void *data, size_t len)
{
	const int gzip = 15 + 16, memory = 8;
	z_stream z = { .next_in = data, .avail_in = (uInt)len };
	uLong most;

	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip, memory,
		Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* out of memory */
	most = deflateBound(&z, (uLong)len);
	z.next_out = (Bytef *)buf_reserve(b, most);
	z.avail_out = (uInt)most;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	b->len += z.total_out;
	deflateEnd(&z);
}

int
gelf_datagrams(struct buf *out, struct buf *sizes, const char *data, size_t len,
    size_t most, uint64_t id)
{
	const size_t each = most - GELF_CHUNK_HEAD;
	const size_t n = (len + each - 1) / each;
	uint32_t size = (uint32_t)len;
	size_t i, part;
	uint8_t head[GELF_CHUNK_HEAD] = { 0x1e, 0x0f };

	if (len <= most) {
		buf_add(out, data, len);
		buf_add(sizes, &size, sizeof(size));
		return 0;
	}
	if (n > GELF_CHUNKS)
		return -1;
	memcpy(head + 2, &id, sizeof(id));
	head[11] = (uint8_t)n;
	for (i = 0; i < n; i++) {
		part = i + 1 < n ? each : len - i * each;
		head[10] = (uint8_t)i;
		buf_add(out, head, sizeof(head));
		buf_add(out, data + i * each, part);
		size = (uint32_t)(part + GELF_CHUNK_HEAD);
		if (i + 1 < n)
			size |= LOG_NET_MORE;
		buf_add(sizes, &size, sizeof(size));
	}
	return 0;
}
