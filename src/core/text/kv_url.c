/* SPDX-License-Identifier: ISC */
/* Reads the address of a Redis server. */
#include "config.h"

#include "kv_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "host_port.h"

void
kv_url_clear(struct kv_url *u)
{
	free(u->path);
	free(u->host);
	free(u->username);
	free(u->password);
	*u = (struct kv_url){ 0 };
}

static int
kv_url_db(struct kv_url *u, const char *text)
{
	int64_t n;

	if (str_to_int(text, 0, 9999, &n) == -1)
		return -1;
	snprintf(u->db, sizeof(u->db), "%d", (int)n);
	return 0;
}

static int
kv_url_unix(struct kv_url *u, char *rest)
{
	char *query = strchr(rest, '?');

	if (query != NULL)
		*query++ = '\0';
	if (rest[0] != '/' || rest[1] == '\0')
		return -1;
	u->path = xstrdup(rest);
	if (query == NULL)
		return 0;
	if (!str_starts(query, "db="))
		return -1;
	return kv_url_db(u, query + 3);
}

/* Undoes percent-encoding in place, as passwords need it. */
static int
kv_url_decode(char *s)
{
	long len = codec_percent_decode(s, strlen(s), s);

	return len == -1 || strlen(s) < (size_t)len ? -1 : 0;
}

static int
kv_url_user(struct kv_url *u, char *user)
{
	char *password = strchr(user, ':');

	if (password != NULL) {
		*password++ = '\0';
		if (kv_url_decode(password) == -1)
			return -1;
		u->password = xstrdup(password);
	}
	if (kv_url_decode(user) == -1)
		return -1;
	if (user[0] != '\0')
		u->username = xstrdup(user);
	return 0;
}

static int
kv_url_host(struct kv_url *u, char *text)
{
	char *host;

	u->port = 6379;
	if (host_port_split(text, &host, &u->port) == -1)
		return -1;
	u->host = xstrdup(host);
	return 0;
}

static int
kv_url_tcp(struct kv_url *u, char *rest)
{
	char *slash = strchr(rest, '/');
	char *at;

	if (slash != NULL) {
		*slash++ = '\0';
		if (*slash != '\0' && kv_url_db(u, slash) == -1)
			return -1;
	}
	at = strrchr(rest, '@');
	if (at != NULL) {
		*at = '\0';
		if (kv_url_user(u, rest) == -1)
			return -1;
		rest = at + 1;
	}
	return kv_url_host(u, rest);
}

int
kv_url_parse(const char *text, struct kv_url *u)
{
	char *copy = xstrdup(text);
	int rc = -1;

	*u = (struct kv_url){ 0 };
	if (str_starts(copy, "unix://"))
		rc = kv_url_unix(u, copy + strlen("unix://"));
	else if (str_starts(copy, "redis://"))
		rc = kv_url_tcp(u, copy + strlen("redis://"));
	free(copy);
	if (rc == -1)
		kv_url_clear(u);
	return rc;
}
