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
#include "text/json.h"

#define REPR_MAX ((size_t)1024) /* Celery cuts there too */

static const char *
json_text(const char *text, struct json_object *object, const char *nothing)
{
	if (text != NULL)
		return text;
	if (object == NULL)
		return nothing;
	return json_object_to_json_string_ext(object,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void
add_time(struct buf *b, bool given, int64_t us)
{
	char text[CELERY_TIME];

	json_add_cstring(b, given ? celery_time(us, text) : NULL);
}

/* Seconds; at least one, as none would mean no limit. */
static void
add_limit(struct buf *b, int64_t ms)
{
	if (ms <= 0)
		buf_adds(b, "null");
	else
		buf_addint(b, ms / 1000 + (ms % 1000 != 0));
}

/* For people who look on: not cut within a character. */
static void
add_repr(struct buf *b, const char *text)
{
	json_add_string(b, text, str_utf8_cut(text, strlen(text), REPR_MAX));
}

/* The body, base64 of JSON, which needs no escapes. */
static void
add_body(struct buf *b, const char *args, const char *kwargs)
{
	struct buf body = { 0 };
	char *out;

	buf_addc(&body, '[');
	buf_adds(&body, args);
	buf_adds(&body, ", ");
	buf_adds(&body, kwargs);
	buf_adds(&body, ", {\"callbacks\": null, \"errbacks\": null, "
			"\"chain\": null, \"chord\": null}]");
	out = buf_reserve(b, CODEC_B64_PADDED(body.len));
	b->len += codec_b64(body.data, body.len, out);
	buf_free(&body);
}

static void
add_origin(struct buf *b)
{
	char host[256] = "", origin[300];

	if (gethostname(host, sizeof(host) - 1) == -1)
		host[0] = '\0';
	snprintf(origin, sizeof(origin), "gen%ld@%s", (long)getpid(), host);
	json_add_cstring(b, origin);
}

static void
add_headers(struct buf *b, const struct celery_message *m, const char *args,
    const char *kwargs)
{
	buf_adds(b, "{\"lang\":\"c\",\"task\":");
	json_add_cstring(b, m->kind);
	buf_adds(b, ",\"id\":");
	json_add_cstring(b, m->id);
	buf_adds(b, ",\"shadow\":null,\"eta\":");
	add_time(b, m->has_eta, m->eta);
	buf_adds(b, ",\"expires\":");
	add_time(b, m->has_expires, m->expires);
	buf_adds(b, ",\"group\":");
	json_add_cstring(b, m->group);
	buf_adds(b, ",\"group_index\":null,\"retries\":");
	buf_addint(b, m->retries);
	buf_adds(b, ",\"timelimit\":[");
	add_limit(b, m->hard_limit);
	buf_addc(b, ',');
	add_limit(b, m->soft_limit);
	buf_adds(b, "],\"root_id\":");
	json_add_cstring(b, m->root_id != NULL ? m->root_id : m->id);
	buf_adds(b, ",\"parent_id\":");
	json_add_cstring(b, m->parent_id);
	buf_adds(b, ",\"argsrepr\":");
	add_repr(b, args);
	buf_adds(b, ",\"kwargsrepr\":");
	add_repr(b, kwargs);
	buf_adds(b, ",\"origin\":");
	add_origin(b);
	buf_printf(b,
	    ",\"ignore_result\":%s,\"replaced_task_nesting\":0,"
	    "\"stamped_headers\":null,\"stamps\":{}",
	    m->ignore_result ? "true" : "false");
	if (m->request_id != NULL) {
		buf_adds(b, ",\"request_id\":");
		json_add_cstring(b, m->request_id);
	}
	if (m->traceparent != NULL) {
		buf_adds(b, ",\"traceparent\":");
		json_add_cstring(b, m->traceparent);
	}
	buf_addc(b, '}');
}

/* A random tag: no two copies of a message may have the same. */
static void
add_tag(struct buf *b)
{
	struct uuid u;
	char text[UUID_TEXT];

	uuid_random(u.b, sizeof(u.b));
	u.b[6] = (uint8_t)((u.b[6] & 0x0f) | 0x40);
	u.b[8] = (uint8_t)((u.b[8] & 0x3f) | 0x80);
	json_add_cstring(b, uuid_format(&u, text));
}

static void
add_properties(struct buf *b, const struct celery_message *m)
{
	buf_adds(b, "{\"correlation_id\":");
	json_add_cstring(b, m->id);
	buf_adds(b, ",\"delivery_mode\":2,"
		    "\"delivery_info\":{\"exchange\":\"\",\"routing_key\":");
	json_add_cstring(b, m->queue);
	buf_printf(b,
	    "},\"priority\":%d,\"body_encoding\":\"base64\","
	    "\"delivery_tag\":",
	    m->priority);
	add_tag(b);
	buf_addc(b, '}');
}

void
celery_encode(struct buf *b, const struct celery_message *m)
{
	const char *args = json_text(m->args_text, m->args, "[]");
	const char *kwargs = json_text(m->kwargs_text, m->kwargs, "{}");

	buf_adds(b, "{\"body\":\"");
	add_body(b, args, kwargs);
	buf_adds(b, "\",\"content-encoding\":\"utf-8\","
		    "\"content-type\":\"application/json\",\"headers\":");
	add_headers(b, m, args, kwargs);
	buf_adds(b, ",\"properties\":");
	add_properties(b, m);
	buf_addc(b, '}');
}
