/* SPDX-License-Identifier: ISC */
/* Addresses of the internet as text: where to listen, and whom to answer. */
#include "config.h"

#include "net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/str.h"

#define NET_TEXT 64
#define NET_V4   96 /* bits before an address of IPv4 */

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* len bytes of text as a string, if they fit. */
static bool
net_cut(char out[NET_TEXT], const char *text, size_t len)
{
	if (len >= NET_TEXT)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

int
net_address_parse(const char *text, struct sockaddr_storage *sa, socklen_t *len)
{
	struct sockaddr_in6 *six = (void *)sa;
	struct sockaddr_in *four = (void *)sa;
	const char *colon = strrchr(text, ':');
	char host[NET_TEXT];
	int64_t port;

	memset(sa, 0, sizeof(*sa));
	if (colon == NULL || str_to_int(colon + 1, 1, 65535, &port) == -1)
		return -1;
	if (text[0] == '[' && colon - text > 2 && colon[-1] == ']') {
		if (!net_cut(host, text + 1, (size_t)(colon - text) - 2) ||
		    inet_pton(AF_INET6, host, &six->sin6_addr) != 1)
			return -1;
		six->sin6_family = AF_INET6;
		six->sin6_port = htons((uint16_t)port);
		*len = sizeof(*six);
		return 0;
	}
	if (!net_cut(host, text, (size_t)(colon - text)) ||
	    inet_pton(AF_INET, host, &four->sin_addr) != 1)
		return -1;
	four->sin_family = AF_INET;
	four->sin_port = htons((uint16_t)port);
	*len = sizeof(*four);
	return 0;
}

/* True if the bits from there on are all zero. */
static bool
net_is_end(const struct net_range *r)
{
	for (unsigned i = r->bits; i < 128; i++) {
		if ((r->b[i / 8] >> (7 - i % 8) & 1) != 0)
			return false;
	}
	return true;
}

int
net_range_parse(const char *text, struct net_range *r)
{
	size_t len = strcspn(text, "/");
	char host[NET_TEXT];
	int64_t bits;
	unsigned before = 0;

	*r = (struct net_range){ 0 };
	if (!net_cut(host, text, len))
		return -1;
	if (inet_pton(AF_INET, host, r->b + sizeof(v4_prefix)) == 1) {
		memcpy(r->b, v4_prefix, sizeof(v4_prefix));
		before = NET_V4;
	} else if (inet_pton(AF_INET6, host, r->b) != 1) {
		return -1;
	}
	bits = 128 - before;
	if (text[len] == '/' &&
	    str_to_int(text + len + 1, 0, 128 - before, &bits) == -1)
		return -1;
	r->bits = before + (unsigned)bits;
	return net_is_end(r) ? 0 : -1;
}

bool
net_range_has(const struct net_range *r, const struct net_range *one)
{
	unsigned whole = r->bits / 8, rest = r->bits % 8;

	return one->bits >= r->bits && memcmp(r->b, one->b, whole) == 0 &&
	       (rest == 0 ||
		   ((r->b[whole] ^ one->b[whole]) >> (8 - rest)) == 0);
}
