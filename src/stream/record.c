/* SPDX-License-Identifier: ISC */
/* Takes records of FastCGI apart, and makes them. */
#include "config.h"

#include "record.h"

#include <string.h>

#define RECORD_VERSION   1
#define RECORD_RESPONDER 1
#define RECORD_KEEP      1 /* flag of BEGIN */

static size_t
record_number(const uint8_t *p)
{
	return (size_t)p[0] << 8 | p[1];
}

int
record_parse(const void *data, size_t len, struct record *out)
{
	const uint8_t *p = data;

	if (len > 0 && p[0] != RECORD_VERSION)
		return -1;
	if (len < RECORD_HEAD)
		return 0;
	out->type = p[1];
	out->id = (uint16_t)record_number(p + 2);
	out->len = record_number(p + 4);
	out->size = RECORD_HEAD + out->len + p[6];
	out->content = p + RECORD_HEAD;
	return len >= out->size ? 1 : 0;
}

bool
record_begin(const struct record *r, bool *keep)
{
	if (r->len < 3 || record_number(r->content) != RECORD_RESPONDER)
		return false;
	*keep = (r->content[2] & RECORD_KEEP) != 0;
	return true;
}

void
record_head(uint8_t out[RECORD_HEAD], enum record_type type, uint16_t id,
    size_t len)
{
	out[0] = RECORD_VERSION;
	out[1] = (uint8_t)type;
	out[2] = (uint8_t)(id >> 8);
	out[3] = (uint8_t)id;
	out[4] = (uint8_t)(len >> 8);
	out[5] = (uint8_t)len;
	out[6] = out[7] = 0;
}

static void
record_add(struct buf *b, enum record_type type, uint16_t id, const void *data,
    size_t len)
{
	uint8_t head[RECORD_HEAD];

	record_head(head, type, id, len);
	buf_add(b, head, sizeof(head));
	buf_add(b, data, len);
}

void
record_add_text(struct buf *b, uint16_t id, const char *text, size_t len)
{
	while (len > 0) {
		size_t n = len < RECORD_MAX ? len : RECORD_MAX;

		record_add(b, RECORD_STDOUT, id, text, n);
		text += n;
		len -= n;
	}
}

void
record_add_end(struct buf *b, uint16_t id, enum record_status status)
{
	const uint8_t body[8] = { [4] = (uint8_t)status };

	if (status == RECORD_COMPLETE)
		record_add(b, RECORD_STDOUT, id, "", 0);
	record_add(b, RECORD_END, id, body, sizeof(body));
}

/* A length: one byte, or four with the highest bit set. */
static int
record_length(const char **at, const char *end, size_t *len)
{
	const uint8_t *p = (const uint8_t *)*at;

	if (*at == end)
		return -1;
	*len = p[0];
	if (p[0] < 0x80) {
		*at += 1;
		return 0;
	}
	if (end - *at < 4)
		return -1;
	*len = (size_t)(p[0] & 0x7f) << 24 | (size_t)p[1] << 16 |
	       (size_t)p[2] << 8 | p[3];
	*at += 4;
	return 0;
}

int
record_pair(const char **at, const char *end, struct record_pair *out)
{
	if (*at == end)
		return 0;
	if (record_length(at, end, &out->name_len) == -1 ||
	    record_length(at, end, &out->value_len) == -1 ||
	    (size_t)(end - *at) < out->name_len ||
	    (size_t)(end - *at) - out->name_len < out->value_len)
		return -1;
	out->name = *at;
	out->value = *at + out->name_len;
	*at += out->name_len + out->value_len;
	return 1;
}

/* A connection has one request at a time: that is all that we tell. */
static void
record_add_values(struct buf *b, const struct record *r)
{
	static const char name[] = "FCGI_MPXS_CONNS";
	static const char answer[] = "\017\001FCGI_MPXS_CONNS0";
	const char *at = (const char *)r->content, *end = at + r->len;
	struct record_pair pair;
	bool asked = false;

	while (record_pair(&at, end, &pair) == 1)
		asked = asked ||
			(pair.name_len == sizeof(name) - 1 &&
			    memcmp(pair.name, name, sizeof(name) - 1) == 0);
	record_add(b, RECORD_GET_VALUES_RESULT, 0, answer,
	    asked ? sizeof(answer) - 1 : 0);
}

void
record_add_about(struct buf *b, const struct record *r)
{
	const uint8_t unknown[8] = { r->type };

	if (r->type == RECORD_GET_VALUES)
		record_add_values(b, r);
	else
		record_add(b, RECORD_UNKNOWN_TYPE, 0, unknown, sizeof(unknown));
}
