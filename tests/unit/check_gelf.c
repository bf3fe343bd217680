/* SPDX-License-Identifier: ISC */
/* GELF: what Graylog keeps, whatever is in an event; chunks, and HTTP. */
#include "config.h"

#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <zlib.h>

#include "lib/harness.h"

#include "base/buf.h"
#include "base/str.h"
#include "log/gelf.h"

static struct json_object *
encode(const char *msg, enum log_level level, const struct log_field *fields)
{
	const struct log_event e = { .us = 1795401000123956,
		.level = level,
		.program = "errand.fcgi",
		.pid = 123,
		.msg = msg,
		.fields = fields,
		.request_id = "r-1" };
	struct json_object *o;
	struct buf b = { 0 };

	gelf_json(&b, &e, "a.example");
	ck_assert_uint_le(b.len, GELF_MESSAGE_MAX);
	ck_assert_uint_eq(strlen(b.data), b.len);
	o = json_tokener_parse(b.data);
	ck_assert_ptr_nonnull(o);
	buf_free(&b);
	return o;
}

static const char *
text_of(struct json_object *o, const char *name)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, name, &v))
		return "(none)";
	ck_assert(json_object_is_type(v, json_type_string));
	return json_object_get_string(v);
}

static const int severities[LOGL__MAX] = { 3, 4, 6, 7 };

START_TEST(events_have_what_gelf_wants)
{
	const struct log_field fields[] = { LS("kind", "x"),
		LI("duration_us", -5), { 0 } };
	struct json_object *o =
	    encode("it happened", (enum log_level)_i, fields);
	struct json_object *v;

	ck_assert_str_eq(text_of(o, "version"), "1.1");
	ck_assert_str_eq(text_of(o, "host"), "a.example");
	ck_assert_str_eq(text_of(o, "short_message"), "it happened");
	ck_assert(json_object_object_get_ex(o, "level", &v));
	ck_assert(json_object_is_type(v, json_type_int));
	ck_assert_int_eq(json_object_get_int(v), severities[_i]);
	ck_assert(json_object_object_get_ex(o, "timestamp", &v));
	ck_assert(json_object_is_type(v, json_type_double));
	ck_assert_str_eq(json_object_get_string(v), "1795401000.123");
	ck_assert_str_eq(text_of(o, "_program"), "errand.fcgi");
	ck_assert_str_eq(text_of(o, "_request_id"), "r-1");
	ck_assert_str_eq(text_of(o, "_kind"), "x");
	ck_assert(json_object_object_get_ex(o, "_duration_us", &v));
	ck_assert(json_object_is_type(v, json_type_int));
	ck_assert_int_eq(json_object_get_int(v), -5);
	ck_assert(json_object_object_get_ex(o, "_pid", &v));
	ck_assert_int_eq(json_object_object_length(o), 10);
	json_object_put(o);
}
END_TEST

static const struct {
	const char *key, *text, *name, *expect; /* NULL: left out */
} texts[] = {
	{ "key", "plain", "_key", "plain" },
	{ "key", "", "_key", NULL },
	{ "key", " \t\r\n", "_key", NULL },
	{ "key", "\xc2\xa0\xe2\x80\x83", "_key", NULL },
	{ "key", "a\nb\x1b[31m\"\\", "_key", "a\nb\x1b[31m\"\\" },
	{ "key", "\xff", "_key", "\xef\xbf\xbd" },
	{ "key", "7", "_key", "7" },
	{ "key", "2026", "_key", "'2026" },
	{ "key", "2026-11-28", "_key", "'2026-11-28" },
	{ "key", "2026-11-28T01:02:03Z", "_key", "'2026-11-28T01:02:03Z" },
	{ "key", "2026/11/28 01:02:03 Z", "_key", "'2026/11/28 01:02:03 Z" },
	{ "key", "20261128", "_key", "20261128" },
	{ "key", "0199-x is one", "_key", "'0199-x is one" },
	{ "key", "'2026-11-28", "_key", "'2026-11-28" },
	{ "a.b-c d\xc3\xa9", "x", "_a_b_c_d__", "x" },
	{ "id", "x", "_id_", "x" },
	{ "source", "x", "_source_", "x" },
	{ "message", "x", "_message_", "x" },
	{ "timestamp", "x", "_timestamp_", "x" },
	{ "level", "x", "_level_", "x" },
	{ "streams", "x", "_streams_", "x" },
	{ "host", "x", "_host_", "x" },
	{ "gl2_x", "x", "_gl2_x_", "x" },
	{ "", "x", "_", "x" },
};

START_TEST(fields_are_such_that_none_is_dropped)
{
	const struct log_field fields[] = { LS(texts[_i].key, texts[_i].text),
		{ 0 } };
	struct json_object *o = encode("m", LOGL_INFO, fields);

	ck_assert_int_eq(json_object_object_length(o),
	    texts[_i].expect == NULL ? 8 : 9);
	ck_assert_str_eq(text_of(o, texts[_i].name),
	    texts[_i].expect == NULL ? "(none)" : texts[_i].expect);
	json_object_put(o);
}
END_TEST

static const char *const blanks[] = { "", " ", "\n", "\xe2\x80\x83" };

START_TEST(a_message_is_never_blank)
{
	const struct log_field none = { 0 };
	struct json_object *o = encode(blanks[_i], LOGL_INFO, &none);

	ck_assert_str_eq(text_of(o, "short_message"), "-");
	json_object_put(o);
}
END_TEST

/* What grows most by its escapes, a hundred times, under a long name. */
START_TEST(nothing_is_too_large)
{
	static char text[100001], key[1001];
	struct log_field fields[101] = { 0 };
	struct json_object *o;
	const char *got;
	size_t i;

	memset(text, _i == 0 ? '\x01' : 'x', sizeof(text) - 1);
	memset(key, 'k', sizeof(key) - 1);
	for (i = 0; i < 100; i++)
		fields[i] = LS(i % 2 == 0 ? key : "short", text);
	o = encode(text, LOGL_INFO, fields);
	ck_assert_int_eq(strlen(text_of(o, "short_message")), LOG_TEXT_MAX);
	got = text_of(o, "_short");
	ck_assert_int_eq(strlen(got), LOG_TEXT_MAX);
	json_object_put(o);
}
END_TEST

static const struct {
	size_t len, most;
	int chunks; /* 0: one datagram without a head; -1: refused */
} sizes[] = {
	{ 1, 1420, 0 },
	{ 1420, 1420, 0 },
	{ 1421, 1420, 2 },
	{ 2816, 1420, 2 },
	{ 2817, 1420, 3 },
	{ (size_t)128 * 1408, 1420, 128 },
	{ (size_t)128 * 1408 + 1, 1420, -1 },
	{ (size_t)128 * 500, 512, 128 },
	{ (size_t)128 * 500 + 1, 512, -1 },
};

START_TEST(large_messages_go_in_chunks)
{
	size_t len = sizes[_i].len, at = 0, part, i;
	struct buf out = { 0 }, lens = { 0 }, whole = { 0 };
	char *data = malloc(len);
	const uint64_t id = UINT64_C(0x0123456789abcdef);
	uint32_t size;
	int rc;

	ck_assert_ptr_nonnull(data);
	for (i = 0; i < len; i++)
		data[i] = (char)(i * 7 % 251);
	rc = gelf_datagrams(&out, &lens, data, len, sizes[_i].most, id);
	ck_assert_int_eq(rc, sizes[_i].chunks == -1 ? -1 : 0);
	for (i = 0; i < lens.len / sizeof(size); i++) {
		const char *head = out.data + at;

		memcpy(&size, lens.data + i * sizeof(size), sizeof(size));
		part = size & ~LOG_NET_MORE;
		ck_assert_uint_le(part, sizes[_i].most);
		ck_assert_int_eq((size & LOG_NET_MORE) == 0,
		    i + 1 == lens.len / sizeof(size));
		at += part;
		if (sizes[_i].chunks == 0) {
			buf_add(&whole, head, part);
			continue;
		}
		ck_assert_int_eq(memcmp(head, "\x1e\x0f", 2), 0);
		ck_assert_int_eq(memcmp(head + 2, &id, sizeof(id)), 0);
		ck_assert_uint_eq((uint8_t)head[10], i);
		ck_assert_int_eq((uint8_t)head[11], sizes[_i].chunks);
		buf_add(&whole, head + 12, part - 12);
	}
	ck_assert_uint_eq(at, out.len);
	if (rc == 0) {
		ck_assert_uint_eq(whole.len, len);
		ck_assert_int_eq(memcmp(whole.data, data, len), 0);
	}
	free(data);
	buf_free(&out);
	buf_free(&lens);
	buf_free(&whole);
}
END_TEST

START_TEST(gzip_can_be_undone)
{
	struct buf b = { 0 };
	char text[5000], back[6000];
	z_stream z = { 0 };
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * i % 23);
	gelf_gzip(&b, text, sizeof(text));
	ck_assert_int_eq(memcmp(b.data, "\x1f\x8b", 2), 0);
	z.next_in = (Bytef *)b.data;
	z.avail_in = (uInt)b.len;
	z.next_out = (Bytef *)back;
	z.avail_out = sizeof(back);
	ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(z.total_out, sizeof(text));
	ck_assert_int_eq(memcmp(back, text, sizeof(text)), 0);
	inflateEnd(&z);
	buf_free(&b);
}
END_TEST

START_TEST(a_request_says_how_long_it_is)
{
	struct buf b = { 0 };

	gelf_http_head(&b, "a.example:12201", "/gelf", 17);
	ck_assert_str_eq(b.data,
	    "POST /gelf HTTP/1.1\r\nHost: a.example:12201\r\n"
	    "User-Agent: errand/" PACKAGE_VERSION "\r\n"
	    "Content-Type: application/json\r\nContent-Length: 17\r\n\r\n");
	buf_free(&b);
}
END_TEST

#define OK "HTTP/1.1 202 Accepted\r\n"

static const struct {
	const char *text;
	enum log_net_answer answer;
	const char *rest; /* behind the answer */
} answers[] = {
	{ OK "Content-Length: 0\r\n\r\nHTTP", LOG_NET_TAKEN, "HTTP" },
	{ OK "content-length:3\r\n\r\nabcHTTP", LOG_NET_TAKEN, "HTTP" },
	{ OK "Content-Length: 3\r\n\r\nab", LOG_NET_NONE, NULL },
	{ OK "Content-Length: 3\r\n", LOG_NET_NONE, NULL },
	{ "HTTP", LOG_NET_NONE, NULL },
	{ "HTTP/1.1 20", LOG_NET_NONE, NULL },
	{ OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nH",
	    LOG_NET_TAKEN, "H" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n1;x=y\r\na\r\n0\r\nT: x\r\n\r\n"
	     "H",
	    LOG_NET_TAKEN, "H" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
	    LOG_NET_NONE, NULL },
	{ OK "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", LOG_NET_NOT_NOW,
	    NULL },
	{ "HTTP/1.1 204 No Content\r\n\r\nHTTP", LOG_NET_TAKEN, "HTTP" },
	{ "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 0\r\n\r\n",
	    LOG_NET_TAKEN, "" },
	{ "HTTP/1.1 100 Continue\r\n\r\n", LOG_NET_NONE, NULL },
	{ "HTTP/1.0 200 OK\r\n\r\nto the end", LOG_NET_TAKEN, "" },
	{ "HTTP/1.1 413 Too Large\r\nContent-Length: 1\r\n\r\nxH",
	    LOG_NET_REFUSED, "H" },
	{ "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", LOG_NET_REFUSED,
	    "" },
	{ "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", LOG_NET_NOT_NOW,
	    NULL },
	{ "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", LOG_NET_NOT_NOW,
	    NULL },
	{ "HTTP/1.1 302 Go\r\nContent-Length: 0\r\n\r\n", LOG_NET_NOT_NOW,
	    NULL },
	{ "HTTP/1.1 500 Odd\r\nContent-Length: 0\r\n\r\n", LOG_NET_FAILED,
	    NULL },
	{ "HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n", LOG_NET_NOT_NOW,
	    NULL },
	{ "HTTP/1.1 999 What\r\n\r\n", LOG_NET_NOT_NOW, NULL },
	{ "HTTP/1.1 x\r\n\r\n", LOG_NET_NOT_NOW, NULL },
	{ OK "Content-Length: x\r\n\r\n", LOG_NET_NOT_NOW, NULL },
	{ OK "Content-Length: 99999999999999999999\r\n\r\n", LOG_NET_NOT_NOW,
	    NULL },
	{ "SSH-2.0-x\r\n", LOG_NET_NOT_NOW, NULL },
	{ "\x15\x03\x03", LOG_NET_NOT_NOW, NULL },
};

START_TEST(answers_of_http_are_understood)
{
	struct buf in = { 0 };
	const char *why = NULL;
	size_t len = 0;

	buf_adds(&in, answers[_i].text);
	ck_assert_int_eq(gelf_http_answer(&in, &len, &why), answers[_i].answer);
	if (answers[_i].rest != NULL)
		ck_assert_str_eq(in.data + len, answers[_i].rest);
	if (answers[_i].answer == LOG_NET_NOT_NOW)
		ck_assert_ptr_nonnull(why);
	buf_free(&in);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ events_have_what_gelf_wants, LOGL__MAX, 0 },
		{ fields_are_such_that_none_is_dropped, NELEM(texts), 0 },
		{ a_message_is_never_blank, NELEM(blanks), 0 },
		{ nothing_is_too_large, 2, 0 },
		{ large_messages_go_in_chunks, NELEM(sizes), 0 },
		{ gzip_can_be_undone, 0, 0 },
		{ a_request_says_how_long_it_is, 0, 0 },
		{ answers_of_http_are_understood, NELEM(answers), 0 },
	};

	return harness_run("gelf", tests, NELEM(tests));
}
