/* SPDX-License-Identifier: ISC */
/* Reads hosts with ports, and addresses that have no more than that. */
#include "config.h"

#include "host_port.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

int
host_port_split(char *text, char **host, int *port)
{
	char *colon = strrchr(text, ':');
	int64_t n = *port;

	if (text[0] == '[') { /* an IPv6 address */
		char *end = strchr(++text, ']');

		if (end == NULL)
			return -1;
		*end++ = '\0';
		if (*end != '\0' && *end != ':')
			return -1;
		colon = *end == ':' ? end : NULL;
	}
	if (colon != NULL) {
		*colon++ = '\0';
		if (str_to_int(colon, 1, 65535, &n) == -1)
			return -1;
	}
	if (text[0] == '\0')
		return -1;
	*host = text;
	*port = (int)n;
	return 0;
}

const char *
log_url_parse(const char *text, struct log_url *u)
{
	const char *rest = strstr(text, "://"), *slash;
	char copy[sizeof(u->host) + 16], *host = copy;
	size_t scheme, len;

	*u = (struct log_url){ 0 };
	scheme = rest == NULL ? 0 : (size_t)(rest - text);
	if (scheme == 0 || scheme >= sizeof(u->scheme))
		return "it must start with a scheme and ://";
	memcpy(u->scheme, text, scheme);
	rest += strlen("://");
	slash = rest + strcspn(rest, "/");
	if (strlen(slash) >= sizeof(u->path))
		return "its path is too long";
	memcpy(u->path, slash, strlen(slash));
	if (str_eq(u->scheme, "unix"))
		return slash == rest && slash[0] != '\0' && slash[1] != '\0'
			   ? NULL
			   : "an absolute path must stand behind unix://";
	if (strpbrk(rest, " \"<>\\^`{|}?#@") != NULL)
		return "there is a character in it that has no place there";
	len = (size_t)(slash - rest);
	if (len >= sizeof(copy))
		return "its host name is too long";
	memcpy(copy, rest, len);
	copy[len] = '\0';
	if (host_port_split(copy, &host, &u->port) == -1)
		return "it must have a host name, and a port from 1 to 65535 "
		       "if any";
	if (strlen(host) >= sizeof(u->host))
		return "its host name is too long";
	memcpy(u->host, host, strlen(host) + 1);
	return NULL;
}
