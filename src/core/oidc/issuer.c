/* SPDX-License-Identifier: ISC */
/* Some calls under one deadline; what discovery says is checked. */
#include "config.h"

#include "issuer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "text/json.h"
#include "text/member.h"

#define ISSUER_DOCUMENT_MAX ((size_t)256 * 1024)
#define ISSUER_DEPTH        16
#define ISSUER_URL_MAX      1024

struct issuer {
	struct http *http;
	int64_t deadline;
	char url[ISSUER_URL_MAX];
	char detail[300];
};

struct issuer *
issuer_new(void)
{
	struct issuer *i = xcalloc(1, sizeof(*i));

	i->http = http_new();
	return i;
}

void
issuer_free(struct issuer *i)
{
	if (i == NULL)
		return;
	http_free(i->http);
	free(i);
}

void
issuer_begin(struct issuer *i)
{
	i->deadline = clock_mono_us() + settings.auth_fetch_timeout * 1000;
}

const char *
issuer_url(const struct issuer *i)
{
	return i->url;
}

int
issuer_fail(struct issuer *i, struct issuer_fault *fault, const char *why,
    const char *detail)
{
	snprintf(i->detail, sizeof(i->detail), "%s", detail);
	*fault = (struct issuer_fault){ why, i->url, i->detail };
	return -1;
}

long
issuer_call(struct issuer *i, const struct http_call *call, struct buf *body,
    struct issuer_fault *fault)
{
	struct http_call timed = *call;
	const char *why;
	char detail[40];
	long status;

	snprintf(i->url, sizeof(i->url), "%s", call->url);
	timed.timeout_ms = (i->deadline - clock_mono_us()) / 1000;
	timed.ca_file = settings.auth_ca_file;
	if (timed.timeout_ms <= 0)
		return issuer_fail(i, fault, "no answer",
		    "the time was used up before");
	status = http_run(i->http, &timed, body, &why);
	if (status == -1)
		return issuer_fail(i, fault, "no answer", why);
	if (status == 200)
		return 200;
	snprintf(detail, sizeof(detail), "the status is %ld", status);
	issuer_fail(i, fault, "the answer is not 200", detail);
	return status;
}

/* The document must be about our issuer, and the address on the same host: who
 * can forge one of its lines must not send us elsewhere. */
static char *
issuer_judge(struct issuer *i, struct json_object *doc, const char *name,
    struct issuer_fault *fault)
{
	const char *issuer = settings.auth_issuer, *said, *why;
	size_t len = 0;

	said = member_text(doc, "issuer", &len);
	if (!member_is(doc, "issuer", issuer)) {
		why = "the discovery document is about another issuer";
		issuer_fail(i, fault, why,
		    said != NULL ? said : "it names none");
		return NULL;
	}
	said = member_text(doc, name, &len);
	if (said == NULL || strlen(said) != len || len >= ISSUER_URL_MAX) {
		why = "the discovery document lacks an address";
		issuer_fail(i, fault, why, name);
		return NULL;
	}
	if (!http_same_origin(issuer, said)) {
		why = "an address in the discovery document is not on the "
		      "issuer's host";
		issuer_fail(i, fault, why, said);
		return NULL;
	}
	return xstrdup(said);
}

char *
issuer_find(struct issuer *i, const char *name, struct buf *body,
    struct issuer_fault *fault)
{
	const char *issuer = settings.auth_issuer;
	char url[ISSUER_URL_MAX], *found = NULL;
	size_t len = strlen(issuer);
	struct json_fault unused;
	struct json_object *doc;

	while (len > 0 && issuer[len - 1] == '/')
		len--;
	snprintf(url, sizeof(url), "%.*s/.well-known/openid-configuration",
	    (int)len, issuer);
	if (issuer_call(i,
		&(struct http_call){ .url = url, .max = ISSUER_DOCUMENT_MAX },
		body, fault) != 200)
		return NULL;
	doc = json_read(body->data, body->len, ISSUER_DEPTH, &unused);
	if (json_object_is_type(doc, json_type_object))
		found = issuer_judge(i, doc, name, fault);
	else
		issuer_fail(i, fault,
		    "the discovery document is not a strict JSON object", "");
	json_object_put(doc);
	return found;
}
