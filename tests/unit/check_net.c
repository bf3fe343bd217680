/* SPDX-License-Identifier: ISC */
/* Addresses and networks as text. */
#include "config.h"

#include "lib/harness.h"

#include <netinet/in.h>

#include "text/net.h"

static const struct {
	const char *text;
	int family; /* 0: it is no address */
	int port;
} addresses[] = {
	{ "127.0.0.1:9464", AF_INET, 9464 },
	{ "0.0.0.0:1", AF_INET, 1 },
	{ "[::1]:9464", AF_INET6, 9464 },
	{ "[::]:65535", AF_INET6, 65535 },
	{ "[::ffff:1.2.3.4]:80", AF_INET6, 80 },
	{ "127.0.0.1", 0, 0 },
	{ "127.0.0.1:", 0, 0 },
	{ "127.0.0.1:0", 0, 0 },
	{ "127.0.0.1:65536", 0, 0 },
	{ "127.0.0.1:80x", 0, 0 },
	{ "127.0.0.1:+80", 0, 0 },
	{ "127.0.1:80", 0, 0 },
	{ "::1:80", 0, 0 },
	{ "[::1:80", 0, 0 },
	{ "[]:80", 0, 0 },
	{ "[127.0.0.1]:80", 0, 0 },
	{ "[::1] :80", 0, 0 },
	{ "localhost:80", 0, 0 },
	{ ":80", 0, 0 },
	{ "", 0, 0 },
	{ "[::1%lo]:80", 0, 0 },
	{ "1111111111111111111111111111111111111111111111111111111111111111:1",
	    0, 0 },
};

START_TEST(an_address_is_read)
{
	struct sockaddr_storage sa;
	socklen_t len;
	int rc = net_address_parse(addresses[_i].text, &sa, &len);

	ck_assert_int_eq(rc, addresses[_i].family == 0 ? -1 : 0);
	if (rc == -1)
		return;
	ck_assert_int_eq(sa.ss_family, addresses[_i].family);
	/* The port is at the same place in both. */
	ck_assert_int_eq(ntohs(((const struct sockaddr_in *)(const void *)&sa)
				   ->sin_port),
	    addresses[_i].port);
}
END_TEST

static const struct {
	const char *range, *one;
	int has; /* -1: range is none */
} ranges[] = {
	{ "127.0.0.1", "127.0.0.1", 1 },
	{ "127.0.0.1", "127.0.0.2", 0 },
	{ "127.0.0.1", "::ffff:127.0.0.1", 1 },
	{ "127.0.0.1/32", "127.0.0.1", 1 },
	{ "10.0.0.0/8", "10.255.0.1", 1 },
	{ "10.0.0.0/8", "11.0.0.1", 0 },
	{ "10.0.0.0/9", "10.127.0.1", 1 },
	{ "10.0.0.0/9", "10.128.0.1", 0 },
	{ "0.0.0.0/0", "203.0.113.9", 1 },
	{ "0.0.0.0/0", "::1", 0 },
	{ "::/0", "203.0.113.9", 1 },
	{ "::1", "::1", 1 },
	{ "::1", "127.0.0.1", 0 },
	{ "fd00::/8", "fd12::1", 1 },
	{ "fd00::/8", "fe80::1", 0 },
	{ "fd00::/8", "fd00::/9", 1 },
	{ "fd00::/9", "fd00::/8", 0 },
	{ "10.0.0.1/8", "10.0.0.1", -1 },
	{ "10.0.0.0/33", "10.0.0.1", -1 },
	{ "10.0.0.0/", "10.0.0.1", -1 },
	{ "10.0.0.0/-1", "10.0.0.1", -1 },
	{ "10.0.0", "10.0.0.1", -1 },
	{ "::/129", "::1", -1 },
	{ "localhost", "::1", -1 },
	{ "", "::1", -1 },
};

START_TEST(a_range_has_its_addresses)
{
	struct net_range range, one;
	int rc = net_range_parse(ranges[_i].range, &range);

	ck_assert_int_eq(rc, ranges[_i].has == -1 ? -1 : 0);
	if (rc == -1)
		return;
	ck_assert_int_eq(net_range_parse(ranges[_i].one, &one), 0);
	ck_assert_int_eq(net_range_has(&range, &one), ranges[_i].has);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ an_address_is_read, NELEM(addresses), 0 },
		{ a_range_has_its_addresses, NELEM(ranges), 0 },
	};

	return harness_run("net", tests, NELEM(tests));
}
