/* SPDX-License-Identifier: ISC */
/* Celery's messages and results: made, read, and refused. */
#include "config.h"

#include "lib/harness.h"

#include <json-c/json.h>

#include "base/codec.h"
#include "base/str.h"
#include "celery/celery.h"
#include "celery/celery_result.h"
#include "text/json.h"
#include "text/json_span.h"

/* As Celery 5.2 sends it: send_task('tapp.add', [2, 3]). */
#define SENT                                                                   \
	"{\"body\": "                                                          \
	"\"W1syLCAzXSwge30sIHsiY2FsbGJhY2tzIjogbnVsbCwgImVycmJhY2tzI"          \
	"jogbnVsbCwgImNoYWluIjogbnVsbCwgImNob3JkIjogbnVsbH1d\", "              \
	"\"content-encoding\": \"utf-8\", "                                    \
	"\"content-type\": \"application/json\", \"headers\": {\"lang\": "     \
	"\"py\", "                                                             \
	"\"task\": \"tapp.add\", "                                             \
	"\"id\": \"11111111-1111-1111-1111-111111111111\", "                   \
	"\"shadow\": null, \"eta\": null, \"expires\": null, \"group\": "      \
	"null, "                                                               \
	"\"group_index\": null, \"retries\": 0, \"timelimit\": [null, null], " \
	"\"root_id\": \"11111111-1111-1111-1111-111111111111\", "              \
	"\"parent_id\": null, \"argsrepr\": \"[2, 3]\", "                      \
	"\"kwargsrepr\": \"{}\", \"origin\": \"gen10597@vm\", "                \
	"\"ignore_result\": false}, \"properties\": {\"correlation_id\": "     \
	"\"11111111-1111-1111-1111-111111111111\", "                           \
	"\"reply_to\": \"cfcca2bb-460e-3533-8772-d1f80edb101f\", "             \
	"\"delivery_mode\": 2, \"delivery_info\": {\"exchange\": \"\", "       \
	"\"routing_key\": \"celery\"}, \"priority\": 0, "                      \
	"\"body_encoding\": \"base64\", "                                      \
	"\"delivery_tag\": \"230a44a3-bbf8-41d9-9f52-3363f8fd1a8f\"}}"

static struct arena *a;

static void
set_up(void)
{
	a = arena_new();
}

static void
tear_down(void)
{
	arena_free(a);
}

/* Decodes a copy that has no byte to spare, and judges its arguments. */
static enum celery_err
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

static enum celery_err
decode(const char *text, struct celery_message *m, const char **why)
{
	return decode_n(text, strlen(text), m, why);
}

START_TEST(what_celery_sends_is_read)
{
	struct celery_message m;
	const char *why;

	ck_assert_int_eq(decode(SENT, &m, &why), CELERY_OK);
	ck_assert_str_eq(m.id, "11111111-1111-1111-1111-111111111111");
	ck_assert_str_eq(m.kind, "tapp.add");
	ck_assert_str_eq(m.args, "[2, 3]");
	ck_assert_str_eq(m.kwargs, "{}");
	ck_assert_str_eq(m.root_id, m.id);
	ck_assert_ptr_null(m.parent_id);
	ck_assert_ptr_null(m.group);
	ck_assert_str_eq(m.queue, "celery");
	ck_assert_int_eq(m.priority, 0);
	ck_assert_int_eq(m.retries, 0);
	ck_assert(!m.has_eta && !m.has_expires && !m.ignore_result);
	ck_assert(!m.redelivered && m.soft_limit == 0 && m.hard_limit == 0);
	ck_assert_ptr_null(m.request_id);
}
END_TEST

START_TEST(what_is_made_is_read)
{
	const struct celery_message in = { .id = "j\xc3\xb6"
						 "b/1:\"",
		.kind = "errand.x",
		.args = "[1,2.50,\"\xe2\x82\xac\"]",
		.kwargs = "{\"n\": 123456789012345678901234567890}",
		.root_id = "root",
		.parent_id = "parent",
		.group = "g",
		.retries = 4,
		.has_eta = true,
		.eta = 1795346235569071,
		.has_expires = true,
		.expires = 1795346236000000,
		.soft_limit = 1500,
		.hard_limit = 60000,
		.ignore_result = true,
		.priority = 5,
		.queue = "q",
		.request_id = "r-1",
		.traceparent = "00-aa-bb-01" };
	struct celery_message m;
	struct buf b = { 0 };
	const char *why;

	celery_encode(&b, &in);
	ck_assert_ptr_null(memchr(b.data, '\n', b.len));
	ck_assert_int_eq(decode_n(b.data, b.len, &m, &why), CELERY_OK);
	ck_assert_str_eq(m.id, in.id);
	ck_assert_str_eq(m.kind, in.kind);
	ck_assert_str_eq(m.args, in.args);
	ck_assert_str_eq(m.kwargs, in.kwargs);
	ck_assert_str_eq(m.root_id, "root");
	ck_assert_str_eq(m.parent_id, "parent");
	ck_assert_str_eq(m.group, "g");
	ck_assert_int_eq(m.retries, 4);
	ck_assert(m.has_eta && m.eta == in.eta);
	ck_assert(m.has_expires && m.expires == in.expires);
	ck_assert_int_eq(m.soft_limit, 2000); /* whole seconds, rounded up */
	ck_assert_int_eq(m.hard_limit, 60000);
	ck_assert(m.ignore_result && !m.redelivered);
	ck_assert_int_eq(m.priority, 5);
	ck_assert_str_eq(m.queue, "q");
	ck_assert_str_eq(m.request_id, "r-1");
	ck_assert_str_eq(m.traceparent, "00-aa-bb-01");
	buf_free(&b);
}
END_TEST

START_TEST(the_shape_is_always_the_same)
{
	static const char *const headers[] = { "lang", "task", "id", "shadow",
		"eta", "expires", "group", "group_index", "retries",
		"timelimit", "root_id", "parent_id", "argsrepr", "kwargsrepr",
		"origin", "ignore_result", "replaced_task_nesting",
		"stamped_headers", "stamps" };
	static const char *const properties[] = { "correlation_id",
		"delivery_mode", "delivery_info", "priority", "body_encoding",
		"delivery_tag" };
	const struct celery_message in = {
		.id = "1", .kind = "k", .queue = "q"
	};
	struct buf b = { 0 };
	struct json_fault fault;
	struct json_object *o, *part, *v;

	celery_encode(&b, &in);
	o = json_read(b.data, b.len, 8, &fault);
	ck_assert_ptr_nonnull(o);
	ck_assert_int_eq(json_object_object_length(o), 5);
	ck_assert(json_object_object_get_ex(o, "headers", &part));
	ck_assert_int_eq(json_object_object_length(part), NELEM(headers));
	for (size_t i = 0; i < NELEM(headers); i++)
		ck_assert_msg(json_object_object_get_ex(part, headers[i], &v),
		    "%s", headers[i]);
	ck_assert(json_object_object_get_ex(o, "properties", &part));
	ck_assert_int_eq(json_object_object_length(part), NELEM(properties));
	for (size_t i = 0; i < NELEM(properties); i++)
		ck_assert_msg(json_object_object_get_ex(part, properties[i],
				  &v),
		    "%s", properties[i]);
	json_object_put(o);
	buf_free(&b);
}
END_TEST

START_TEST(no_two_messages_have_the_same_tag)
{
	const struct celery_message in = {
		.id = "1", .kind = "k", .queue = "q"
	};
	struct buf one = { 0 }, two = { 0 };
	const char *tag = "\"delivery_tag\":";

	celery_encode(&one, &in);
	celery_encode(&two, &in);
	ck_assert_uint_eq(one.len, two.len);
	ck_assert_str_ne(strstr(one.data, tag), strstr(two.data, tag));
	buf_free(&one);
	buf_free(&two);
}
END_TEST

START_TEST(long_arguments_are_shown_short)
{
	struct celery_message in = { .id = "1", .kind = "k", .queue = "q" }, m;
	struct buf args = { 0 }, b = { 0 };
	const char *why, *repr;

	buf_adds(&args, "[\"");
	while (args.len < 5000)
		buf_adds(&args, "\xe2\x82\xac");
	buf_adds(&args, "\"]");
	in.args = args.data;
	celery_encode(&b, &in);
	ck_assert_int_eq(decode_n(b.data, b.len, &m, &why), CELERY_OK);
	ck_assert_str_eq(m.args, args.data);
	repr = strstr(b.data, "\"argsrepr\":");
	ck_assert_ptr_nonnull(repr);
	ck_assert_int_lt(strstr(repr, "\"kwargsrepr\"") - repr, 1100);
	ck_assert_ptr_null(strstr(b.data, "\xef\xbf\xbd"));
	buf_free(&args);
	buf_free(&b);
}
END_TEST

/*
 * One message in five pieces; what is NULL is as in a good one, what is ""
 * is missing.  plain is a body without base64.
 */
#define H    "\"task\":\"t\",\"id\":\"i\""
#define INFO "\"delivery_info\":{\"exchange\":\"\",\"routing_key\":\"q\"}"
#define TAG  "\"delivery_tag\":\"x\""
#define GOOD "W1syLDNdLHt9LHt9XQ=="
#define P64  "\"body_encoding\":\"base64\""

static const struct shape {
	const char *body, *plain, *type, *headers, *properties;
	enum celery_err err;
	const char *id; /* that must be told, for errors */
} shapes[] = {
	{ .err = CELERY_OK },
	/* the envelope's members */
	{ .body = "", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "null", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "7", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "[]", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "\"\"", .err = CELERY_BROKEN, .id = "i" },
	{ .type = "", .err = CELERY_TYPE, .id = "i" },
	{ .type = "null", .err = CELERY_TYPE, .id = "i" },
	{ .type = "1", .err = CELERY_TYPE, .id = "i" },
	{ .type = "\"text/json\"", .err = CELERY_TYPE, .id = "i" },
	{ .type = "\"application/x-python-serialize\"",
	    .err = CELERY_TYPE,
	    .id = "i" },
	{ .type = "\"application/x-msgpack\"", .err = CELERY_TYPE, .id = "i" },
	{ .headers = "", .err = CELERY_NO_TASK },
	{ .headers = "null", .err = CELERY_NO_TASK },
	{ .headers = "[]", .err = CELERY_NO_TASK },
	{ .headers = "\"x\"", .err = CELERY_NO_TASK },
	{ .headers = "{}", .err = CELERY_NO_TASK },
	{ .properties = "", .err = CELERY_BROKEN, .id = "i" },
	{ .properties = "null", .err = CELERY_BROKEN, .id = "i" },
	{ .properties = "[]", .err = CELERY_BROKEN, .id = "i" },
	{ .properties = "{}", .err = CELERY_BROKEN, .id = "i" },
	/* headers */
	{ .headers = "{\"task\":\"t\"}", .err = CELERY_NO_TASK },
	{ .headers = "{\"id\":\"i\"}", .err = CELERY_NO_TASK, .id = "i" },
	{ .headers = "{\"task\":\"t\",\"id\":null}", .err = CELERY_NO_TASK },
	{ .headers = "{\"task\":\"t\",\"id\":7}", .err = CELERY_NO_TASK },
	{ .headers = "{\"task\":\"t\",\"id\":\"\"}", .err = CELERY_NO_TASK },
	{ .headers = "{\"task\":\"t\",\"id\":\"a\\u0000b\"}",
	    .err = CELERY_NO_TASK },
	{ .headers = "{\"task\":\"t\",\"id\":\"\\ud83d\"}",
	    .err = CELERY_NO_TASK },
	{ .headers = "{\"task\":null,\"id\":\"i\"}",
	    .err = CELERY_NO_TASK,
	    .id = "i" },
	{ .headers = "{\"task\":[1],\"id\":\"i\"}",
	    .err = CELERY_NO_TASK,
	    .id = "i" },
	{ .headers = "{\"id\":\"o\",\"task\":\"t\",\"id\":\"i\"}",
	    .err = CELERY_OK },
	{ .headers = "{\"task\":\"t\",\"\\u0069d\":\"i\"}", .err = CELERY_OK },
	{ .headers = "{" H ",\"eta\":\"soon\"}",
	    .err = CELERY_ARGS,
	    .id = "i" },
	{ .headers = "{" H ",\"eta\":17}", .err = CELERY_ARGS, .id = "i" },
	{ .headers = "{" H ",\"eta\":\"\"}", .err = CELERY_ARGS, .id = "i" },
	{ .headers = "{" H ",\"expires\":\"never\"}",
	    .err = CELERY_ARGS,
	    .id = "i" },
	{ .headers = "{" H ",\"expires\":1.5}", .err = CELERY_ARGS, .id = "i" },
	{ .headers = "{" H ",\"eta\":null,\"expires\":null}",
	    .err = CELERY_OK },
	{ .headers = "{" H ",\"retries\":null}", .err = CELERY_OK },
	{ .headers = "{" H ",\"retries\":\"0\"}", .err = CELERY_OK },
	{ .headers = "{" H ",\"retries\":-3}", .err = CELERY_OK },
	{ .headers = "{" H ",\"timelimit\":null}", .err = CELERY_OK },
	{ .headers = "{" H ",\"timelimit\":[]}", .err = CELERY_OK },
	{ .headers = "{" H ",\"timelimit\":[1]}", .err = CELERY_OK },
	{ .headers = "{" H ",\"timelimit\":[\"a\",{}]}", .err = CELERY_OK },
	{ .headers = "{" H ",\"timelimit\":7}", .err = CELERY_OK },
	{ .headers = "{" H ",\"group\":7,\"root_id\":{}}", .err = CELERY_OK },
	{ .headers = "{" H ",\"stamps\":{\"a\":[1]},\"x\":NaN}",
	    .err = CELERY_OK },
	{ .headers = "{" H ",\"x\":\"\\ud83d\",\"y\":1e999}",
	    .err = CELERY_OK },
	{ .headers = "{" H ",\"x\":123456789012345678901234567890}",
	    .err = CELERY_OK },
	{ .headers = "{" H ",\"request_id\":7,\"traceparent\":[]}",
	    .err = CELERY_OK },
	{ .headers = "{" H ",\"compression\":\"application/x-bz2\"}",
	    .err = CELERY_TYPE,
	    .id = "i" },
	{ .headers = "{" H ",\"compression\":7}",
	    .err = CELERY_TYPE,
	    .id = "i" },
	{ .headers = "{" H ",\"compression\":null}", .err = CELERY_OK },
	{ .headers = "{" H ",\"compression\":\"application/x-gzip\"}",
	    .err = CELERY_BROKEN,
	    .id = "i" },
	/* properties */
	{ .properties = "{" P64 "," TAG "}", .err = CELERY_BROKEN, .id = "i" },
	{ .properties = "{" P64 "," INFO "}", .err = CELERY_BROKEN, .id = "i" },
	{ .properties = "{" P64 "," INFO ",\"delivery_tag\":null}",
	    .err = CELERY_BROKEN,
	    .id = "i" },
	{ .properties = "{" P64 "," INFO ",\"delivery_tag\":7}",
	    .err = CELERY_OK },
	{ .properties = "{" P64 "," TAG ",\"delivery_info\":[]}",
	    .err = CELERY_BROKEN,
	    .id = "i" },
	{ .properties = "{" P64 "," TAG ",\"delivery_info\":{}}",
	    .err = CELERY_OK },
	{ .properties = "{" P64 "," TAG "," INFO ",\"priority\":99}",
	    .err = CELERY_OK },
	{ .properties = "{" P64 "," TAG "," INFO ",\"priority\":null}",
	    .err = CELERY_OK },
	{ .properties = "{" P64 "," TAG "," INFO ",\"priority\":-1}",
	    .err = CELERY_OK },
	{ .properties = "{" TAG "," INFO "}", .err = CELERY_BROKEN, .id = "i" },
	{ .properties = "{" TAG "," INFO ",\"body_encoding\":\"rot13\"}",
	    .err = CELERY_TYPE,
	    .id = "i" },
	{ .properties = "{" TAG "," INFO ",\"body_encoding\":7}",
	    .err = CELERY_TYPE,
	    .id = "i" },
	/* bodies as they stand */
	{ .body = "\"W1syLDNdLHt9LHt9XQ=\"", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "\"W1syLDNdLHt9LHt9XQ=!\"", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "\"====\"", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "\"!!!!\"", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "\"/////w==\"", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "\"\\ud83d\"", .err = CELERY_BROKEN, .id = "i" },
	/* bodies within */
	{ .plain = "[[2,3],{},{}]", .err = CELERY_OK },
	{ .plain = "[[2,3],{},null]", .err = CELERY_OK },
	{ .plain = " [ [ ] , { } , { } ] ", .err = CELERY_OK },
	{ .plain = "", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "nope", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "null", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "7", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "\"x\"", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "[]", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "[[],{}]", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "[[],{},{},{}]", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "[[],{},{}] x", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "[[2,3],{},{}", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "[null,{},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[{},{},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[],null,{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[],[],{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[],{},[]]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[],{},7]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[NaN],{},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[],{\"a\":-Infinity},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[\"\\\\ud83d\"],{},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[\"\\\\ud83d\\\\ude00\"],{},{}]", .err = CELERY_OK },
	{ .plain = "[[\"\\\\u0000\"],{},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[],{\"a\":1,\"a\":2},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[1e999],{},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[12345678901234567890123],{},{}]", .err = CELERY_OK },
	{ .plain = "[[],{},{\"callbacks\":[],\"chain\":[]}]",
	    .err = CELERY_OK },
	{ .plain = "[[],{},{\"callbacks\":[{\"task\":\"x\"}]}]",
	    .err = CELERY_UNSUPPORTED,
	    .id = "i" },
	{ .plain = "[[],{},{\"errbacks\":[{\"task\":\"x\"}]}]",
	    .err = CELERY_UNSUPPORTED,
	    .id = "i" },
	{ .plain = "[[],{},{\"chain\":[{\"task\":\"x\"}]}]",
	    .err = CELERY_UNSUPPORTED,
	    .id = "i" },
	{ .plain = "[[],{},{\"chord\":{\"task\":\"x\"}}]",
	    .err = CELERY_UNSUPPORTED,
	    .id = "i" },
	{ .plain = "[[],{},{\"chord\":7}]",
	    .err = CELERY_UNSUPPORTED,
	    .id = "i" },
	/* protocol 1 */
	{ .plain = "{}", .err = CELERY_NO_TASK },
	{ .plain = "{\"task\":\"t\"}", .err = CELERY_NO_TASK },
	{ .plain = "{\"task\":\"t\",\"id\":\"i\"}", .err = CELERY_OK },
	{ .plain = "{\"task\":\"t\",\"id\":\"i\",\"args\":[1],"
		   "\"kwargs\":{\"k\":1}}",
	    .headers = "{}",
	    .err = CELERY_OK },
	{ .plain = "{\"task\":\"t\",\"id\":\"i\",\"args\":7}",
	    .err = CELERY_ARGS,
	    .id = "i" },
	{ .plain = "{\"task\":\"t\",\"id\":\"i\",\"eta\":\"x\"}",
	    .err = CELERY_ARGS,
	    .id = "i" },
	{ .plain = "{\"task\":\"t\",\"id\":\"i\",\"chord\":{\"task\":\"x\"}}",
	    .err = CELERY_UNSUPPORTED,
	    .id = "i" },
};

static void
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
static const char *
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

static void
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

START_TEST(shapes_are_told_apart)
{
	const struct shape *s = &shapes[_i];
	struct celery_message m;
	struct buf b = { 0 };
	const char *why, *id;

	add_shape(&b, s);
	ck_assert_msg(decode(b.data, &m, &why) == s->err, "%s: %s", b.data,
	    why == NULL ? "accepted" : why);
	id = s->err == CELERY_OK ? "i" : s->id;
	if (id == NULL)
		ck_assert_ptr_null(m.id);
	else
		ck_assert_str_eq(m.id, id);
	if (s->err == CELERY_OK || s->err >= CELERY_UNSUPPORTED)
		ck_assert_str_eq(m.kind, "t");
	if (s->err == CELERY_OK)
		ck_assert(m.args != NULL && m.kwargs != NULL &&
			  m.priority >= 0 && m.priority <= 9 && m.retries >= 0);
	buf_free(&b);
}
END_TEST

static const char *const no_envelopes[] = {
	"",
	" ",
	"x",
	"null",
	"7",
	"\"x\"",
	"[]",
	"[{}]",
	"{}",
	"{",
	"{\"body\"",
	"{\"body\":",
	"{\"body\":}",
	"{,}",
	"{} {}",
	"\xef\xbb\xbf{}",
	"{\"a\":\"\xff\"}",
	"{\"a\":\"\xc3\"}",
	"{\"a\":\"\xed\xa0\xbd\"}",
	"{\"a\":\"\n\"}",
	"{\"a\":\"\\x\"}",
	"{\"a\":\"\\u12\"}",
	"{\"a\":01}",
	"{\"a\":-}",
	"{\"a\":1.}",
	"{\"a\":1e}",
	"{\"a\":nul}",
	"{'a':1}",
	"{\"a\":1,}",
	"[1,]",
	"\x80\x04\x95.",
};

START_TEST(other_elements_are_broken)
{
	struct celery_message m;
	const char *why;

	ck_assert_int_eq(decode(no_envelopes[_i], &m, &why), CELERY_BROKEN);
	ck_assert_ptr_null(m.id);
	ck_assert_ptr_null(m.kind);
}
END_TEST

START_TEST(pieces_of_a_message_are_broken)
{
	const size_t len = strlen(SENT);
	struct celery_message m;
	const char *why;

	for (size_t n = 0; n < len; n++)
		ck_assert_int_eq(decode_n(SENT, n, &m, &why), CELERY_BROKEN);
}
END_TEST

/* A generator that gives the same numbers each time. */
static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Changes, doubles or cuts out a few bytes. */
static size_t
mutate(char *text, size_t len, uint32_t *state)
{
	static const char odd[] = "\"\\{}[],:0n-.eN\x80\xff\xed \x01";
	int n = 1 + (int)(next_random(state) % 4);
	size_t at, k;

	while (n-- > 0 && len > 8) {
		at = next_random(state) % len;
		switch (next_random(state) % 4) {
		case 0:
			text[at] = (char)next_random(state);
			break;
		case 1:
			text[at] = odd[next_random(state) % sizeof(odd)];
			break;
		case 2:
			k = next_random(state) % (len - at);
			memmove(text + at, text + at + k, len - at - k);
			len -= k;
			break;
		default:
			k = next_random(state) % (len - at) / 2;
			memmove(text + at, text + at + k, k);
			break;
		}
	}
	return len;
}

/* The whole element, or the body inside it. */
START_TEST(mutations_do_no_harm)
{
	uint32_t state = 2463534242u + (uint32_t)_i * 77777;
	const struct celery_message in = { .id = "1",
		.kind = "k",
		.queue = "q",
		.has_eta = true,
		.args = "[1,-2.5e3,\"\\ud83d\\ude00\",[[{\"a\":null}]]]",
		.kwargs = "{\"x\":{\"y\":[true,false]}}" };
	struct shape s = { 0 };
	struct celery_message m;
	struct buf valid = { 0 }, b = { 0 };
	const char *why;
	char plain[512];
	size_t len;

	celery_encode(&valid, &in);
	for (int n = 0; n < 3000; n++) {
		buf_clear(&b);
		if (n % 2 == 0) {
			buf_add(&b, valid.data, valid.len);
			len = mutate(b.data, b.len, &state);
		} else {
			snprintf(plain, sizeof(plain),
			    "[%s,%s,{\"chain\":null}]", in.args, in.kwargs);
			plain[mutate(plain, strlen(plain), &state)] = '\0';
			s.plain = plain;
			add_shape(&b, &s);
			len = b.len;
		}
		if (decode_n(b.data, len, &m, &why) == CELERY_OK)
			ck_assert(m.id != NULL && m.kind != NULL &&
				  m.args != NULL && m.kwargs != NULL);
		arena_reset(a);
	}
	buf_free(&valid);
	buf_free(&b);
}
END_TEST

START_TEST(deep_and_large_ones_are_refused)
{
	struct celery_message m;
	struct shape s = { 0 };
	struct buf b = { 0 }, plain = { 0 };
	const char *why;

	for (int i = 0; i < 100000; i++)
		buf_addc(&b, '[');
	ck_assert_int_eq(decode(b.data, &m, &why), CELERY_BROKEN);
	buf_clear(&b);
	for (int i = 0; i < 1000; i++)
		buf_addc(&plain, '[');
	s.plain = plain.data;
	add_shape(&b, &s);
	ck_assert_int_eq(decode(b.data, &m, &why), CELERY_BROKEN);
	ck_assert_str_eq(m.id, "i");
	buf_clear(&b);
	buf_adds(&b, "{\"x\":\"");
	while (b.len < CELERY_MAX)
		buf_adds(&b, "0123456789abcdef");
	buf_adds(&b, "\"}");
	ck_assert_int_eq(decode(b.data, &m, &why), CELERY_BROKEN);
	ck_assert_str_eq(why, "it is larger than 1 MiB");
	buf_free(&b);
	buf_free(&plain);
}
END_TEST

/* [[1],{"a":2},{}] */
#define ZIPPED "eJyLjjaM1alWSlSyMqrVqa6NBQAoTQT7"

START_TEST(compressed_bodies_are_unpacked)
{
	struct shape s = { .body = "\"" ZIPPED "\"",
		.headers = "{" H ",\"compression\":\"application/x-gzip\"}" };
	struct celery_message m;
	struct buf b = { 0 };
	const char *why;

	add_shape(&b, &s);
	ck_assert_int_eq(decode(b.data, &m, &why), CELERY_OK);
	ck_assert_str_eq(m.args, "[1]");
	ck_assert_str_eq(m.kwargs, "{\"a\":2}");
	s.body = "\"eJyLjjaM1alWSlSyMqrVqa6N\"";
	buf_clear(&b);
	add_shape(&b, &s);
	ck_assert_int_eq(decode(b.data, &m, &why), CELERY_BROKEN);
	ck_assert_str_eq(why, "the body is not compressed as it says");
	buf_free(&b);
}
END_TEST

/* Deflate blocks that each tell "repeat the last byte 258 times". */
START_TEST(a_bomb_is_not_unpacked)
{
	struct shape s = {
		.headers = "{" H ",\"compression\":\"application/x-gzip\"}"
	};
	static uint8_t zip[36 * 1024];
	static char text[CODEC_B64_PADDED(sizeof(zip)) + 3];
	struct celery_message m;
	struct buf b = { 0 };
	const char *why;
	/* header, last block with fixed codes, a literal blank, and then
	 * length 258 (11000101), distance 1 (00000) again and again: 13 bits
	 * of which 8 * 13 make 13 bytes */
	size_t bit = 16;
	const char *again = "1100010100000";

	zip[0] = 0x78;
	zip[1] = 0x9c;
	for (const char *p = "11001010000"; *p != '\0'; p++, bit++)
		zip[bit / 8] |= (uint8_t)((*p - '0') << bit % 8);
	while (bit + 13 < 8 * sizeof(zip)) {
		for (const char *p = again; *p != '\0'; p++, bit++)
			zip[bit / 8] |= (uint8_t)((*p - '0') << bit % 8);
	}
	text[0] = '"';
	codec_b64(zip, sizeof(zip) / 3 * 3, text + 1);
	text[strlen(text)] = '"';
	s.body = text;
	add_shape(&b, &s);
	ck_assert_int_eq(decode(b.data, &m, &why), CELERY_BROKEN);
	ck_assert_str_eq(why, "the body is larger than 4 MiB once unpacked");
	ck_assert_str_eq(m.id, "i");
	buf_free(&b);
}
END_TEST

static const struct when {
	const char *text;
	const char *utc; /* NULL: refused */
} times[] = {
	{ "2026-11-22T11:21:41.503809+00:00",
	    "2026-11-22T11:21:41.503809+00:00" },
	{ "2026-11-22T11:21:41.503809", "2026-11-22T11:21:41.503809+00:00" },
	{ "2026-11-22T11:21:41Z", "2026-11-22T11:21:41.000000+00:00" },
	{ "2026-11-22 11:21:41", "2026-11-22T11:21:41.000000+00:00" },
	{ "2026-11-22T11:21", "2026-11-22T11:21:00.000000+00:00" },
	{ "2026-11-22T11:21Z", "2026-11-22T11:21:00.000000+00:00" },
	{ "2026-11-22T11:21:41.5Z", "2026-11-22T11:21:41.500000+00:00" },
	{ "2026-11-22T11:21:41.123456789012+00:00",
	    "2026-11-22T11:21:41.123456+00:00" },
	{ "2026-11-22T13:21:41+02:00", "2026-11-22T11:21:41.000000+00:00" },
	{ "2026-11-22T13:21:41+0200", "2026-11-22T11:21:41.000000+00:00" },
	{ "2026-11-22T13:21:41+02", "2026-11-22T11:21:41.000000+00:00" },
	{ "2026-11-22T04:51:41-06:30", "2026-11-22T11:21:41.000000+00:00" },
	{ "2026-11-22", "2026-11-22T00:00:00.000000+00:00" },
	{ "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999+00:00" },
	{ "", NULL },
	{ "now", NULL },
	{ "2026-11-22T", NULL },
	{ "2026-11-22T1", NULL },
	{ "2026-11-22T11", NULL },
	{ "2026-11-22X11:21:41", NULL },
	{ "2026-13-22T11:21:41", NULL },
	{ "2026-02-30T11:21:41", NULL },
	{ "2026-11-22T25:21:41", NULL },
	{ "2026-11-22T11:21:41.", "2026-11-22T11:21:41.000000+00:00" },
	{ "2026-11-22T11:21:41+", NULL },
	{ "2026-11-22T11:21:41+2", NULL },
	{ "2026-11-22T11:21:41+02:0", NULL },
	{ "2026-11-22T11:21:41+02:00:00", NULL },
	{ "2026-11-22T11:21:41ZZ", NULL },
	{ "2026-11-22T11:21:41 UTC", NULL },
	{ "1795346235", NULL },
	{ "99999999999999999999999999999999999999999999999999999999999", NULL },
};

START_TEST(times_are_read)
{
	char *copy = harness_exact(times[_i].text, strlen(times[_i].text) + 1);
	char text[CELERY_TIME];
	int64_t us;
	int rc = celery_time_parse(copy, &us);

	free(copy);
	ck_assert_int_eq(rc, times[_i].utc == NULL ? -1 : 0);
	if (rc == 0)
		ck_assert_str_eq(celery_time(us, text), times[_i].utc);
}
END_TEST

static struct json_object *
result_of(const struct celery_result *r, struct buf *b)
{
	struct json_fault fault;
	struct json_object *o;

	celery_result_format(b, r);
	o = json_read(b->data, b->len, 300, &fault);
	ck_assert_msg(o != NULL, "%s: %s", b->data, fault.msg);
	arena_defer(a, json_release, o);
	return o;
}

static const char *
member(struct json_object *o, const char *name)
{
	struct json_object *v;

	ck_assert_msg(json_object_object_get_ex(o, name, &v), "%s", name);
	return v == NULL
		   ? "null"
		   : json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN);
}

static const struct outcome {
	struct celery_result in;
	const char *status, *result;
	bool dated;
} outcomes[] = {
	{ { .state = CELERY_SUCCESS }, "\"SUCCESS\"", "null", true },
	{ { .state = CELERY_SUCCESS, .value = "{\"a\":[1]}" }, "\"SUCCESS\"",
	    "{\"a\":[1]}", true },
	{ { .state = CELERY_SUCCESS, .value = "not JSON" }, "\"SUCCESS\"",
	    "\"not JSON\"", true },
	{ { .state = CELERY_SUCCESS, .value = "1} {" }, "\"SUCCESS\"",
	    "\"1} {\"", true },
	{ { .state = CELERY_FAILURE, .message = "no \"way\"" }, "\"FAILURE\"",
	    "{\"exc_type\":\"RuntimeError\",\"exc_message\":[\"no "
	    "\\\"way\\\"\"],\"exc_module\":\"builtins\"}",
	    true },
	{ { .state = CELERY_FAILURE,
	      .exc_type = "NotRegistered",
	      .exc_module = "celery.exceptions",
	      .message = "x.y" },
	    "\"FAILURE\"",
	    "{\"exc_type\":\"NotRegistered\",\"exc_message\":[\"x.y\"],"
	    "\"exc_module\":\"celery.exceptions\"}",
	    true },
	{ { .state = CELERY_RETRY, .message = "later" }, "\"RETRY\"",
	    "{\"exc_type\":\"RuntimeError\",\"exc_message\":[\"later\"],"
	    "\"exc_module\":\"builtins\"}",
	    false },
	{ { .state = CELERY_REVOKED }, "\"REVOKED\"",
	    "{\"exc_type\":\"TaskRevokedError\",\"exc_message\":[\"revoked\"],"
	    "\"exc_module\":\"celery.exceptions\"}",
	    true },
	{ { .state = CELERY_REVOKED, .message = "expired" }, "\"REVOKED\"",
	    "{\"exc_type\":\"TaskRevokedError\",\"exc_message\":[\"expired\"],"
	    "\"exc_module\":\"celery.exceptions\"}",
	    true },
};

START_TEST(results_have_what_readers_need)
{
	const struct outcome *c = &outcomes[_i];
	struct celery_result in = c->in;
	struct json_object *o;
	struct buf b = { 0 };
	char exc[64];
	bool final;

	in.id = "an \"id\"";
	o = result_of(&in, &b);
	ck_assert_str_eq(member(o, "status"), c->status);
	ck_assert_str_eq(member(o, "result"), c->result);
	ck_assert_str_eq(member(o, "task_id"), "\"an \\\"id\\\"\"");
	ck_assert_str_eq(member(o, "traceback"), "null");
	ck_assert_str_eq(member(o, "children"), "[]");
	ck_assert(c->dated != str_eq(member(o, "date_done"), "null"));
	ck_assert_int_eq(celery_result_state(b.data, b.len, &final, exc,
			     sizeof(exc)),
	    in.state);
	ck_assert(final == (in.state != CELERY_RETRY));
	ck_assert((exc[0] != '\0') == (in.state != CELERY_SUCCESS));
	buf_free(&b);
}
END_TEST

static const struct stored {
	const char *text;
	enum celery_state state;
	bool final;
	const char *exc;
} stored[] = {
	{ "", CELERY_STATE__MAX, false, "" },
	{ "{}", CELERY_STATE__MAX, false, "" },
	{ "[]", CELERY_STATE__MAX, false, "" },
	{ "{\"status\":\"STARTED\"}", CELERY_STATE__MAX, false, "" },
	{ "{\"status\":\"PROGRESS\",\"result\":{\"n\":1}}", CELERY_STATE__MAX,
	    false, "" },
	{ "{\"status\":7}", CELERY_STATE__MAX, false, "" },
	{ "{\"status\":\"SUCCESS\",\"result\":NaN}", CELERY_SUCCESS, true, "" },
	{ "{\"status\":\"FAILURE\"}", CELERY_FAILURE, true, "" },
	{ "{\"status\":\"FAILURE\",\"result\":null}", CELERY_FAILURE, true,
	    "" },
	{ "{\"status\":\"FAILURE\",\"result\":{\"exc_type\":\"ValueError\","
	  "\"exc_message\":[\"bad\",42]}}",
	    CELERY_FAILURE, true, "ValueError: bad" },
	{ "{\"status\":\"FAILURE\",\"result\":{\"exc_type\":\"ValueError\","
	  "\"exc_message\":\"bad\"}}",
	    CELERY_FAILURE, true, "ValueError: bad" },
	{ "{\"status\":\"FAILURE\",\"result\":{\"exc_type\":\"K\","
	  "\"exc_message\":[]}}",
	    CELERY_FAILURE, true, "K" },
	{ "{\"status\":\"FAILURE\",\"result\":{\"exc_type\":\"E\","
	  "\"exc_message\":[\"0123456789012345678\xe2\x82\xac\"]}}",
	    CELERY_FAILURE, true, "E: 0123456789012345678" },
};

START_TEST(results_of_others_are_read)
{
	const struct stored *s = &stored[_i];
	char *copy = harness_exact(s->text, strlen(s->text));
	char exc[24];
	bool final;

	ck_assert_int_eq(celery_result_state(copy, strlen(s->text), &final, exc,
			     sizeof(exc)),
	    s->state);
	ck_assert(final == s->final);
	ck_assert_str_eq(exc, s->exc);
	free(copy);
}
END_TEST

START_TEST(spans_are_found)
{
	const char *text = " {\"a\" : [ 1 , {\"b\":\"x,]}\"} , \"\\\"]\" , "
			   "-2e3 ] ,\"b\":null,\"a\\u0062\":7,\"b\":8} ";
	struct json_span root, v, w;
	unsigned odd;
	int64_t n;

	ck_assert_ptr_null(json_span_read(text, strlen(text), 3, &root, &odd));
	ck_assert_ptr_nonnull(json_span_read(text, strlen(text), 2, &root,
	    &odd));
	ck_assert_ptr_null(json_span_read(text, strlen(text), 3, &root, &odd));
	ck_assert_uint_eq(odd, 0);
	ck_assert(json_span_get(&root, "a", &v));
	ck_assert_uint_eq(json_span_count(&v), 4);
	ck_assert(json_span_at(&v, 1, &w) && json_span_get(&w, "b", &w));
	ck_assert_str_eq(json_span_text(a, &w, 5), "x,]}");
	ck_assert(json_span_at(&v, 2, &w));
	ck_assert_str_eq(json_span_text(a, &w, 5), "\"]");
	ck_assert_ptr_null(json_span_text(a, &w, 1));
	ck_assert(json_span_at(&v, 3, &w) && w.len == 4);
	ck_assert(!json_span_int(&w, &n));
	ck_assert(!json_span_at(&v, 4, &w));
	ck_assert(json_span_get(&root, "b", &v) && json_span_int(&v, &n));
	ck_assert_int_eq(n, 8);
	ck_assert(json_span_get(&root, "ab", &v) && json_span_int(&v, &n));
	ck_assert_int_eq(n, 7);
	ck_assert(!json_span_get(&root, "c", &v));
	ck_assert(!json_span_get(&v, "c", &v));
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ what_celery_sends_is_read, 0, 0 },
		{ what_is_made_is_read, 0, 0 },
		{ the_shape_is_always_the_same, 0, 0 },
		{ no_two_messages_have_the_same_tag, 0, 0 },
		{ long_arguments_are_shown_short, 0, 0 },
		{ shapes_are_told_apart, NELEM(shapes), 0 },
		{ other_elements_are_broken, NELEM(no_envelopes), 0 },
		{ pieces_of_a_message_are_broken, 0, 0 },
		{ mutations_do_no_harm, 8, 0 },
		{ deep_and_large_ones_are_refused, 0, 0 },
		{ compressed_bodies_are_unpacked, 0, 0 },
		{ a_bomb_is_not_unpacked, 0, 0 },
		{ times_are_read, NELEM(times), 0 },
		{ results_have_what_readers_need, NELEM(outcomes), 0 },
		{ results_of_others_are_read, NELEM(stored), 0 },
		{ spans_are_found, 0, 0 },
	};

	return harness_run_in("celery", set_up, tear_down, tests, NELEM(tests));
}
