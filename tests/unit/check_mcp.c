/* SPDX-License-Identifier: ISC */
/* Messages of MCP, without any server: what is answered at once, and which
 * request a call becomes. */
#include "config.h"

#include "lib/harness.h"

#include <json-c/json_object.h>

#include "api/handlers.h"
#include "api/openapi.h"
#include "base/str.h"
#include "conf/conf.h"
#include "log/log.h"
#include "mcp/mcp.h"
#include "setup/setup.h"
#include "text/json.h"

#define MODERN "2026-07-28"
#define META                                                                   \
	"\"_meta\": {\"io.modelcontextprotocol/protocolVersion\": \"" MODERN   \
	"\", \"io.modelcontextprotocol/clientCapabilities\": {}}"
#define ID "0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a"

static struct deps deps;
static struct principal who;
static struct request req;
static struct response res;
static struct call call;

static void
setup(void)
{
	setenv("ERRAND_HTTP_BASE_PATH", "/api", 1);
	setenv("ERRAND_AUTH_ISSUER", "http://127.0.0.1:1", 1);
	setenv("ERRAND_LOG_STDERR_LEVEL", "off", 1);
	ck_assert_int_eq(setup_load_or_say("check_mcp", "/dev/null"), 0);
	ck_assert_int_eq(log_open("check_mcp"), 0);
	deps.auth = auth_new(); /* without keys: who is there already */
	who = (struct principal){ .rights.bits = { 1U << ROLE_USER } };
}

static void
teardown(void)
{
	arena_free(call.arena);
	response_free(&res);
	mcp_free();
	openapi_free();
	auth_free(deps.auth);
	log_close();
	conf_free();
}

static void
post(const char *version, const char *method, const char *name,
    const char *body)
{
	arena_free(call.arena);
	call = (struct call){
		.deps = &deps, .req = &req, .res = &res, .who = &who
	};
	call.arena = arena_new();
	response_reset(&res);
	req = (struct request){ .method = METHOD_POST,
		.method_name = "POST",
		.id = "an-id",
		.address = "/api/mcp",
		.authorization = "Bearer x",
		.accept = "text/csv",
		.mcp_version = version,
		.mcp_method = method,
		.mcp_name = name,
		.body = body,
		.body_len = strlen(body) };
	h_mcp(&call);
}

static const struct message {
	const char *version, *method; /* headers */
	const char *body;
	int status;
	const char *has; /* what the answer has in it; NULL: it has no body */
} messages[] = {
	{ NULL, NULL, "", 400, "-32700" },
	{ NULL, NULL, "null", 400, "-32600" },
	{ NULL, NULL, "[{}]", 400, "-32600" },
	{ NULL, NULL, "{\"jsonrpc\": \"2.0\", \"id\": 1}", 400, "-32600" },
	{ NULL, NULL, "{\"jsonrpc\": 2, \"id\": 1, \"method\": \"ping\"}", 400,
	    "\"id\":1,\"error\"" },
	{ NULL, NULL,
	    "{\"jsonrpc\": \"2.0\", \"id\": null, \"method\": \"ping\"}", 400,
	    "\"id\":null" },
	{ NULL, NULL,
	    "{\"jsonrpc\": \"2.0\", \"id\": \"a\\\"b\", \"method\": \"ping\"}",
	    200, "\"id\":\"a\\\"b\",\"result\":{}" },
	{ "2025-06-18", NULL,
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"server/discover\"}",
	    200, "-32601" },
	{ "1999-01-01", NULL,
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\"}", 400,
	    "-32022" },
	{ NULL, NULL, "{\"jsonrpc\": \"2.0\", \"method\": \"anything\"}", 202,
	    NULL },
	{ MODERN, NULL, "{\"jsonrpc\": \"2.0\", \"method\": \"anything\"}", 202,
	    NULL },
	{ MODERN, "ping",
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\"}", 400,
	    "-32602" },
	{ MODERN, "ping",
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\", \"params\": "
	    "{" META "}}",
	    404, "-32601" },
	{ NULL, "tools/list",
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\", "
	    "\"params\": {" META "}}",
	    400, "-32020" },
	{ "2025-06-18", "tools/list",
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\", "
	    "\"params\": {" META "}}",
	    400, "-32020" },
	{ MODERN, NULL,
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\", "
	    "\"params\": {" META "}}",
	    400, "-32020" },
	{ MODERN, "tools/list",
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\", "
	    "\"params\": {" META "}}",
	    200, "\"cacheScope\":\"private\"" },
	{ MODERN, "tools/list",
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\", "
	    "\"params\": {\"cursor\": \"x\", " META "}}",
	    400, "-32602" },
	{ NULL, NULL,
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"initialize\"}",
	    200, "-32602" },
	{ NULL, NULL,
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"initialize\", "
	    "\"params\": {\"protocolVersion\": \"" MODERN "\"}}",
	    200, "\"protocolVersion\":\"2025-11-25\"" },
	{ NULL, NULL,
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"initialize\", "
	    "\"params\": {\"protocolVersion\": \"2025-03-26\"}}",
	    200, "\"protocolVersion\":\"2025-03-26\"" },
	{ NULL, NULL,
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", "
	    "\"params\": {\"name\": \"no_tool\"}}",
	    200, "-32602" },
	{ NULL, NULL,
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", "
	    "\"params\": {\"name\": \"get_task\", \"arguments\": []}}",
	    200, "-32602" },
	{ NULL, NULL,
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"ping\", \"params\": "
	    "{\"a\": [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}}",
	    400, "-32700" },
};

START_TEST(messages_are_answered)
{
	const struct message *m = &messages[_i];

	setup();
	post(m->version, m->method, NULL, m->body);
	ck_assert_int_eq(res.status, m->status);
	buf_adds(&res.body, "");
	if (m->has == NULL)
		ck_assert_uint_eq(res.body.len, 0);
	else
		ck_assert_ptr_nonnull(strstr(res.body.data, m->has));
	ck_assert_ptr_null(call.within.req);
	teardown();
}
END_TEST

/* A call of a tool: its arguments, and the request. */
static const struct tool_call {
	const char *name, *arguments;
	enum method method;
	const char *path, *query, *body, *if_match, *key;
} calls[] = {
	{ "create_task",
	    "{\"title\": \"a/\\u00e9\", \"idempotency_key\": \"k\"}",
	    METHOD_POST, "/tasks", "", "{\"title\":\"a/\xc3\xa9\"}", NULL,
	    "\"k\"" },
	{ "create_task", "{\"idempotency_key\": \"a \\\"b\\\\\"}", METHOD_POST,
	    "/tasks", "", "{}", NULL, "\"a \\\"b\\\\\"" },
	{ "create_task", "{\"id\": \"x\", \"description\": null}", METHOD_POST,
	    "/tasks", "", "{\"description\":null,\"id\":\"x\"}", NULL, NULL },
	{ "get_task", "{\"id\": \"" ID "\"}", METHOD_GET, "/tasks/" ID, "", "",
	    NULL, NULL },
	{ "get_task", "{\"id\": \"a/../b?c#d\"}", METHOD_GET,
	    "/tasks/a%2F..%2Fb%3Fc%23d", "", "", NULL, NULL },
	{ "change_task",
	    "{\"id\": \"1\", \"if_match\": \"7\", \"status\": \"completed\"}",
	    METHOD_PATCH, "/tasks/1", "", "{\"status\":\"completed\"}", "\"7\"",
	    NULL },
	{ "change_task", "{\"id\": 1, \"if_match\": \"\\\"7\\\", \\\"8\\\"\"}",
	    METHOD_PATCH, "/tasks/1", "", "{}", "\"7\", \"8\"", NULL },
	{ "delete_task", "{\"id\": \"1\", \"if_match\": \"*\"}", METHOD_DELETE,
	    "/tasks/1", "", "", "*", NULL },
	{ "list_tasks",
	    "{\"status\": [\"pending\", \"completed\"], \"limit\": 5, "
	    "\"title\": \"a&b=\\u00e9 c\", \"cursor\": null}",
	    METHOD_GET, "/tasks",
	    "status=pending&status=completed&limit=5&title=a%26b%3D%C3%A9%20c",
	    "", NULL, NULL },
	{ "list_tasks", "{\"limit\": 1.0, \"offset\": -2e0, \"title\": 0.5}",
	    METHOD_GET, "/tasks", "limit=1&offset=-2&title=0.5", "", NULL,
	    NULL },
	{ "bulk_tasks", "{\"operations\": [{\"op\": \"delete\"}]}", METHOD_POST,
	    "/tasks/bulk", "", "[{\"op\":\"delete\"}]", NULL, NULL },
	{ "task_history", "{\"id\": \"1\", \"limit\": 2}", METHOD_GET,
	    "/tasks/1/events", "limit=2", "", NULL, NULL },
};

START_TEST(calls_become_requests)
{
	const struct tool_call *t = &calls[_i];
	const struct request *within;
	char body[1024];

	setup();
	snprintf(body, sizeof(body),
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", "
	    "\"params\": {\"name\": \"%s\", \"arguments\": %s, " META "}}",
	    t->name, t->arguments);
	post(MODERN, "tools/call", t->name, body);
	within = call.within.req;
	ck_assert_ptr_nonnull(within);
	ck_assert_int_eq(within->method, t->method);
	ck_assert_str_eq(within->path, t->path);
	ck_assert_str_eq(within->query, t->query);
	ck_assert_str_eq(within->body, t->body);
	ck_assert_uint_eq(within->body_len, strlen(t->body));
	ck_assert_pstr_eq(within->if_match, t->if_match);
	ck_assert_pstr_eq(within->idempotency_key, t->key);
	ck_assert_str_eq(within->authorization, "Bearer x");
	ck_assert_ptr_null(within->accept);
	teardown();
}
END_TEST

/* What cannot become a request is told as the answer to a call. */
static const struct tool_call faults[] = {
	{ .name = "get_task", .arguments = "{}", .body = "/id" },
	{ .name = "get_task", .arguments = "{\"id\": \"\"}", .body = "/id" },
	{ .name = "get_task", .arguments = "{\"id\": [1]}", .body = "/id" },
	{ .name = "get_task",
	    .arguments = "{\"id\": \"1\", \"if_none_match\": \"*\"}",
	    .body = "/if_none_match" },
	{ .name = "change_task",
	    .arguments = "{\"id\": \"1\", \"if_match\": \"\\u00e9\"}",
	    .body = "/if_match" },
	{ .name = "create_task",
	    .arguments = "{\"title\": \"a\", \"idempotency_key\": \"a\\nb\"}",
	    .body = "/idempotency_key" },
	{ .name = "create_task",
	    .arguments =
		"{\"title\": \"a\", \"idempotency_key\": \"a\\u0000\"}",
	    .body = "/idempotency_key" },
	{ .name = "list_tasks",
	    .arguments = "{\"limit\": {}}",
	    .body = "/limit" },
	{ .name = "list_tasks",
	    .arguments = "{\"status\": []}",
	    .body = "/status" },
};

START_TEST(faults_of_arguments_are_told)
{
	const struct tool_call *t = &faults[_i];
	char body[1024];

	setup();
	snprintf(body, sizeof(body),
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/call\", "
	    "\"params\": {\"name\": \"%s\", \"arguments\": %s}}",
	    t->name, t->arguments);
	post(NULL, NULL, NULL, body);
	ck_assert_ptr_null(call.within.req);
	ck_assert_int_eq(res.status, 200);
	buf_adds(&res.body, "");
	snprintf(body, sizeof(body), "{\"pointer\":\"%s\"", t->body);
	ck_assert_ptr_nonnull(strstr(res.body.data, body));
	ck_assert_ptr_nonnull(strstr(res.body.data, "\"isError\":true"));
	teardown();
}
END_TEST

/* A tool is told to whom it is of use, or would be with a scope. */
static const struct rights_case {
	uint64_t rights;
	const char *rule; /* of [rbac] delete_task */
	const char *name;
	bool told;
} rights_cases[] = {
	{ 1U << ROLE_USER, "admin", "create_task", true },
	{ 1U << ROLE_USER, "admin", "delete_task", false },
	{ 1U << ROLE_USER | 1U << ROLE_ADMIN, "admin", "delete_task", true },
	{ 1U << ROLE_USER, "user", "delete_task", true },
	{ 1U << ROLE_USER, "user + scope:more", "delete_task", true },
	{ 1U << ROLE_USER, "admin + scope:more", "delete_task", false },
	{ 0, "admin", "who_am_i", false },
};

START_TEST(tools_are_those_of_the_token)
{
	const struct rights_case *r = &rights_cases[_i];
	char name[64];

	setenv("ERRAND_RBAC_DELETE_TASK", r->rule, 1);
	setup();
	who.rights.bits[0] = r->rights;
	post(NULL, NULL, NULL,
	    "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\"}");
	buf_adds(&res.body, "");
	snprintf(name, sizeof(name), "{\"name\":\"%s\",", r->name);
	ck_assert_int_eq(strstr(res.body.data, name) != NULL, r->told);
	teardown();
	unsetenv("ERRAND_RBAC_DELETE_TASK");
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ messages_are_answered, NELEM(messages), 0 },
		{ calls_become_requests, NELEM(calls), 0 },
		{ faults_of_arguments_are_told, NELEM(faults), 0 },
		{ tools_are_those_of_the_token, NELEM(rights_cases), 0 },
	};

	return harness_run("mcp", tests, NELEM(tests));
}
