/* SPDX-License-Identifier: ISC */
/* GET against a server that is good, slow, large, silent or someone else. */
#include "config.h"

#include "harness.h"

#include "http_get.h"
#include "loopback.h"

static char large[100000];

/* One GET; checks the status and returns the reason if there is one. */
static const char *
get(struct http_get *h, const char *base, const char *path,
    const struct http_get_limits *limits, struct buf *body, long want)
{
	const char *why = NULL;
	char url[256];
	long status;

	snprintf(url, sizeof(url), "%s%s", base, path);
	status = http_get_run(h, url, limits, body, &why);
	ck_assert_msg(status == want, "%s: %ld instead of %ld: %s", url, status,
	    want, why == NULL ? "" : why);
	if (status == -1)
		ck_assert_str_ne(why, "");
	return why;
}

static const struct http_get_limits usual = { 60000, 10000, "" };

START_TEST(bodies_arrive)
{
	struct loopback *lb = loopback_start(false);
	struct http_get *h = http_get_new();
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
	get(h, base, "/empty", &usual, &body, 200);
	ck_assert_uint_eq(body.len, 0);
	get(h, base, "/broken", &usual, &body, 503);
	get(h, base, "/none", &usual, &body, 404);
	buf_free(&body);
	http_get_free(h);
	http_get_free(NULL);
	loopback_stop(lb);
}
END_TEST

START_TEST(redirects_are_not_followed)
{
	struct loopback *lb = loopback_start(false);
	struct http_get *h = http_get_new();
	struct buf body = { 0 };

	loopback_set(lb, "/a", 302, NULL, 0);
	loopback_set(lb, "/elsewhere", 200, "x", 1);
	get(h, loopback_url(lb), "/a", &usual, &body, 302);
	ck_assert_int_eq(loopback_count(lb, "/elsewhere"), 0);
	buf_free(&body);
	http_get_free(h);
	loopback_stop(lb);
}
END_TEST

START_TEST(body_has_a_limit)
{
	struct loopback *lb = loopback_start(false);
	struct http_get *h = http_get_new();
	struct buf body = { 0 };

	memset(large, 'x', sizeof(large));
	loopback_set(lb, "/max", 200, large, usual.max);
	loopback_set(lb, "/more", 200, large, usual.max + 1);
	loopback_set(lb, "/large", 200, large, sizeof(large));
	get(h, loopback_url(lb), "/max", &usual, &body, 200);
	ck_assert_uint_eq(body.len, usual.max);
	ck_assert_str_eq(get(h, loopback_url(lb), "/more", &usual, &body, -1),
	    "the answer is too large");
	ck_assert_str_eq(get(h, loopback_url(lb), "/large", &usual, &body, -1),
	    "the answer is too large");
	ck_assert_uint_le(body.len, usual.max);
	buf_free(&body);
	http_get_free(h);
	loopback_stop(lb);
}
END_TEST

START_TEST(silence_ends)
{
	const struct http_get_limits brief = { 50, 10000, NULL };
	struct loopback *lb = loopback_start(false);
	struct http_get *h = http_get_new();
	struct buf body = { 0 };

	loopback_set(lb, "/silent", LOOPBACK_SILENT, NULL, 0);
	loopback_set(lb, "/rude", LOOPBACK_RUDE, NULL, 0);
	loopback_set(lb, "/a", 200, "a", 1);
	get(h, loopback_url(lb), "/silent", &brief, &body, -1);
	get(h, loopback_url(lb), "/rude", &usual, &body, -1);
	get(h, loopback_url(lb), "/a", &usual, &body, 200);
	buf_free(&body);
	http_get_free(h);
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
	struct http_get *h = http_get_new();
	struct buf body = { 0 };

	get(h, addresses[_i], "", &usual, &body, -1);
	ck_assert_uint_eq(body.len, 0);
	buf_free(&body);
	http_get_free(h);
}
END_TEST

START_TEST(proxies_of_the_environment_are_not_used)
{
	struct loopback *lb = loopback_start(false);
	struct http_get *h = http_get_new();
	struct buf body = { 0 };

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	loopback_set(lb, "/a", 200, "a", 1);
	get(h, loopback_url(lb), "/a", &usual, &body, 200);
	buf_free(&body);
	http_get_free(h);
	loopback_stop(lb);
}
END_TEST

START_TEST(servers_must_prove_their_name)
{
	struct loopback *lb = loopback_start(true);
	struct loopback *other = loopback_start(true);
	struct http_get_limits limits = usual;
	struct http_get *h = http_get_new();
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
	http_get_free(h);
	loopback_stop(other);
	loopback_stop(lb);
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
	ck_assert_int_eq(http_get_same_origin(origins[_i].a, origins[_i].b),
	    origins[_i].same);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ bodies_arrive, 0, 0 },
		{ redirects_are_not_followed, 0, 0 },
		{ body_has_a_limit, 0, 0 },
		{ silence_ends, 0, 0 },
		{ other_addresses_fail, NELEM(addresses), 0 },
		{ proxies_of_the_environment_are_not_used, 0, 0 },
		{ servers_must_prove_their_name, 0, 0 },
		{ origins_are_compared, NELEM(origins), 0 },
	};

	return harness_run("http_get", tests, NELEM(tests));
}
