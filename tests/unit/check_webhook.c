/* SPDX-License-Identifier: ISC */
/* Webhooks: signatures, addresses that they may have, and bodies that ask for
 * one. */
#include "config.h"

#include "lib/harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "api/webhook_form.h"
#include "base/arena.h"
#include "conf/conf.h"
#include "text/json.h"
#include "webhook/webhook_sign.h"
#include "webhook/webhook_target.h"

/* The example of the specification's libraries, and another secret. */
#define SECRET    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
#define OTHER     "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B64_66                                                                 \
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"     \
	"AAAAAAAAAAAAAAAAAAAAAAAA"

static const struct {
	const char *now, *before, *signature; /* NULL: a secret is none */
} signatures[] = {
	{ SECRET, NULL, SIGNATURE },
	{ SECRET, SECRET, SIGNATURE " " SIGNATURE },
	{ OTHER, SECRET,
	    "v1,woH/1mJtZGSMCmpFTxRYbStS24eLLD/oXIYr4PYyZ7g= " SIGNATURE },
	{ "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", NULL, NULL },
	{ "whsec_", NULL, NULL },
	{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", NULL, NULL },
	{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La", NULL, NULL }, /* 21 bytes */
	{ "whsec_" B64_66, NULL, NULL },
	{ "", NULL, NULL },
};

START_TEST(messages_are_signed)
{
	const struct webhook_secrets secrets = { signatures[_i].now,
		signatures[_i].before };
	const struct webhook_message m = { .id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
		.timestamp = 1614265330,
		.body = "{\"test\": 2432232314}",
		.len = 20 };
	struct buf b = { 0 };

	ck_assert_int_eq(webhook_sign(&b, &secrets, &m),
	    signatures[_i].signature == NULL ? -1 : 0);
	if (signatures[_i].signature != NULL)
		ck_assert_str_eq(b.data, signatures[_i].signature);
	buf_free(&b);
}
END_TEST

START_TEST(secrets_are_new)
{
	const struct webhook_message m = { "a", 1, "b", 1 };
	char one[WEBHOOK_SECRET], two[WEBHOOK_SECRET];
	const struct webhook_secrets secrets = { webhook_secret(one),
		webhook_secret(two) };
	struct buf b = { 0 };

	ck_assert_uint_eq(strlen(one), WEBHOOK_SECRET - 1);
	ck_assert_str_ne(one, two);
	ck_assert_int_eq(webhook_sign(&b, &secrets, &m), 0);
	buf_free(&b);
}
END_TEST

static const struct {
	const char *address, *allow;
	const char *why; /* a part of it; NULL: it may be connected to */
} targets[] = {
	{ "1.1.1.1", NULL, NULL },
	{ "9.255.255.255", NULL, NULL },
	{ "11.0.0.0", NULL, NULL },
	{ "172.15.255.255", NULL, NULL },
	{ "172.32.0.0", NULL, NULL },
	{ "192.167.255.255", NULL, NULL },
	{ "100.63.255.255", NULL, NULL },
	{ "100.128.0.0", NULL, NULL },
	{ "223.255.255.255", NULL, NULL },
	{ "2606:4700:4700::1111", NULL, NULL },
	{ "2a00::1", NULL, NULL },
	{ "0.0.0.0", NULL, "of this host" },
	{ "0.1.2.3", NULL, "of this host" },
	{ "10.0.0.0", NULL, "private" },
	{ "10.255.255.255", NULL, "private" },
	{ "100.64.0.1", NULL, "shared" },
	{ "127.0.0.1", NULL, "loopback" },
	{ "127.255.255.255", NULL, "loopback" },
	{ "169.254.169.254", NULL, "link-local" },
	{ "172.16.0.1", NULL, "private" },
	{ "172.31.255.255", NULL, "private" },
	{ "192.0.0.8", NULL, "special" },
	{ "192.0.2.1", NULL, "documentation" },
	{ "192.168.1.1", NULL, "private" },
	{ "198.18.0.1", NULL, "measurements" },
	{ "198.51.100.1", NULL, "documentation" },
	{ "203.0.113.1", NULL, "documentation" },
	{ "224.0.0.1", NULL, "multicast" },
	{ "240.0.0.1", NULL, "reserved" },
	{ "255.255.255.255", NULL, "reserved" },
	{ "::", NULL, "of this host" },
	{ "::1", NULL, "loopback" },
	{ "::127.0.0.1", NULL, "none of the internet" },
	{ "::ffff:127.0.0.1", NULL, "loopback" },
	{ "::ffff:10.0.0.1", NULL, "private" },
	{ "::ffff:1.1.1.1", NULL, "IPv4 in IPv6" },
	{ "64:ff9b::7f00:1", NULL, "NAT64" },
	{ "64:ff9b::101:101", NULL, "NAT64" },
	{ "64:ff9b:1::1", NULL, "NAT64" },
	{ "100::1", NULL, "none of the internet" },
	{ "2001::1", NULL, "special" },
	{ "2001:db8::1", NULL, "documentation" },
	{ "2002:7f00:1::", NULL, "6to4" },
	{ "3fff::1", NULL, "documentation" },
	{ "5f00::1", NULL, "none of the internet" },
	{ "fc00::1", NULL, "unique local" },
	{ "fd12:3456::1", NULL, "unique local" },
	{ "fe80::1", NULL, "link-local" },
	{ "febf::1", NULL, "link-local" },
	{ "fec0::1", NULL, "site-local" },
	{ "ff02::1", NULL, "multicast" },
	{ "127.0.0.1", "127.0.0.1", NULL },
	{ "127.0.0.2", "127.0.0.1", "loopback" },
	{ "10.1.2.3", "10.1.0.0/16", NULL },
	{ "10.2.2.3", "10.1.0.0/16", "private" },
	{ "::1", "127.0.0.1", "loopback" },
	{ "fd00::1", "fd00::/8", NULL },
	{ "64:ff9b::101:101", "64:ff9b::/96", NULL },
	{ "::ffff:1.1.1.1", "1.1.1.1", NULL },
};

static void
judged(const char *why, const char *want, const char *what)
{
	if (want == NULL)
		ck_assert_msg(why == NULL, "%s: %s", what, why);
	else
		ck_assert_msg(why != NULL && strstr(why, want) != NULL,
		    "%s: %s", what, why == NULL ? "allowed" : why);
}

START_TEST(addresses_are_judged)
{
	const char *text = targets[_i].address, *allow = targets[_i].allow;
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	const struct sockaddr *sa = (const void *)&four;

	settings = (struct conf){ .webhook_allow = { allow != NULL, &allow } };
	if (inet_pton(AF_INET, text, &four.sin_addr) != 1) {
		ck_assert_int_eq(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
		sa = (const void *)&six;
	}
	judged(webhook_judge_address(sa), targets[_i].why, text);
}
END_TEST

START_TEST(other_families_are_refused)
{
	const struct sockaddr sa = { .sa_family = AF_UNIX };

	settings = (struct conf){ 0 };
	judged(webhook_judge_address(&sa), "none of the internet", "unix");
}
END_TEST

static const struct {
	const char *url;
	bool http; /* [webhook] http */
	const char *why;
} urls[] = {
	{ "https://example.org", false, NULL },
	{ "https://example.org:8443/a?b=c%20d", false, NULL },
	{ "https://1.1.1.1/", false, NULL },
	{ "https://[2606:4700:4700::1111]/", false, NULL },
	{ "http://example.org/", true, NULL },
	{ "http://example.org/", false, "[webhook] http is off" },
	{ "https://localhost/", false, NULL }, /* judged when it is known */
	{ "https://127.0.0.1/", false, "loopback" },
	{ "https://127.1/", false, "loopback" },
	{ "https://0x7f000001/", false, "loopback" },
	{ "https://2130706433/", false, "loopback" },
	{ "https://017700000001/", false, "loopback" },
	{ "https://[::1]/", false, "loopback" },
	{ "https://[::ffff:127.0.0.1]/", false, "loopback" },
	{ "https://[fe80::1%25eth0]/", false, "network interface" },
	{ "https://user@example.org/", false, "user name" },
	{ "https://example.org/#a", false, "a #" },
	{ "https://", false, "no host name" },
	{ "https:///a", false, "no host name" },
	{ "https://a b/", false, "a character" },
	{ "https://a\r\nb/", false, "a character" },
	{ "https://\xc3\xa9.example/", false, "a character" },
	{ "ftp://example.org/", false, "https://" },
	{ "file:///etc/passwd", false, "https://" },
	{ "example.org", false, "https://" },
	{ "", false, "https://" },
};

START_TEST(urls_are_judged)
{
	settings = (struct conf){ .webhook_http = urls[_i].http };
	judged(webhook_judge_url(urls[_i].url), urls[_i].why, urls[_i].url);
}
END_TEST

#define ALL 7U /* of the bits of types */

static const struct {
	const char *body;
	bool whole;
	const char *fault; /* "member type", or NULL */
	unsigned events;
} bodies[] = {
	{ "{\"url\":\"https://a.example\"}", true, NULL, ALL },
	{ "{\"url\":\"https://a.example\",\"events\":[\"task.created\"]}", true,
	    NULL, 1 },
	{ "{\"events\":[\"task.deleted\",\"task.updated\",\"task.deleted\"]}",
	    false, NULL, 6 },
	{ "{}", false, NULL, ALL },
	{ "{\"description\":null,\"enabled\":false}", false, NULL, ALL },
	{ "{}", true, "url missing", 0 },
	{ "{\"url\":null}", true, "url string_type", 0 },
	{ "{\"url\":\"\"}", false, "url string_too_short", 0 },
	{ "{\"url\":\"https://127.0.0.1\"}", false, "url value_error", 0 },
	{ "{\"events\":[]}", false, "events too_short", 0 },
	{ "{\"events\":null}", false, "events list_type", 0 },
	{ "{\"events\":\"task.created\"}", false, "events list_type", 0 },
	{ "{\"events\":[\"task\"]}", false, "events enum", 0 },
	{ "{\"events\":[\"task.create\"]}", false, "events enum", 0 },
	{ "{\"events\":[\"task.created \"]}", false, "events enum", 0 },
	{ "{\"events\":[\"task.created\",1]}", false, "events enum", 0 },
	{ "{\"enabled\":\"on\"}", false, "enabled bool_type", 0 },
	{ "{\"enabled\":null}", false, "enabled bool_type", 0 },
	{ "{\"description\":1}", false, "description string_type", 0 },
	{ "{\"secret\":\"a\"}", false, "secret extra_forbidden", 0 },
	{ "{\"event\":[]}", false, "event extra_forbidden", 0 },
};

START_TEST(bodies_are_judged)
{
	struct arena *a = arena_new();
	struct faults *f = faults_new(a);
	struct json_fault fault = { 0 };
	struct webhook_input in;
	struct json_object *tree;
	const char *body = bodies[_i].body;

	settings = (struct conf){ 0 };
	tree = json_read(body, strlen(body), 16, &fault);
	arena_defer(a, json_release, tree);
	webhook_parse(tree, bodies[_i].whole, &in, f);
	ck_assert_uint_eq(f->n, bodies[_i].fault != NULL);
	if (f->n > 0)
		ck_assert_str_eq(arena_printf(a, "%s %s", f->v[0].name,
				     f->v[0].type),
		    bodies[_i].fault);
	else
		ck_assert_uint_eq(in.events, bodies[_i].events);
	arena_free(a);
}
END_TEST

static const struct {
	const char *body;
	int64_t overlap; /* -1: a fault */
} rotations[] = {
	{ "{}", 86400 },
	{ "{\"overlap\":0}", 0 },
	{ "{\"overlap\":604800}", 604800 },
	{ "{\"overlap\":604801}", -1 },
	{ "{\"overlap\":-1}", -1 },
	{ "{\"overlap\":1.5}", -1 },
	{ "{\"overlap\":\"1\"}", -1 },
	{ "{\"overlap\":99999999999999999999}", -1 },
	{ "{\"overlaps\":1}", -1 },
	{ "[]", -1 },
	{ "null", -1 },
};

START_TEST(rotations_are_judged)
{
	struct arena *a = arena_new();
	struct faults *f = faults_new(a);
	struct json_fault fault = { 0 };
	const char *body = rotations[_i].body;
	struct json_object *tree;
	int64_t overlap = WEBHOOK_OVERLAP;

	tree = json_read(body, strlen(body), 16, &fault);
	arena_defer(a, json_release, tree);
	object_read(tree, &webhook_rotation_form, &overlap, f);
	ck_assert_uint_eq(f->n, rotations[_i].overlap == -1);
	if (f->n == 0)
		ck_assert_int_eq(overlap, rotations[_i].overlap);
	arena_free(a);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ messages_are_signed, NELEM(signatures), 0 },
		{ secrets_are_new, 0, 0 },
		{ addresses_are_judged, NELEM(targets), 0 },
		{ other_families_are_refused, 0, 0 },
		{ urls_are_judged, NELEM(urls), 0 },
		{ bodies_are_judged, NELEM(bodies), 0 },
		{ rotations_are_judged, NELEM(rotations), 0 },
	};

	return harness_run("webhook", tests, NELEM(tests));
}
