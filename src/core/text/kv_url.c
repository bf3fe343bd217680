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

#define REDIS_PORT    6379
#define SENTINEL_PORT 26379

/* What is wrong unless something nearer is. */
#define FORM                                                                   \
	"it must look like redis://host:port/db, rediss://host:port/db, "      \
	"sentinel://host:port;sentinel://host:port/db or "                     \
	"unix:///path/to/socket?db=n"

void
kv_url_clear(struct kv_url *u)
{
	for (size_t i = 0; i < u->nsentinels; i++)
		free(u->sentinels[i].name);
	free(u->sentinels);
	free(u->path);
	free(u->host);
	free(u->username);
	free(u->password);
	free(u->master);
	free(u->ca_file);
	free(u->cert_file);
	free(u->key_file);
	*u = (struct kv_url){ 0 };
}

static const char *
kv_url_db(struct kv_url *u, const char *text)
{
	int64_t n;

	if (str_to_int(text, 0, 9999, &n) == -1)
		return "the database must be a number from 0 to 9999";
	snprintf(u->db, sizeof(u->db), "%d", (int)n);
	return NULL;
}

/* Undoes percent-encoding in place, as passwords need it. */
static int
kv_url_decode(char *s)
{
	long len = codec_percent_decode(s, strlen(s), s);

	return len == -1 || strlen(s) < (size_t)len ? -1 : 0;
}

static void
kv_url_keep(char **to, const char *text)
{
	free(*to);
	*to = xstrdup(text);
}

/* As redis-py and Celery write it. */
static const char *
kv_url_verify(struct kv_url *u, const char *value)
{
	static const struct {
		const char *word;
		enum tls_verify verify;
	} words[] = {
		{ "required", TLS_VERIFY_NAME },
		{ "CERT_REQUIRED", TLS_VERIFY_NAME },
		{ "optional", TLS_VERIFY_NAME },
		{ "CERT_OPTIONAL", TLS_VERIFY_NAME },
		{ "none", TLS_VERIFY_NONE },
		{ "CERT_NONE", TLS_VERIFY_NONE },
	};

	for (size_t i = 0; i < NELEM(words); i++) {
		if (!str_eq(value, words[i].word))
			continue;
		/* ssl_check_hostname may stand before it. */
		if (!u->has_verify || words[i].verify == TLS_VERIFY_NONE)
			u->verify = words[i].verify;
		u->has_verify = true;
		return NULL;
	}
	return "ssl_cert_reqs must be required, optional or none";
}

static const char *
kv_url_check_name(struct kv_url *u, const char *value)
{
	if (str_eq(value, "true") || str_eq(value, "True"))
		return NULL;
	if (!str_eq(value, "false") && !str_eq(value, "False"))
		return "ssl_check_hostname must be true or false";
	if (!u->has_verify || u->verify == TLS_VERIFY_NAME)
		u->verify = TLS_VERIFY_CHAIN;
	u->has_verify = true;
	return NULL;
}

/* One parameter.  *tls is set if it is about TLS. */
static const char *
kv_url_param(struct kv_url *u, char *name, bool *tls)
{
	char *value = strchr(name, '=');

	if (value == NULL)
		return FORM;
	*value++ = '\0';
	if (kv_url_decode(value) == -1)
		return FORM;
	if (str_eq(name, "db"))
		return kv_url_db(u, value);
	if (u->path != NULL)
		return "behind the path of a socket only ?db=n may stand";
	if (str_eq(name, "master_name")) {
		kv_url_keep(&u->master, value);
		return NULL;
	}
	*tls = true;
	if (str_eq(name, "ssl_cert_reqs"))
		return kv_url_verify(u, value);
	if (str_eq(name, "ssl_check_hostname"))
		return kv_url_check_name(u, value);
	if (str_eq(name, "ssl_ca_certs"))
		kv_url_keep(&u->ca_file, value);
	else if (str_eq(name, "ssl_certfile"))
		kv_url_keep(&u->cert_file, value);
	else if (str_eq(name, "ssl_keyfile"))
		kv_url_keep(&u->key_file, value);
	else
		return "behind its question mark may stand db, master_name, "
		       "ssl_cert_reqs, ssl_check_hostname, ssl_ca_certs, "
		       "ssl_certfile and ssl_keyfile";
	return NULL;
}

/* Cuts off what stands behind a question mark, and reads it. */
static const char *
kv_url_query(struct kv_url *u, char *rest, bool *tls)
{
	char *query = strchr(rest, '?'), *each;
	const char *why = NULL;

	if (query == NULL)
		return NULL;
	*query++ = '\0';
	while (why == NULL && (each = strsep(&query, "&")) != NULL)
		why = kv_url_param(u, each, tls);
	return why;
}

static const char *
kv_url_unix(struct kv_url *u, char *rest)
{
	size_t len = strcspn(rest, "?");
	bool tls = false;

	if (rest[0] != '/' || len == 1)
		return FORM;
	u->path = xstrdup(rest);
	u->path[len] = '\0';
	return kv_url_query(u, rest, &tls);
}

/* The first of several sentinels counts. */
static int
kv_url_user(struct kv_url *u, char *user)
{
	char *password = strchr(user, ':');

	if (password != NULL)
		*password++ = '\0';
	if ((password != NULL && kv_url_decode(password) == -1) ||
	    kv_url_decode(user) == -1)
		return -1;
	if (u->username != NULL || u->password != NULL)
		return 0;
	if (password != NULL)
		u->password = xstrdup(password);
	if (user[0] != '\0')
		u->username = xstrdup(user);
	return 0;
}

/* Database, or what sentinels call the server and perhaps a database. */
static const char *
kv_url_path(struct kv_url *u, char *path, bool sentinel)
{
	char *slash = strchr(path, '/');
	int64_t n;

	if (!sentinel || str_to_int(path, 0, INT64_MAX, &n) == 0)
		return path[0] == '\0' ? NULL : kv_url_db(u, path);
	if (slash != NULL)
		*slash++ = '\0';
	if (path[0] != '\0') {
		if (kv_url_decode(path) == -1)
			return FORM;
		kv_url_keep(&u->master, path);
	}
	return slash == NULL || *slash == '\0' ? NULL : kv_url_db(u, slash);
}

static const char *
kv_url_host(struct kv_url *u, char *text, bool sentinel)
{
	int port = sentinel ? SENTINEL_PORT : REDIS_PORT;
	struct kv_host *all;
	char *host;

	if (host_port_split(text, &host, &port) == -1)
		return FORM;
	if (u->host == NULL) {
		u->host = xstrdup(host);
		u->port = port;
	}
	if (!sentinel)
		return NULL;
	all = xcalloc(u->nsentinels + 1, sizeof(*all));
	if (u->nsentinels > 0)
		memcpy(all, u->sentinels, u->nsentinels * sizeof(*all));
	all[u->nsentinels++] = (struct kv_host){ xstrdup(host), port };
	free(u->sentinels);
	u->sentinels = all;
	return NULL;
}

/* What stands behind the scheme. */
static const char *
kv_url_tcp(struct kv_url *u, char *rest, bool sentinel, bool *tls)
{
	const char *why = kv_url_query(u, rest, tls);
	char *slash = strchr(rest, '/'), *at, *host;

	if (slash != NULL)
		*slash++ = '\0';
	if (why == NULL && slash != NULL)
		why = kv_url_path(u, slash, sentinel);
	at = strrchr(rest, '@');
	if (at != NULL) {
		*at = '\0';
		if (why == NULL && kv_url_user(u, rest) == -1)
			why = FORM;
		rest = at + 1;
	}
	if (!sentinel)
		return why == NULL ? kv_url_host(u, rest, false) : why;
	while (why == NULL && (host = strsep(&rest, ",")) != NULL)
		why = kv_url_host(u, host, true);
	return why;
}

/* Several addresses behind each other. */
static const char *
kv_url_sentinels(struct kv_url *u, char *rest, const char *scheme, bool *tls)
{
	const char *why = NULL;
	char *each;

	while (why == NULL && (each = strsep(&rest, ";")) != NULL) {
		if (!str_starts(each, scheme))
			return "each sentinel must begin as the first does";
		why = kv_url_tcp(u, each + strlen(scheme), true, tls);
	}
	return why;
}

static const struct kv_scheme {
	const char *begins;
	bool sentinel, tls;
} kv_schemes[] = {
	{ "redis://", false, false },
	{ "rediss://", false, true },
	{ "sentinel://", true, false },
	{ "redis+sentinel://", true, false },
	{ "rediss+sentinel://", true, true },
};

/* NULL, or what is wrong. */
static const char *
kv_url_read(struct kv_url *u, char *text)
{
	const struct kv_scheme *s = kv_schemes;
	const struct kv_scheme *end = s + NELEM(kv_schemes);
	const char *why;
	bool tls = false;

	if (str_starts(text, "unix://"))
		return kv_url_unix(u, text + strlen("unix://"));
	while (s < end && !str_starts(text, s->begins))
		s++;
	if (s == end)
		return FORM;
	u->tls = u->sentinel_tls = s->tls;
	if (s->sentinel) {
		why = kv_url_sentinels(u, text, s->begins, &tls);
		u->tls |= tls;
		return why;
	}
	u->sentinel_tls = false;
	why = kv_url_tcp(u, text + strlen(s->begins), false, &tls);
	if (why == NULL && tls && !s->tls)
		why = "TLS (ssl_) needs rediss:// in front";
	if (why == NULL && u->master != NULL)
		why = "master_name needs sentinel:// in front";
	return why;
}

int
kv_url_parse(const char *text, struct kv_url *u)
{
	char *copy = xstrdup(text);
	const char *why;

	*u = (struct kv_url){ 0 };
	why = kv_url_read(u, copy);
	free(copy);
	if (why == NULL)
		return 0;
	kv_url_clear(u);
	return -1;
}

const char *
kv_url_judge(const char *text)
{
	char *copy = xstrdup(text);
	struct kv_url u = { 0 };
	const char *why = kv_url_read(&u, copy);

	kv_url_clear(&u);
	free(copy);
	return why;
}
