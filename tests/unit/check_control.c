/* SPDX-License-Identifier: ISC */
/* Requests of Celery's remote control, and what is wrapped around them. */
#include "config.h"

#include "lib/harness.h"

#include "base/arena.h"
#include "base/codec.h"
#include "control/control_request.h"
#include "celery/envelope.h"
#include "text/json.h"
#include "text/member.h"

/* A message around a body, as Celery sends it. */
static void
wrap(struct buf *b, const char *body, size_t len)
{
	char *out;

	buf_adds(b, "{\"body\": \"");
	out = buf_reserve(b, CODEC_B64_PADDED(len));
	b->len += codec_b64(body, len, out);
	buf_adds(b, "\", \"content-encoding\": \"utf-8\", "
		    "\"content-type\": \"application/json\", "
		    "\"headers\": {\"clock\": 7, \"expires\": 1.5}, "
		    "\"properties\": {\"delivery_mode\": 2, "
		    "\"body_encoding\": \"base64\", \"delivery_tag\": \"t\"}}");
}

static int
read_exactly(struct arena *a, const char *text, size_t len,
    struct control_request *r)
{
	char *exact = harness_exact(text, len);
	const char *why = NULL;
	int rc = control_request_read(a, exact, len, r, &why);

	ck_assert((rc == -1) == (why != NULL));
	free(exact);
	return rc;
}

static int
read_body(struct arena *a, const char *body, struct control_request *r)
{
	struct buf b = { 0 };
	int rc;

	wrap(&b, body, strlen(body));
	rc = read_exactly(a, b.data, b.len, r);
	buf_free(&b);
	return rc;
}

START_TEST(a_request_is_read)
{
	struct arena *a = arena_new();
	struct control_request r;
	const char *ids[2];
	int64_t n = 1;

	ck_assert_int_eq(
	    read_body(a,
		"{\"method\": \"revoke\", \"arguments\": {\"n\": 5, "
		"\"t\": \"x\", \"f\": true, \"ids\": [\"a\", 1, null, \"\", "
		"\"b\", \"c\"], \"d\": 1.5, \"z\": null}, "
		"\"destination\": null, \"pattern\": null, \"matcher\": null, "
		"\"ticket\": \"k\", \"reply_to\": {\"exchange\": "
		"\"reply.celery.pidbox\", \"routing_key\": \"me\"}, "
		"\"more\": [{}]}",
		&r),
	    0);
	ck_assert_str_eq(r.method, "revoke");
	ck_assert_str_eq(r.reply_to, "me");
	ck_assert_str_eq(r.ticket, "k");
	ck_assert_int_eq(r.clock, 7);
	ck_assert_ptr_null(r.destination);
	ck_assert(control_request_is_for(&r, "errand@host"));
	ck_assert_str_eq(control_request_text(&r, "t"), "x");
	ck_assert_ptr_null(control_request_text(&r, "n"));
	ck_assert_ptr_null(control_request_text(&r, "none"));
	ck_assert(control_request_flag(&r, "f"));
	ck_assert(!control_request_flag(&r, "z"));
	ck_assert_int_eq(control_request_number(&r, "n", &n), 0);
	ck_assert_int_eq(n, 5);
	ck_assert_int_eq(control_request_number(&r, "z", &n), 0);
	ck_assert_int_eq(control_request_number(&r, "none", &n), 0);
	ck_assert_int_eq(n, 5);
	ck_assert_int_eq(control_request_number(&r, "d", &n), -1);
	ck_assert_int_eq(control_request_number(&r, "t", &n), -1);
	ck_assert_uint_eq(control_request_texts(&r, "ids", ids, 2), 2);
	ck_assert_str_eq(ids[0], "a");
	ck_assert_str_eq(ids[1], "b");
	ck_assert_uint_eq(control_request_texts(&r, "t", ids, 2), 1);
	ck_assert_uint_eq(control_request_texts(&r, "n", ids, 2), 0);
	arena_free(a);
}
END_TEST

/* Who is meant by a body, if it is one: 1 we, 0 others, -1 it is none. */
static const struct {
	const char *body;
	int ours;
} bodies[] = {
	{ "{\"method\": \"ping\"}", 1 },
	{ "{\"method\": \"ping\", \"arguments\": null}", 1 },
	{ "{\"method\": \"ping\", \"arguments\": [1]}", 1 },
	{ "{\"method\": \"ping\", \"destination\": []}", 1 },
	{ "{\"method\": \"p\", \"destination\": [\"a\", \"errand@host\"]}", 1 },
	{ "{\"method\": \"p\", \"destination\": [\"errand@hos\"]}", 0 },
	{ "{\"method\": \"p\", \"destination\": [1, null, {}, []]}", 0 },
	{ "{\"method\": \"p\", \"pattern\": \"errand@*\", "
	  "\"matcher\": \"glob\"}",
	    1 },
	{ "{\"method\": \"p\", \"pattern\": \"x@*\", \"matcher\": \"glob\"}",
	    0 },
	{ "{\"method\": \"p\", \"pattern\": \".*\", \"matcher\": \"pcre\"}",
	    0 },
	{ "{\"method\": \"p\", \"pattern\": \"x\"}", 1 },
	{ "{\"method\": \"p\", \"pattern\": \"x@*\", \"matcher\": \"glob\", "
	  "\"destination\": [\"errand@host\"]}",
	    1 },
	{ "{\"method\": \"p\", \"reply_to\": \"x\"}", 1 },
	{ "{\"method\": \"p\", \"reply_to\": {}}", 1 },
	{ "{\"method\": \"p\", \"destination\": \"errand@host\"}", -1 },
	{ "{\"method\": \"p\", \"destination\": {\"errand@host\": 1}}", -1 },
	{ "{\"method\": \"p\", \"destination\": 0}", -1 },
	{ "{\"method\": \"p\", \"pattern\": [\"x\"]}", -1 },
	{ "{\"method\": \"p\", \"pattern\": \"x\", \"matcher\": 1}", -1 },
	{ "{\"method\": \"\"}", -1 },
	{ "{\"method\": null}", -1 },
	{ "{\"method\": 1}", -1 },
	{ "{\"method\": [\"ping\"]}", -1 },
	{ "{\"method\": \"a\\u0000b\"}", -1 },
	{ "{\"method\": \"p\"", -1 },
	{ "{\"method\": NaN}", -1 },
	{ "{\"method\": \"p\", \"method\": \"q\"}", -1 },
	{ "{}", -1 },
	{ "[]", -1 },
	{ "null", -1 },
	{ "\"ping\"", -1 },
	{ "", -1 },
	{ "\xff", -1 },
};

START_TEST(who_is_meant)
{
	struct arena *a = arena_new();
	struct control_request r;
	int rc = read_body(a, bodies[_i].body, &r);

	if (rc == 0)
		rc = control_request_is_for(&r, "errand@host");
	ck_assert_int_eq(rc, bodies[_i].ours);
	arena_free(a);
}
END_TEST

static const char *const replies[] = {
	"{\"method\": \"p\"}",
	"{\"method\": \"p\", \"reply_to\": null}",
	"{\"method\": \"p\", \"reply_to\": 1}",
	"{\"method\": \"p\", \"reply_to\": [\"a\"]}",
	"{\"method\": \"p\", \"reply_to\": {\"routing_key\": \"me\"}}",
	"{\"method\": \"p\", \"reply_to\": {\"exchange\": \"errand\", "
	"\"routing_key\": \"me\"}}",
	"{\"method\": \"p\", \"reply_to\": {\"exchange\": "
	"\"reply.celery.pidbox\", \"routing_key\": \"\"}}",
	"{\"method\": \"p\", \"reply_to\": {\"exchange\": "
	"\"reply.celery.pidbox\", \"routing_key\": 1}}",
	"{\"method\": \"p\", \"reply_to\": {\"exchange\": "
	"\"reply.celery.pidbox\", \"routing_key\": \"a\\u0000b\"}}",
};

START_TEST(no_answer_goes_astray)
{
	struct arena *a = arena_new();
	struct control_request r;

	ck_assert_int_eq(read_body(a, replies[_i], &r), 0);
	ck_assert_ptr_null(r.reply_to);
	arena_free(a);
}
END_TEST

static const char *const messages[] = {
	"",
	"x",
	"{",
	"null",
	"[]",
	"{}",
	"{\"body\": 1, \"content-type\": \"application/json\"}",
	"{\"body\": \"e30=\", \"content-type\": \"application/json\", "
	"\"properties\": {\"body_encoding\": \"base64\"}}",
	"{\"body\": \"{\\\"method\\\": \\\"ping\\\"}\"}",
	"{\"body\": \"{\\\"method\\\": \\\"ping\\\"}\", "
	"\"content-type\": \"application/x-python-serialize\"}",
	"{\"body\": \"{\\\"method\\\": \\\"ping\\\"}\", "
	"\"content-type\": \"application/json\", "
	"\"properties\": {\"body_encoding\": \"base64\"}}",
	"{\"body\": \"{\\\"method\\\": \\\"ping\\\"}\", "
	"\"content-type\": \"application/json\", "
	"\"properties\": {\"body_encoding\": \"base32\"}}",
	"{\"body\": \"\", \"content-type\": \"application/json\", "
	"\"properties\": {\"body_encoding\": \"base64\"}}",
};

START_TEST(other_messages_are_refused)
{
	struct arena *a = arena_new();
	struct control_request r;

	ck_assert_int_eq(read_exactly(a, messages[_i], strlen(messages[_i]),
			     &r),
	    -1);
	arena_free(a);
}
END_TEST

START_TEST(a_body_may_be_plain)
{
	static const char text[] =
	    "{\"body\": \"{\\\"method\\\": \\\"ping\\\"}\", "
	    "\"content-type\": \"application/json\", \"headers\": []}";
	struct arena *a = arena_new();
	struct control_request r;

	ck_assert_int_eq(read_exactly(a, text, sizeof(text) - 1, &r), 0);
	ck_assert_str_eq(r.method, "ping");
	ck_assert_int_eq(r.clock, 0);
	arena_free(a);
}
END_TEST

static const char *const clocks[] = { "-1", "1e400", "9007199254740993",
	"99999999999999999999", "1.5", "\"7\"", "null", "[]" };

START_TEST(a_clock_that_is_none_is_zero)
{
	struct arena *a = arena_new();
	struct control_request r;
	struct buf b = { 0 };

	buf_printf(&b,
	    "{\"body\": \"{\\\"method\\\": \\\"p\\\"}\", "
	    "\"content-type\": \"application/json\", "
	    "\"headers\": {\"clock\": %s}}",
	    clocks[_i]);
	(void)!read_exactly(a, b.data, b.len, &r);
	ck_assert_int_eq(r.clock, 0);
	buf_free(&b);
	arena_free(a);
}
END_TEST

/* A valid message with one byte changed, or cut off there, is read or
 * refused. */
START_TEST(damage_is_survived)
{
	static const char body[] =
	    "{\"method\": \"ping\", \"destination\": [\"a\"]}";
	struct control_request r;
	struct buf b = { 0 };
	struct arena *a = arena_new();
	size_t i;
	int k;

	wrap(&b, body, sizeof(body) - 1);
	for (i = 0; i < b.len; i++) {
		char was = b.data[i];

		for (k = 0; k < 8; k++) {
			b.data[i] = (char)(was ^ (1 << k));
			(void)!read_exactly(a, b.data, b.len, &r);
			arena_reset(a);
		}
		b.data[i] = was;
		ck_assert_int_eq(read_exactly(a, b.data, i, &r), -1);
		arena_reset(a);
	}
	buf_free(&b);
	arena_free(a);
}
END_TEST

START_TEST(what_is_too_large_is_refused)
{
	size_t len = ENVELOPE_MAX + 1;
	char *text = malloc(len);
	struct arena *a = arena_new();
	struct control_request r;

	ck_assert_ptr_nonnull(text);
	memset(text, '[', len);
	ck_assert_int_eq(read_exactly(a, text, len, &r), -1);
	ck_assert_int_eq(read_exactly(a, text, len - 1, &r), -1);
	memset(text, ' ', len);
	ck_assert_int_eq(read_exactly(a, text, len, &r), -1);
	free(text);
	arena_free(a);
}
END_TEST

static const struct {
	const char *pattern, *text;
	bool matches;
} globs[] = {
	{ "", "", true },
	{ "", "a", false },
	{ "a", "a", true },
	{ "a", "", false },
	{ "a", "ab", false },
	{ "*", "", true },
	{ "*", "errand@host", true },
	{ "errand@*", "errand@host", true },
	{ "*@host", "errand@host", true },
	{ "*a*", "errand@host", true },
	{ "*x*", "errand@host", false },
	{ "e*d@h*t", "errand@host", true },
	{ "e*d@h*x", "errand@host", false },
	{ "**?", "a", true },
	{ "??", "a", false },
	{ "errand?host", "errand@host", true },
	{ "[aeiou]rrand", "errand", true },
	{ "[a-f]rrand", "errand", true },
	{ "[!a-f]rrand", "errand", false },
	{ "[!x]rrand", "errand", true },
	{ "[]]", "]", true },
	{ "[]-a]", "^", true },
	{ "[!]]", "]", false },
	{ "[a-]", "-", true },
	{ "[", "[", true },
	{ "[a", "[a", true },
	{ "[a", "a", false },
	{ "[!", "[!", true },
	{ "w[0-9]*", "w12@x", true },
	{ "w[0-9]", "wx", false },
	{ "\xc3\xa9*", "\xc3\xa9t\xc3\xa9", true },
};

START_TEST(globs_match_as_in_python)
{
	char *pattern =
	    harness_exact(globs[_i].pattern, strlen(globs[_i].pattern) + 1);
	char *text = harness_exact(globs[_i].text, strlen(globs[_i].text) + 1);

	ck_assert_int_eq(control_request_glob(pattern, text),
	    globs[_i].matches);
	free(pattern);
	free(text);
}
END_TEST

/* One that tries all ways would not come to an end. */
START_TEST(no_glob_takes_long)
{
	char pattern[256], text[256];
	size_t i;

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i + 2 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "a*", 2);
	memcpy(pattern + i, "b", 2);
	ck_assert(!control_request_glob(pattern, text));
}
END_TEST

/* What we wrap can be read, and has what Celery dies without. */
START_TEST(envelopes_are_whole)
{
	static const char *const needed[] = { "body", "content-type",
		"content-encoding", "headers", "properties" };
	static const char text[] = "{\"errand@host\": {\"ok\": \"pong\"}}";
	const struct envelope e = { .exchange = "reply.celery.pidbox",
		.routing_key = "a \"key\"",
		.ticket = "t\n",
		.clock = 42,
		.body = text,
		.len = sizeof(text) - 1 };
	struct json_object *message, *properties, *info, *body;
	struct arena *a = arena_new();
	struct json_fault fault;
	struct buf b = { 0 };
	const char *why;
	int64_t clock;
	size_t i;

	envelope_format(&b, &e);
	ck_assert_ptr_null(memchr(b.data, '\n', b.len));
	message = json_read(b.data, b.len, 8, &fault);
	ck_assert_ptr_nonnull(message);
	for (i = 0; i < NELEM(needed); i++)
		ck_assert(json_object_object_get_ex(message, needed[i], NULL));
	properties = json_object_object_get(message, "properties");
	ck_assert_uint_eq(strlen(member_string(properties, "delivery_tag")),
	    36);
	info = json_object_object_get(properties, "delivery_info");
	ck_assert_str_eq(member_string(info, "exchange"), e.exchange);
	ck_assert_str_eq(member_string(info, "routing_key"), e.routing_key);
	ck_assert_str_eq(member_string(json_object_object_get(message,
					   "headers"),
			     "ticket"),
	    e.ticket);
	body = envelope_read(a, b.data, b.len, &clock, &why);
	ck_assert_ptr_nonnull(body);
	ck_assert_int_eq(clock, 42);
	ck_assert(json_object_object_get_ex(body, "errand@host", NULL));
	json_object_put(message);
	buf_free(&b);
	arena_free(a);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_request_is_read, 0, 0 },
		{ who_is_meant, NELEM(bodies), 0 },
		{ no_answer_goes_astray, NELEM(replies), 0 },
		{ other_messages_are_refused, NELEM(messages), 0 },
		{ a_body_may_be_plain, 0, 0 },
		{ a_clock_that_is_none_is_zero, NELEM(clocks), 0 },
		{ damage_is_survived, 0, 0 },
		{ what_is_too_large_is_refused, 0, 0 },
		{ globs_match_as_in_python, NELEM(globs), 0 },
		{ no_glob_takes_long, 0, 0 },
		{ envelopes_are_whole, 0, 0 },
	};

	return harness_run("control", tests, NELEM(tests));
}
