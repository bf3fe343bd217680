/* SPDX-License-Identifier: ISC */
/* Handlers about the service itself: who am I, what is served, whose tokens. */
#include "config.h"

#include <string.h>

#include "answer/answer.h"
#include "conf/conf.h"
#include "handlers.h"
#include "openapi.h"

void
h_me(struct call *c)
{
	struct json_write w = answer_json(c);
	const char *text;
	size_t i = 0;

	json_open_object(&w, NULL);
	json_put_text(&w, "subject", c->who->subject);
	json_put_text(&w, "username", c->who->username);
	json_open_array(&w, "roles");
	while ((text = auth_role(c->deps->auth, c->who, &i)) != NULL)
		json_put_text(&w, NULL, text);
	json_close_array(&w);
	json_open_array(&w, "scopes");
	text = c->who->scopes == NULL ? "" : c->who->scopes;
	for (text += strspn(text, " "); *text != '\0';
	     text += strspn(text, " ")) {
		json_put_bytes(&w, NULL, text, strcspn(text, " "));
		text += strcspn(text, " ");
	}
	json_close_array(&w);
	json_close_object(&w);
	answer_json_end(&w);
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

/* Those that [rbac] names, each once. */
static void
h_resource_scopes(struct call *c, struct json_write *w)
{
	const char *scope = auth_scope(c->deps->auth, 0);

	if (scope == NULL)
		return;
	json_open_array(w, "scopes_supported");
	for (size_t i = 1; scope != NULL; i++) {
		json_put_text(w, NULL, scope);
		scope = auth_scope(c->deps->auth, i);
	}
	json_close_array(w);
}

/* RFC 9728: of what is at that path below our address. */
static void
h_resource_of(struct call *c, const char *path)
{
	struct json_write w = answer_json(c);

	c->res->cache_control = "public, max-age=300";
	json_open_object(&w, NULL);
	json_put_text(&w, "resource",
	    settings.http_public_url[0] != '\0'
		? arena_printf(c->arena, "%s%s", settings.http_public_url, path)
		: settings.auth_audience);
	json_open_array(&w, "authorization_servers");
	json_put_text(&w, NULL, settings.auth_issuer);
	json_close_array(&w);
	json_open_array(&w, "bearer_methods_supported");
	json_put_text(&w, NULL, "header");
	json_close_array(&w);
	h_resource_scopes(c, &w);
	if (settings.auth_jwks_uri[0] != '\0')
		json_put_text(&w, "jwks_uri", settings.auth_jwks_uri);
	json_close_object(&w);
	answer_json_end(&w);
}

void
h_resource(struct call *c)
{
	h_resource_of(c, "");
}

void
h_resource_mcp(struct call *c)
{
	h_resource_of(c, "/mcp");
}
