/* SPDX-License-Identifier: ISC */
/* The dispatcher, without any server: what it refuses runs no handler, since
 * a handler would stumble over the database that is not there. */
#include "config.h"

#include "lib/harness.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "api/openapi.h"
#include "base/str.h"
#include "conf/conf.h"
#include "log/log.h"
#include "serve/router.h"
#include "setup/setup.h"
#include "text/json.h"
#include "wire/request_path.h"

#define ID "0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a"

/* {"alg":"RS256","kid":"k"}, {} and a signature of three bytes. */
#define TOKEN "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.e30.AAAA"

static const struct row {
	enum method method;
	const char *pattern;
	bool is_public;
} rows[] = {
#define PUBLIC    true
#define RULE(key) false
#define ROUTE(method, pattern, rule, whose, body, handler, operation)          \
	{ METHOD_##method, pattern, rule },
#include "api/routes.def"
#undef ROUTE
#undef RULE
#undef PUBLIC
};

static struct deps deps;
static struct request req;
static struct response res;
static struct call call;

/* A port that nobody listens on, held as long as this process lives. */
static int
dead_port(void)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	return ntohs(sa.sin_port);
}

/* A process that has no key set, no PostgreSQL and no Redis. */
static void
setup(void)
{
	char issuer[64];

	snprintf(issuer, sizeof(issuer), "http://127.0.0.1:%d", dead_port());
	setenv("ERRAND_AUTH_ISSUER", issuer, 1);
	setenv("ERRAND_AUTH_REALM", "here", 1);
	setenv("ERRAND_LOG_STDERR_LEVEL", "off", 1);
	ck_assert_int_eq(setup_load_or_say("check_router", "/dev/null"), 0);
	ck_assert_int_eq(log_open("check_router"), 0);
	deps.auth = auth_new();
}

static void
teardown(void)
{
	arena_free(call.arena);
	response_free(&res);
	auth_free(deps.auth);
	openapi_free();
	log_close();
	conf_free();
}

static void
dispatch(enum method method, const char *uri, const char *authorization)
{
	arena_free(call.arena);
	call = (struct call){ .deps = &deps, .req = &req, .res = &res };
	call.arena = arena_new();
	response_reset(&res);
	req.method = method;
	req.method_name = methods[method];
	req.id = "an-id";
	req.authorization = authorization;
	req.nsegments = 0;
	req.fault = NULL;
	request_path(&req, call.arena, uri);
	if (router_admit(&call))
		router_run(&call);
}

/* The answer is a problem with that status and detail (NULL: any). */
static void
is_problem(int status, const char *detail)
{
	struct json_object *tree, *member;
	struct json_fault fault;

	ck_assert_int_eq(res.status, status);
	ck_assert_str_eq(res.content_type, "application/problem+json");
	ck_assert_str_eq(res.cache_control, "no-store");
	tree = json_read(res.body.data, res.body.len, 4, &fault);
	ck_assert_ptr_nonnull(tree);
	ck_assert(json_object_object_get_ex(tree, "status", &member));
	ck_assert_int_eq(json_object_get_int(member), status);
	ck_assert(json_object_object_get_ex(tree, "title", &member));
	ck_assert_str_eq(json_object_get_string(member),
	    response_phrase(status));
	ck_assert(json_object_object_get_ex(tree, "request_id", &member));
	ck_assert_str_eq(json_object_get_string(member), "an-id");
	ck_assert(json_object_object_get_ex(tree, "detail", &member));
	if (detail != NULL)
		ck_assert_str_eq(json_object_get_string(member), detail);
	json_object_put(tree);
}

/* The value of a header, in the arena, or NULL. */
static const char *
header(const char *name)
{
	const char *line = res.head.len > 0 ? res.head.data : "";
	size_t len = strlen(name);

	for (; *line != '\0'; line = strstr(line, "\r\n") + 2)
		if (strncmp(line, name, len) == 0 &&
		    strncmp(line + len, ": ", 2) == 0)
			return arena_strndup(call.arena, line + len + 2,
			    strcspn(line + len + 2, "\r"));
	return NULL;
}

static void
has_header(const char *name, const char *value)
{
	ck_assert_pstr_eq(header(name), value);
}

/* The address of a row. */
static const char *
address(const struct row *row, char out[128])
{
	const char *id = strstr(row->pattern, "{id}");

	if (id == NULL)
		snprintf(out, 128, "%s", row->pattern);
	else
		snprintf(out, 128, "%.*s" ID "%s", (int)(id - row->pattern),
		    row->pattern, id + strlen("{id}"));
	return out;
}

#define CHALLENGE "Bearer realm=\"here\""

static const struct {
	const char *authorization;
	int status;
	const char *challenge;
} refused[] = {
	{ NULL, 401, CHALLENGE }, { "", 401, CHALLENGE },
	{ "Basic YTpi", 401, CHALLENGE }, { "Bearers a.b.c", 401, CHALLENGE },
	{ "DPoP " TOKEN, 401, CHALLENGE }, { "Bearer", 400, "invalid_request" },
	{ "Bearer ", 400, "invalid_request" },
	{ "Bearer\t" TOKEN, 400, "invalid_request" },
	{ "Bearer a b", 400, "invalid_request" },
	{ "Bearer " TOKEN ", Bearer " TOKEN, 400, "invalid_request" },
	{ "Bearer \xc3\xa9", 400, "invalid_request" },
	{ "Bearer a", 401, "invalid_token" },
	{ "Bearer a.b.c", 401, "invalid_token" },
	{ "bearer a.b.c", 401, "invalid_token" },
	{ "Bearer " TOKEN ".", 401, "invalid_token" },
	{ "Bearer " TOKEN, 503, NULL }, /* there are no keys to judge it */
};

static void
is_refused(size_t i)
{
	const char *challenge = header("WWW-Authenticate");

	is_problem(refused[i].status, NULL);
	if (refused[i].challenge == NULL)
		ck_assert_ptr_null(challenge);
	else if (str_starts(refused[i].challenge, "Bearer"))
		ck_assert_pstr_eq(challenge, refused[i].challenge);
	else
		ck_assert(strstr(challenge, refused[i].challenge) != NULL &&
			  strstr(challenge, "error_description=\"") != NULL);
	ck_assert_int_eq(header("Retry-After") != NULL,
	    refused[i].status == 503);
	ck_assert_ptr_null(call.who);
}

/* Every row that is not public, with every way to have no good token. */
START_TEST(nothing_runs_without_a_token)
{
	const struct row *row = &rows[_i];
	char uri[128];
	size_t i;

	setup();
	for (i = 0; i < NELEM(refused) && !row->is_public; i++) {
		const char *authorization = refused[i].authorization;

		dispatch(row->method, address(row, uri), authorization);
		is_refused(i);
		if (row->method != METHOD_GET)
			continue;
		dispatch(METHOD_HEAD, uri, authorization);
		is_refused(i);
	}
	teardown();
}
END_TEST

/* Nor does anybody learn what is there and what is not. */
static const struct {
	enum method method;
	const char *uri;
} hidden[] = {
	{ METHOD_GET, "/" },
	{ METHOD_GET, "" },
	{ METHOD_GET, "/nothing" },
	{ METHOD_GET, "/tasks/" },
	{ METHOD_GET, "/task" },
	{ METHOD_GET, "/tasks/" ID "/" },
	{ METHOD_GET, "/tasks/" ID "/events/1" },
	{ METHOD_GET, "/tasks/1/2/3/4/5" },
	{ METHOD_GET, "/tasks/no-uuid" },
	{ METHOD_GET, "/health%2Flive" },
	{ METHOD_GET, "/health/" },
	{ METHOD_GET, "//health" },
	{ METHOD_GET, "/HEALTH" },
	{ METHOD_DELETE, "/tasks" },
	{ METHOD_OTHER, "/tasks" },
	{ METHOD_OTHER, "/nothing" },
	{ METHOD_POST, "/tasks/" ID },
};

START_TEST(nothing_is_told_without_a_token)
{
	setup();
	dispatch(hidden[_i].method, hidden[_i].uri, NULL);
	is_problem(401, "a bearer token is needed");
	has_header("WWW-Authenticate", CHALLENGE);
	ck_assert_ptr_null(header("Allow"));
	teardown();
}
END_TEST

static const struct {
	const char *uri;
	const char *allow;
	const char *patch;
} options[] = {
	{ "/tasks", "POST, GET, HEAD, OPTIONS", NULL },
	{ "/tasks/" ID, "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
	    "application/merge-patch+json, application/json" },
	{ "/tasks/no-uuid", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS",
	    "application/merge-patch+json, application/json" },
	{ "/tasks/" ID "/events", "GET, HEAD, OPTIONS", NULL },
	{ "/tasks/changes", "GET, HEAD, OPTIONS", NULL },
	{ "/me", "GET, HEAD, OPTIONS", NULL },
	{ "/health/live", "GET, HEAD, OPTIONS", NULL },
	{ "/nothing", "OPTIONS", NULL },
};

START_TEST(options_are_public)
{
	setup();
	dispatch(METHOD_OPTIONS, options[_i].uri, NULL);
	ck_assert_int_eq(res.status, 204);
	ck_assert_ptr_null(res.content_type);
	has_header("Allow", options[_i].allow);
	has_header("Accept-Patch", options[_i].patch);
	teardown();
}
END_TEST

START_TEST(a_public_address_tells_its_methods)
{
	char uri[128];

	setup();
	if (rows[_i].is_public) {
		dispatch(METHOD_PUT, address(&rows[_i], uri), NULL);
		is_problem(405, "allowed here: GET, HEAD, OPTIONS");
		has_header("Allow", "GET, HEAD, OPTIONS");
	}
	teardown();
}
END_TEST

START_TEST(broken_addresses_are_refused_first)
{
	char uri[REQUEST_URI_MAX + 2];

	setup();
	dispatch(METHOD_OPTIONS, "/health/../tasks", NULL);
	is_problem(400, "the path has a dot segment");
	dispatch(METHOD_GET, "/health/%zz", NULL);
	is_problem(400, NULL);
	memset(uri, 'a', sizeof(uri) - 1);
	uri[0] = '/';
	uri[sizeof(uri) - 1] = '\0';
	dispatch(METHOD_GET, uri, NULL);
	is_problem(414, "the address is too long");
	teardown();
}
END_TEST

START_TEST(bodies_are_judged_on_public_rows_too)
{
	setup();
	req.body_state = REQUEST_BODY_LARGE;
	dispatch(METHOD_GET, "/openapi.json", NULL);
	is_problem(413, "the body is larger than 131072 bytes");
	req.body_state = REQUEST_BODY_CUT;
	dispatch(METHOD_GET, "/openapi.json", NULL);
	is_problem(400, "the body is not as long as announced");
	req.body_state = REQUEST_BODY_WHOLE;
	dispatch(METHOD_GET, "/openapi.json", NULL);
	ck_assert_int_eq(res.status, 200);
	teardown();
}
END_TEST

/* A token is neither asked for nor judged where none is needed. */
START_TEST(public_rows_are_served)
{
	static const char *const uris[] = { "/openapi.json",
		"/.well-known/oauth-protected-resource", "/health/live",
		"/openapi.json?a=1", "/%6fpenapi.json" };

	setup();
	for (size_t i = 0; i < NELEM(uris); i++) {
		dispatch(METHOD_GET, uris[i], NULL);
		ck_assert_int_eq(res.status, 200);
		dispatch(METHOD_HEAD, uris[i], "Bearer no token");
		ck_assert_int_eq(res.status, 200);
		ck_assert_ptr_null(header("WWW-Authenticate"));
	}
	teardown();
}
END_TEST

START_TEST(the_description_names_the_prefix)
{
	struct json_object *tree, *servers, *url;
	struct json_fault fault;

	setenv("ERRAND_HTTP_BASE_PATH", "/api", 1);
	setup();
	dispatch(METHOD_GET, "/api/openapi.json", NULL);
	ck_assert_int_eq(res.status, 200);
	ck_assert_str_eq(res.content_type, "application/json");
	tree = json_read(res.ready, res.ready_len, 32, &fault);
	ck_assert_ptr_nonnull(tree);
	ck_assert(json_object_object_get_ex(tree, "servers", &servers));
	ck_assert_uint_eq(json_object_array_length(servers), 1);
	ck_assert(json_object_object_get_ex(json_object_array_get_idx(servers,
						0),
	    "url", &url));
	ck_assert_str_eq(json_object_get_string(url), "/api");
	json_object_put(tree);
	dispatch(METHOD_GET, "/openapi.json", NULL);
	is_problem(401, NULL);
	teardown();
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ nothing_runs_without_a_token, NELEM(rows), 0 },
		{ nothing_is_told_without_a_token, NELEM(hidden), 0 },
		{ options_are_public, NELEM(options), 0 },
		{ a_public_address_tells_its_methods, NELEM(rows), 0 },
		{ broken_addresses_are_refused_first, 0, 0 },
		{ bodies_are_judged_on_public_rows_too, 0, 0 },
		{ public_rows_are_served, 0, 0 },
		{ the_description_names_the_prefix, 0, 0 },
	};

	return harness_run("router", tests, NELEM(tests));
}
