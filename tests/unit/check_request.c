/* SPDX-License-Identifier: ISC */
/* Requests as web servers hand them over: addresses, headers, bodies. */
#include "config.h"

#include "lib/harness.h"

#include "base/uuid.h"
#include "conf/conf.h"
#include "wire/prefer.h"
#include "wire/request.h"
#include "wire/request_path.h"

#define A8   "aaaaaaaa"
#define A64  A8 A8 A8 A8 A8 A8 A8 A8
#define MANY 64 /* parameters of one request in these tests */

static struct arena *arena;

static void
setup(const char *base_path)
{
	arena = arena_new();
	settings.http_base_path = base_path;
	settings.http_body_limit = 10;
}

static void
read_path(struct request *req, const char *uri)
{
	char *exact = harness_exact(uri, strlen(uri) + 1);

	*req = (struct request){ 0 };
	request_path(req, arena, exact);
	free(exact);
}

static const struct {
	const char *base;
	const char *uri;
	const char *path;
	const char *query;
	size_t n;
	const char *segments[REQUEST_SEGMENTS_MAX];
} paths[] = {
	{ "", "/", "/", "", 1, { "" } },
	{ "", "/tasks", "/tasks", "", 1, { "tasks" } },
	{ "", "/tasks/", "/tasks/", "", 2, { "tasks", "" } },
	{ "", "//tasks", "//tasks", "", 2, { "", "tasks" } },
	{ "", "/tasks/7/events", "/tasks/7/events", "", 3,
	    { "tasks", "7", "events" } },
	{ "", "/1/2/3/4", "/1/2/3/4", "", 4, { "1", "2", "3", "4" } },
	{ "", "/1/2/3/4/5", "/1/2/3/4/5", "", 5, { "1", "2", "3", "4", "5" } },
	{ "", "/1/2/3/4/5/6", "/1/2/3/4/5/6", "", 6,
	    { "1", "2", "3", "4", "5" } },
	{ "", "/tasks?", "/tasks", "", 1, { "tasks" } },
	{ "", "/tasks?a=1&b=%20", "/tasks", "a=1&b=%20", 1, { "tasks" } },
	{ "", "/tasks?a?b/../c", "/tasks", "a?b/../c", 1, { "tasks" } },
	{ "", "/tasks#a?b", "/tasks", "", 1, { "tasks" } },
	{ "", "/tasks?a#b", "/tasks", "a", 1, { "tasks" } },
	{ "", "/ta%73ks", "/ta%73ks", "", 1, { "tasks" } },
	{ "", "/a%2Fb%2fc", "/a%2Fb%2fc", "", 1, { "a/b/c" } },
	{ "", "/a%3Fb", "/a%3Fb", "", 1, { "a?b" } },
	{ "", "/%25%32%35", "/%25%32%35", "", 1, { "%25" } },
	{ "", "/a+b", "/a+b", "", 1, { "a+b" } },
	{ "", "/%c3%a9", "/%c3%a9", "", 1, { "\xc3\xa9" } },
	{ "", "/\xff", "/\xff", "", 1, { "\xff" } },
	{ "", "/...", "/...", "", 1, { "..." } },
	{ "", "/.a/b.", "/.a/b.", "", 2, { ".a", "b." } },
	{ "", "", "", "", 0, { NULL } },
	{ "", "*", "*", "", 0, { NULL } },
	{ "", "tasks", "tasks", "", 0, { NULL } },
	{ "", "?a", "", "a", 0, { NULL } },
	{ "", "http://host/tasks?a", "/tasks", "a", 1, { "tasks" } },
	{ "", "https://host:8443/tasks", "/tasks", "", 1, { "tasks" } },
	{ "", "http://host", "", "", 0, { NULL } },
	{ "", "http://host?a", "", "a", 0, { NULL } },
	{ "", "/tasks?u=http://host/x", "/tasks", "u=http://host/x", 1,
	    { "tasks" } },
	{ "", "/http://host", "/http://host", "", 3, { "http:", "", "host" } },
	{ "/api", "/api/tasks?a", "/tasks", "a", 1, { "tasks" } },
	{ "/api", "/api", "", "", 0, { NULL } },
	{ "/api", "/api?a", "", "a", 0, { NULL } },
	{ "/api", "/api/", "/", "", 1, { "" } },
	{ "/api", "http://host/api/tasks", "/tasks", "", 1, { "tasks" } },
	{ "/api", "/apix/tasks", "/apix/tasks", "", 0, { NULL } },
	{ "/api", "/ap", "/ap", "", 0, { NULL } },
	{ "/api", "/tasks", "/tasks", "", 0, { NULL } },
	{ "/api", "/API/tasks", "/API/tasks", "", 0, { NULL } },
	{ "/api", "/%61pi/tasks", "/%61pi/tasks", "", 0, { NULL } },
	{ "/api", "/x/../api/tasks", "/x/../api/tasks", "", 0, { NULL } },
	{ "/a/b", "/a/b/tasks", "/tasks", "", 1, { "tasks" } },
};

START_TEST(addresses_are_taken_apart)
{
	struct request req;
	size_t i;

	setup(paths[_i].base);
	read_path(&req, paths[_i].uri);
	ck_assert(!req.uri_long);
	ck_assert_ptr_null(req.fault);
	ck_assert_str_eq(req.path, paths[_i].path);
	ck_assert_str_eq(req.query, paths[_i].query);
	ck_assert_uint_eq(req.nsegments, paths[_i].n);
	for (i = 0; i < paths[_i].n && i < REQUEST_SEGMENTS_MAX; i++)
		ck_assert_str_eq(req.segments[i], paths[_i].segments[i]);
	arena_free(arena);
}
END_TEST

static const struct {
	const char *base;
	const char *uri;
	const char *fault; /* a part of what is said */
} faulty[] = {
	{ "", "/.", "dot segment" },
	{ "", "/..", "dot segment" },
	{ "", "/./tasks", "dot segment" },
	{ "", "/tasks/..", "dot segment" },
	{ "", "/tasks/../health?a", "dot segment" },
	{ "", "/1/2/3/4/5/..", "dot segment" },
	{ "", "/%2e", "dot segment" },
	{ "", "/health/%2E%2e/tasks", "dot segment" },
	{ "", "/health/.%2e/tasks", "dot segment" },
	{ "/api", "/api/../tasks", "dot segment" },
	{ "", "http://host/../tasks", "dot segment" },
	{ "", "/%", "percent-encoding" },
	{ "", "/%4", "percent-encoding" },
	{ "", "/%4/1", "percent-encoding" },
	{ "", "/%zz", "percent-encoding" },
	{ "", "/%4g", "percent-encoding" },
	{ "", "/%%41", "percent-encoding" },
	{ "", "/tasks%00", "percent-encoding" },
	{ "", "/tasks%0d%0a", "percent-encoding" },
	{ "", "/tasks%1F", "percent-encoding" },
	{ "", "/tasks%7f", "percent-encoding" },
	{ "", "/tasks\t", "percent-encoding" },
	{ "", "/tasks\x7f", "percent-encoding" },
};

START_TEST(faulty_addresses_are_refused)
{
	struct request req;

	setup(faulty[_i].base);
	read_path(&req, faulty[_i].uri);
	ck_assert_ptr_nonnull(req.fault);
	ck_assert_msg(strstr(req.fault, faulty[_i].fault) != NULL, "%s",
	    req.fault);
	arena_free(arena);
}
END_TEST

START_TEST(long_addresses_are_refused)
{
	char *uri = malloc(REQUEST_URI_MAX + 2);
	struct request req;

	setup("");
	ck_assert_ptr_nonnull(uri);
	memset(uri, 'a', REQUEST_URI_MAX + 1);
	uri[0] = '/';
	uri[REQUEST_URI_MAX + 1] = '\0';
	read_path(&req, uri);
	ck_assert(req.uri_long);
	ck_assert_str_eq(req.path, "");
	ck_assert_uint_eq(req.nsegments, 0);
	uri[REQUEST_URI_MAX] = '\0';
	read_path(&req, uri);
	ck_assert(!req.uri_long);
	ck_assert_uint_eq(req.nsegments, 1);
	ck_assert_uint_eq(strlen(req.segments[0]), REQUEST_URI_MAX - 1);
	free(uri);
	arena_free(arena);
}
END_TEST

/* A body that the web server sends in pieces, and then perhaps fails. */
struct body {
	unsigned char *next;
	size_t left;
	size_t piece;
	int error;
};

static void
body_fill(FCGX_Stream *in)
{
	struct body *b = in->data;
	size_t n = b->left < b->piece ? b->left : b->piece;

	if (n == 0) {
		in->FCGI_errno = b->error;
		in->isClosed = 1;
		return;
	}
	in->rdNext = b->next;
	in->stop = b->next + n;
	b->next += n;
	b->left -= n;
}

/* Reads a request of these parameters, which end with NULL, and this body. */
static void
read_request(struct request *req, const char *const *params, struct body *b)
{
	FCGX_Stream in = {
		.isReader = 1, .fillBuffProc = body_fill, .data = b
	};
	char *env[MANY] = { NULL };
	FCGX_Request r = { .in = &in, .envp = env };
	size_t n;

	for (n = 0; params[n] != NULL; n++) {
		ck_assert_uint_lt(n, MANY - 1);
		env[n] = harness_exact(params[n], strlen(params[n]) + 1);
	}
	request_read(req, &r, arena);
	request_body(req, &r, arena);
	while (n-- > 0)
		free(env[n]);
}

static void
read_params(struct request *req, const char *const *params)
{
	struct body none = { 0 };

	setup("");
	read_request(req, params, &none);
}

static const struct {
	const char *param;
	enum method method;
	const char *name;
} method_rows[] = {
	{ "REQUEST_METHOD=GET", METHOD_GET, "GET" },
	{ "REQUEST_METHOD=HEAD", METHOD_HEAD, "HEAD" },
	{ "REQUEST_METHOD=POST", METHOD_POST, "POST" },
	{ "REQUEST_METHOD=PUT", METHOD_PUT, "PUT" },
	{ "REQUEST_METHOD=PATCH", METHOD_PATCH, "PATCH" },
	{ "REQUEST_METHOD=DELETE", METHOD_DELETE, "DELETE" },
	{ "REQUEST_METHOD=OPTIONS", METHOD_OPTIONS, "OPTIONS" },
	{ "REQUEST_METHOD=TRACE", METHOD_OTHER, "TRACE" },
	{ "REQUEST_METHOD=get", METHOD_OTHER, "get" },
	{ "REQUEST_METHOD=GETS", METHOD_OTHER, "GETS" },
	{ "REQUEST_METHOD=", METHOD_OTHER, "" },
	{ "REQUEST_METHODS=GET", METHOD_OTHER, "" },
	{ "XREQUEST_METHOD=GET", METHOD_OTHER, "" },
	{ "REQUEST_METHOD", METHOD_OTHER, "" },
};

START_TEST(methods_are_known)
{
	const char *const params[] = { method_rows[_i].param, NULL };
	struct request req;

	read_params(&req, params);
	ck_assert_int_eq(req.method, method_rows[_i].method);
	ck_assert_str_eq(req.method_name, method_rows[_i].name);
	arena_free(arena);
}
END_TEST

static const struct {
	const char *id;
	bool kept;
} ids[] = {
	{ "a", true },
	{ "Az09-_.:", true },
	{ A64, true },
	{ A64 "a", false },
	{ "", false },
	{ "a b", false },
	{ "a, b", false },
	{ "a\r\nb", false },
	{ "a\"", false },
	{ "a/b", false },
	{ "\xc3\xa9", false },
};

START_TEST(harmless_request_ids_are_kept)
{
	char param[128];
	const char *const params[] = { param, NULL };
	struct request req;
	struct uuid u;

	snprintf(param, sizeof(param), "HTTP_X_REQUEST_ID=%s", ids[_i].id);
	read_params(&req, params);
	if (ids[_i].kept)
		ck_assert_str_eq(req.id, ids[_i].id);
	else
		ck_assert_int_eq(uuid_parse(req.id, &u), 0);
	arena_free(arena);
}
END_TEST

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN  "b7ad6b7169203331"
#define ZEROS "00000000"

static const struct {
	const char *text;
	bool kept;
} traces[] = {
	{ "00-" TRACE "-" SPAN "-01", true },
	{ "00-" TRACE "-" SPAN "-ff", true },
	{ "00-" ZEROS ZEROS ZEROS "00000001-" ZEROS "00000001-00", true },
	{ "00-" ZEROS ZEROS ZEROS ZEROS "-" SPAN "-01", false },
	{ "00-" TRACE "-" ZEROS ZEROS "-01", false },
	{ "ff-" TRACE "-" SPAN "-01", false },
	{ "00-" TRACE "-" SPAN "-01-x", false },
	{ "00-" TRACE "-" SPAN "-0", false },
	{ "00-" TRACE "-" SPAN "-0G", false },
	{ "00-0AF7651916CD43DD8448EB211C80319C-" SPAN "-01", false },
	{ "00_" TRACE "_" SPAN "_01", false },
	{ "00-" TRACE "-" SPAN "-01, 00-" TRACE "-" SPAN "-01", false },
	{ "", false },
};

START_TEST(valid_trace_parents_are_kept)
{
	char param[256];
	const char *const params[] = { param, NULL };
	struct request req;

	snprintf(param, sizeof(param), "HTTP_TRACEPARENT=%s", traces[_i].text);
	read_params(&req, params);
	if (traces[_i].kept) {
		ck_assert_str_eq(req.traceparent, traces[_i].text);
		ck_assert_uint_eq(strlen(req.trace_id), 32);
		ck_assert(strncmp(req.trace_id, traces[_i].text + 3, 32) == 0);
	} else {
		ck_assert_ptr_null(req.traceparent);
		ck_assert_ptr_null(req.trace_id);
	}
	arena_free(arena);
}
END_TEST

START_TEST(trace_parents_of_later_versions_are_taken_as_the_first)
{
	static const char *const params[] = {
		"HTTP_TRACEPARENT=01-" TRACE "-" SPAN "-01-more", NULL
	};
	struct request req;

	read_params(&req, params);
	ck_assert_str_eq(req.traceparent, "00-" TRACE "-" SPAN "-01");
	arena_free(arena);
}
END_TEST

START_TEST(headers_are_found_among_others)
{
	static const char *const params[] = { "GATEWAY_INTERFACE=CGI/1.1",
		"HTTP_IF_MATCH=\"7\"", "HTTP_IF_NONE_MATCH=\"8\"",
		"HTTP_ORIGIN=https://app.example", "CONTENT_TYPE=text/plain",
		"HTTP_CONTENT_TYPE=application/json",
		"HTTP_ACCESS_CONTROL_REQUEST_METHOD=PUT",
		"REMOTE_ADDR=192.0.2.1", "HTTP_AUTHORIZATION=Bearer a=b",
		"HTTP_AUTHORIZATION_X=Bearer c", "HTTP_IF_MATCHES=\"9\"",
		"PATH_INFO=/health", "REQUEST_URI=/tasks?a", NULL };
	struct request req;

	read_params(&req, params);
	ck_assert_str_eq(req.if_match, "\"7\"");
	ck_assert_str_eq(req.if_none_match, "\"8\"");
	ck_assert_str_eq(req.origin, "https://app.example");
	ck_assert_str_eq(req.content_type, "text/plain");
	ck_assert_str_eq(req.preflight, "PUT");
	ck_assert_str_eq(req.remote_addr, "192.0.2.1");
	ck_assert_str_eq(req.authorization, "Bearer a=b");
	ck_assert_str_eq(req.path, "/tasks");
	ck_assert_str_eq(req.query, "a");
	arena_free(arena);
}
END_TEST

START_TEST(absent_headers_are_null)
{
	static const char *const params[] = { NULL };
	struct request req;
	struct uuid u;

	read_params(&req, params);
	ck_assert_ptr_null(req.authorization);
	ck_assert_ptr_null(req.content_type);
	ck_assert_ptr_null(req.if_match);
	ck_assert_ptr_null(req.if_none_match);
	ck_assert_ptr_null(req.origin);
	ck_assert_ptr_null(req.preflight);
	ck_assert_ptr_null(req.traceparent);
	ck_assert_str_eq(req.remote_addr, "");
	ck_assert_str_eq(req.path, "");
	ck_assert_uint_eq(req.nsegments, 0);
	ck_assert_int_eq(uuid_parse(req.id, &u), 0);
	ck_assert_int_eq(req.body_state, REQUEST_BODY_WHOLE);
	arena_free(arena);
}
END_TEST

/* Two tokens must not become one, whichever way the server passes them. */
START_TEST(repeated_headers_are_joined)
{
	static const char *const twice[] = { "HTTP_AUTHORIZATION=Bearer a",
		"HTTP_AUTHORIZATION=Bearer b", "HTTP_IF_MATCH=\"7\"",
		"HTTP_IF_MATCH=\"8\"", NULL };
	struct request req;

	read_params(&req, twice);
	ck_assert_str_eq(req.authorization, "Bearer a, Bearer b");
	ck_assert_str_eq(req.if_match, "\"7\", \"8\"");
	arena_free(arena);
}
END_TEST

static const struct {
	const char *header;
	int64_t wait;
} preferences[] = {
	{ NULL, 0 },
	{ "", 0 },
	{ "wait", 0 },
	{ "wait=", 0 },
	{ "wait=7", 7 },
	{ "WAIT = 7", 7 },
	{ "wait=\"7\"", 7 },
	{ "wait=\"7", 0 },
	{ "wait=7;x=8 ", 7 },
	{ "wait=7 x", 0 },
	{ "wait=-7", 0 },
	{ "wait=x", 0 },
	{ "waiting=7", 0 },
	{ "respond-async, wait=7", 7 },
	{ "a=\"wait=9, \\\"\", wait=7, wait=8", 7 },
	{ "a=\"wait=9", 0 },
	{ ",,wait=7,", 7 },
	{ "wait=0", 0 },
	{ "wait=99999999999999999999999999", INT64_C(1000000000) },
};

START_TEST(a_wait_is_found_among_preferences)
{
	ck_assert_int_eq(prefer_wait(preferences[_i].header),
	    preferences[_i].wait);
}
END_TEST

START_TEST(a_redirected_token_is_the_second_choice)
{
	static const char *const one[] = {
		"REDIRECT_HTTP_AUTHORIZATION=Bearer a", NULL
	};
	static const char *const both[] = {
		"REDIRECT_HTTP_AUTHORIZATION=Bearer a",
		"HTTP_AUTHORIZATION=Bearer b", NULL
	};
	struct request req;

	read_params(&req, one);
	ck_assert_str_eq(req.authorization, "Bearer a");
	arena_free(arena);
	read_params(&req, both);
	ck_assert_str_eq(req.authorization, "Bearer b");
	arena_free(arena);
}
END_TEST

static const struct {
	const char *length; /* NULL: there is none */
	const char *sent;
	enum request_body state;
	int error;
} bodies[] = {
	{ NULL, "", REQUEST_BODY_WHOLE, 0 },
	{ NULL, "abc", REQUEST_BODY_WHOLE, 0 },
	{ NULL, "0123456789", REQUEST_BODY_WHOLE, 0 },
	{ NULL, "0123456789a", REQUEST_BODY_LARGE, 0 },
	{ "", "", REQUEST_BODY_WHOLE, 0 },
	{ "", "abc", REQUEST_BODY_WHOLE, 0 },
	{ "0", "", REQUEST_BODY_WHOLE, 0 },
	{ "3", "abc", REQUEST_BODY_WHOLE, 0 },
	{ "10", "0123456789", REQUEST_BODY_WHOLE, 0 },
	{ "11", "0123456789a", REQUEST_BODY_LARGE, 0 },
	{ "11", "", REQUEST_BODY_LARGE, 0 },
	{ "9223372036854775807", "a", REQUEST_BODY_LARGE, 0 },
	{ "3", "", REQUEST_BODY_CUT, 0 },
	{ "3", "ab", REQUEST_BODY_CUT, 0 },
	{ "3", "abcd", REQUEST_BODY_CUT, 0 },
	{ "0", "a", REQUEST_BODY_CUT, 0 },
	{ "-1", "", REQUEST_BODY_WHOLE, 0 },
	{ "-1", "abc", REQUEST_BODY_WHOLE, 0 },
	{ "-1", "0123456789a", REQUEST_BODY_LARGE, 0 },
	{ "-1", "ab", REQUEST_BODY_CUT, FCGX_PROTOCOL_ERROR },
	{ "-2", "abc", REQUEST_BODY_WHOLE, 0 },
	{ "--1", "a", REQUEST_BODY_CUT, 0 },
	{ "-", "a", REQUEST_BODY_CUT, 0 },
	{ "+3", "abc", REQUEST_BODY_CUT, 0 },
	{ "0x3", "abc", REQUEST_BODY_CUT, 0 },
	{ "3, 3", "abc", REQUEST_BODY_CUT, 0 },
	{ "3", "abc", REQUEST_BODY_CUT, FCGX_PROTOCOL_ERROR },
	{ NULL, "ab", REQUEST_BODY_CUT, FCGX_PROTOCOL_ERROR },
};

/* The pieces in which a body comes do not matter. */
START_TEST(bodies_are_whole_or_not)
{
	const char *sent = bodies[_i].sent;
	char length[64];
	const char *const params[] = {
		bodies[_i].length == NULL ? NULL : length, NULL
	};
	struct request req;

	setup("");
	snprintf(length, sizeof(length), "CONTENT_LENGTH=%s",
	    bodies[_i].length == NULL ? "" : bodies[_i].length);
	for (size_t piece = 1; piece <= 12; piece++) {
		char *copy = harness_exact(sent, strlen(sent));
		struct body b = { (unsigned char *)copy, strlen(sent), piece,
			bodies[_i].error };

		read_request(&req, params, &b);
		ck_assert_int_eq(req.body_state, bodies[_i].state);
		if (bodies[_i].state == REQUEST_BODY_WHOLE) {
			ck_assert_uint_eq(req.body_len, strlen(sent));
			ck_assert_str_eq(req.body, sent);
		}
		free(copy);
	}
	arena_free(arena);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ addresses_are_taken_apart, NELEM(paths), 0 },
		{ faulty_addresses_are_refused, NELEM(faulty), 0 },
		{ long_addresses_are_refused, 0, 0 },
		{ methods_are_known, NELEM(method_rows), 0 },
		{ harmless_request_ids_are_kept, NELEM(ids), 0 },
		{ valid_trace_parents_are_kept, NELEM(traces), 0 },
		{ trace_parents_of_later_versions_are_taken_as_the_first, 0,
		    0 },
		{ headers_are_found_among_others, 0, 0 },
		{ absent_headers_are_null, 0, 0 },
		{ repeated_headers_are_joined, 0, 0 },
		{ a_wait_is_found_among_preferences, NELEM(preferences), 0 },
		{ a_redirected_token_is_the_second_choice, 0, 0 },
		{ bodies_are_whole_or_not, NELEM(bodies), 0 },
	};

	return harness_run("request", tests, NELEM(tests));
}
