/* SPDX-License-Identifier: ISC */
/* Which routes ask the issuer about a token, what its answers come to, and how
 * long they count. */
#include "config.h"

#include "lib/harness.h"

#include "auth/auth.h"
#include "auth/auth_own.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "lib/later.h"
#include "log/log.h"
#include "lib/loopback.h"
#include "serve/router.h"
#include "lib/signer.h"
#include "wire/request_path.h"

#define CERTS  "/certs"
#define ASK    "/introspect"
#define OPENID "/.well-known/openid-configuration"
#define HOUR   3600000

#define ACTIVE   "{\"active\":true}"
#define INACTIVE "{\"active\":false}"

#define OFF   CONF_introspect_off
#define ADMIN CONF_introspect_admin
#define ALL   CONF_introspect_all

static const char *const algorithms[] = { "ES256" };
static struct signer signer;

static struct loopback *issuer;
static char certs_url[128], ask_url[128];
static struct buf set;
static struct arena *arena;
static struct auth *auth;
static const struct principal *who;
static const char *why;

static void
answer(int status, const char *body)
{
	loopback_set(issuer, ASK, status, body,
	    body == NULL ? 0 : strlen(body));
}

static int
asked(void)
{
	return loopback_count(issuer, ASK);
}

/* Settings that ask as rarely as possible. */
static void
set_up(void)
{
	issuer = loopback_start(false);
	snprintf(certs_url, sizeof(certs_url), "%s" CERTS,
	    loopback_url(issuer));
	snprintf(ask_url, sizeof(ask_url), "%s" ASK, loopback_url(issuer));
	signer_add_set(&signer, 1, &set);
	loopback_set(issuer, CERTS, 200, set.data, set.len);
	answer(200, ACTIVE);
	settings = (struct conf){
		.http_base_path = "",
		.http_public_url = "",
		.auth_issuer = loopback_url(issuer),
		.auth_jwks_uri = certs_url,
		.auth_audience = "errand-api",
		.auth_client = "",
		.rbac_tasks = "shared",
		.auth_user_role = "user",
		.auth_admin_role = "admin",
		.auth_algorithms = { NELEM(algorithms),
		    (const char **)(uintptr_t)algorithms },
		.auth_profile = CONF_profile_keycloak,
		.auth_leeway = 30000,
		.auth_realm = "errand",
		.auth_key_ttl = HOUR,
		.auth_key_stale = 24 * HOUR,
		.auth_key_cooldown = HOUR,
		.auth_token_limit = 8192,
		.auth_fetch_timeout = 60000,
		.auth_ca_file = "",
		.auth_token_cache = 64,
		.auth_introspect = ALL,
		.rbac_get_me = "user",
		.rbac_list_jobs = "admin",
		.auth_introspect_url = ask_url,
		.auth_introspect_client = "",
		.auth_introspect_secret = "s3cret",
		.auth_introspect_ttl = HOUR,
		.auth_introspect_retry = HOUR,
	};
	arena = arena_new();
}

static void
tear_down(void)
{
	auth_free(auth);
	arena_free(arena);
	loopback_stop(issuer);
	buf_free(&set);
}

/* A token of alice with that role, until then; it is in the arena. */
static const char *
make_until(const char *role, int64_t exp)
{
	struct buf p = { 0 };
	char *token;
	const char *copy;

	buf_printf(&p,
	    "{\"iss\":\"%s\",\"aud\":\"errand-api\",\"iat\":%lld,"
	    "\"exp\":%lld,\"typ\":\"Bearer\",\"sub\":\"4711\","
	    "\"realm_access\":{\"roles\":[\"%s\"]}}",
	    loopback_url(issuer), (long long)exp - 300, (long long)exp, role);
	token = signer_token(&signer,
	    "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"k\"}", p.data);
	copy = arena_printf(arena, "%s", token);
	free(token);
	buf_free(&p);
	return copy;
}

static const char *
make(const char *role)
{
	return make_until(role, clock_wall_s() + 300);
}

static void
check(const char *token)
{
	why = NULL;
	ck_assert_int_eq(auth_check(auth,
			     arena_printf(arena, "Bearer %s", token), arena,
			     &who, &why),
	    AUTH_OK);
}

/* What a route comes to that needs this role; the token itself is good. */
static enum auth_result
confirm_for(const char *token, enum role need)
{
	check(token);
	return auth_confirm(auth, who,
	    need == ROLE_ADMIN ? CONF_RULE_list_jobs : CONF_RULE_get_me, &why);
}

static enum auth_result
confirm(const char *token)
{
	return confirm_for(token, ROLE_USER);
}

#define GONE  REFUSAL_INACTIVE
#define OTHER REFUSAL_ANSWER
#define NO    AUTH_UNAVAILABLE, REFUSAL_NONE

/* I is the issuer, E the token's exp; the token is that of 4711. */
static const struct {
	int status;
	const char *body;
	enum auth_result want;
	enum refusal refusal;
} answers[] = {
	{ 200, ACTIVE, AUTH_OK, REFUSAL_NONE },
	{ 200, " {\"x\":[1],\"active\":true}\n", AUTH_OK, REFUSAL_NONE },
	{ 200, "{\"active\":true,\"iss\":\"I\",\"sub\":\"4711\",\"exp\":E}",
	    AUTH_OK, REFUSAL_NONE },
	{ 200, INACTIVE, AUTH_INVALID, GONE },
	{ 200, "{\"active\":false,\"sub\":\"4712\"}", AUTH_INVALID, GONE },
	{ 200, "{\"active\":true,\"sub\":\"4712\"}", AUTH_INVALID, OTHER },
	{ 200, "{\"active\":true,\"sub\":4711}", AUTH_INVALID, OTHER },
	{ 200, "{\"active\":true,\"sub\":null}", AUTH_INVALID, OTHER },
	{ 200, "{\"active\":true,\"sub\":\"4711\\u0000\"}", AUTH_INVALID,
	    OTHER },
	{ 200, "{\"active\":true,\"iss\":\"I/\"}", AUTH_INVALID, OTHER },
	{ 200, "{\"active\":true,\"iss\":[\"I\"]}", AUTH_INVALID, OTHER },
	{ 200, "{\"active\":true,\"exp\":E0}", AUTH_INVALID, OTHER },
	{ 200, "{\"active\":true,\"exp\":\"E\"}", AUTH_INVALID, OTHER },
	{ 200, "{\"active\":true,\"exp\":E.5}", AUTH_INVALID, OTHER },
	{ 200, "{\"active\":true,\"exp\":null}", AUTH_INVALID, OTHER },
	{ 200, "{}", NO },
	{ 200, "{\"Active\":true}", NO },
	{ 200, "{\"active\":\"true\"}", NO },
	{ 200, "{\"active\":1}", NO },
	{ 200, "{\"active\":null}", NO },
	{ 200, "{\"active\":[true]}", NO },
	{ 200, "{\"active\":{}}", NO },
	{ 200, "{\"active\":false,\"active\":true}", NO },
	{ 200, "[" ACTIVE "]", NO },
	{ 200, ACTIVE "x", NO },
	{ 200, ACTIVE ACTIVE, NO },
	{ 200, "{\"active\":true", NO },
	{ 200, "{'active':true}", NO },
	{ 200, "{\"a\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]],\"active\":true}",
	    NO },
	{ 200, "true", NO },
	{ 200, "null", NO },
	{ 200, "<html>", NO },
	{ 200, "", NO },
	{ 201, ACTIVE, NO },
	{ 204, NULL, NO },
	{ 302, NULL, NO },
	{ 400, ACTIVE, NO },
	{ 401, INACTIVE, NO },
	{ 403, INACTIVE, NO },
	{ 404, INACTIVE, NO },
	{ 500, ACTIVE, NO },
	{ 503, INACTIVE, NO },
	{ LOOPBACK_RUDE, NULL, NO },
};

START_TEST(answers_are_judged)
{
	struct buf b = { 0 };
	const char *s = answers[_i].body, *token;
	int64_t exp;

	set_up();
	exp = clock_wall_s() + 300;
	token = make_until("user", exp);
	for (; s != NULL && *s != '\0'; s++) {
		if (*s == 'I')
			buf_adds(&b, loopback_url(issuer));
		else if (*s == 'E')
			buf_addint(&b, exp);
		else
			buf_addc(&b, *s);
	}
	answer(answers[_i].status, b.data);
	auth = auth_new();
	ck_assert_int_eq(confirm(token), answers[_i].want);
	if (answers[_i].want == AUTH_INVALID)
		ck_assert_str_eq(why, refusal_texts[answers[_i].refusal]);
	ck_assert_int_eq(asked(), 1);
	tear_down();
	buf_free(&b);
}
END_TEST

/* Both answers are believed for a while; what made none is asked for again. */
START_TEST(answers_are_remembered)
{
	const char *token, *revoked;
	int i;

	set_up();
	settings.auth_introspect_retry = 0;
	settings.auth_introspect_ttl = 10000;
	auth = auth_new();
	token = make("user");
	answer(500, NULL);
	ck_assert_int_eq(confirm(token), AUTH_UNAVAILABLE);
	answer(200, ACTIVE);
	ck_assert_int_eq(confirm(token), AUTH_OK);
	ck_assert_int_eq(asked(), 2);
	answer(200, INACTIVE);
	ck_assert_int_eq(confirm(token), AUTH_OK);
	ck_assert_int_eq(confirm_for(token, ROLE_ADMIN), AUTH_OK);
	ck_assert_int_eq(asked(), 2);
	revoked = make("admin");
	for (i = 0; i < 5; i++) {
		ck_assert_int_eq(confirm(revoked), AUTH_INVALID);
		ck_assert_str_eq(why, refusal_texts[REFUSAL_INACTIVE]);
		ck_assert_int_eq(confirm(token), AUTH_OK);
	}
	ck_assert_int_eq(asked(), 3);
	answer(200, ACTIVE);
	later(10001);
	ck_assert_int_eq(confirm(revoked), AUTH_OK);
	ck_assert_int_eq(asked(), 4);
	tear_down();
}
END_TEST

/* However many are revoked: what is known of good ones stays. */
START_TEST(revoked_tokens_push_no_good_one_out)
{
	const char *token;
	int i;

	set_up();
	settings.auth_token_cache = 4096;
	auth = auth_new();
	token = make("user");
	ck_assert_int_eq(confirm(token), AUTH_OK);
	answer(200, INACTIVE);
	for (i = 0; i < 200; i++)
		ck_assert_int_eq(confirm(make_until("user",
				     clock_wall_s() + 300 - i)),
		    AUTH_INVALID);
	i = asked();
	ck_assert_int_eq(confirm(token), AUTH_OK);
	ck_assert_int_eq(asked(), i);
	tear_down();
}
END_TEST

START_TEST(belief_ends)
{
	const char *token;

	set_up();
	settings.auth_introspect_ttl = 20;
	auth = auth_new();
	token = make("user");
	ck_assert_int_eq(confirm(token), AUTH_OK);
	answer(200, INACTIVE);
	while (confirm(token) == AUTH_OK)
		usleep(1000);
	ck_assert_str_eq(why, refusal_texts[REFUSAL_INACTIVE]);
	tear_down();
}
END_TEST

/* The token has ended, and is accepted for the clocks' sake only. */
START_TEST(nothing_is_believed_beyond_the_end_of_the_token)
{
	const char *token;

	set_up();
	auth = auth_new();
	token = make_until("user", clock_wall_s() - 5);
	ck_assert_int_eq(confirm(token), AUTH_OK);
	ck_assert_int_eq(confirm(token), AUTH_OK);
	ck_assert_int_eq(asked(), 2);
	answer(200, INACTIVE);
	ck_assert_int_eq(confirm(token), AUTH_INVALID);
	tear_down();
}
END_TEST

static const struct {
	int64_t ttl;
	int64_t cache;
} memories[] = { { 0, 64 }, { HOUR, 0 }, { 0, 0 } };

/* And the connection stays the same. */
START_TEST(without_a_memory_each_request_asks)
{
	const char *token;
	int i, connections;

	set_up();
	settings.auth_introspect_ttl = memories[_i].ttl;
	settings.auth_token_cache = memories[_i].cache;
	auth = auth_new();
	connections = loopback_connections(issuer);
	token = make("user");
	for (i = 1; i <= 5; i++) {
		ck_assert_int_eq(confirm(token), AUTH_OK);
		ck_assert_int_eq(asked(), i);
	}
	ck_assert_int_eq(loopback_connections(issuer), connections + 1);
	tear_down();
}
END_TEST

/* The status of GET /me. */
static int
dispatch(const char *token)
{
	struct deps deps = { .auth = auth };
	struct response res = { 0 };
	struct request req = {
		.method = METHOD_GET, .method_name = "GET", .id = "an-id"
	};
	struct call c = {
		.deps = &deps, .arena = arena, .req = &req, .res = &res
	};

	response_reset(&res);
	req.authorization = arena_printf(arena, "Bearer %s", token);
	request_path(&req, arena, "/me");
	if (router_admit(&c))
		router_run(&c);
	buf_adds(&res.head, "");
	if (res.status != 200)
		ck_assert_ptr_nonnull(strstr(res.body.data, "\"detail\":\"t"));
	ck_assert_ptr_null(strstr(res.head.data, "(null)"));
	ck_assert_int_eq(strstr(res.head.data, "error=\"invalid_token\"") !=
			     NULL,
	    res.status == 401);
	ck_assert_int_eq(strstr(res.head.data, "Retry-After: ") != NULL,
	    res.status == 503);
	response_free(&res);
	return res.status;
}

/* Tokens are those of a user or an administrator, one that has expired, and
 * one whose signature is wrong. */
static const struct {
	enum conf_introspect mode;
	enum role need;
	const char *token;
	int status; /* of our answer */
	int asked;
} routes[] = {
	{ OFF, ROLE_USER, "user", 200, 0 },
	{ OFF, ROLE_USER, "admin", 200, 0 },
	{ OFF, ROLE_ADMIN, "user", 403, 0 },
	{ OFF, ROLE_ADMIN, "admin", 200, 0 },
	{ ADMIN, ROLE_USER, "user", 200, 0 },
	{ ADMIN, ROLE_USER, "admin", 200, 0 },
	{ ADMIN, ROLE_ADMIN, "user", 403, 0 },
	{ ADMIN, ROLE_ADMIN, "admin", 401, 1 },
	{ ADMIN, ROLE_ADMIN, "expired", 401, 0 },
	{ ADMIN, ROLE_ADMIN, "forged", 401, 0 },
	{ ALL, ROLE_USER, "user", 401, 1 },
	{ ALL, ROLE_USER, "admin", 401, 1 },
	{ ALL, ROLE_USER, "none", 403, 0 },
	{ ALL, ROLE_USER, "expired", 401, 0 },
	{ ALL, ROLE_USER, "forged", 401, 0 },
	{ ALL, ROLE_ADMIN, "user", 403, 0 },
	{ ALL, ROLE_ADMIN, "admin", 401, 1 },
};

static const char *
make_kind(const char *kind)
{
	char *forged;
	size_t last;

	if (strcmp(kind, "expired") == 0)
		return make_until("admin", clock_wall_s() - 100);
	if (strcmp(kind, "forged") != 0)
		return make(kind);
	forged = (char *)(uintptr_t)make("admin");
	last = strlen(forged) - 10;
	forged[last] = forged[last] == 'A' ? 'B' : 'A';
	return forged;
}

/* No token is in force: who is not refused was not asked about. */
START_TEST(routes_ask_as_configured)
{
	set_up();
	settings.auth_introspect = routes[_i].mode;
	settings.rbac_get_me = routes[_i].need == ROLE_ADMIN ? "admin" : "user";
	answer(200, INACTIVE);
	auth = auth_new();
	ck_assert_int_eq(dispatch(make_kind(routes[_i].token)),
	    routes[_i].status);
	ck_assert_int_eq(asked(), routes[_i].asked);
	tear_down();
}
END_TEST

START_TEST(route_is_unavailable_while_the_issuer_is)
{
	const char *token;

	set_up();
	answer(500, NULL);
	auth = auth_new();
	token = make("user");
	ck_assert_int_eq(dispatch(token), 503);
	ck_assert_int_eq(dispatch(token), 503);
	ck_assert_int_eq(asked(), 1);
	tear_down();
}
END_TEST

/* What was believed before still is. */
START_TEST(failing_issuer_is_left_alone)
{
	const char *known, *new;
	int i;

	set_up();
	auth = auth_new();
	known = make("user");
	new = make("admin");
	ck_assert_int_eq(confirm(known), AUTH_OK);
	answer(LOOPBACK_RUDE, NULL);
	ck_assert_int_eq(confirm(new), AUTH_UNAVAILABLE);
	i = asked(); /* over a connection that was kept it is tried anew */
	answer(200, ACTIVE);
	ck_assert_int_eq(confirm(new), AUTH_UNAVAILABLE);
	ck_assert_int_eq(confirm(new), AUTH_UNAVAILABLE);
	ck_assert_int_eq(confirm(known), AUTH_OK);
	ck_assert_int_eq(asked(), i);
	tear_down();
}
END_TEST

START_TEST(issuer_is_asked_again_after_a_while)
{
	const char *token;

	set_up();
	settings.auth_introspect_retry = 20;
	auth = auth_new();
	token = make("user");
	check(token); /* the keys are there, so that only silence takes long */
	settings.auth_fetch_timeout = 1000;
	answer(LOOPBACK_SILENT, NULL);
	ck_assert_int_eq(confirm(token), AUTH_UNAVAILABLE);
	ck_assert_int_eq(asked(), 1);
	settings.auth_fetch_timeout = 60000;
	answer(200, ACTIVE);
	while (confirm(token) == AUTH_UNAVAILABLE)
		usleep(1000);
	ck_assert_int_eq(confirm(token), AUTH_OK);
	ck_assert_int_eq(asked(), 2);
	tear_down();
}
END_TEST

/* A wrong secret is known before somebody comes with a token. */
START_TEST(issuer_is_asked_once_without_a_token)
{
	const char *words;

	set_up();
	auth = auth_new();
	answer(401, "");
	ck_assert_int_eq(auth_asks(auth, &words), AUTH_ASKS_WELL);
	ck_assert_ptr_null(words);
	(void)auth_chores(auth);
	ck_assert_int_eq(auth_asks(auth, &words), AUTH_ASKS_LATER);
	ck_assert_ptr_nonnull(strstr(words, "does not accept"));
	(void)auth_chores(auth);
	ck_assert_int_eq(asked(), 1);
	tear_down();
}
END_TEST

/* 5 s, then 10, 20, 30 and 30; one answer, and it is 5 s again. */
START_TEST(pauses_grow_while_there_is_no_answer)
{
	static const int pauses[] = { 5, 10, 20, 30, 30 };
	const char *token, *words;
	size_t i;

	set_up();
	settings.auth_introspect_retry = 5000;
	settings.auth_introspect_ttl = 0;
	auth = auth_new();
	token = make("user");
	ck_assert_int_eq(auth_asks(auth, &words), AUTH_ASKS_WELL);
	answer(500, "");
	for (i = 0; i < NELEM(pauses); i++) {
		ck_assert_int_eq(confirm(token), AUTH_UNAVAILABLE);
		ck_assert_int_eq(auth_asks(auth, &words), AUTH_ASKS_LATER);
		ck_assert_int_eq(asked(), (int)i + 1);
		later(pauses[i] * 1000 - 900);
		ck_assert_int_eq(confirm(token), AUTH_UNAVAILABLE);
		ck_assert_int_eq(asked(), (int)i + 1);
		later(1000);
		ck_assert_int_eq(auth_asks(auth, &words), AUTH_ASKS_IN_VAIN);
	}
	answer(200, ACTIVE);
	ck_assert_int_eq(confirm(token), AUTH_OK);
	ck_assert_int_eq(auth_asks(auth, &words), AUTH_ASKS_WELL);
	answer(500, "");
	ck_assert_int_eq(confirm(token), AUTH_UNAVAILABLE);
	later(5100);
	answer(200, ACTIVE);
	ck_assert_int_eq(confirm(token), AUTH_OK);
	tear_down();
}
END_TEST

START_TEST(answer_has_a_limit)
{
	struct buf b = { 0 };

	set_up();
	buf_printf(&b, "{\"active\":true%*s}", 64 * 1024, "");
	answer(200, b.data);
	auth = auth_new();
	ck_assert_int_eq(confirm(make("user")), AUTH_UNAVAILABLE);
	tear_down();
	buf_free(&b);
}
END_TEST

/* What else than this would be asked of anybody? */
static const struct {
	const char *client;
	const char *secret;
	const char *login; /* in base64 */
} logins[] = {
	{ "", "s3cret", "ZXJyYW5kLWFwaTpzM2NyZXQ=" },
	{ "me", "s3cret", "bWU6czNjcmV0" },
	{ "a:b c", "p%:+\xc3\xa9", "YSUzQWIrYzpwJTI1JTNBJTJCJUMzJUE5" },
};

START_TEST(question_is_as_in_the_standard)
{
	const char *token;
	char *last;

	set_up();
	settings.auth_introspect_client = logins[_i].client;
	settings.auth_introspect_secret = logins[_i].secret;
	auth = auth_new();
	token = make("user");
	ck_assert_int_eq(confirm(token), AUTH_OK);
	last = loopback_last(issuer, ASK);
	ck_assert_int_eq(strncmp(last, "POST " ASK " HTTP/1.1\r\n", 27), 0);
	ck_assert_ptr_nonnull(strstr(last,
	    arena_printf(arena, "\r\nAuthorization: Basic %s\r\n",
		logins[_i].login)));
	ck_assert_ptr_nonnull(strstr(last,
	    "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
	ck_assert_str_eq(strstr(last, "\r\n\r\n"),
	    arena_printf(arena, "\r\n\r\ntoken_type_hint=access_token&token=%s",
		token));
	free(last);
	tear_down();
}
END_TEST

/* U is where the issuer is, P its port, with which any name would lead there.
 */
static const struct {
	const char *endpoint; /* as JSON; NULL: there is none */
	bool good;
} endpoints[] = {
	{ "\"U" ASK "\"", true },
	{ NULL, false },
	{ "7", false },
	{ "\"" ASK "\"", false },
	{ "\"http://localhost:P" ASK "\"", false },
	{ "\"file:///etc/passwd\"", false },
};

static void
serve_discovery(struct buf *b, const char *endpoint)
{
	const char *s = endpoint;

	buf_printf(b, "{\"issuer\":\"%s\"", loopback_url(issuer));
	if (s != NULL)
		buf_adds(b, ",\"introspection_endpoint\":");
	for (; s != NULL && *s != '\0'; s++) {
		if (*s == 'U')
			buf_adds(b, loopback_url(issuer));
		else if (*s == 'P')
			buf_adds(b, strrchr(loopback_url(issuer), ':') + 1);
		else
			buf_addc(b, *s);
	}
	buf_addc(b, '}');
	loopback_set(issuer, OPENID, 200, b->data, b->len);
}

START_TEST(address_may_be_found)
{
	struct buf doc = { 0 };
	bool good = endpoints[_i].good;

	set_up();
	settings.auth_introspect_url = "";
	settings.auth_introspect_ttl = 0;
	serve_discovery(&doc, endpoints[_i].endpoint);
	auth = auth_new();
	ck_assert_int_eq(loopback_count(issuer, OPENID), 0);
	ck_assert_int_eq(confirm(make("user")),
	    good ? AUTH_OK : AUTH_UNAVAILABLE);
	ck_assert_int_eq(confirm(make("user")),
	    good ? AUTH_OK : AUTH_UNAVAILABLE);
	ck_assert_int_eq(loopback_count(issuer, OPENID), 1);
	ck_assert_int_eq(asked(), good ? 2 : 0);
	tear_down();
	buf_free(&doc);
}
END_TEST

START_TEST(address_is_found_again_when_it_fails)
{
	struct buf doc = { 0 };
	const char *token;

	set_up();
	settings.auth_introspect_url = "";
	settings.auth_introspect_ttl = 0;
	settings.auth_introspect_retry = 0;
	serve_discovery(&doc, "\"U" ASK "\"");
	auth = auth_new();
	token = make("user");
	ck_assert_int_eq(confirm(token), AUTH_OK);
	answer(404, NULL);
	ck_assert_int_eq(confirm(token), AUTH_UNAVAILABLE);
	ck_assert_int_eq(loopback_count(issuer, OPENID), 1);
	answer(200, ACTIVE);
	ck_assert_int_eq(confirm(token), AUTH_OK);
	ck_assert_int_eq(loopback_count(issuer, OPENID), 2);
	tear_down();
	buf_free(&doc);
}
END_TEST

/* How often text stands in the file that path names. */
static int
count_in(const char *path, const char *text)
{
	char buf[65536];
	FILE *f = fopen(path, "r");
	size_t len;
	char *s;
	int n = 0;

	ck_assert_ptr_nonnull(f);
	len = fread(buf, 1, sizeof(buf) - 1, f);
	fclose(f);
	buf[len] = '\0';
	for (s = buf; (s = strstr(s, text)) != NULL; s++)
		n++;
	return n;
}

START_TEST(log_has_reasons_but_no_secret)
{
	char *path = harness_file("", 0), *token;
	int i;

	set_up();
	settings.log_file = path;
	settings.log_file_level = CONF_file_level_debug;
	settings.log_stderr_level = CONF_stderr_level_off;
	ck_assert_int_eq(log_open("check_introspect"), 0);
	settings.auth_introspect_retry = 0;
	settings.auth_introspect_ttl = 0;
	auth = auth_new();
	token = (char *)(uintptr_t)make("user");
	answer(401, NULL);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(confirm(token), AUTH_UNAVAILABLE);
	answer(200, token);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(confirm(token), AUTH_UNAVAILABLE);
	answer(200, ACTIVE);
	ck_assert_int_eq(confirm(token), AUTH_OK);
	answer(200, INACTIVE);
	ck_assert_int_eq(confirm(token), AUTH_INVALID);
	log_close();
	ck_assert_int_eq(count_in(path, "tokens cannot be introspected"), 2);
	ck_assert_int_eq(count_in(path, "the issuer does not accept"), 1);
	ck_assert_int_eq(count_in(path, "not a strict JSON object"), 1);
	ck_assert_int_eq(count_in(path, "tokens are introspected again"), 1);
	ck_assert_int_eq(count_in(path, refusal_reasons[REFUSAL_INACTIVE]), 1);
	ck_assert_int_eq(count_in(path, "s3cret"), 0);
	ck_assert_int_eq(count_in(path, strrchr(token, '.')), 0);
	*strchr(token, '.') = '\0';
	ck_assert_int_eq(count_in(path, token), 0);
	tear_down();
	unlink(path);
	free(path);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ answers_are_judged, NELEM(answers), 0 },
		{ answers_are_remembered, 0, 0 },
		{ revoked_tokens_push_no_good_one_out, 0, 0 },
		{ belief_ends, 0, 0 },
		{ nothing_is_believed_beyond_the_end_of_the_token, 0, 0 },
		{ without_a_memory_each_request_asks, NELEM(memories), 0 },
		{ routes_ask_as_configured, NELEM(routes), 0 },
		{ route_is_unavailable_while_the_issuer_is, 0, 0 },
		{ failing_issuer_is_left_alone, 0, 0 },
		{ issuer_is_asked_again_after_a_while, 0, 0 },
		{ issuer_is_asked_once_without_a_token, 0, 0 },
		{ pauses_grow_while_there_is_no_answer, 0, 0 },
		{ answer_has_a_limit, 0, 0 },
		{ question_is_as_in_the_standard, NELEM(logins), 0 },
		{ address_may_be_found, NELEM(endpoints), 0 },
		{ address_is_found_again_when_it_fails, 0, 0 },
		{ log_has_reasons_but_no_secret, 0, 0 },
	};
	int status;

	signer_init(&signer, ALG_ES256, "k", 0);
	status = harness_run("introspect", tests, NELEM(tests));
	signer_clear(&signer);
	return status;
}
