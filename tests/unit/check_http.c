/* SPDX-License-Identifier: ISC */
/* GET and POST against a server that is good, slow, large, silent or someone
 * else. */
#include "config.h"

#include "lib/harness.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "http/http.h"
#include "lib/loopback.h"
#include "trace/trace.h"

static char large[100000];

/* One call; checks the status and returns the reason if there is one. */
static const char *
get(struct http *h, const char *base, const char *path,
    const struct http_call *how, struct buf *body, long want)
{
	struct http_call call = *how;
	const char *why = NULL;
	char url[256];
	long status;

	snprintf(url, sizeof(url), "%s%s", base, path);
	call.url = url;
	status = http_run(h, &call, body, &why);
	ck_assert_msg(status == want, "%s: %ld instead of %ld: %s", url, status,
	    want, why == NULL ? "" : why);
	if (status == -1)
		ck_assert_str_ne(why, "");
	return why;
}

static const struct http_call usual = {
	.timeout_ms = 60000, .max = 10000, .ca_file = ""
};

START_TEST(bodies_arrive)
{
	struct loopback *lb = loopback_start(false);
	struct http *h = http_new();
	struct buf body = { 0 };
	const char *base = loopback_url(lb);

	loopback_set(lb, "/a", 200, "{\"a\":1}", 7);
	loopback_set(lb, "/b", 200, "x\0y", 3);
	loopback_set(lb, "/empty", 200, NULL, 0);
	loopback_set(lb, "/broken", 503, "sorry", 5);
	get(h, base, "/a", &usual, &body, 200);
	ck_assert_str_eq(body.data, "{\"a\":1}");
	get(h, base, "/b", &usual, &body, 200);
	ck_assert_uint_eq(body.len, 3);
	ck_assert_mem_eq(body.data, "x\0y", 3);
	buf_free(&body);
	get(h, base, "/empty", &usual, &body, 200);
	ck_assert_uint_eq(body.len, 0);
	ck_assert_str_eq(body.data, "");
	get(h, base, "/broken", &usual, &body, 503);
	get(h, base, "/none", &usual, &body, 404);
	buf_free(&body);
	http_free(h);
	http_free(NULL);
	loopback_stop(lb);
}
END_TEST

/* What is called can go on with the trace. */
START_TEST(a_traced_call_bears_its_span)
{
	const struct trace_end end = { TRACE_SERVER, TRACE_NOBODY, "x", NULL,
		(const struct log_field[]){ { 0 } } };
	struct loopback *lb = loopback_start(false);
	struct http *h = http_new();
	struct buf body = { 0 };
	struct trace_span span;
	char *last;

	settings = (struct conf){ .trace_enabled = true,
		.trace_endpoint = "http://127.0.0.1:1/",
		.trace_ratio = "1",
		.trace_sampler = CONF_trace_sampler_always_on };
	loopback_set(lb, "/a", 200, "x", 1);
	ck_assert(trace_begin(&span,
	    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "k=v",
	    clock_mono_us()));
	get(h, loopback_url(lb), "/a", &usual, &body, 200);
	last = loopback_last(lb, "/a");
	ck_assert_ptr_nonnull(strstr(last,
	    "\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-"));
	ck_assert_ptr_null(strstr(last, "b7ad6b7169203331"));
	ck_assert_ptr_null(strstr(last, span.id));
	ck_assert_ptr_nonnull(strstr(last, "\r\ntracestate: k=v\r\n"));
	free(last);
	trace_close(&span, &end);
	get(h, loopback_url(lb), "/a", &usual, &body, 200);
	last = loopback_last(lb, "/a");
	ck_assert_ptr_null(strstr(last, "trace"));
	free(last);
	trace_reset();
	buf_free(&body);
	http_free(h);
	loopback_stop(lb);
}
END_TEST

START_TEST(redirects_are_not_followed)
{
	struct loopback *lb = loopback_start(false);
	struct http *h = http_new();
	struct buf body = { 0 };

	loopback_set(lb, "/a", 302, NULL, 0);
	loopback_set(lb, "/elsewhere", 200, "x", 1);
	get(h, loopback_url(lb), "/a", &usual, &body, 302);
	ck_assert_int_eq(loopback_count(lb, "/elsewhere"), 0);
	buf_free(&body);
	http_free(h);
	loopback_stop(lb);
}
END_TEST

static const char *
refuse(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET ? "not there" : NULL;
}

static const char *
admit(const struct sockaddr *sa)
{
	return sa->sa_family == AF_INET ? NULL : "not there";
}

/* What is refused is not connected to, whatever it answers. */
START_TEST(addresses_are_judged_before_they_are_connected_to)
{
	struct loopback *lb = loopback_start(false);
	struct http *h = http_new();
	struct buf body = { 0 };
	struct http_call judged = usual;

	loopback_set(lb, "/a", 200, "x", 1);
	judged.judge = refuse;
	ck_assert_str_eq(get(h, loopback_url(lb), "/a", &judged, &body, -1),
	    "not there");
	ck_assert_int_eq(loopback_connections(lb), 0);
	judged.judge = admit;
	get(h, loopback_url(lb), "/a", &judged, &body, 200);
	get(h, loopback_url(lb), "/a", &usual, &body, 200);
	buf_free(&body);
	http_free(h);
	loopback_stop(lb);
}
END_TEST

START_TEST(a_call_is_stopped)
{
	struct loopback *lb = loopback_start(false);
	struct http *h = http_new();
	struct buf body = { 0 };
	struct http_call call = usual;
	volatile int stop = 1;

	loopback_set(lb, "/silent", LOOPBACK_SILENT, NULL, 0);
	loopback_set(lb, "/a", 200, "x", 1);
	call.stop = &stop;
	get(h, loopback_url(lb), "/silent", &call, &body, -1);
	stop = 0;
	get(h, loopback_url(lb), "/a", &call, &body, 200);
	buf_free(&body);
	http_free(h);
	loopback_stop(lb);
}
END_TEST

/* The method, and what stands before the body; a call without a head leaves
 * what the one before had. */
START_TEST(methods_and_heads_are_told)
{
	struct loopback *lb = loopback_start(false);
	struct arena *a = arena_new();
	struct http *h = http_new();
	struct buf body = { 0 }, head = { 0 };
	struct http_call call = usual;
	char *last;

	ck_assert_ptr_null(http_header(a, &head, "Content-Length"));
	loopback_set(lb, "/a", 200, "12345", 5);
	call.method = "PATCH";
	call.json = "{}";
	call.json_len = 2;
	call.head = &head;
	get(h, loopback_url(lb), "/a", &call, &body, 200);
	last = loopback_last(lb, "/a");
	ck_assert(strncmp(last, "PATCH /a ", 9) == 0);
	ck_assert_ptr_nonnull(strstr(last, "\r\n\r\n{}"));
	free(last);
	ck_assert_str_eq(http_header(a, &head, "content-length"), "5");
	ck_assert_ptr_null(http_header(a, &head, "content-len"));
	ck_assert_ptr_null(http_header(a, &head, "ETag"));
	get(h, loopback_url(lb), "/a", &usual, &body, 200);
	ck_assert_str_eq(body.data, "12345");
	last = loopback_last(lb, "/a");
	ck_assert(strncmp(last, "GET /a ", 7) == 0);
	free(last);
	ck_assert_str_eq(http_header(a, &head, "Content-Length"), "5");
	buf_free(&head);
	buf_free(&body);
	http_free(h);
	arena_free(a);
	loopback_stop(lb);
}
END_TEST

START_TEST(body_has_a_limit)
{
	struct loopback *lb = loopback_start(false);
	struct http *h = http_new();
	struct buf body = { 0 };
	struct http_call cut = usual;

	memset(large, 'x', sizeof(large));
	loopback_set(lb, "/max", 200, large, usual.max);
	loopback_set(lb, "/more", 200, large, usual.max + 1);
	loopback_set(lb, "/large", 200, large, sizeof(large));
	cut.cut = true;
	get(h, loopback_url(lb), "/large", &cut, &body, 200);
	ck_assert_uint_eq(body.len, usual.max);
	cut.brief = true;
	get(h, loopback_url(lb), "/large", &cut, &body, 200);
	ck_assert_uint_eq(body.len, usual.max);
	get(h, loopback_url(lb), "/max", &usual, &body, 200);
	ck_assert_uint_eq(body.len, usual.max);
	ck_assert_str_eq(get(h, loopback_url(lb), "/more", &usual, &body, -1),
	    "the answer is too large");
	ck_assert_str_eq(get(h, loopback_url(lb), "/large", &usual, &body, -1),
	    "the answer is too large");
	ck_assert_uint_le(body.len, usual.max);
	buf_free(&body);
	http_free(h);
	loopback_stop(lb);
}
END_TEST

START_TEST(silence_ends)
{
	const struct http_call brief = { .timeout_ms = 50, .max = 10000 };
	struct loopback *lb = loopback_start(false);
	struct http *h = http_new();
	struct buf body = { 0 };

	loopback_set(lb, "/silent", LOOPBACK_SILENT, NULL, 0);
	loopback_set(lb, "/rude", LOOPBACK_RUDE, NULL, 0);
	loopback_set(lb, "/a", 200, "a", 1);
	get(h, loopback_url(lb), "/silent", &brief, &body, -1);
	get(h, loopback_url(lb), "/rude", &usual, &body, -1);
	get(h, loopback_url(lb), "/a", &usual, &body, 200);
	buf_free(&body);
	http_free(h);
	loopback_stop(lb);
}
END_TEST

static const char *const addresses[] = {
	"file:///etc/passwd",
	"ftp://127.0.0.1/x",
	"gopher://127.0.0.1/x",
	"http://127.0.0.1:1/nobody-listens",
	"http://",
	"",
	"no address",
};

START_TEST(other_addresses_fail)
{
	struct http *h = http_new();
	struct buf body = { 0 };

	get(h, addresses[_i], "", &usual, &body, -1);
	ck_assert_uint_eq(body.len, 0);
	buf_free(&body);
	http_free(h);
}
END_TEST

START_TEST(proxies_of_the_environment_are_not_used)
{
	struct loopback *lb = loopback_start(false);
	struct http *h = http_new();
	struct buf body = { 0 };

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	loopback_set(lb, "/a", 200, "a", 1);
	get(h, loopback_url(lb), "/a", &usual, &body, 200);
	buf_free(&body);
	http_free(h);
	loopback_stop(lb);
}
END_TEST

START_TEST(servers_must_prove_their_name)
{
	struct loopback *lb = loopback_start(true);
	struct loopback *other = loopback_start(true);
	struct http_call limits = usual;
	struct http *h = http_new();
	struct buf body = { 0 };
	char address[LOOPBACK_URL];

	loopback_set(lb, "/a", 200, "a", 1);
	get(h, loopback_url(lb), "/a", &limits, &body, -1);
	limits.ca_file = loopback_ca_file(other);
	get(h, loopback_url(lb), "/a", &limits, &body, -1);
	limits.ca_file = "/nonexistent";
	get(h, loopback_url(lb), "/a", &limits, &body, -1);
	limits.ca_file = loopback_ca_file(lb);
	snprintf(address, sizeof(address), "https://127.0.0.1%s",
	    strrchr(loopback_url(lb), ':'));
	get(h, address, "/a", &limits, &body, -1); /* another name */
	ck_assert_int_eq(loopback_count(lb, "/a"), 0);
	get(h, loopback_url(lb), "/a", &limits, &body, 200);
	ck_assert_int_eq(loopback_count(lb, "/a"), 1);
	limits.ca_file = NULL;
	get(h, loopback_url(lb), "/a", &limits, &body, -1);
	buf_free(&body);
	http_free(h);
	loopback_stop(other);
	loopback_stop(lb);
}
END_TEST

START_TEST(forms_go_with_a_login)
{
	struct http_call call = usual;
	struct loopback *lb = loopback_start(false);
	struct http *h = http_new();
	struct buf body = { 0 };
	char *last;

	loopback_set(lb, "/a", 200, "a", 1);
	call.form = "a=b&c=d";
	call.user = "me";
	call.password = "a%3Ab";
	get(h, loopback_url(lb), "/a", &call, &body, 200);
	last = loopback_last(lb, "/a");
	ck_assert_int_eq(strncmp(last, "POST /a HTTP/1.1\r\n", 18), 0);
	ck_assert_ptr_nonnull(strstr(last,
	    "\r\nAuthorization: Basic bWU6YSUzQWI=\r\n"));
	ck_assert_ptr_nonnull(strstr(last,
	    "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
	ck_assert_str_eq(strstr(last, "\r\n\r\n"), "\r\n\r\na=b&c=d");
	free(last);
	get(h, loopback_url(lb), "/a", &usual, &body, 200); /* all forgotten */
	last = loopback_last(lb, "/a");
	ck_assert_int_eq(strncmp(last, "GET /a HTTP/1.1\r\n", 17), 0);
	ck_assert_ptr_null(strstr(last, "Authorization"));
	free(last);
	buf_free(&body);
	http_free(h);
	loopback_stop(lb);
}
END_TEST

/* Also one that the server has closed in the meantime is no failure. */
START_TEST(connections_may_be_kept)
{
	struct http_call call = usual;
	struct loopback *lb = loopback_start(false);
	struct http *h = http_new(), *other = http_new();
	struct buf body = { 0 };
	const char *base = loopback_url(lb);
	int i;

	loopback_set(lb, "/a", 200, "a", 1);
	for (i = 0; i < 3; i++)
		get(h, base, "/a", &usual, &body, 200);
	ck_assert_int_eq(loopback_connections(lb), 3);
	call.keep = true;
	call.form = "a=b";
	for (i = 0; i < 3; i++)
		get(h, base, "/a", &call, &body, 200);
	ck_assert_int_eq(loopback_connections(lb), 4);
	get(other, base, "/a", &usual, &body, 200);
	get(h, base, "/a", &call, &body, 200);
	ck_assert_int_eq(loopback_connections(lb), 6);
	buf_free(&body);
	http_free(other);
	http_free(h);
	loopback_stop(lb);
}
END_TEST

static const struct {
	const char *text;
	const char *want;
} values[] = {
	{ "abcXYZ019-._", "abcXYZ019-._" },
	{ "a b", "a+b" },
	{ "a+b&c=d%:/", "a%2Bb%26c%3Dd%25%3A%2F" },
	{ "\xc3\xa9~\n", "%C3%A9%7E%0A" },
};

START_TEST(values_are_escaped)
{
	struct buf b = { 0 };

	http_add_value(&b, values[_i].text, strlen(values[_i].text));
	ck_assert_str_eq(b.data, values[_i].want);
	buf_free(&b);
}
END_TEST

static const struct {
	const char *url;
	bool open;
} ways[] = {
	{ "https://x.example/r", false },
	{ "http://x.example/r", true },
	{ "http://10.0.0.1/r", true },
	{ "http://localhost:8080/r", false },
	{ "http://127.0.0.1:8080/r", false },
	{ "http://[::1]:8080/r", false },
	{ "http://localhost", false },
	{ "HTTP://LOCALHOST/r", false },
	{ "http://127.255.1.2/r", false },
	{ "http://localhost.evil.example/r", true },
	{ "http://localhost@evil.example/r", true },
	{ "http://localhostess/r", true },
	{ "http://127.evil.example/r", true },
	{ "http://127.0.0.1.evil.example/r", true },
	{ "http://128.0.0.1/r", true },
	{ "http://[::2]/r", true },
	{ "http://[::1]@evil.example/r", true },
	{ "HTTP://x.example/r", true },
	{ "", false },
};

START_TEST(open_ways_are_told)
{
	ck_assert_int_eq(http_is_open(ways[_i].url), ways[_i].open);
}
END_TEST

static const struct {
	const char *a;
	const char *b;
	bool same;
} origins[] = {
	{ "https://x.example/r", "https://x.example/r/keys", true },
	{ "https://x.example/r", "https://x.example", true },
	{ "https://x.example/r", "https://X.Example/keys", true },
	{ "https://x.example/r", "HTTPS://x.example:443/keys", true },
	{ "http://x.example:80", "http://x.example/", true },
	{ "http://127.0.0.1:8080/r", "http://127.0.0.1:8080/k?a=b", true },
	{ "http://[::1]:8080/r", "http://[::1]:8080/k", true },
	{ "https://x.example/r", "http://x.example/r", false },
	{ "https://x.example/r", "https://x.example:8443/r", false },
	{ "https://x.example/r", "https://y.example/r", false },
	{ "https://x.example/r", "https://x.example.evil/r", false },
	{ "https://x.example/r", "https://a.x.example/r", false },
	{ "https://x.example/r", "https://x.example@evil.example/r", false },
	{ "https://x.example/r", "https://u@x.example/r", false },
	{ "https://x.example/r", "https://evil.example/https://x.example",
	    false },
	{ "https://x.example/r", "https://evil.example#@x.example/", false },
	{ "https://x.example/r", "//x.example/r", false },
	{ "https://x.example/r", "/r", false },
	{ "https://x.example/r", "", false },
	{ "https://x.example/r", "file:///x.example", false },
};

START_TEST(origins_are_compared)
{
	ck_assert_int_eq(http_same_origin(origins[_i].a, origins[_i].b),
	    origins[_i].same);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ bodies_arrive, 0, 0 },
		{ a_traced_call_bears_its_span, 0, 0 },
		{ redirects_are_not_followed, 0, 0 },
		{ addresses_are_judged_before_they_are_connected_to, 0, 0 },
		{ a_call_is_stopped, 0, 0 },
		{ methods_and_heads_are_told, 0, 0 },
		{ body_has_a_limit, 0, 0 },
		{ silence_ends, 0, 0 },
		{ other_addresses_fail, NELEM(addresses), 0 },
		{ proxies_of_the_environment_are_not_used, 0, 0 },
		{ servers_must_prove_their_name, 0, 0 },
		{ forms_go_with_a_login, 0, 0 },
		{ connections_may_be_kept, 0, 0 },
		{ values_are_escaped, NELEM(values), 0 },
		{ open_ways_are_told, NELEM(ways), 0 },
		{ origins_are_compared, NELEM(origins), 0 },
	};

	return harness_run("http", tests, NELEM(tests));
}
