/* SPDX-License-Identifier: ISC */
/* Fetches the key set the way errand.fcgi does, and counts its keys. */
#include "config.h"

#include "health_keys.h"

#include <string.h>

#include "base/str.h"
#include "conf/conf.h"
#include "http/http.h"
#include "text/json.h"

#define DOCUMENT_MAX ((size_t)262144)
#define DEPTH        16
#define DISCOVERY    "/.well-known/openid-configuration"

/* The object at url; NULL with a sentence in why. */
static struct json_object *
keys_fetch(struct http *h, const char *url, struct buf *why)
{
	const struct http_call call = {
		.url = url,
		.timeout_ms = settings.auth_fetch_timeout,
		.max = DOCUMENT_MAX,
		.ca_file = settings.auth_ca_file,
	};
	struct json_object *tree = NULL;
	struct json_fault fault;
	struct buf body = { 0 };
	const char *reason = "";
	long status = http_run(h, &call, &body, &reason);

	if (status == -1)
		buf_printf(why, "%s: %s", url, reason);
	else if (status != 200)
		buf_printf(why, "%s: status %ld instead of 200", url, status);
	else {
		buf_adds(&body, ""); /* it may be empty */
		tree = json_read(body.data, body.len, DEPTH, &fault);
		if (!json_object_is_type(tree, json_type_object)) {
			buf_printf(why, "%s: no JSON object", url);
			json_object_put(tree);
			tree = NULL;
		}
	}
	buf_free(&body);
	return tree;
}

static const char *
keys_text(struct json_object *tree, const char *name)
{
	struct json_object *v;

	if (!json_object_object_get_ex(tree, name, &v) ||
	    !json_object_is_type(v, json_type_string))
		return NULL;
	return json_object_get_string(v);
}

/* The address of the key set into uri; 0 or -1. */
static int
keys_discover(struct http *h, struct buf *uri, struct buf *why)
{
	const char *issuer = settings.auth_issuer, *found, *said;
	size_t len = strlen(issuer);
	struct json_object *tree;
	int rc = -1;

	while (len > 0 && issuer[len - 1] == '/')
		len--;
	buf_printf(uri, "%.*s%s", (int)len, issuer, DISCOVERY);
	tree = keys_fetch(h, uri->data, why);
	if (tree == NULL)
		return -1;
	said = keys_text(tree, "issuer");
	found = keys_text(tree, "jwks_uri");
	if (said == NULL || !str_eq(said, issuer))
		buf_printf(why, "%s: its issuer is \"%s\", not \"%s\"",
		    uri->data, said == NULL ? "" : said, issuer);
	else if (found == NULL || !http_same_origin(issuer, found))
		buf_printf(why, "%s: its jwks_uri has another origin",
		    uri->data);
	else {
		buf_clear(uri);
		buf_adds(uri, found);
		rc = 0;
	}
	json_object_put(tree);
	return rc;
}

/* What a key must be for each of the accepted algorithms. */
static const struct {
	const char *alg, *kty, *crv; /* crv NULL: none */
} fits[] = {
	{ "RS256", "RSA", NULL },
	{ "PS256", "RSA", NULL },
	{ "ES256", "EC", "P-256" },
	{ "ES384", "EC", "P-384" },
	{ "EdDSA", "OKP", "Ed25519" },
};

static bool
keys_fit(struct json_object *key, const char *accepted)
{
	const char *kty = keys_text(key, "kty"), *crv = keys_text(key, "crv");
	const char *alg = keys_text(key, "alg");
	size_t i;

	if (alg != NULL && str_eq(alg, "Ed25519"))
		alg = "EdDSA";
	for (i = 0; i < NELEM(fits); i++) {
		if (str_eq(accepted, fits[i].alg) && kty != NULL &&
		    str_eq(kty, fits[i].kty) &&
		    (fits[i].crv == NULL ||
			(crv != NULL && str_eq(crv, fits[i].crv))))
			return alg == NULL || str_eq(alg, accepted);
	}
	return false;
}

static bool
keys_may_sign(struct json_object *key)
{
	const char *use = keys_text(key, "use");
	size_t i;

	if (use != NULL && !str_eq(use, "sig"))
		return false;
	for (i = 0; i < settings.auth_algorithms.n; i++) {
		if (keys_fit(key, settings.auth_algorithms.v[i]))
			return true;
	}
	return false;
}

static int
keys_count(struct json_object *tree)
{
	struct json_object *keys;
	size_t i;
	int n = 0;

	if (!json_object_object_get_ex(tree, "keys", &keys) ||
	    !json_object_is_type(keys, json_type_array))
		return 0;
	for (i = 0; i < json_object_array_length(keys); i++)
		n += keys_may_sign(json_object_array_get_idx(keys, i));
	return n;
}

int
health_keys_count(struct buf *why)
{
	struct json_object *tree = NULL;
	struct http *h;
	struct buf uri = { 0 };
	int n = 0;

	if (settings.auth_issuer[0] == '\0') {
		buf_adds(why, "[auth] issuer is empty");
		return 0;
	}
	h = http_new();
	if (settings.auth_jwks_uri[0] != '\0')
		buf_adds(&uri, settings.auth_jwks_uri);
	else if (keys_discover(h, &uri, why) == -1)
		goto out;
	tree = keys_fetch(h, uri.data, why);
	if (tree == NULL)
		goto out;
	n = keys_count(tree);
	if (n == 0)
		buf_printf(why,
		    "%s: no key in it may sign with [auth] algorithms",
		    uri.data);
out:
	json_object_put(tree);
	http_free(h);
	buf_free(&uri);
	return n;
}
