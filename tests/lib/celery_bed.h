/* SPDX-License-Identifier: ISC */
/* What tests of Celery's messages share: decoding, and odd messages. */
#ifndef CELERY_BED_H
#define CELERY_BED_H

#include "lib/harness.h"

#include "celery/celery.h"

static struct arena *a;

static inline void
set_up(void)
{
	a = arena_new();
}

static inline void
tear_down(void)
{
	arena_free(a);
}

/* Decodes a copy that has no byte to spare, and judges its arguments. */
static inline enum celery_err
decode_n(const char *text, size_t len, struct celery_message *m,
    const char **why)
{
	char *copy = harness_exact(text, len);
	enum celery_err err = celery_decode(a, copy, len, m, why);

	free(copy);
	ck_assert((err == CELERY_OK) == (*why == NULL));
	if (err != CELERY_OK)
		return err;
	*why = celery_check_args(m);
	return *why == NULL ? CELERY_OK : CELERY_ARGS;
}

static inline enum celery_err
decode(const char *text, struct celery_message *m, const char **why)
{
	return decode_n(text, strlen(text), m, why);
}

/*
 * One message in five pieces; what is NULL is as in a good one, what is ""
 * is missing.  plain is a body without base64.
 */
#define H    "\"task\":\"t\",\"id\":\"i\""
#define INFO "\"delivery_info\":{\"exchange\":\"\",\"routing_key\":\"q\"}"
#define TAG  "\"delivery_tag\":\"x\""
#define GOOD "W1syLDNdLHt9LHt9XQ=="
#define P64  "\"body_encoding\":\"base64\""

struct shape {
	const char *body, *plain, *type, *headers, *properties;
	enum celery_err err;
	const char *id; /* that must be told, for errors */
};

static inline void
add_member(struct buf *b, const char *name, const char *given, const char *good)
{
	if (given == NULL)
		given = good;
	if (given[0] == '\0')
		return;
	buf_printf(b, "%s\"%s\":", b->len > 1 ? "," : "", name);
	buf_adds(b, given);
}

/* The plain body as a JSON string. */
static inline const char *
quoted(const char *plain)
{
	struct buf b = { 0 };
	const char *text;

	buf_addc(&b, '"');
	for (; *plain != '\0'; plain++) {
		if (*plain == '"')
			buf_addc(&b, '\\');
		buf_addc(&b, *plain);
	}
	buf_addc(&b, '"');
	text = arena_strdup(a, b.data);
	buf_free(&b);
	return text;
}

static inline void
add_shape(struct buf *b, const struct shape *s)
{
	const char *properties = "{" P64 "," INFO "," TAG "}";

	if (s->plain != NULL)
		properties = "{" INFO "," TAG "}";
	buf_addc(b, '{');
	if (s->plain != NULL)
		add_member(b, "body", quoted(s->plain), NULL);
	else
		add_member(b, "body", s->body, "\"" GOOD "\"");
	add_member(b, "content-encoding", NULL, "\"utf-8\"");
	add_member(b, "content-type", s->type, "\"application/json\"");
	add_member(b, "headers", s->headers, "{" H "}");
	add_member(b, "properties", s->properties, properties);
	buf_addc(b, '}');
}

#endif
