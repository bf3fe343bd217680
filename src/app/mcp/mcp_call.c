/* SPDX-License-Identifier: ISC */
/* A call of a tool becomes a request, and what that is answered a result. */
#include "config.h"

#include <json-c/json.h>
#include <stddef.h>
#include <string.h>

#include "answer/problem.h"
#include "base/codec.h"
#include "base/str.h"
#include "mcp_own.h"
#include "text/json.h"

#define MCP_WHOLE 9007199254740992.0 /* up to here doubles have all of them */

/* What the arguments become. */
struct asked {
	struct arena *arena;
	const struct mcp_tool *tool;
	struct buf query;
	const char *path;
	struct json_object *body; /* NULL: there is none */
	const char *if_match, *idempotency_key;
	struct faults *faults;
};

static const struct asked_header {
	const char *name;
	size_t at; /* where it goes to in struct asked */
} headers[] = {
	{ "If-Match", offsetof(struct asked, if_match) },
	{ "Idempotency-Key", offsetof(struct asked, idempotency_key) },
};

/* What comes back of the header of the answer. */
static const struct answered_header {
	const char *name, *as;
} answered[] = {
	{ "ETag", "etag" },
	{ "Idempotency-Replayed", "idempotency_replayed" },
	{ "Retry-After", "retry_after" },
	{ "X-Changes-Cursor", "changes_cursor" },
};

/* A text, number or truth as text; NULL for anything else.  To JSON Schema 1.0
 * is as whole a number as 1. */
static const char *
plain_text(struct arena *a, struct json_object *value, size_t *len)
{
	const char *text = json_object_get_string(value);
	double number = json_object_get_double(value);

	if (text == NULL || json_object_is_type(value, json_type_object) ||
	    json_object_is_type(value, json_type_array))
		return NULL;
	if (json_object_is_type(value, json_type_double) &&
	    number > -MCP_WHOLE && number < MCP_WHOLE &&
	    number == (double)(int64_t)number)
		text = arena_printf(a, "%.0f", number);
	*len = json_object_is_type(value, json_type_string)
		   ? (size_t)json_object_get_string_len(value)
		   : strlen(text);
	return text;
}

static void
fault(struct asked *q, const char *name, const char *type, const char *msg)
{
	faults_add(q->faults, FAULT_BODY, name, type, msg);
}

static void
ask_by_query(struct asked *q, const struct mcp_argument *arg,
    struct json_object *value)
{
	bool list = json_object_is_type(value, json_type_array);
	size_t n = list ? json_object_array_length(value) : 1, len;

	if (n == 0)
		fault(q, arg->name, "too_short",
		    "this must have an entry; leave it out to ask for all");
	for (size_t i = 0; i < n; i++) {
		const char *text = plain_text(q->arena,
		    list ? json_object_array_get_idx(value, i) : value, &len);

		if (text == NULL) {
			fault(q, arg->name, "string_type",
			    "this is no text, number or list of them");
			return;
		}
		buf_addc(&q->query, q->query.len == 0 ? '?' : '&');
		buf_printf(&q->query, "%s=", arg->of);
		codec_add_percent(&q->query, text, len);
	}
}

/* Tags and keys may come without their quotes. */
static const char *
quoted(struct arena *a, const char *text)
{
	char *all, *to;

	if (strchr("\"*", text[0]) != NULL || str_starts(text, "W/\""))
		return text;
	all = to = arena_alloc(a, 2 * strlen(text) + 3);
	*to++ = '"';
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to = '"';
	return all;
}

static void
ask_by_header(struct asked *q, const struct mcp_argument *arg,
    struct json_object *value)
{
	size_t len = 0;
	const char *text = plain_text(q->arena, value, &len);

	for (size_t i = 0; text != NULL && i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			text = NULL;
	if (text == NULL || len == 0) {
		fault(q, arg->name, "string_type",
		    "this must be a text of visible ASCII characters");
		return;
	}
	text = quoted(q->arena, text);
	for (size_t i = 0; i < NELEM(headers); i++)
		if (str_eq(headers[i].name, arg->of))
			memcpy((char *)q + headers[i].at, &text, sizeof(text));
}

/* The pattern with the arguments in it. */
static void
ask_by_path(struct asked *q, struct json_object *args)
{
	struct buf path = { 0 };

	for (const char *s = q->tool->pattern; *s != '\0'; s++) {
		struct json_object *value = NULL;
		const char *text = NULL;
		char *name;
		size_t len = 0;

		if (*s != '{') {
			buf_addc(&path, *s);
			continue;
		}
		name = arena_strndup(q->arena, s + 1, strcspn(s + 1, "}"));
		s += strlen(name) + 1;
		json_object_object_get_ex(args, name, &value);
		text = plain_text(q->arena, value, &len);
		if (text == NULL || len == 0)
			fault(q, name,
			    value == NULL ? "missing" : "string_type",
			    "this is required, and must be a text");
		else
			codec_add_percent(&path, text, len);
	}
	buf_adds(&path, "");
	q->path = arena_strndup(q->arena, path.data, path.len);
	buf_free(&path);
}

static const struct mcp_argument *
find(const struct mcp_tool *tool, const char *name)
{
	const struct mcp_argument *arg = tool->arguments;

	while (arg != NULL && !str_eq(arg->name, name))
		arg = arg->next;
	return arg;
}

/* What is no parameter is the body's to judge. */
static void
ask(struct asked *q, struct json_object *args)
{
	const bool members = q->tool->body && q->tool->whole == NULL;

	q->body = members ? json_object_new_object() : NULL;
	arena_defer(q->arena, json_release, q->body);
	ask_by_path(q, args);
	json_object_object_foreach(args, name, value)
	{
		const struct mcp_argument *arg = find(q->tool, name);

		if (q->tool->whole != NULL && str_eq(name, q->tool->whole)) {
			q->body = value;
		} else if (arg == NULL && members) {
			json_object_object_add(q->body, name,
			    json_object_get(value));
		} else if (arg == NULL) {
			fault(q, name, "extra_forbidden",
			    "there is no such argument");
		} else if (value != NULL && arg->place == MCP_QUERY) {
			ask_by_query(q, arg, value);
		} else if (value != NULL && arg->place == MCP_HEADER) {
			ask_by_header(q, arg, value);
		}
	}
	if (q->tool->whole != NULL && q->body == NULL)
		fault(q, q->tool->whole, "missing", "this is required");
	buf_adds(&q->query, "");
	q->path = arena_printf(q->arena, "%s%s", q->path, q->query.data);
	buf_free(&q->query);
}

static const struct request *
request(struct mcp *m, const struct asked *q)
{
	struct request *req = arena_alloc(m->c->arena, sizeof(*req));
	struct json_object *body;

	request_within(req, m->c->req, m->c->arena, q->tool->method, q->path);
	req->if_match = q->if_match;
	req->idempotency_key = q->idempotency_key;
	if (q->body != NULL) {
		body = mcp_arranged(m->c->arena, q->body);
		arena_defer(m->c->arena, json_release, body);
		req->body = json_object_to_json_string_ext(body,
		    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
		req->body_len = strlen(req->body);
	}
	return req;
}

/* The value of a header of an answer, in the arena, or NULL. */
static const char *
header(struct arena *a, const struct response *res, const char *name)
{
	const char *line = res->head.len > 0 ? res->head.data : "";
	size_t len = strlen(name);

	for (; *line != '\0'; line = strstr(line, "\r\n") + 2)
		if (strncmp(line, name, len) == 0 &&
		    strncmp(line + len, ": ", 2) == 0)
			return arena_strndup(a, line + len + 2,
			    strcspn(line + len + 2, "\r"));
	return NULL;
}

/* {"status": 200, "etag": "...", "body": ...} */
static const char *
document(struct mcp *m, const struct response *res, struct buf *b)
{
	const char *body = res->ready != NULL ? res->ready : res->body.data;
	size_t len = res->ready != NULL ? res->ready_len : res->body.len;
	struct json_write w = json_write(b);

	json_open_object(&w, NULL);
	json_put_int(&w, "status", res->status);
	for (size_t i = 0; i < NELEM(answered); i++) {
		const char *text = header(m->c->arena, res, answered[i].name);

		if (text != NULL)
			json_put_text(&w, answered[i].as, text);
	}
	while (len > 0 && body[len - 1] == '\n')
		len--;
	if (len > 0)
		json_put_raw_bytes(&w, "body", body, len);
	json_close_object(&w);
	json_write_end(&w);
	return b->data;
}

/* Who lacks a scope can ask the issuer for it, which takes HTTP's own words. */
static bool
is_challenge(struct mcp *m, const struct response *res)
{
	const char *text = header(m->c->arena, res, "WWW-Authenticate");

	return res->status == 401 || (res->status == 403 && text != NULL &&
					 strstr(text, ", scope=\"") != NULL);
}

static void
answer(struct call *c, const struct response *res, void *arg)
{
	struct mcp *m = arg;
	struct buf b = { 0 };
	struct json_write w;
	const char *text;

	if (is_challenge(m, res)) {
		c->res->status = res->status;
		c->res->content_type = res->content_type;
		response_header(c->res, "WWW-Authenticate", "%s",
		    header(c->arena, res, "WWW-Authenticate"));
		buf_add(&c->res->body, res->body.data, res->body.len);
		return;
	}
	text = document(m, res, &b);
	w = mcp_open_result(m);
	json_open_array(&w, "content");
	json_open_object(&w, NULL);
	json_put_text(&w, "type", "text");
	json_put_bytes(&w, "text", text, b.len);
	json_close_object(&w);
	json_close_array(&w);
	json_put_raw_bytes(&w, "structuredContent", text, b.len);
	json_put_bool(&w, "isError", res->status >= 400);
	mcp_close(&w);
	buf_free(&b);
}

static void
answer_faults(struct mcp *m, const struct faults *f)
{
	struct response res = { 0 };
	struct call within = *m->c;

	response_reset(&res);
	within.res = &res;
	problem_faults(&within, f);
	answer(m->c, &res, m);
	response_free(&res);
}

void
mcp_call(struct mcp *m)
{
	const char *name = mcp_text(m->params, "name");
	struct json_object *args = NULL;
	struct asked q = { .arena = m->c->arena };

	json_object_object_get_ex(m->params, "arguments", &args);
	if (name != NULL)
		q.tool = mcp_tool(name);
	if (q.tool == NULL) {
		mcp_error(m, MCP_INVALID_PARAMS, "there is no such tool");
		return;
	}
	if (args == NULL) {
		args = json_object_new_object();
		arena_defer(q.arena, json_release, args);
	} else if (!json_object_is_type(args, json_type_object)) {
		mcp_error(m, MCP_INVALID_PARAMS, "arguments must be an object");
		return;
	}
	q.faults = faults_new(q.arena);
	ask(&q, args);
	if (q.faults->n > 0)
		answer_faults(m, q.faults);
	else
		call_within(m->c, request(m, &q), q.tool->pattern, answer, m);
}
