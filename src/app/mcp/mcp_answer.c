/* SPDX-License-Identifier: ISC */
/* Answers of JSON-RPC 2.0, with what MCP wants in each. */
#include "config.h"

#include "answer/answer.h"
#include "mcp_own.h"

static const struct mcp_status {
	int code;
	int status;  /* of HTTP */
	bool always; /* also for clients of the versions before */
} statuses[] = {
	{ MCP_PARSE_ERROR, 400, true },
	{ MCP_INVALID_REQUEST, 400, true },
	{ MCP_UNSUPPORTED_VERSION, 400, true },
	{ MCP_HEADER_MISMATCH, 400, true },
	{ MCP_INVALID_PARAMS, 400, false },
	{ MCP_METHOD_NOT_FOUND, 404, false },
};

static struct json_write
open_answer(struct mcp *m)
{
	struct json_write w = answer_json(m->c);

	json_open_object(&w, NULL);
	json_put_text(&w, "jsonrpc", "2.0");
	json_put_raw(&w, "id", m->id == NULL ? "null" : m->id);
	return w;
}

struct json_write
mcp_open_error(struct mcp *m, int code, const char *why)
{
	struct json_write w = open_answer(m);

	for (size_t i = 0; i < NELEM(statuses); i++)
		if (statuses[i].code == code &&
		    (statuses[i].always || m->modern))
			m->c->res->status = statuses[i].status;
	json_open_object(&w, "error");
	json_put_int(&w, "code", code);
	json_put_text(&w, "message", why);
	return w;
}

void
mcp_error(struct mcp *m, int code, const char *why)
{
	struct json_write w = mcp_open_error(m, code, why);

	mcp_close(&w);
}

struct json_write
mcp_open_result(struct mcp *m)
{
	struct json_write w = open_answer(m);

	json_open_object(&w, "result");
	if (!m->modern)
		return w;
	json_put_text(&w, "resultType", "complete");
	json_open_object(&w, "_meta");
	json_open_object(&w, "io.modelcontextprotocol/serverInfo");
	json_put_text(&w, "name", PACKAGE_NAME);
	json_put_text(&w, "version", PACKAGE_VERSION);
	json_close_object(&w);
	json_close_object(&w);
	return w;
}

void
mcp_close(struct json_write *w)
{
	json_close_object(w);
	json_close_object(w);
	answer_json_end(w);
}
