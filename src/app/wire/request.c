/* SPDX-License-Identifier: ISC */
/* Reads a FastCGI request: its parameters, and its body if that is wanted. */
#include "config.h"

#include "request.h"

#include <string.h>

#include "base/str.h"
#include "base/uuid.h"
#include "conf/conf.h"
#include "request_path.h"
#include "text/traceparent.h"
#include "text/trail.h"

const char *const methods[METHOD__MAX] = { "GET", "HEAD", "POST", "PUT",
	"PATCH", "DELETE", "OPTIONS", "" };

/* The parameters that matter, out of the thirty that a web server sends. */
enum param {
	PARAM_METHOD,
	PARAM_URI,
	PARAM_LENGTH,
	PARAM_TYPE,
	PARAM_ENCODING,
	PARAM_ADDR,
	PARAM_ACCEPT,
	PARAM_AUTHORIZATION,
	PARAM_REDIRECT_AUTHORIZATION,
	PARAM_IF_MATCH,
	PARAM_IF_NONE_MATCH,
	PARAM_IDEMPOTENCY_KEY,
	PARAM_LAST_EVENT_ID,
	PARAM_MCP_VERSION,
	PARAM_MCP_METHOD,
	PARAM_MCP_NAME,
	PARAM_ORIGIN,
	PARAM_PREFER,
	PARAM_PREFLIGHT,
	PARAM_REQUEST_ID,
	PARAM_TRACEPARENT,
	PARAM_TRACESTATE,
	PARAM__MAX
};

static const struct param_row {
	size_t len;
	const char *name;
} params[PARAM__MAX] = {
#define PARAM(id, name) [PARAM_##id] = { sizeof(name) - 1, name }
	PARAM(METHOD, "REQUEST_METHOD"),
	PARAM(URI, "REQUEST_URI"),
	PARAM(LENGTH, "CONTENT_LENGTH"),
	PARAM(TYPE, "CONTENT_TYPE"),
	PARAM(ENCODING, "HTTP_CONTENT_ENCODING"),
	PARAM(ADDR, "REMOTE_ADDR"),
	PARAM(ACCEPT, "HTTP_ACCEPT"),
	PARAM(AUTHORIZATION, "HTTP_AUTHORIZATION"),
	/* what an Apache rewrite makes of it */
	PARAM(REDIRECT_AUTHORIZATION, "REDIRECT_HTTP_AUTHORIZATION"),
	PARAM(IF_MATCH, "HTTP_IF_MATCH"),
	PARAM(IF_NONE_MATCH, "HTTP_IF_NONE_MATCH"),
	PARAM(IDEMPOTENCY_KEY, "HTTP_IDEMPOTENCY_KEY"),
	PARAM(LAST_EVENT_ID, "HTTP_LAST_EVENT_ID"),
	PARAM(MCP_VERSION, "HTTP_MCP_PROTOCOL_VERSION"),
	PARAM(MCP_METHOD, "HTTP_MCP_METHOD"),
	PARAM(MCP_NAME, "HTTP_MCP_NAME"),
	PARAM(ORIGIN, "HTTP_ORIGIN"),
	PARAM(PREFER, "HTTP_PREFER"),
	PARAM(PREFLIGHT, "HTTP_ACCESS_CONTROL_REQUEST_METHOD"),
	PARAM(REQUEST_ID, "HTTP_X_REQUEST_ID"),
	PARAM(TRACEPARENT, "HTTP_TRACEPARENT"),
	PARAM(TRACESTATE, "HTTP_TRACESTATE"),
#undef PARAM
};

/* nginx sends a repeated header as two parameters, the others join them: so
 * do we, and who wants one value finds a comma. */
static void
request_params(struct arena *a, char **env, const char *found[PARAM__MAX])
{
	for (; *env != NULL; env++) {
		const char *equals = strchr(*env, '=');
		size_t len = equals == NULL ? 0 : (size_t)(equals - *env);

		for (int i = 0; i < PARAM__MAX && equals != NULL; i++) {
			if (params[i].len != len ||
			    memcmp(params[i].name, *env, len) != 0)
				continue;
			found[i] = found[i] == NULL
				       ? arena_strdup(a, equals + 1)
				       : arena_printf(a, "%s, %s", found[i],
					     equals + 1);
		}
	}
}

static enum method
request_method(const char *name)
{
	for (int i = 0; i < METHOD_OTHER; i++)
		if (str_eq(methods[i], name))
			return (enum method)i;
	return METHOD_OTHER;
}

/* The client's own id if it can be taken, or a new one. */
static const char *
request_id(struct arena *a, const char *given)
{
	char text[UUID_TEXT];
	struct uuid u;

	if (trail_id_ok(given))
		return given;
	u = uuid_new();
	return arena_strdup(a, uuid_format(&u, text));
}

/* What is not valid counts as absent, and a later version as the first. */
static void
request_trace(struct request *req, struct arena *a, const char *given)
{
	struct traceparent p;
	char text[TRACE_TEXT];

	if (traceparent_parse(given, &p) == -1)
		return;
	req->traceparent =
	    p.later ? arena_strdup(a, traceparent_format(&p, text)) : given;
	req->trace_id = arena_strdup(a, p.trace);
}

static void
request_length(struct request *req, const char *length)
{
	int64_t none;

	req->body = "";
	req->body_announced = -1;
	/* Of what has no length nginx says "", and Caddy -1. */
	if (length == NULL || length[0] == '\0' ||
	    str_to_int(length, INT64_MIN, -1, &none) == 0)
		return;
	if (str_to_int(length, 0, INT64_MAX, &req->body_announced) == -1) {
		req->body_state = REQUEST_BODY_CUT;
		if (length[strspn(length, "0123456789")] == '\0')
			req->body_state = REQUEST_BODY_LARGE;
	} else if (req->body_announced > settings.http_body_limit) {
		req->body_state = REQUEST_BODY_LARGE;
	}
}

void
request_read(struct request *req, FCGX_Request *r, struct arena *a)
{
	const char *found[PARAM__MAX] = { NULL };

	*req = (struct request){ 0 };
	request_params(a, r->envp, found);
	req->method_name =
	    found[PARAM_METHOD] == NULL ? "" : found[PARAM_METHOD];
	req->method = request_method(req->method_name);
	req->id = request_id(a, found[PARAM_REQUEST_ID]);
	request_trace(req, a, found[PARAM_TRACEPARENT]);
	req->tracestate = found[PARAM_TRACESTATE];
	req->accept = found[PARAM_ACCEPT];
	req->authorization = found[PARAM_AUTHORIZATION] != NULL
				 ? found[PARAM_AUTHORIZATION]
				 : found[PARAM_REDIRECT_AUTHORIZATION];
	req->content_type = found[PARAM_TYPE];
	req->content_encoding = found[PARAM_ENCODING];
	req->if_match = found[PARAM_IF_MATCH];
	req->if_none_match = found[PARAM_IF_NONE_MATCH];
	req->idempotency_key = found[PARAM_IDEMPOTENCY_KEY];
	req->last_event_id = found[PARAM_LAST_EVENT_ID];
	req->mcp_version = found[PARAM_MCP_VERSION];
	req->mcp_method = found[PARAM_MCP_METHOD];
	req->mcp_name = found[PARAM_MCP_NAME];
	req->origin = found[PARAM_ORIGIN];
	req->prefer = found[PARAM_PREFER];
	req->preflight = found[PARAM_PREFLIGHT];
	req->remote_addr = found[PARAM_ADDR] == NULL ? "" : found[PARAM_ADDR];
	request_path(req, a, found[PARAM_URI] == NULL ? "" : found[PARAM_URI]);
	request_length(req, found[PARAM_LENGTH]);
}

void
request_within(struct request *req, const struct request *other,
    struct arena *a, enum method method, const char *address)
{
	*req = (struct request){
		.id = other->id,
		.traceparent = other->traceparent,
		.trace_id = other->trace_id,
		.tracestate = other->tracestate,
		.method = method,
		.method_name = methods[method],
		.authorization = other->authorization,
		.content_type = "application/json",
		.remote_addr = other->remote_addr,
		.body_state = REQUEST_BODY_WHOLE,
		.body = "",
	};
	request_path(req, a,
	    arena_printf(a, "%s%s", settings.http_base_path, address));
}

void
request_body(struct request *req, FCGX_Request *r, struct arena *a)
{
	int64_t limit = settings.http_body_limit;
	int64_t announced = req->body_announced;
	size_t size = (size_t)(announced >= 0 ? announced : limit) + 1;
	char *body;
	size_t len = 0;

	if (req->body_state != REQUEST_BODY_UNREAD)
		return;
	body = arena_alloc(a, size + 1);
	while (len < size) {
		int n = FCGX_GetStr(body + len, (int)(size - len), r->in);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	req->body = body;
	req->body_len = len;
	req->body_state = REQUEST_BODY_WHOLE;
	if (FCGX_GetError(r->in) != 0)
		req->body_state = REQUEST_BODY_CUT;
	else if ((int64_t)len > limit)
		req->body_state = REQUEST_BODY_LARGE;
	else if (announced >= 0 && (int64_t)len != announced)
		req->body_state = REQUEST_BODY_CUT;
}

void
request_skip(struct request *req, FCGX_Request *r)
{
	char waste[4096];
	int fd = r->ipcFd;

	if (req->body_state != REQUEST_BODY_UNREAD)
		return;
	/* The library reads ahead; without a descriptor it fails where it would
	 * have to read on. */
	r->ipcFd = -1;
	while (FCGX_GetStr(waste, sizeof(waste), r->in) > 0)
		;
	r->ipcFd = fd;
	if (FCGX_GetError(r->in) == 0)
		req->body_state = REQUEST_BODY_WHOLE;
}
