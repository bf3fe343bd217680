/* SPDX-License-Identifier: ISC */
/* Results as Celery reads them, and those that others wrote. */
#include "config.h"

#include "lib/harness.h"

#include <json-c/json.h>

#include "base/arena.h"
#include "base/str.h"
#include "celery/celery.h"
#include "text/json.h"

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
	{ { .state = CELERY_SUCCESS, .value = "NaN" }, "\"SUCCESS\"", "\"NaN\"",
	    true },
	{ { .state = CELERY_SUCCESS, .value = "[1e999]" }, "\"SUCCESS\"",
	    "\"[1e999]\"", true },
	{ { .state = CELERY_SUCCESS, .value = "null" }, "\"SUCCESS\"", "null",
	    true },
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
	ck_assert(final ==
		  (in.state != CELERY_RETRY && in.state != CELERY_STARTED));
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
	{ "{\"status\":\"STARTED\"}", CELERY_STARTED, false, "" },
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
	/* YAML, MessagePack, cut, and what nobody can read */
	{ "children: []\nresult:\n  status: FAILURE\nstatus: SUCCESS\n",
	    CELERY_SUCCESS, true, "" },
	{ "status: FAILURE\n", CELERY_FAILURE, true,
	    "its result cannot be re" },
	{ "status: STARTED\n", CELERY_STARTED, false, "" },
	{ "\x86\xa6status\xa7SUCCESS\xa6result\x01", CELERY_SUCCESS, true, "" },
	{ "{\"status\": \"SUCCESS\", \"result\": \"xxx", CELERY_SUCCESS, true,
	    "" },
	{ "status", CELERY_STATE__MAX, false, "" },
	{ "\x80\x04", CELERY_STATE__MAX, true, "its result cannot be re" },
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

int
main(void)
{
	const struct harness_test tests[] = {
		{ results_have_what_readers_need, NELEM(outcomes), 0 },
		{ results_of_others_are_read, NELEM(stored), 0 },
	};

	return harness_run_in("celery_result", set_up, tear_down, tests,
	    NELEM(tests));
}
