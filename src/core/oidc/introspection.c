/* SPDX-License-Identifier: ISC */
/* Asks the issuer about tokens, and finds out where. */
#include "config.h"

#include "introspection.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "conf/conf.h"

#define INTROSPECTION_MAX ((size_t)64 * 1024)

struct introspection {
	struct issuer *issuer;
	char *found; /* what discovery named, until it fails us; or NULL */
	struct buf client, secret; /* as values of a form (RFC 6749, 2.3.1) */
	struct buf form, body;
};

struct introspection *
introspection_new(void)
{
	struct introspection *in = xcalloc(1, sizeof(*in));
	const char *client = settings.auth_introspect_client;
	const char *secret = settings.auth_introspect_secret;

	if (client[0] == '\0')
		client = settings.auth_audience;
	http_add_value(&in->client, client, strlen(client));
	http_add_value(&in->secret, secret, strlen(secret));
	in->issuer = issuer_new();
	return in;
}

void
introspection_free(struct introspection *in)
{
	if (in == NULL)
		return;
	issuer_free(in->issuer);
	free(in->found);
	buf_free(&in->client);
	buf_free(&in->secret);
	buf_free(&in->form);
	buf_free(&in->body);
	free(in);
}

int
introspection_ask(struct introspection *in, const char *token, size_t len,
    const struct buf **body, struct issuer_fault *fault)
{
	struct http_call call = { .url = settings.auth_introspect_url,
		.user = in->client.data,
		.password = in->secret.data,
		.max = INTROSPECTION_MAX,
		.keep = true };
	long status;

	issuer_begin(in->issuer);
	if (call.url[0] == '\0') {
		if (in->found == NULL)
			in->found = issuer_find(in->issuer,
			    "introspection_endpoint", &in->body, fault);
		if (in->found == NULL)
			return -1;
		call.url = in->found;
	}
	buf_clear(&in->form);
	buf_adds(&in->form, "token_type_hint=access_token&token=");
	http_add_value(&in->form, token, len);
	call.form = in->form.data;
	status = issuer_call(in->issuer, &call, &in->body, fault);
	*body = &in->body;
	if (status == 200)
		return 0;
	if (status == 401 || status == 403)
		fault->why = "the issuer does not accept [auth] "
			     "introspect_client and introspect_secret";
	free(in->found);
	in->found = NULL;
	return -1;
}

int
introspection_fail(struct introspection *in, struct issuer_fault *fault,
    const char *why)
{
	return issuer_fail(in->issuer, fault, why, "");
}

int
introspection_try(struct introspection *in, struct issuer_fault *fault)
{
	const struct buf *body;

	return introspection_ask(in, "none", strlen("none"), &body, fault);
}
