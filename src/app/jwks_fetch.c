/* SPDX-License-Identifier: ISC */
/* One or two GETs under one deadline; what discovery says is checked. */
#include "config.h"

#include "jwks_fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "conf.h"
#include "http_get.h"
#include "json.h"
#include "member.h"
#include "str.h"
#include "xalloc.h"

#define JWKS_FETCH_BODY_MAX (256 * 1024)
#define JWKS_FETCH_DEPTH    16
#define JWKS_FETCH_URL_MAX  1024

struct jwks_fetch {
	struct http_get *http;
	int64_t deadline;
	char *found; /* what discovery named, until it fails us; or NULL */
	char url[JWKS_FETCH_URL_MAX];
	char detail[300];
};

struct jwks_fetch *
jwks_fetch_new(void)
{
	struct jwks_fetch *f = xcalloc(1, sizeof(*f));

	f->http = http_get_new();
	return f;
}

void
jwks_fetch_free(struct jwks_fetch *f)
{
	if (f == NULL)
		return;
	http_get_free(f->http);
	free(f->found);
	free(f);
}

const char *
jwks_fetch_url(const struct jwks_fetch *f)
{
	return f->url;
}

static int
jwks_fetch_fail(struct jwks_fetch *f, struct jwks_fault *fault, const char *why,
    const char *detail)
{
	snprintf(f->detail, sizeof(f->detail), "%s", detail);
	*fault = (struct jwks_fault){ why, f->url, f->detail };
	return -1;
}

static int
jwks_fetch_get(struct jwks_fetch *f, struct buf *body, struct jwks_fault *fault)
{
	struct http_get_limits limits = {
		.timeout_ms = (f->deadline - clock_mono_us()) / 1000,
		.max = JWKS_FETCH_BODY_MAX,
		.ca_file = settings.auth_ca_file,
	};
	const char *why;
	char detail[40];
	long status;

	if (limits.timeout_ms <= 0)
		return jwks_fetch_fail(f, fault, "no answer",
		    "the time was used up before");
	status = http_get_run(f->http, f->url, &limits, body, &why);
	if (status == -1)
		return jwks_fetch_fail(f, fault, "no answer", why);
	if (status == 200)
		return 0;
	snprintf(detail, sizeof(detail), "the status is %ld", status);
	return jwks_fetch_fail(f, fault, "the answer is not 200", detail);
}

/* The document must be about our issuer, and the keys must come from the same
 * place: who can forge one of its lines must not send us elsewhere. */
static int
jwks_fetch_judge(struct jwks_fetch *f, struct json_object *doc,
    struct jwks_fault *fault)
{
	const char *issuer = settings.auth_issuer;
	const char *uri;
	size_t len;

	if (!json_object_is_type(doc, json_type_object))
		return jwks_fetch_fail(f, fault,
		    "the discovery document is not a strict JSON object", "");
	if (!member_is(doc, "issuer", issuer)) {
		uri = member_text(doc, "issuer", &len);
		return jwks_fetch_fail(f, fault,
		    "the discovery document is about another issuer",
		    uri != NULL ? uri : "it names none");
	}
	uri = member_text(doc, "jwks_uri", &len);
	if (uri == NULL || strlen(uri) != len || len >= JWKS_FETCH_URL_MAX)
		return jwks_fetch_fail(f, fault,
		    "the discovery document has no usable jwks_uri", "");
	if (!http_get_same_origin(issuer, uri))
		return jwks_fetch_fail(f, fault,
		    "the jwks_uri is not on the issuer's host", uri);
	f->found = xstrdup(uri);
	return 0;
}

static int
jwks_fetch_discover(struct jwks_fetch *f, struct buf *body,
    struct jwks_fault *fault)
{
	const char *issuer = settings.auth_issuer;
	size_t len = strlen(issuer);
	struct json_fault unused;
	struct json_object *doc;
	int failed;

	while (len > 0 && issuer[len - 1] == '/')
		len--;
	snprintf(f->url, sizeof(f->url),
	    "%.*s/.well-known/openid-configuration", (int)len, issuer);
	if (jwks_fetch_get(f, body, fault) == -1)
		return -1;
	doc = json_read(body->data, body->len, JWKS_FETCH_DEPTH, &unused);
	failed = jwks_fetch_judge(f, doc, fault);
	json_object_put(doc);
	return failed;
}

int
jwks_fetch_run(struct jwks_fetch *f, struct buf *body, struct jwks_fault *fault)
{
	const char *uri = settings.auth_jwks_uri;

	f->deadline = clock_mono_us() + settings.auth_fetch_timeout * 1000;
	if (uri[0] == '\0') {
		if (f->found == NULL &&
		    jwks_fetch_discover(f, body, fault) == -1)
			return -1;
		uri = f->found;
	}
	snprintf(f->url, sizeof(f->url), "%s", uri);
	if (jwks_fetch_get(f, body, fault) == 0)
		return 0;
	free(f->found);
	f->found = NULL;
	return -1;
}
