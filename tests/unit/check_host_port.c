/* SPDX-License-Identifier: ISC */
/* Addresses of servers: what is taken apart, and what is told of the others. */
#include "config.h"

#include "lib/harness.h"

#include "base/str.h"
#include "text/host_port.h"

#define TEN(s) s s s s s s s s s s
#define LONG   TEN("twenty-five-characters-xx")

static const struct {
	const char *text, *scheme, *host;
	int port;
	const char *path;
} addresses[] = {
	{ "udp://a", "udp", "a", 0, "" },
	{ "tcp://log.example:1514", "tcp", "log.example", 1514, "" },
	{ "tls+tcp://[::1]:65535", "tls+tcp", "::1", 65535, "" },
	{ "tcp://[fe80::1]", "tcp", "fe80::1", 0, "" },
	{ "http://a:1/gelf", "http", "a", 1, "/gelf" },
	{ "udp://a/", "udp", "a", 0, "/" },
	{ "unix:///dev/log", "unix", "", 0, "/dev/log" },
	{ "unix:///a b:c@d", "unix", "", 0, "/a b:c@d" },
	{ "x://" LONG "12345", "x", LONG "12345", 0, "" },
};

START_TEST(addresses_are_taken_apart)
{
	struct log_url u;

	ck_assert_ptr_null(log_url_parse(addresses[_i].text, &u));
	ck_assert_str_eq(u.scheme, addresses[_i].scheme);
	ck_assert_str_eq(u.host, addresses[_i].host);
	ck_assert_int_eq(u.port, addresses[_i].port);
	ck_assert_str_eq(u.path, addresses[_i].path);
}
END_TEST

static const struct {
	const char *text, *why;
} faults[] = {
	{ "", "scheme" },
	{ "a", "scheme" },
	{ "://a", "scheme" },
	{ "a:1514", "scheme" },
	{ "much-too-long-it://a", "scheme" },
	{ "udp://", "host name" },
	{ "udp:///a", "host name" },
	{ "udp://:514", "host name" },
	{ "udp://a:", "port" },
	{ "udp://a:0", "port" },
	{ "udp://a:65536", "port" },
	{ "udp://a:5x", "port" },
	{ "udp://[::1", "host name" },
	{ "udp://[::1]5", "host name" },
	{ "udp://u:p@a", "character" },
	{ "udp://a b", "character" },
	{ "udp://a/?b", "character" },
	{ "udp://" LONG "123456", "too long" },
	{ "udp://" LONG LONG, "too long" },
	{ "unix://dev/log", "absolute path" },
	{ "unix:///", "absolute path" },
	{ "unix://", "absolute path" },
	{ "unix:///" LONG LONG LONG, "too long" },
};

START_TEST(what_is_wrong_is_told)
{
	struct log_url u;
	const char *why = log_url_parse(faults[_i].text, &u);

	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, faults[_i].why) != NULL, "%s", why);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ addresses_are_taken_apart, NELEM(addresses), 0 },
		{ what_is_wrong_is_told, NELEM(faults), 0 },
	};

	return harness_run("host_port", tests, NELEM(tests));
}
