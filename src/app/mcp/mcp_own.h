/* SPDX-License-Identifier: ISC */
/* What the files of this folder share. */
#ifndef MCP_OWN_H
#define MCP_OWN_H

#include <json-c/json_object.h>

#include "answer/access.h"
#include "answer/call.h"
#include "mcp.h"
#include "text/json_write.h"

/* Codes of JSON-RPC 2.0, and those that MCP adds. */
#define MCP_PARSE_ERROR         (-32700)
#define MCP_INVALID_REQUEST     (-32600)
#define MCP_METHOD_NOT_FOUND    (-32601)
#define MCP_INVALID_PARAMS      (-32602)
#define MCP_HEADER_MISMATCH     (-32020)
#define MCP_UNSUPPORTED_VERSION (-32022)

/* A message that is being answered; it lives in the arena. */
struct mcp {
	struct call *c;
	const char *id;             /* JSON; NULL: it is a notification */
	const char *method;         /* "" if there is none */
	struct json_object *params; /* an object, or NULL */
	bool modern; /* each request says what it is: 2026-07-28 and later */
};

/* mcp_version.c: by which version of the protocol the message is to be taken.
 * False if it contradicts itself or is of none of ours, which is answered. */
bool mcp_judge_version(struct mcp *m) MUSTCHECK;

/* The text of a member; NULL if it is none, or has U+0000 in it.  within may be
 * NULL, and keeps the text. */
const char *mcp_text(struct json_object *within, const char *name);

/* The same value with the members of its objects in one order, so that a key is
 * good for a request however an agent arranges it.  The caller releases it. */
struct json_object *mcp_arranged(struct arena *a, struct json_object *value);

/* All versions that are spoken, as an array of JSON, and which of them a client
 * that asks for one by initialize gets. */
void mcp_put_versions(struct json_write *w, const char *name);
const char *mcp_agreed(const char *wanted);

/* mcp_answer.c: answers with an error of JSON-RPC; why is a sentence. */
void mcp_error(struct mcp *m, int code, const char *why);

/* The same, up to where members of "error" may follow; mcp_close ends it. */
struct json_write mcp_open_error(struct mcp *m, int code, const char *why);

/* Begins a result; members of "result" follow, then mcp_close. */
struct json_write mcp_open_result(struct mcp *m);
void mcp_close(struct json_write *w);

/* mcp_tool.c: one tool is one operation of openapi.json. */
enum mcp_place { MCP_PATH, MCP_QUERY, MCP_HEADER };

struct mcp_argument {
	struct mcp_argument *next;
	const char *name; /* of the argument */
	const char *of;   /* of what it becomes in the request */
	enum mcp_place place;
};

struct mcp_tool {
	struct mcp_tool *next;
	const char *name;
	enum method method;
	const char *pattern; /* "/tasks/{id}" */
	bool body;           /* what is no such argument is a member of it */
	const char *whole;   /* the argument that is the body; or NULL */
	struct mcp_argument *arguments;
	enum conf_rule rule;     /* of [rbac], which a token has to meet */
	enum access_whose whose; /* see routes.def */
	const char *text;        /* what is told of it, as JSON */
};

/* The tool of that name, or NULL. */
const struct mcp_tool *mcp_tool(const char *name);

/* The first of all. */
const struct mcp_tool *mcp_tools(void);

/* mcp_call.c: answers tools/call. */
void mcp_call(struct mcp *m);

#endif
