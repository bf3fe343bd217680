/* SPDX-License-Identifier: ISC */
/* Celery's messages, made and read, and its times. */
#include "config.h"

#include "lib/celery_bed.h"

#include <json-c/json.h>

#include "conf/conf.h"
#include "text/json.h"

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
	ck_assert(m.soft_limit == 0 && m.hard_limit == 0);
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
	ck_assert(m.ignore_result);
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

START_TEST(pieces_of_a_message_are_broken)
{
	const size_t len = strlen(SENT);
	struct celery_message m;
	const char *why;

	for (size_t n = 0; n < len; n++)
		ck_assert_int_eq(decode_n(SENT, n, &m, &why), CELERY_BROKEN);
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

static const struct {
	const char *zone, *text, *utc;
} naive[] = {
	{ "UTC", "2026-11-22T11:21:41", "2026-11-22T11:21:41.000000+00:00" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-11-22T11:21:41.5",
	    "2026-11-22T10:21:41.500000+00:00" },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01 00:30",
	    "2026-06-30T22:30:00.000000+00:00" },
	{ "IST-5:30", "2026-11-22T11:21:41",
	    "2026-11-22T05:51:41.000000+00:00" },
	{ "EST5", "2026-12-31T23:00:00", "2027-01-01T04:00:00.000000+00:00" },
	/* who says where it is, is believed */
	{ "EST5", "2026-11-22T11:21:41Z", "2026-11-22T11:21:41.000000+00:00" },
	{ "EST5", "2026-11-22T11:21:41+02:00",
	    "2026-11-22T09:21:41.000000+00:00" },
};

START_TEST(times_without_a_zone_are_those_of_the_broker)
{
	char text[CELERY_TIME];
	int64_t us;

	setenv("TZ", "NST3:30", 1);
	settings.broker_timezone = naive[_i].zone;
	ck_assert_int_eq(celery_time_parse(naive[_i].text, &us), 0);
	ck_assert_str_eq(celery_time(us, text), naive[_i].utc);
	ck_assert_str_eq(getenv("TZ"), "NST3:30");
	unsetenv("TZ");
	settings.broker_timezone = NULL;
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
		{ pieces_of_a_message_are_broken, 0, 0 },
		{ times_are_read, NELEM(times), 0 },
		{ times_without_a_zone_are_those_of_the_broker, NELEM(naive),
		    0 },
	};

	return harness_run_in("celery", set_up, tear_down, tests, NELEM(tests));
}
