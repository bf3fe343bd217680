/* SPDX-License-Identifier: ISC */
/* Where messages of webhooks may go: to the internet, and to what [webhook]
 * allow names. */
#include "config.h"

#include "webhook_target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/str.h"
#include "conf/conf.h"
#include "http/easy.h"
#include "text/net.h"

/* What is not the internet, by the registries of special addresses (RFC 6890):
 * the first row that has an address names it. */
static const struct {
	const char *range;
	const char *why;
} special[] = {
#define REFUSE(range, what)                                                    \
	{                                                                      \
		range, "the address is " what                                  \
		       ", which [webhook] allow does not have"                 \
	}
	REFUSE("0.0.0.0/8", "of this host"),
	REFUSE("10.0.0.0/8", "private"),
	REFUSE("100.64.0.0/10", "that of a shared network"),
	REFUSE("127.0.0.0/8", "a loopback address"),
	REFUSE("169.254.0.0/16", "link-local"),
	REFUSE("172.16.0.0/12", "private"),
	REFUSE("192.0.0.0/24", "special"),
	REFUSE("192.0.2.0/24", "for documentation"),
	REFUSE("192.88.99.0/24", "that of a relay"),
	REFUSE("192.168.0.0/16", "private"),
	REFUSE("198.18.0.0/15", "for measurements"),
	REFUSE("198.51.100.0/24", "for documentation"),
	REFUSE("203.0.113.0/24", "for documentation"),
	REFUSE("224.0.0.0/4", "a multicast address"),
	REFUSE("240.0.0.0/4", "reserved"),
	REFUSE("::/128", "of this host"),
	REFUSE("::1/128", "a loopback address"),
	REFUSE("64:ff9b::/96", "that of a translator (NAT64)"),
	REFUSE("64:ff9b:1::/48", "that of a translator (NAT64)"),
	REFUSE("2001::/23", "special"),
	REFUSE("2001:db8::/32", "for documentation"),
	REFUSE("2002::/16", "that of a tunnel (6to4)"),
	REFUSE("3fff::/20", "for documentation"),
	REFUSE("fc00::/7", "private (unique local)"),
	REFUSE("fe80::/10", "link-local"),
	REFUSE("fec0::/10", "private (site-local)"),
	REFUSE("ff00::/8", "a multicast address"),
};
static const char mapped[] = "the address is one of IPv4 in IPv6, which "
			     "[webhook] allow does not have";
static const char elsewhere[] = "the address is none of the internet";

static bool
target_in(const char *range, const struct net_range *one)
{
	struct net_range r;

	return net_range_parse(range, &r) == 0 && net_range_has(&r, one);
}

static bool
target_allowed(const struct net_range *one)
{
	const struct conf_list *allow = &settings.webhook_allow;

	for (size_t i = 0; i < allow->n; i++) {
		if (target_in(allow->v[i], one))
			return true;
	}
	return false;
}

/* one: as net_range_parse has it, IPv4 in its place in IPv6. */
static const char *
target_judge(const struct net_range *one, bool four)
{
	const bool in_six = target_in("::ffff:0:0/96", one) && !four;

	if (target_allowed(one))
		return NULL;
	for (size_t i = 0; i < NELEM(special); i++) {
		if (target_in(special[i].range, one))
			return special[i].why;
	}
	if (in_six)
		return mapped;
	return four || target_in("2000::/3", one) ? NULL : elsewhere;
}

const char *
webhook_judge_address(const struct sockaddr *sa)
{
	const struct sockaddr_in *four = (const void *)sa;
	const struct sockaddr_in6 *six = (const void *)sa;
	struct net_range one = { .b = { [10] = 0xff, [11] = 0xff },
		.bits = 128 };

	if (sa->sa_family == AF_INET) {
		memcpy(one.b + 12, &four->sin_addr, sizeof(four->sin_addr));
		return target_judge(&one, true);
	}
	if (sa->sa_family != AF_INET6)
		return elsewhere;
	memcpy(one.b, &six->sin6_addr, sizeof(one.b));
	return target_judge(&one, false);
}

/* The host of an address, if it is an address in digits.  libcurl has written
 * forms such as 127.1 out. */
static const char *
target_judge_host(char *host)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	size_t len = strlen(host);

	if (inet_pton(AF_INET, host, &four.sin_addr) == 1)
		return webhook_judge_address((const void *)&four);
	if (host[0] != '[')
		return NULL;
	host[len - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, &six.sin6_addr) != 1)
		return "there is no such address";
	return webhook_judge_address((const void *)&six);
}

static const char *
target_judge_parts(CURLU *u)
{
	char *scheme = NULL, *host = NULL, *fragment = NULL, *zone = NULL;
	const char *why = NULL;

	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		why = "there is no host name in it";
	else if (str_case_eq(scheme, "http") && !settings.webhook_http)
		why = "it must start with https://, since [webhook] http is "
		      "off";
	else if (curl_url_get(u, CURLUPART_FRAGMENT, &fragment, 0) == CURLUE_OK)
		why = "it must not have a # in it";
	else if (curl_url_get(u, CURLUPART_ZONEID, &zone, 0) == CURLUE_OK)
		why = "it must not name a network interface";
	else
		why = target_judge_host(host);
	curl_free(scheme);
	curl_free(host);
	curl_free(fragment);
	curl_free(zone);
	return why;
}

const char *
webhook_judge_url(const char *url)
{
	const char *rest, *why = conf_judge_url(url, &rest);
	CURLU *u;

	if (why != NULL)
		return why;
	for (const char *c = url; *c != '\0'; c++) {
		if (*c <= ' ' || *c > '~')
			return "there is a character in it that no address has";
	}
	u = curl_url();
	if (u == NULL)
		easy_broken();
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) !=
	    CURLUE_OK)
		why = "it is no address of https";
	else
		why = target_judge_parts(u);
	curl_url_cleanup(u);
	return why;
}
