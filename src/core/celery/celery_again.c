/* SPDX-License-Identifier: ISC */
/* Sends a message of somebody else once more, as it was. */
#include "config.h"

#include "celery.h"

#include <inttypes.h>

#include "base/uuid.h"
#include "celery_own.h"
#include "text/json_span.h"
#include "text/json_write.h"

/* Adds ", " where need be, the name as it is written, and ": ". */
static void
put_name(struct buf *b, const struct json_span *name, bool *first)
{
	buf_adds(b, *first ? "" : ", ");
	*first = false;
	buf_add(b, name->p, name->len);
	buf_adds(b, ": ");
}

static void
put_headers(struct buf *b, const struct json_span *v,
    const struct celery_again *how)
{
	struct json_span name, member;
	const char *at = NULL;
	bool first = true;

	buf_addc(b, '{');
	while (json_span_each(v, &at, &name, &member)) {
		put_name(b, &name, &first);
		if (json_span_says(&name, "retries"))
			buf_printf(b, "%" PRId64, how->retries);
		else if (json_span_says(&name, "eta") ||
			 (json_span_says(&name, "expires") &&
			     how->forget_expires))
			buf_adds(b, "null");
		else
			buf_add(b, member.p, member.len);
	}
	buf_addc(b, '}');
}

static void
put_properties(struct buf *b, const struct json_span *v,
    const struct celery_again *how)
{
	const struct uuid tag = celery_tag(how->id);
	struct json_span name, member;
	const char *at = NULL;
	char text[UUID_TEXT];
	bool first = true;

	buf_addc(b, '{');
	while (json_span_each(v, &at, &name, &member)) {
		put_name(b, &name, &first);
		if (json_span_says(&name, "delivery_tag")) {
			buf_printf(b, "\"%s\"", uuid_format(&tag, text));
		} else if (json_span_says(&name, "delivery_info")) {
			struct json_write w = json_write(b);

			json_open_object(&w, NULL);
			json_put_text(&w, "exchange", "");
			json_put_text(&w, "routing_key", how->queue);
			json_close_object(&w);
			json_write_end(&w);
		} else {
			buf_add(b, member.p, member.len);
		}
	}
	buf_addc(b, '}');
}

bool
celery_encode_again(struct buf *b, const char *text, size_t len,
    const struct celery_again *how)
{
	struct json_span v, name, member;
	const char *at = NULL;
	bool first = true;
	unsigned odd;

	if (json_span_read(text, len, CELERY_DEPTH, &v, &odd) != NULL ||
	    !json_span_is(&v, '{'))
		return false;
	buf_addc(b, '{');
	while (json_span_each(&v, &at, &name, &member)) {
		put_name(b, &name, &first);
		if (json_span_says(&name, "headers") &&
		    json_span_is(&member, '{'))
			put_headers(b, &member, how);
		else if (json_span_says(&name, "properties") &&
			 json_span_is(&member, '{'))
			put_properties(b, &member, how);
		else
			buf_add(b, member.p, member.len);
	}
	buf_addc(b, '}');
	return true;
}
