/* SPDX-License-Identifier: ISC */
/* Makes Celery messages, always of the same shape. */
#include "config.h"

#include "celery.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/str.h"
#include "base/uuid.h"
#include "celery_own.h"
#include "text/json_write.h"

#define REPR_MAX ((size_t)1024) /* Celery cuts there too */

static void
put_time(struct json_write *w, const char *name, bool given, int64_t us)
{
	char text[CELERY_TIME];

	json_put_text(w, name, given ? celery_time(us, text) : NULL);
}

/* Seconds; at least one, as none would mean no limit. */
static void
put_limit(struct json_write *w, int64_t ms)
{
	if (ms <= 0)
		json_put_null(w, NULL);
	else
		json_put_int(w, NULL, ms / 1000 + (ms % 1000 != 0));
}

/* For people who look on: not cut within a character. */
static void
put_repr(struct json_write *w, const char *name, const char *text)
{
	json_put_bytes(w, name, text,
	    str_utf8_cut(text, strlen(text), REPR_MAX));
}

static const char *
or_null(const char *json)
{
	return json == NULL ? "null" : json;
}

/* base64 of JSON, which needs no escapes. */
static void
put_body(struct json_write *w, const struct celery_message *m, const char *args,
    const char *kwargs)
{
	struct buf *b = json_put_by_hand(w, "body"), body = { 0 };
	char *out;

	buf_printf(&body,
	    "[%s, %s, {\"callbacks\": %s, \"errbacks\": %s, "
	    "\"chain\": %s, \"chord\": %s}]",
	    args, kwargs, or_null(m->callbacks), or_null(m->errbacks),
	    or_null(m->chain), or_null(m->chord));
	buf_addc(b, '"');
	out = buf_reserve(b, CODEC_B64_PADDED(body.len));
	b->len += codec_b64(body.data, body.len, out);
	buf_addc(b, '"');
	buf_free(&body);
}

static void
put_headers(struct json_write *w, const struct celery_message *m,
    const char *args, const char *kwargs)
{
	char host[256] = "", origin[300];

	if (gethostname(host, sizeof(host) - 1) == -1)
		host[0] = '\0';
	snprintf(origin, sizeof(origin), "gen%ld@%s", (long)getpid(), host);
	json_open_object(w, "headers");
	json_put_text(w, "lang", "c");
	json_put_text(w, "task", m->kind);
	json_put_text(w, "id", m->id);
	json_put_text(w, "shadow", m->shadow);
	put_time(w, "eta", m->has_eta, m->eta);
	put_time(w, "expires", m->has_expires, m->expires);
	json_put_text(w, "group", m->group);
	json_put_raw(w, "group_index", or_null(m->group_index));
	json_put_int(w, "retries", m->retries);
	json_open_array(w, "timelimit");
	put_limit(w, m->hard_limit);
	put_limit(w, m->soft_limit);
	json_close_array(w);
	json_put_text(w, "root_id", m->root_id != NULL ? m->root_id : m->id);
	json_put_text(w, "parent_id", m->parent_id);
	put_repr(w, "argsrepr", args);
	put_repr(w, "kwargsrepr", kwargs);
	json_put_text(w, "origin", origin);
	json_put_bool(w, "ignore_result", m->ignore_result);
	json_put_int(w, "replaced_task_nesting", 0);
	json_put_raw(w, "stamped_headers", or_null(m->stamped));
	json_put_raw(w, "stamps", m->stamps == NULL ? "{}" : m->stamps);
	if (m->request_id != NULL)
		json_put_text(w, "request_id", m->request_id);
	if (m->traceparent != NULL)
		json_put_text(w, "traceparent", m->traceparent);
	if (m->headers != NULL && m->headers[0] != '\0')
		json_put_members(w, m->headers);
	json_close_object(w);
}

/* The first half of a tag is random: no two messages may have the same.  The
 * second follows from it and the id. */
static void
fill_tag(struct uuid *tag, const char *id)
{
	uint8_t digest[CODEC_SHA256];
	struct buf b = { 0 };

	tag->b[6] = (uint8_t)((tag->b[6] & 0x0f) | 0x80); /* RFC 9562: ours */
	buf_add(&b, tag->b, 8);
	buf_adds(&b, id);
	codec_sha256(b.data, b.len, digest);
	buf_free(&b);
	memcpy(tag->b + 8, digest, 8);
	tag->b[8] = (uint8_t)((tag->b[8] & 0x3f) | 0x80);
}

struct uuid
celery_tag(const char *id)
{
	struct uuid tag;

	uuid_random(tag.b, 8);
	fill_tag(&tag, id);
	return tag;
}

bool
celery_tag_is_ours(const char *tag, const char *id)
{
	struct uuid is, ours;

	if (tag == NULL || uuid_parse(tag, &is) == -1)
		return false;
	ours = is;
	fill_tag(&ours, id);
	return memcmp(&is, &ours, sizeof(is)) == 0;
}

static void
put_properties(struct json_write *w, const struct celery_message *m)
{
	const struct uuid tag = celery_tag(m->id);

	json_open_object(w, "properties");
	json_put_text(w, "correlation_id", m->id);
	if (m->reply_to != NULL)
		json_put_text(w, "reply_to", m->reply_to);
	json_put_int(w, "delivery_mode", 2);
	json_open_object(w, "delivery_info");
	json_put_text(w, "exchange", "");
	json_put_text(w, "routing_key", m->queue);
	json_close_object(w);
	json_put_int(w, "priority", m->priority);
	json_put_text(w, "body_encoding", "base64");
	if (m->tag != NULL)
		json_put_text(w, "delivery_tag", m->tag);
	else
		json_put_uuid(w, "delivery_tag", &tag);
	json_close_object(w);
}

void
celery_encode(struct buf *b, const struct celery_message *m)
{
	const char *args = m->args == NULL ? "[]" : m->args;
	const char *kwargs = m->kwargs == NULL ? "{}" : m->kwargs;
	struct json_write w = json_write(b);

	json_open_object(&w, NULL);
	put_body(&w, m, args, kwargs);
	json_put_text(&w, "content-encoding", "utf-8");
	json_put_text(&w, "content-type", "application/json");
	put_headers(&w, m, args, kwargs);
	put_properties(&w, m);
	json_close_object(&w);
	json_write_end(&w);
}
