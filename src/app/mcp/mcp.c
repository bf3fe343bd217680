/* SPDX-License-Identifier: ISC */
/* One message of JSON-RPC a request: what it asks for. */
#include "config.h"

#include "mcp.h"

#include "answer/problem.h"
#include "api/handlers.h"
#include "base/str.h"
#include "conf/conf.h"
#include "mcp_own.h"
#include "text/json.h"

#define MCP_DEPTH  20      /* levels of a message */
#define MCP_TTL_MS 3600000 /* for which a client may keep the list of tools */

static const char mcp_instructions[] =
    "Tasks of a task management service. Each answer has the status of HTTP and "
    "what was answered as body; what has a problem was refused, and has changed "
    "nothing unless it says otherwise. To change or delete what was read before, "
    "pass its etag as if_match: then nobody else's change is undone unseen. Make "
    "a new idempotency_key for each thing that is to happen once, and pass the "
    "same one when a call is repeated because its answer was lost.";

/* Scripts of any page can have a browser send requests (DNS rebinding). */
static bool
origin_is_ours(const struct request *req)
{
	const char *url = settings.http_public_url;
	const struct conf_list *list = &settings.http_cors_origins;
	size_t len;

	if (req->origin == NULL)
		return true;
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i], "*") || str_eq(list->v[i], req->origin))
			return true;
	len = strlen(req->origin);
	return len > 0 && str_starts(url, req->origin) &&
	       (url[len] == '\0' || url[len] == '/');
}

static void
put_about(struct json_write *w)
{
	json_open_object(w, "capabilities");
	json_open_object(w, "tools");
	json_close_object(w);
	json_close_object(w);
	json_put_text(w, "instructions", mcp_instructions);
}

/* For whom a client may keep it: "public" or "private". */
static void
put_caching(struct mcp *m, struct json_write *w, const char *scope)
{
	if (!m->modern)
		return;
	json_put_int(w, "ttlMs", MCP_TTL_MS);
	json_put_text(w, "cacheScope", scope);
}

static void
mcp_discover(struct mcp *m)
{
	struct json_write w = mcp_open_result(m);

	mcp_put_versions(&w, "supportedVersions");
	put_about(&w);
	put_caching(m, &w, "public");
	mcp_close(&w);
}

static void
mcp_initialize(struct mcp *m)
{
	const char *wanted = mcp_text(m->params, "protocolVersion");
	struct json_write w;

	if (wanted == NULL) {
		mcp_error(m, MCP_INVALID_PARAMS, "protocolVersion is needed");
		return;
	}
	w = mcp_open_result(m);
	json_put_text(&w, "protocolVersion", mcp_agreed(wanted));
	json_open_object(&w, "serverInfo");
	json_put_text(&w, "name", PACKAGE_NAME);
	json_put_text(&w, "version", PACKAGE_VERSION);
	json_close_object(&w);
	put_about(&w);
	mcp_close(&w);
}

static void
mcp_ping(struct mcp *m)
{
	struct json_write w = mcp_open_result(m);

	mcp_close(&w);
}

/* All on one page: what the token is good for, or would be with a scope, which
 * its bearer can ask the issuer for. */
static void
mcp_list(struct mcp *m)
{
	struct json_object *cursor = NULL;
	struct json_write w;

	if (m->params != NULL)
		json_object_object_get_ex(m->params, "cursor", &cursor);
	if (cursor != NULL) {
		mcp_error(m, MCP_INVALID_PARAMS, "there is no such page");
		return;
	}
	w = mcp_open_result(m);
	json_open_array(&w, "tools");
	for (const struct mcp_tool *t = mcp_tools(); t != NULL; t = t->next)
		if (access_might(m->c, t->rule, t->whose))
			json_put_raw(&w, NULL, t->text);
	json_close_array(&w);
	put_caching(m, &w, "private");
	mcp_close(&w);
}

static const struct mcp_method {
	const char *name;
	bool legacy, modern; /* in which of the two there is such a thing */
	void (*answer)(struct mcp *m);
} mcp_methods[] = {
	{ "server/discover", false, true, mcp_discover },
	{ "initialize", true, false, mcp_initialize },
	{ "ping", true, false, mcp_ping },
	{ "tools/list", true, true, mcp_list },
	{ "tools/call", true, true, mcp_call },
};

static void
mcp_answer(struct mcp *m)
{
	for (size_t i = 0; i < NELEM(mcp_methods); i++) {
		const struct mcp_method *method = &mcp_methods[i];

		if (!str_eq(method->name, m->method) ||
		    !(m->modern ? method->modern : method->legacy))
			continue;
		method->answer(m);
		return;
	}
	mcp_error(m, MCP_METHOD_NOT_FOUND, "there is no such method");
}

/* NULL if the message is a request or a notification, else what is wrong. */
static const char *
take_message(struct mcp *m, struct json_object *tree)
{
	const char *version = mcp_text(tree, "jsonrpc");
	const char *method = mcp_text(tree, "method");
	struct json_object *value = NULL;

	if (!json_object_is_type(tree, json_type_object))
		return "a body is one message, which is an object";
	if (json_object_object_get_ex(tree, "id", &value)) {
		if (!json_object_is_type(value, json_type_string) &&
		    !json_object_is_type(value, json_type_int))
			return "id must be a string or an integer";
		m->id = arena_strdup(m->c->arena,
		    json_object_to_json_string_ext(value,
			JSON_C_TO_STRING_PLAIN));
	}
	if (version == NULL || !str_eq(version, "2.0"))
		return "jsonrpc must be \"2.0\"";
	if (method == NULL)
		return "method must be a string: answers are not taken";
	m->method = method;
	if (!json_object_object_get_ex(tree, "params", &value))
		return NULL;
	if (!json_object_is_type(value, json_type_object))
		return "params must be an object";
	m->params = value;
	return NULL;
}

/* Whether there is a message that is to be answered. */
static bool
mcp_read(struct mcp *m)
{
	const struct request *req = m->c->req;
	struct json_object *tree;
	struct json_fault fault;
	const char *why;

	tree = json_read(req->body, req->body_len, MCP_DEPTH, &fault);
	if (tree == NULL && fault.msg != NULL) {
		mcp_error(m, MCP_PARSE_ERROR,
		    arena_printf(m->c->arena,
			"malformed JSON at line %u, column %u: %s", fault.line,
			fault.column, fault.msg));
		return false;
	}
	arena_defer(m->c->arena, json_release, tree);
	why = take_message(m, tree);
	if (why != NULL)
		mcp_error(m, MCP_INVALID_REQUEST, why);
	if (why != NULL || !mcp_judge_version(m))
		return false;
	if (m->id != NULL)
		return true;
	m->c->res->status = 202; /* none of them says anything that is done */
	return false;
}

void
h_mcp(struct call *c)
{
	struct mcp *m = arena_alloc(c->arena, sizeof(*m));

	*m = (struct mcp){ .c = c, .method = "" };
	if (!settings.http_mcp)
		problem(c, 404, "there is nothing at this address");
	else if (!origin_is_ours(c->req))
		problem(c, 403, "requests of this origin are not taken");
	else if (c->req->idempotency_key != NULL)
		problem(c, 400,
		    "the key of a call is its argument idempotency_key, not a "
		    "header");
	else if (mcp_read(m))
		mcp_answer(m);
}
