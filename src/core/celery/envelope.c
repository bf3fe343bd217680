/* SPDX-License-Identifier: ISC */
/* What Celery wraps around an event, a control message and its answer. */
#include "config.h"

#include "envelope.h"

#include <string.h>

#include "base/codec.h"
#include "base/str.h"
#include "base/uuid.h"
#include "text/json.h"
#include "text/json_write.h"
#include "text/member.h"

#define ENVELOPE_DEPTH 32

/* Clocks count messages; what is beyond this is none. */
#define ENVELOPE_CLOCK_MAX ((int64_t)1 << 53)

void
envelope_format(struct buf *b, const struct envelope *e)
{
	struct json_write w = json_write(b);
	struct uuid tag = uuid_new();
	char *out;

	json_open_object(&w, NULL);
	json_put_by_hand(&w, "body");
	buf_addc(b, '"');
	out = buf_reserve(b, CODEC_B64_PADDED(e->len));
	b->len += codec_b64(e->body, e->len, out);
	buf_addc(b, '"');
	json_put_text(&w, "content-encoding", "utf-8");
	json_put_text(&w, "content-type", "application/json");
	json_open_object(&w, "headers");
	if (e->hostname != NULL)
		json_put_text(&w, "hostname", e->hostname);
	else
		json_put_int(&w, "clock", e->clock);
	if (e->hostname == NULL && e->ticket != NULL)
		json_put_text(&w, "ticket", e->ticket);
	json_close_object(&w);
	json_open_object(&w, "properties");
	json_put_int(&w, "delivery_mode", 1);
	json_open_object(&w, "delivery_info");
	json_put_text(&w, "exchange", e->exchange);
	json_put_text(&w, "routing_key", e->routing_key);
	json_close_object(&w);
	json_put_int(&w, "priority", 0);
	json_put_text(&w, "body_encoding", "base64");
	json_put_uuid(&w, "delivery_tag", &tag);
	json_close_object(&w);
	json_close_object(&w);
	json_write_end(&w);
}

/* --- reading --- */

static struct json_object *
envelope_tree(struct arena *a, const char *text, size_t len)
{
	struct json_fault fault;
	struct json_object *o = json_read(text, len, ENVELOPE_DEPTH, &fault);

	if (o == NULL)
		return NULL;
	arena_defer(a, json_release, o);
	return json_object_is_type(o, json_type_object) ? o : NULL;
}

static int64_t
envelope_clock(struct json_object *message)
{
	int64_t n;

	return member_integer(member_object(message, "headers"), "clock", 0,
		   ENVELOPE_CLOCK_MAX, &n) == 1
		   ? n
		   : 0;
}

/* The body as it is, or out of base64; NULL if it is not there. */
static const char *
envelope_body(struct arena *a, struct json_object *message, size_t *len)
{
	const char *body = member_string(message, "body");
	const char *encoding =
	    member_string(member_object(message, "properties"),
		"body_encoding");
	uint8_t *out;
	long n;

	if (body == NULL)
		return NULL;
	*len = strlen(body);
	if (encoding == NULL || str_eq(encoding, "utf-8"))
		return body;
	if (!str_eq(encoding, "base64"))
		return NULL;
	out = arena_alloc(a, *len + 1);
	n = codec_b64_decode(body, *len, out);
	if (n == -1)
		return NULL;
	*len = (size_t)n;
	return (const char *)out;
}

struct json_object *
envelope_read(struct arena *a, const char *text, size_t len, int64_t *clock,
    const char **why)
{
	struct json_object *message, *object;
	const char *body, *type;
	size_t n;

	*clock = 0;
	*why = "it is larger than 1 MiB";
	if (len > ENVELOPE_MAX)
		return NULL;
	*why = "it is no JSON object";
	message = envelope_tree(a, text, len);
	if (message == NULL)
		return NULL;
	*clock = envelope_clock(message);
	*why = "its content type is not application/json";
	type = member_string(message, "content-type");
	if (type == NULL || !str_eq(type, "application/json"))
		return NULL;
	*why = "its body cannot be decoded";
	body = envelope_body(a, message, &n);
	if (body == NULL)
		return NULL;
	*why = "its body is no JSON object";
	object = envelope_tree(a, body, n);
	if (object != NULL)
		*why = NULL;
	return object;
}
