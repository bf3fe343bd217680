/* SPDX-License-Identifier: ISC */
/* What the settings must fulfil beyond type and range. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "conf_own.h"
#include "text/kv_url.h"
#include "text/near.h"

#define FAULT(run, section, key, sentence)                                     \
	conf_fault_row(run, CONF_ROW_##section##_##key, sentence)

static bool
conf_is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* The path is compared as it comes, so it must have one spelling only. */
static void
conf_check_base_path(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const char *path = s->http_base_path, *c;
	size_t len = strlen(path);

	if (len == 0)
		return;
	if (path[0] != '/') {
		FAULT(run, http, base_path, "it must start with a slash");
		return;
	}
	if (path[len - 1] == '/') {
		FAULT(run, http, base_path, "it must not end with a slash");
		return;
	}
	for (c = path; *c != '\0'; c++) {
		if (!conf_is_alnum(*c) && strchr("/-._~", *c) == NULL) {
			FAULT(run, http, base_path,
			    "only letters, digits, "
			    "- . _ ~ and / are allowed in it");
			return;
		}
	}
	if (strstr(path, "//") != NULL || strstr(path, "/./") != NULL ||
	    strstr(path, "/../") != NULL || str_eq(strrchr(path, '/'), "/.") ||
	    str_eq(strrchr(path, '/'), "/.."))
		FAULT(run, http, base_path,
		    "it must not have empty, . or .. "
		    "segments");
}

/* What is wrong with an http or https address, or NULL; *rest is what stands
 * behind host and port. */
static const char *
conf_judge_url(const char *url, const char **rest)
{
	size_t host;

	if (str_starts(url, "https://"))
		url += strlen("https://");
	else if (str_starts(url, "http://"))
		url += strlen("http://");
	else
		return "it must start with https:// (or http://)";
	host = strcspn(url, "/?#");
	*rest = url + host;
	if (host == 0 || url[0] == ':')
		return "there is no host name in it";
	if (memchr(url, '@', host) != NULL)
		return "a user name or password has no place in it";
	if (strpbrk(url, " \"<>\\^`{|}") != NULL)
		return "there is a character in it that no address has";
	return NULL;
}

static void
conf_check_issuer(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const char *rest = "", *why;

	if (s->auth_issuer[0] == '\0')
		return;
	why = conf_judge_url(s->auth_issuer, &rest);
	if (why == NULL && strpbrk(rest, "?#") != NULL)
		why = "an issuer has no ? and no # in it";
	if (why != NULL)
		FAULT(run, auth, issuer, why);
}

static void
conf_check_public_url(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const char *url = s->http_public_url, *rest = "", *why;

	if (url[0] == '\0')
		return;
	why = conf_judge_url(url, &rest);
	if (why == NULL && strpbrk(rest, "?#") != NULL)
		why = "it has no ? and no # in it";
	if (why == NULL && url[strlen(url) - 1] == '/')
		why = "it must not end with a slash";
	if (why != NULL)
		FAULT(run, http, public_url, why);
}

static void
conf_check_jwks_uri(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const char *rest = "", *why;

	if (s->auth_jwks_uri[0] == '\0')
		return;
	why = conf_judge_url(s->auth_jwks_uri, &rest);
	if (why == NULL && strchr(rest, '#') != NULL)
		why = "the address of a key set has no # in it";
	if (why != NULL)
		FAULT(run, auth, jwks_uri, why);
}

static void
conf_check_introspect(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const char *url = s->auth_introspect_url, *rest = "", *why;

	if (s->auth_introspect != CONF_introspect_off &&
	    s->auth_introspect_secret[0] == '\0')
		FAULT(run, auth, introspect,
		    "it needs [auth] introspect_secret (or "
		    "introspect_secret_file)");
	if (url[0] == '\0')
		return;
	why = conf_judge_url(url, &rest);
	if (why == NULL && strchr(rest, '#') != NULL)
		why = "an address to ask has no # in it";
	if (why != NULL)
		FAULT(run, auth, introspect_url, why);
}

static void
conf_check_algorithms(struct conf_run *run)
{
	static const char *const known[] = {
#define ALG(id, name, ...) name,
#include "text/alg.def"
#undef ALG
	};
	static const char each[] =
#define ALG(id, name, ...) ", " name
#include "text/alg.def"
#undef ALG
	    ;
	const struct conf_list *list = &run->set->values.auth_algorithms;
	char why[200];
	size_t i, k;

	for (i = 0; i < list->n; i++) {
		for (k = 0; k < NELEM(known); k++) {
			if (str_eq(list->v[i], known[k]))
				break;
		}
		if (k < NELEM(known))
			continue;
		snprintf(why, sizeof(why), "\"%.60s\" is not one of %s",
		    list->v[i], each + 2);
		FAULT(run, auth, algorithms, why);
	}
}

/* What is wrong with the address of a Redis server, or NULL. */
static const char *
conf_judge_redis(const char *text)
{
	struct kv_url url;

	if (str_starts(text, "rediss://"))
		return "Redis over TLS (rediss://) is not supported";
	if (kv_url_parse(text, &url) == -1)
		return "it must look like redis://host:port/db or "
		       "unix:///path/to/socket?db=n";
	kv_url_clear(&url);
	return NULL;
}

static void
conf_check_redis(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const char *why = conf_judge_redis(s->redis_url);

	if (why != NULL)
		FAULT(run, redis, url, why);
}

static void
conf_check_broker(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const char *without = "it counts only together with [broker] url";
	const char *why = NULL;

	if (s->broker_url[0] != '\0') {
		why = conf_judge_redis(s->broker_url);
	} else {
		if (s->broker_username[0] != '\0')
			FAULT(run, broker, username, without);
		if (s->broker_password[0] != '\0')
			FAULT(run, broker, password, without);
	}
	if (why != NULL)
		FAULT(run, broker, url, why);
}

/* A browser sends the origin without a path, and compares it as text. */
static void
conf_check_cors(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const struct conf_list *list = &s->http_cors_origins;
	char sentence[200];
	size_t i;

	for (i = 0; i < list->n; i++) {
		const char *rest = "", *why;

		if (str_eq(list->v[i], "*"))
			continue;
		why = conf_judge_url(list->v[i], &rest);
		if (why == NULL && *rest != '\0')
			why = "an origin ends with its host or port";
		if (why == NULL)
			continue;
		snprintf(sentence, sizeof(sentence), "\"%.60s\": %s",
		    list->v[i], why);
		FAULT(run, http, cors_origins, sentence);
	}
}

static void
conf_check_keys(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	if (s->auth_key_stale < s->auth_key_ttl)
		FAULT(run, auth, key_stale,
		    "it must not be shorter than "
		    "[auth] key_ttl");
}

/* With less, processes would be replaced as soon as they are there. */
static void
conf_check_memory(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	int64_t most = s->worker_max_memory_per_child;

	if (most != 0 && most < 32 * CONF_MIB)
		FAULT(run, worker, max_memory_per_child,
		    "it must be 0 or at least 32m");
}

/* It stands between quotes in a header. */
static void
conf_check_realm(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	if (strpbrk(s->auth_realm, "\"\\") != NULL)
		FAULT(run, auth, realm, "it must not have \" or \\ in it");
}

void
conf_check(struct conf_run *run)
{
	conf_check_base_path(run);
	conf_check_public_url(run);
	conf_check_cors(run);
	conf_check_redis(run);
	conf_check_broker(run);
	conf_check_issuer(run);
	conf_check_jwks_uri(run);
	conf_check_introspect(run);
	conf_check_algorithms(run);
	conf_check_keys(run);
	conf_check_memory(run);
	conf_check_mail(run);
	conf_check_realm(run);
}
