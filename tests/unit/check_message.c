/* SPDX-License-Identifier: ISC */
/* From messages of others to rows of jobs, and back. */
#include "config.h"

#include "lib/harness.h"

#include <json-c/json.h>

#include "conf/conf.h"
#include "setup/setup.h"
#include "work/message.h"

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

/* --- ids --- */

static const struct {
	const char *id, *row;
} ids[] = {
	{ "11111111-1111-1111-1111-111111111111",
	    "11111111-1111-1111-1111-111111111111" },
	{ "ABCDEF01-2345-6789-ABCD-EF0123456789",
	    "abcdef01-2345-6789-abcd-ef0123456789" },
	/* uuid.uuid5(uuid.NAMESPACE_OID, id) */
	{ "x", "8558d34a-d3c6-5881-a6e3-bf8f3e6110ea" },
	{ "j\xc3\xb6-1", "37754a8b-3676-5c2e-8a92-41d49bcc454d" },
	{ "11111111-1111-1111-1111-11111111111",
	    "4f4e43bb-5853-5211-b826-d41e9a310c8b" },
};

START_TEST(each_id_has_a_row)
{
	const struct uuid u = message_job(ids[_i].id);
	char text[UUID_TEXT];

	ck_assert_str_eq(uuid_format(&u, text), ids[_i].row);
}
END_TEST

START_TEST(a_job_has_the_id_of_its_message)
{
	struct job job = { .id = message_job(ids[0].id) };

	ck_assert_str_eq(message_id(a, &job), ids[0].id);
	job.message_id = "x";
	ck_assert_str_eq(message_id(a, &job), "x");
}
END_TEST

/* --- what a row keeps of a message --- */

#define EXPIRES "2026-11-22T11:21:41.503809+00:00"

static const struct kept {
	struct celery_message m;
	const char *args;
} kept[] = {
	{ { 0 }, "{\"args\":[],\"kwargs\":{}}" },
	{ { .args = "[1, 123456789012345678901234567890]",
	      .kwargs = "{\"a\": 1.10}" },
	    "{\"args\":[1, 123456789012345678901234567890],"
	    "\"kwargs\":{\"a\": 1.10}}" },
	{ { .has_expires = true, .expires = 1795346501503809 },
	    "{\"args\":[],\"kwargs\":{},\"expires\":\"" EXPIRES "\"}" },
	{ { .soft_limit = 1500 },
	    "{\"args\":[],\"kwargs\":{},\"timelimit\":[null,1.500]}" },
	{ { .hard_limit = 60001 },
	    "{\"args\":[],\"kwargs\":{},\"timelimit\":[60.001,null]}" },
	{ { .has_expires = true,
	      .expires = 1795346501503809,
	      .soft_limit = 2000,
	      .hard_limit = 3000 },
	    "{\"args\":[],\"kwargs\":{},\"expires\":\"" EXPIRES "\","
	    "\"timelimit\":[3.000,2.000]}" },
};

START_TEST(a_row_keeps_what_the_sender_wanted)
{
	ck_assert_str_eq(message_args(a, &kept[_i].m), kept[_i].args);
}
END_TEST

/* --- back into a message --- */

/* Encodes the job and reads the result. */
static struct celery_message
sent(const struct job *job, bool result)
{
	struct celery_message m;
	struct buf b = { 0 };
	const char *why;

	message_encode(a, &b, job, "q", result);
	ck_assert_int_eq(celery_decode(a, b.data, b.len, &m, &why), CELERY_OK);
	buf_free(&b);
	return m;
}

static const struct row {
	const char *row;
	const char *args, *kwargs;
	int64_t expires; /* 0: none */
	int64_t soft, hard;
} rows[] = {
	/* However it is spelt, and with every digit. */
	{ "{\"args\": [1, 2], \"kwargs\": {\"a\": 1.10}}", "[1, 2]",
	    "{\"a\": 1.10}", 0, 0, 0 },
	{ "{\"args\":[],\"kwargs\":{}}", "[]", "{}", 0, 0, 0 },
	{ " { \"kwargs\" : { } , \"args\" : [ [ ] ] } ", "[ [ ] ]", "{ }", 0, 0,
	    0 },
	{ "{\"args\": [123456789012345678901234567890, 1e400], "
	  "\"kwargs\": {}}",
	    "[123456789012345678901234567890, 1e400]", "{}", 0, 0, 0 },
	{ "{\"args\": [\"]}\\\"\", {\"args\": [7]}], "
	  "\"kwargs\": {\"kwargs\": {\"}\": 1}}}",
	    "[\"]}\\\"\", {\"args\": [7]}]", "{\"kwargs\": {\"}\": 1}}", 0, 0,
	    0 },
	/* What else the sender wanted. */
	{ "{\"args\": [], \"kwargs\": {}, \"expires\": \"" EXPIRES "\"}", "[]",
	    "{}", 1795346501503809, 0, 0 },
	{ "{\"args\": [], \"kwargs\": {}, \"timelimit\": [60.000, 2.000]}",
	    "[]", "{}", 0, 2000, 60000 },
	{ "{\"args\": [], \"kwargs\": {}, \"timelimit\": [null, 2.000]}", "[]",
	    "{}", 0, 2000, 0 },
	{ "{\"args\": [], \"kwargs\": {}, \"expires\": 7, \"timelimit\": 7}",
	    "[]", "{}", 0, 0, 0 },
	/* None of a message: named arguments, all of it. */
	{ "{\"args\": [1]}", "[]", "{\"args\": [1]}", 0, 0, 0 },
	{ "{\"args\": {}, \"kwargs\": {}}", "[]",
	    "{\"args\": {}, \"kwargs\": {}}", 0, 0, 0 },
	{ "{\"args\": [], \"kwargs\": []}", "[]",
	    "{\"args\": [], \"kwargs\": []}", 0, 0, 0 },
	{ "{\"x\": 1}", "[]", "{\"x\": 1}", 0, 0, 0 },
};

START_TEST(a_row_of_others_becomes_their_message_again)
{
	const struct job job = { .message_id = "m",
		.kind = "k",
		.args = rows[_i].row,
		.attempts = 2 };
	const struct celery_message m = sent(&job, true);

	ck_assert_str_eq(m.id, "m");
	ck_assert_str_eq(m.args, rows[_i].args);
	ck_assert_str_eq(m.kwargs, rows[_i].kwargs);
	ck_assert_int_eq(m.has_expires, rows[_i].expires != 0);
	if (m.has_expires)
		ck_assert_int_eq(m.expires, rows[_i].expires);
	ck_assert_int_eq(m.soft_limit, rows[_i].soft);
	ck_assert_int_eq(m.hard_limit, rows[_i].hard);
}
END_TEST

/* --- the message that made the row, sent again --- */

#define KEPT_BODY "\"body\": \"W1sxXSwgeyJhIjogMX0sIHt9XQ==\", "
#define KEPT_TYPE "\"content-type\": \"application/json\""

static const char kept_message[] =
    "{" KEPT_BODY "\"headers\": {\"id\": \"m\", \"task\": \"k\", "
    "\"eta\": \"" EXPIRES "\", \"expires\": \"" EXPIRES "\", "
    "\"retries\": 1, \"ignore_result\": true, \"parent_id\": \"p\", "
    "\"root_id\": \"r\", \"group\": \"g\", \"x-tenant\": [7, NaN], "
    "\"timelimit\": [60, null]}, \"properties\": {\"priority\": 7, "
    "\"reply_to\": \"o\", \"delivery_info\": {\"exchange\": \"e\", "
    "\"routing_key\": \"old\"}, \"delivery_tag\": \"t\", "
    "\"body_encoding\": \"base64\"}, " KEPT_TYPE "}";

START_TEST(what_is_sent_again_is_the_same_message)
{
	struct job job = { .message_id = "m",
		.kind = "k",
		.args = "{\"args\": [1], \"kwargs\": {}, \"expires\": "
			"\"" EXPIRES "\"}",
		.attempts = 2,
		.message = kept_message };
	struct celery_message m;
	struct buf b = { 0 };
	const char *why;

	ck_assert_int_eq(message_encode(a, &b, &job, "q", true), 7);
	ck_assert_ptr_nonnull(strstr(b.data, KEPT_BODY));
	ck_assert_ptr_nonnull(strstr(b.data,
	    "\"x-tenant\": [7, NaN], \"timelimit\": [60, null]}"));
	ck_assert_ptr_nonnull(strstr(b.data, "\"reply_to\": \"o\""));
	ck_assert_int_eq(celery_decode(a, b.data, b.len, &m, &why), CELERY_OK);
	ck_assert_str_eq(m.parent_id, "p");
	ck_assert_str_eq(m.root_id, "r");
	ck_assert_str_eq(m.group, "g");
	ck_assert_str_eq(m.queue, "q");
	ck_assert_int_eq(m.retries, 3);
	ck_assert_int_eq(m.priority, 7);
	ck_assert(m.ignore_result && m.has_expires && !m.has_eta);
	ck_assert(celery_tag_is_ours(m.tag, "m"));
	ck_assert(!celery_tag_is_ours(m.tag, "n"));
	ck_assert(!celery_tag_is_ours("t", "m"));
	ck_assert(!celery_tag_is_ours(NULL, "m"));
	/* A retry by hand has dropped the expiry. */
	job.args = "{\"args\": [1], \"kwargs\": {}}";
	buf_clear(&b);
	ck_assert_int_eq(message_encode(a, &b, &job, "q", true), 7);
	ck_assert_int_eq(celery_decode(a, b.data, b.len, &m, &why), CELERY_OK);
	ck_assert(!m.has_expires);
	/* Its limits are those of the row. */
	message_row_limits(a, &job, &m);
	ck_assert_int_eq(m.hard_limit, 0);
	job.args = "{\"args\": [], \"kwargs\": {}, \"timelimit\": [7, 5]}";
	message_row_limits(a, &job, &m);
	ck_assert_int_eq(m.hard_limit, 7000);
	ck_assert_int_eq(m.soft_limit, 5000);
	/* What is no message is made anew. */
	job.message = "{";
	buf_clear(&b);
	ck_assert_int_eq(message_encode(a, &b, &job, "q", true), 0);
	ck_assert_int_eq(celery_decode(a, b.data, b.len, &m, &why), CELERY_OK);
	buf_free(&b);
}
END_TEST

static const char *
result_of(const struct job_tell *t)
{
	struct celery_message m;
	struct canvas_end end;

	message_end(a, t, &m, &end);
	return message_result(a, &end, NULL);
}

START_TEST(a_result_says_what_the_row_does)
{
	struct job_tell t = { .job = { .message_id = "m",
				  .kind = "k",
				  .state = JOB_SUCCEEDED,
				  .message = kept_message },
		.value = "[1]" };
	const char *text = result_of(&t);

	ck_assert_ptr_nonnull(strstr(text, "\"status\":\"SUCCESS\""));
	ck_assert_ptr_nonnull(strstr(text, "\"result\":[1]"));
	ck_assert_ptr_nonnull(strstr(text, "\"group_id\":\"g\""));
	ck_assert_ptr_nonnull(strstr(text, "\"parent_id\":\"p\""));
	t.job.state = JOB_FAILED;
	t.job.last_error = "why";
	t.exception = "billiard.exceptions.WorkerLostError";
	text = result_of(&t);
	ck_assert_ptr_nonnull(strstr(text, "\"status\":\"FAILURE\""));
	ck_assert_ptr_nonnull(strstr(text, "\"exc_type\":\"WorkerLostError\""));
	ck_assert_ptr_nonnull(strstr(text, "[\"why\"]"));
	ck_assert_ptr_nonnull(strstr(text,
	    "\"exc_module\":\"billiard.exceptions\""));
	t.job.state = JOB_CANCELLED;
	t.exception = NULL;
	text = result_of(&t);
	ck_assert_ptr_nonnull(strstr(text, "\"status\":\"REVOKED\""));
}
END_TEST

START_TEST(a_row_of_ours_becomes_named_arguments)
{
	const struct job job = { .id = message_job(ids[0].id),
		.kind = "errand.test",
		.args = "{\"args\": [1], \"kwargs\": {}, \"expires\": "
			"\"" EXPIRES "\"}",
		.attempts = 3,
		.request_id = "r",
		.traceparent = "t" };
	struct celery_message m = sent(&job, false);

	ck_assert_str_eq(m.id, ids[0].id);
	ck_assert_str_eq(m.kind, "errand.test");
	ck_assert_str_eq(m.args, "[]");
	ck_assert_str_eq(m.kwargs, job.args);
	ck_assert_int_eq(m.retries, 3);
	ck_assert(m.ignore_result && !m.has_expires && !m.has_eta);
	ck_assert_str_eq(m.queue, "q");
	ck_assert_str_eq(m.request_id, "r");
	ck_assert_str_eq(m.traceparent, "t");
	m = sent(&job, true);
	ck_assert(!m.ignore_result);
}
END_TEST

/* --- for a handler --- */

static const struct {
	const char *message_id, *row;
	const char *object; /* NULL: there is none */
} handed[] = {
	{ NULL, "{\"a\": 1}", "{\"a\":1}" },
	{ NULL, "{\"args\": [1], \"kwargs\": {}}",
	    "{\"args\":[1],\"kwargs\":{}}" },
	{ NULL, "[1]", NULL },
	{ NULL, "null", NULL },
	{ NULL, "{", NULL },
	{ "m", "{\"args\": [1], \"kwargs\": {\"a\": 1}}", "{\"a\":1}" },
	{ "m", "{\"kwargs\":{\"a\":1},\"args\":[1]}", "{\"a\":1}" },
	{ "m", "{\"a\": 1}", "{\"a\":1}" },
	{ "m", "[]", NULL },
};

START_TEST(a_handler_gets_the_named_arguments)
{
	const struct job job = { .message_id = handed[_i].message_id,
		.args = handed[_i].row };
	struct json_object *o = message_kwargs(a, &job);

	ck_assert_pstr_eq(o == NULL ? NULL
				    : json_object_to_json_string_ext(o,
					  JSON_C_TO_STRING_PLAIN),
	    handed[_i].object);
}
END_TEST

/* --- limits of a kind that others run --- */

static const struct {
	const char *kind, *args;
	int64_t soft, hard;
} limits[] = {
	{ "theirs", "{}", 2000, 4000 },
	{ "free", "{}", 0, 0 },
	{ "ours", "{}", 0, 0 },
	{ "unknown", "{}", 0, 0 },
	/* with the sender's: in seconds, the hard one first */
	{ "theirs", "{\"args\": [], \"kwargs\": {}, \"timelimit\": [3, null]}",
	    2000, 3000 },
	{ "theirs", "{\"args\": [], \"kwargs\": {}, \"timelimit\": [9, 1]}",
	    1000, 4000 },
	{ "ours", "{\"args\": [], \"kwargs\": {}, \"timelimit\": [9, 1]}", 1000,
	    9000 },
};

START_TEST(others_are_told_the_limits_of_a_kind)
{
	static const char ini[] =
	    "[job:theirs]\nqueue = q\nsoft_limit = 2s\n"
	    "hard_limit = 4s\n"
	    "[job:free]\nqueue = q\n"
	    "[job:ours]\ncommand = true\nsoft_limit = 1s\n";
	char *path = harness_file(ini, strlen(ini));
	struct job job = { .id = uuid_new(),
		.message_id = limits[_i].args[1] == '}' ? NULL : "m",
		.kind = limits[_i].kind,
		.args = limits[_i].args };
	struct celery_message m;

	ck_assert_int_eq(setup_load_or_say("check", path), 0);
	m = sent(&job, true);
	ck_assert_int_eq(m.soft_limit, limits[_i].soft);
	ck_assert_int_eq(m.hard_limit, limits[_i].hard);
	conf_free();
	unlink(path);
	free(path);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ each_id_has_a_row, NELEM(ids), 0 },
		{ a_job_has_the_id_of_its_message, 0, 0 },
		{ a_row_keeps_what_the_sender_wanted, NELEM(kept), 0 },
		{ a_row_of_others_becomes_their_message_again, NELEM(rows), 0 },
		{ what_is_sent_again_is_the_same_message, 0, 0 },
		{ a_result_says_what_the_row_does, 0, 0 },
		{ others_are_told_the_limits_of_a_kind, NELEM(limits), 0 },
		{ a_row_of_ours_becomes_named_arguments, 0, 0 },
		{ a_handler_gets_the_named_arguments, NELEM(handed), 0 },
	};

	return harness_run_in("message", set_up, tear_down, tests,
	    NELEM(tests));
}
