/* SPDX-License-Identifier: ISC */
/* Handlers about the service itself: who am I, what is served, whose tokens. */
#include "config.h"

#include "conf/conf.h"
#include "handlers.h"
#include "openapi.h"
#include "text/json.h"

void
h_me(struct call *c)
{
	struct buf *b = &c->res->body;
	const char *comma = "";

	c->res->content_type = "application/json";
	buf_adds(b, "{\"subject\":");
	json_add_cstring(b, c->who->subject);
	buf_adds(b, ",\"username\":");
	json_add_cstring(b, c->who->username);
	buf_adds(b, ",\"roles\":[");
	for (int i = 0; i < ROLE__MAX; i++) {
		if (!c->who->roles[i])
			continue;
		buf_adds(b, comma);
		json_add_cstring(b, role_names[i]);
		comma = ",";
	}
	buf_adds(b, "]}\n");
}

void
h_openapi(struct call *c)
{
	size_t len;
	const char *text = openapi_text(&len);

	c->res->content_type = "application/json";
	c->res->cache_control = "public, max-age=300";
	response_borrow(c->res, text, len);
}

/* RFC 9728. */
void
h_resource(struct call *c)
{
	struct buf *b = &c->res->body;

	c->res->content_type = "application/json";
	c->res->cache_control = "public, max-age=300";
	buf_adds(b, "{\"resource\":");
	json_add_cstring(b, settings.http_public_url[0] != '\0'
				? settings.http_public_url
				: settings.auth_audience);
	buf_adds(b, ",\"authorization_servers\":[");
	json_add_cstring(b, settings.auth_issuer);
	buf_adds(b, "],\"bearer_methods_supported\":[\"header\"]");
	if (settings.auth_jwks_uri[0] != '\0') {
		buf_adds(b, ",\"jwks_uri\":");
		json_add_cstring(b, settings.auth_jwks_uri);
	}
	buf_adds(b, "}\n");
}
