/* SPDX-License-Identifier: ISC */
/* Two ways to say which version of MCP is spoken: in each request, or, before
 * 2026-07-28, once at the beginning. */
#include "config.h"

#include <string.h>

#include "base/codec.h"
#include "base/str.h"
#include "mcp_own.h"

#define META_VERSION      "io.modelcontextprotocol/protocolVersion"
#define META_CAPABILITIES "io.modelcontextprotocol/clientCapabilities"

#define ENCODED     "=?base64?"
#define ENCODED_END "?="

static const struct mcp_version {
	const char *name;
	bool modern;
} versions[] = {
	{ "2026-07-28", true },
	{ "2025-11-25", false },
	{ "2025-06-18", false },
	{ "2025-03-26", false },
};
#define VERSION_LEGACY 1 /* the newest of those */

static const struct mcp_version *
find(const char *name)
{
	for (size_t i = 0; i < NELEM(versions); i++)
		if (str_eq(versions[i].name, name))
			return &versions[i];
	return NULL;
}

void
mcp_put_versions(struct json_write *w, const char *name)
{
	json_open_array(w, name);
	for (size_t i = 0; i < NELEM(versions); i++)
		json_put_text(w, NULL, versions[i].name);
	json_close_array(w);
}

const char *
mcp_agreed(const char *wanted)
{
	const struct mcp_version *v = wanted == NULL ? NULL : find(wanted);

	return v == NULL || v->modern ? versions[VERSION_LEGACY].name : v->name;
}

static bool
unsupported(struct mcp *m, const char *requested)
{
	struct json_write w = mcp_open_error(m, MCP_UNSUPPORTED_VERSION,
	    "this version of the protocol is not spoken");

	json_open_object(&w, "data");
	mcp_put_versions(&w, "supported");
	json_put_text(&w, "requested", requested);
	json_close_object(&w);
	mcp_close(&w);
	return false;
}

/* A header may have what is no ASCII in base64.  NULL: it is malformed. */
static const char *
decoded(struct arena *a, const char *header)
{
	const size_t mark = strlen(ENCODED), end = strlen(ENCODED_END);
	size_t len = strlen(header);
	char *text;
	long n;

	if (!str_starts(header, ENCODED) || len < mark + end ||
	    !str_eq(header + len - end, ENCODED_END))
		return header;
	len -= mark + end;
	text = arena_alloc(a, len + 1);
	n = codec_b64_decode(header + mark, len, (uint8_t *)text);
	return n == -1 || strlen(text) != (size_t)n ? NULL : text;
}

/* True if the header says what the message says, or the message says nothing
 * of it. */
static bool
agrees(struct mcp *m, const char *header, const char *value, bool needed)
{
	if (header == NULL)
		return !needed && value == NULL;
	header = decoded(m->c->arena, header);
	return header != NULL && (value == NULL || str_eq(header, value));
}

const char *
mcp_text(struct json_object *within, const char *name)
{
	struct json_object *value = NULL;
	const char *text;

	json_object_object_get_ex(within, name, &value);
	if (!json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	return strlen(text) == (size_t)json_object_get_string_len(value) ? text
									 : NULL;
}

/* Proxies go by the headers, so the message has to say the same. */
static bool
judge_modern(struct mcp *m, struct json_object *meta)
{
	const struct request *req = m->c->req;
	const char *version = mcp_text(meta, META_VERSION);
	const struct mcp_version *v;

	m->modern = true;
	if (version == NULL ||
	    !json_object_object_get_ex(meta, META_CAPABILITIES, NULL)) {
		mcp_error(m, MCP_INVALID_PARAMS,
		    "params._meta needs " META_VERSION
		    " and " META_CAPABILITIES);
		return false;
	}
	if (!agrees(m, req->mcp_version, version, true) ||
	    !agrees(m, req->mcp_method, m->method, true) ||
	    (str_eq(m->method, "tools/call") &&
		!agrees(m, req->mcp_name, mcp_text(m->params, "name"),
		    false))) {
		mcp_error(m, MCP_HEADER_MISMATCH,
		    "MCP-Protocol-Version, Mcp-Method and, for tools/call, "
		    "Mcp-Name are needed, and must say what the message says");
		return false;
	}
	v = find(version);
	return v != NULL && v->modern ? true : unsupported(m, version);
}

bool
mcp_judge_version(struct mcp *m)
{
	const char *header = m->c->req->mcp_version;
	const struct mcp_version *v = header == NULL ? NULL : find(header);
	struct json_object *meta = NULL;

	if (m->params != NULL)
		json_object_object_get_ex(m->params, "_meta", &meta);
	if (!json_object_is_type(meta, json_type_object))
		meta = NULL;
	if (m->id != NULL &&
	    ((v != NULL && v->modern) ||
		json_object_object_get_ex(meta, META_VERSION, NULL)))
		return judge_modern(m, meta);
	return header == NULL || v != NULL ? true : unsupported(m, header);
}
