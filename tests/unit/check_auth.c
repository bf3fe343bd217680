/* SPDX-License-Identifier: ISC */
/* Headers in, principals out, with an issuer that comes, goes and changes. */
#include "config.h"

#include "lib/harness.h"

#include "auth/auth.h"
#include "auth/auth_own.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "lib/later.h"
#include "log/log.h"
#include "lib/loopback.h"
#include "lib/signer.h"

#define CERTS  "/realms/main/certs"
#define OPENID "/realms/main/.well-known/openid-configuration"
#define HOUR   3600000

static const char *const algorithms[] = { "RS256", "ES256" };
static struct signer first, second;

static struct loopback *issuer;
static char issuer_url[128], certs_url[128];
static struct buf set;
static struct arena *arena;
static const struct principal *who;
static const char *why;

static void
serve_keys(const struct signer *s, size_t n)
{
	static struct buf last; /* the server may be sending it still */

	buf_free(&last);
	last = set;
	set = (struct buf){ 0 };
	signer_add_set(s, n, &set);
	loopback_set(issuer, CERTS, 200, set.data, set.len);
}

/* An issuer with one key, and settings that fetch as rarely as possible. */
static void
set_up(void)
{
	issuer = loopback_start(false);
	snprintf(issuer_url, sizeof(issuer_url), "%s/realms/main",
	    loopback_url(issuer));
	snprintf(certs_url, sizeof(certs_url), "%s" CERTS,
	    loopback_url(issuer));
	serve_keys(&first, 1);
	settings = (struct conf){
		.auth_issuer = issuer_url,
		.auth_jwks_uri = certs_url,
		.auth_audience = "errand-api",
		.auth_client = "",
		.rbac_tasks = "shared",
		.auth_user_role = "user",
		.auth_admin_role = "admin",
		.auth_algorithms = { NELEM(algorithms),
		    (const char **)(uintptr_t)algorithms },
		.auth_profile = CONF_profile_keycloak,
		.auth_introspect = CONF_introspect_off,
		.auth_leeway = 30000,
		.auth_max_lifetime = 24 * HOUR,
		.auth_realm = "errand",
		.auth_key_ttl = HOUR,
		.auth_key_stale = 24 * HOUR,
		.auth_key_cooldown = HOUR,
		.auth_token_limit = 8192,
		.auth_fetch_timeout = 60000,
		.auth_ca_file = "",
		.auth_token_cache = 64,
	};
	arena = arena_new();
}

static void
tear_down(struct auth *auth)
{
	auth_free(auth);
	arena_free(arena);
	loopback_stop(issuer);
	buf_free(&set);
}

/* A token of that signer, for five minutes from then. */
static char *
make_at(const struct signer *s, const char *kid, int64_t iat)
{
	struct buf h = { 0 }, p = { 0 };
	char *token;

	buf_printf(&h, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
	    alg_names[s->alg], kid);
	buf_printf(&p,
	    "{\"iss\":\"%s\",\"aud\":\"errand-api\",\"iat\":%lld,"
	    "\"exp\":%lld,\"typ\":\"Bearer\",\"sub\":\"4711\","
	    "\"preferred_username\":\"alice\",\"email\":\"alice@example.org\",\"email_verified\":true,"
	    "\"realm_access\":{\"roles\":[\"user\"]}}",
	    issuer_url, (long long)iat, (long long)iat + 300);
	token = signer_token(s, h.data, p.data);
	buf_free(&h);
	buf_free(&p);
	return token;
}

static char *
make(const struct signer *s)
{
	return make_at(s, s->kid, clock_wall_s());
}

static enum auth_result
check_header(struct auth *auth, const char *value)
{
	who = NULL;
	why = NULL;
	return auth_check(auth, value, arena, &who, &why);
}

static enum auth_result
check(struct auth *auth, const char *token)
{
	return check_header(auth, arena_printf(arena, "Bearer %s", token));
}

static bool
ready(const struct auth *auth)
{
	int64_t age, us;
	int keys;

	return auth_ready(auth, &age, &keys, &us);
}

/* T is a good token. */
static const struct {
	const char *value;
	enum auth_result want;
} headers[] = {
	{ NULL, AUTH_NONE },
	{ "", AUTH_NONE },
	{ " ", AUTH_NONE },
	{ "Basic dXNlcjpwYXNz", AUTH_NONE },
	{ "Digest username=\"a\"", AUTH_NONE },
	{ "DPoP T", AUTH_NONE },
	{ "BearerT", AUTH_NONE },
	{ "T", AUTH_NONE },
	{ "Bearer T", AUTH_OK },
	{ "bearer T", AUTH_OK },
	{ "BEARER T", AUTH_OK },
	{ "  Bearer   T  ", AUTH_OK },
	{ "Bearer T\t", AUTH_OK },
	{ "Bearer", AUTH_MALFORMED },
	{ "Bearer ", AUTH_MALFORMED },
	{ "Bearer    ", AUTH_MALFORMED },
	{ "Bearer\tT", AUTH_MALFORMED },
	{ "Bearer \tT", AUTH_MALFORMED },
	{ "Bearer T T", AUTH_MALFORMED },
	{ "Bearer T,Bearer T", AUTH_MALFORMED },
	{ "Bearer T, Bearer T", AUTH_MALFORMED },
	{ "Bearer T, Basic dXNlcjpwYXNz", AUTH_MALFORMED },
	{ "Bearer, Basic dXNlcjpwYXNz", AUTH_MALFORMED },
	{ "Bearer \"T\"", AUTH_MALFORMED },
	{ "Bearer token=T", AUTH_MALFORMED },
	{ "Bearer =", AUTH_MALFORMED },
	{ "Bearer a=b", AUTH_MALFORMED },
	{ "Bearer a\x01", AUTH_MALFORMED },
	{ "Bearer a\xc3\xa9", AUTH_MALFORMED },
	{ "Bearer a:b", AUTH_MALFORMED },
	{ "Bearer a", AUTH_INVALID },
	{ "Bearer a~b+c/d-e_f.g==", AUTH_INVALID },
	{ "Bearer T=", AUTH_INVALID },
	{ "Bearer T.T", AUTH_INVALID },
};

START_TEST(headers_are_told_apart)
{
	struct auth *auth;
	struct buf b = { 0 };
	const char *s = headers[_i].value;
	char *token;

	set_up();
	auth = auth_new();
	token = make(&first);
	for (; s != NULL && *s != '\0'; s++) {
		if (*s == 'T')
			buf_adds(&b, token);
		else
			buf_addc(&b, *s);
	}
	if (headers[_i].value != NULL && b.data == NULL)
		buf_adds(&b, "");
	ck_assert_int_eq(check_header(auth, b.data), headers[_i].want);
	if (headers[_i].want == AUTH_OK)
		ck_assert_str_eq(who->username, "alice");
	if (headers[_i].want == AUTH_INVALID ||
	    headers[_i].want == AUTH_MALFORMED)
		ck_assert_ptr_nonnull(why);
	free(token);
	buf_free(&b);
	tear_down(auth);
}
END_TEST

START_TEST(second_look_comes_from_the_cache)
{
	struct auth *auth;
	const struct principal *cached;
	char *token;

	set_up();
	auth = auth_new();
	token = make(&first);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	arena_reset(arena);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	cached = who;
	arena_reset(arena); /* the cache's copy does not depend on it */
	ck_assert_str_eq(cached->subject, "4711");
	ck_assert_str_eq(cached->username, "alice");
	ck_assert_str_eq(cached->email, "alice@example.org");
	ck_assert(rights_has(&cached->rights, ROLE_USER));
	ck_assert(!rights_has(&cached->rights, ROLE_ADMIN));
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	ck_assert_ptr_eq(who, cached);
	ck_assert_int_eq(loopback_count(issuer, CERTS), 1);
	free(token);
	tear_down(auth);
}
END_TEST

START_TEST(cache_may_be_off)
{
	struct auth *auth;
	char *token;

	set_up();
	settings.auth_token_cache = 0;
	auth = auth_new();
	token = make(&first);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	free(token);
	tear_down(auth);
}
END_TEST

START_TEST(expired_and_early_tokens_are_told_so)
{
	struct auth *auth;
	char *old, *early;

	set_up();
	auth = auth_new();
	old = make_at(&first, first.kid, clock_wall_s() - 331);
	early = make_at(&first, first.kid, clock_wall_s() + 3600);
	ck_assert_int_eq(check(auth, old), AUTH_INVALID);
	ck_assert_str_eq(why, refusal_texts[REFUSAL_EXPIRED]);
	ck_assert_int_eq(check(auth, early), AUTH_INVALID);
	ck_assert_str_eq(why, refusal_texts[REFUSAL_IAT_EARLY]);
	free(old);
	free(early);
	tear_down(auth);
}
END_TEST

/* Seconds that a token has at first, less the leeway, and the leeway. */
static const struct {
	int64_t left;
	int64_t leeway;
} ends[] = { { 60, 0 }, { 60, 30 }, { -10, 30 }, { 0, 200 }, { 240, 60 } };

START_TEST(remembered_token_ends_in_time)
{
	struct auth *auth;
	const struct principal *cached;
	int64_t end;
	char *token;

	set_up();
	settings.auth_leeway = ends[_i].leeway * 1000;
	auth = auth_new();
	token =
	    make_at(&first, first.kid, clock_wall_s() + ends[_i].left - 300);
	end = clock_wall_s() + ends[_i].left + ends[_i].leeway;
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	cached = who;
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	ck_assert_ptr_eq(who, cached);
	later((end - clock_wall_s()) * 1000);
	ck_assert_int_eq(check(auth, token), AUTH_INVALID);
	ck_assert_str_eq(why, refusal_texts[REFUSAL_EXPIRED]);
	free(token);
	tear_down(auth);
}
END_TEST

/* A token of hours is not remembered for hours: it is judged anew. */
START_TEST(nothing_is_remembered_for_long)
{
	struct auth *auth;
	const struct principal *cached;
	char *token;

	set_up();
	settings.auth_leeway = HOUR;
	auth = auth_new();
	token = make(&first);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	cached = who;
	later(200 * 1000);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	ck_assert_ptr_eq(who, cached);
	later(100 * 1000);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	ck_assert_ptr_ne(who, cached);
	free(token);
	tear_down(auth);
}
END_TEST

/* What is wrong with the signature is not for the client to know. */
START_TEST(unknown_key_looks_like_a_bad_signature)
{
	struct auth *auth;
	char *forged, *unknown;
	const char *text;

	set_up();
	auth = auth_new();
	forged = make_at(&second, first.kid, clock_wall_s());
	unknown = make(&second);
	ck_assert_int_eq(check(auth, forged), AUTH_INVALID);
	text = why;
	ck_assert_int_eq(check(auth, unknown), AUTH_INVALID);
	ck_assert_str_eq(why, text);
	free(forged);
	free(unknown);
	tear_down(auth);
}
END_TEST

/* However lately the set was fetched; but each kid that it does not have is
 * looked for once in a while only. */
START_TEST(new_key_is_fetched_at_once_but_rarely)
{
	struct auth *auth;
	char *old, *new, *invented;
	int i;

	set_up();
	settings.auth_key_cooldown = 10000;
	auth = auth_new();
	old = make(&first);
	new = make(&second);
	invented = make_at(&first, "invented", clock_wall_s());
	ck_assert_int_eq(check(auth, old), AUTH_OK);
	serve_keys(&second, 1);
	ck_assert_int_eq(check(auth, new), AUTH_OK);
	ck_assert_int_eq(loopback_count(issuer, CERTS), 2);
	/* Its key is gone, and so is the token from the cache. */
	ck_assert_int_eq(check(auth, old), AUTH_INVALID);
	ck_assert_int_eq(loopback_count(issuer, CERTS), 3);
	for (i = 0; i < 20; i++) {
		ck_assert_int_eq(check(auth, invented), AUTH_INVALID);
		ck_assert_int_eq(check(auth, old), AUTH_INVALID);
		ck_assert_int_eq(check(auth, new), AUTH_OK);
	}
	ck_assert_int_eq(loopback_count(issuer, CERTS), 4);
	later(10001);
	ck_assert_int_eq(check(auth, invented), AUTH_INVALID);
	ck_assert_int_eq(loopback_count(issuer, CERTS), 5);
	free(old);
	free(new);
	free(invented);
	tear_down(auth);
}
END_TEST

/* Whoever invents kids can neither have the issuer asked without end, nor
 * have a good token refused. */
START_TEST(strangers_keep_no_new_key_out)
{
	struct auth *auth;
	char *new, *invented, kid[32];
	int i, unavailable = 0;

	set_up();
	auth = auth_new();
	new = make(&second);
	for (i = 0; i < 200; i++) {
		snprintf(kid, sizeof(kid), "invented-%d", i);
		invented = make_at(&first, kid, clock_wall_s());
		if (check(auth, invented) == AUTH_UNAVAILABLE)
			unavailable++;
		free(invented);
	}
	ck_assert_int_ge(unavailable, 100);
	ck_assert_int_eq(loopback_count(issuer, CERTS), 201 - unavailable);
	serve_keys(&second, 1);
	later(1001);
	ck_assert_int_eq(check(auth, new), AUTH_OK);
	free(new);
	tear_down(auth);
}
END_TEST

/* The key may be in the set that could not be fetched. */
START_TEST(failing_issuer_is_not_asked_again_and_again)
{
	struct auth *auth;
	char *token, *known;
	int i;

	set_up();
	settings.auth_token_cache = 0;
	auth = auth_new();
	known = make(&first);
	token = make(&second);
	loopback_set(issuer, CERTS, 500, NULL, 0);
	for (i = 0; i < 10; i++) {
		ck_assert_int_eq(check(auth, token), AUTH_UNAVAILABLE);
		ck_assert_ptr_null(why);
		ck_assert_int_eq(check(auth, known), AUTH_OK);
		(void)auth_chores(auth);
	}
	ck_assert_int_eq(loopback_count(issuer, CERTS), 2);
	later(1300);
	ck_assert_int_eq(check(auth, token), AUTH_UNAVAILABLE);
	ck_assert_int_eq(loopback_count(issuer, CERTS), 3);
	serve_keys(&second, 1);
	later(2500);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	free(known);
	free(token);
	tear_down(auth);
}
END_TEST

/* A refresh token's HMAC key is in no set; ID tokens have a known key. */
START_TEST(other_kinds_of_tokens_fetch_nothing)
{
	struct auth *auth;
	struct buf b = { 0 };
	char *token;

	set_up();
	auth = auth_new();
	settings.auth_key_cooldown = 0;
	signer_add_part(&b,
	    "{\"alg\":\"HS512\",\"typ\":\"JWT\",\"kid\":\"hmac\"}");
	buf_addc(&b, '.');
	signer_add_part(&b, "{\"typ\":\"Refresh\"}");
	signer_hmac("secret", 6, &b);
	ck_assert_int_eq(check(auth, b.data), AUTH_INVALID);
	token = signer_token(&first, "{\"alg\":\"ES256\",\"kid\":\"first\"}",
	    "{\"typ\":\"ID\"}");
	ck_assert_int_eq(check(auth, token), AUTH_INVALID);
	ck_assert_int_eq(loopback_count(issuer, CERTS), 1);
	free(token);
	buf_free(&b);
	tear_down(auth);
}
END_TEST

/* What keeps the keys at hand in force. */
static const struct {
	int status;
	const char *body;
} failures[] = {
	{ 500, NULL },
	{ 404, "{}" },
	{ 302, NULL },
	{ 204, NULL },
	{ LOOPBACK_RUDE, NULL },
	{ 200, NULL },
	{ 200, "{}" },
	{ 200, "{\"keys\":[]}" },
	{ 200,
	    "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\",\"kid\":\"first\"}]}" },
	{ 200, "<html>" },
};

START_TEST(failed_refresh_keeps_the_keys)
{
	struct auth *auth;
	char *token;
	size_t len = 0;
	int count;

	set_up();
	settings.auth_token_cache = 0;
	settings.auth_key_ttl = 0;
	settings.auth_key_cooldown = 0;
	auth = auth_new();
	if (failures[_i].body != NULL)
		len = strlen(failures[_i].body);
	loopback_set(issuer, CERTS, failures[_i].status, failures[_i].body,
	    len);
	count = loopback_count(issuer, CERTS);
	(void)auth_chores(auth);
	later(1300);
	(void)auth_chores(auth);
	ck_assert_int_eq(loopback_count(issuer, CERTS), count + 2);
	token = make(&first);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	ck_assert(ready(auth));
	free(token);
	tear_down(auth);
}
END_TEST

START_TEST(too_large_a_set_keeps_the_keys)
{
	struct auth *auth;
	struct buf large = { 0 };
	char *token;

	set_up();
	settings.auth_key_ttl = 0;
	auth = auth_new();
	buf_printf(&large, "{\"keys\":[%*s]}", 256 * 1024, "");
	loopback_set(issuer, CERTS, 200, large.data, large.len);
	(void)auth_chores(auth);
	token = make(&first);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	free(token);
	tear_down(auth);
	buf_free(&large);
}
END_TEST

START_TEST(silent_issuer_keeps_the_keys)
{
	struct auth *auth;
	char *token;

	set_up();
	settings.auth_key_ttl = 0;
	auth = auth_new();
	settings.auth_fetch_timeout = 50;
	loopback_set(issuer, CERTS, LOOPBACK_SILENT, NULL, 0);
	(void)auth_chores(auth);
	token = make(&first);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	free(token);
	tear_down(auth);
}
END_TEST

START_TEST(old_keys_are_fetched_again_between_requests)
{
	struct auth *auth;
	const struct principal *cached;
	char *old, *new;
	int count;

	set_up();
	settings.auth_key_ttl = 0;
	auth = auth_new();
	old = make(&first);
	new = make(&second);
	ck_assert_int_eq(check(auth, old), AUTH_OK);
	ck_assert_int_eq(check(auth, old), AUTH_OK);
	cached = who;
	count = loopback_count(issuer, CERTS);
	ck_assert_int_eq(auth_chores(auth), 0);
	ck_assert_int_eq(loopback_count(issuer, CERTS), count + 1);
	ck_assert_int_eq(check(auth, old), AUTH_OK);
	ck_assert_ptr_eq(who, cached); /* the same keys: nothing is wiped */
	serve_keys(&second, 1);
	settings.auth_key_ttl = HOUR;
	ck_assert_int_gt(auth_chores(auth), (int64_t)HOUR * 1000 * 3 / 4);
	ck_assert_int_eq(check(auth, new), AUTH_OK);
	ck_assert_int_le(auth_chores(auth), (int64_t)HOUR * 1000 * 6 / 5);
	ck_assert_int_eq(loopback_count(issuer, CERTS), count + 2);
	ck_assert_int_eq(check(auth, old), AUTH_INVALID);
	free(old);
	free(new);
	tear_down(auth);
}
END_TEST

START_TEST(keys_may_be_too_old)
{
	struct auth *auth;
	char *token;

	set_up();
	auth = auth_new();
	token = make(&first);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	settings.auth_key_stale = -1;
	ck_assert_int_eq(check(auth, token), AUTH_UNAVAILABLE);
	ck_assert(!ready(auth));
	free(token);
	tear_down(auth);
}
END_TEST

/* Calls chores as often as they ask for it, until there are keys. */
static void
do_chores_until_ready(struct auth *auth)
{
	int64_t wait;

	while (!ready(auth)) {
		wait = auth_chores(auth);
		ck_assert_int_ge(wait, 0);
		if (ready(auth))
			break;
		ck_assert_int_le(wait, 36000000);
		if (wait > 0)
			usleep((useconds_t)(wait < 10000 ? wait : 10000));
	}
}

START_TEST(issuer_may_come_later)
{
	struct auth *auth;
	char *token;

	set_up();
	loopback_set(issuer, CERTS, 503, NULL, 0);
	auth = auth_new();
	ck_assert(!ready(auth));
	token = make(&first);
	ck_assert_int_eq(check(auth, token), AUTH_UNAVAILABLE);
	ck_assert_ptr_null(why);
	ck_assert_int_eq(check(auth, "a.b.c"), AUTH_INVALID);
	ck_assert_int_eq(check_header(auth, NULL), AUTH_NONE);
	ck_assert_int_eq(check_header(auth, "Bearer"), AUTH_MALFORMED);
	ck_assert_int_eq(loopback_count(issuer, CERTS), 1);
	serve_keys(&first, 1);
	do_chores_until_ready(auth);
	ck_assert_int_eq(check(auth, token), AUTH_OK);
	free(token);
	tear_down(auth);
}
END_TEST

START_TEST(health_is_told)
{
	struct signer both[2];
	struct auth *auth;
	int64_t age = -1, us = -1;
	int keys = -1;

	set_up();
	both[0] = first;
	both[1] = second;
	serve_keys(both, 2);
	auth = auth_new();
	ck_assert(auth_ready(auth, &age, &keys, &us));
	ck_assert_int_eq(keys, 2);
	ck_assert_int_ge(age, 0);
	ck_assert_int_gt(us, 0);
	auth_free(auth);
	settings.auth_issuer = "";
	settings.auth_jwks_uri = "";
	auth = auth_new();
	ck_assert(!auth_ready(auth, &age, &keys, &us));
	ck_assert_int_eq(keys, 0);
	ck_assert_int_gt(auth_chores(auth), 0);
	tear_down(auth);
}
END_TEST

/* I is the issuer, U its host. */
static const struct {
	const char *document;
	bool good;
} discoveries[] = {
	{ "{\"issuer\":\"I\",\"jwks_uri\":\"I/certs\"}", true },
	{ "{\"issuer\":\"I/\",\"jwks_uri\":\"I/certs\"}", false },
	{ "{\"issuer\":\"U\",\"jwks_uri\":\"I/certs\"}", false },
	{ "{\"issuer\":[\"I\"],\"jwks_uri\":\"I/certs\"}", false },
	{ "{\"jwks_uri\":\"I/certs\"}", false },
	{ "{\"issuer\":\"I\"}", false },
	{ "{\"issuer\":\"I\",\"jwks_uri\":7}", false },
	{ "{\"issuer\":\"I\",\"jwks_uri\":\"I/other\"}", false },
	{ "{\"issuer\":\"I\",\"jwks_uri\":\"/realms/main/certs\"}", false },
	{ "{\"issuer\":\"I\",\"jwks_uri\":\"http://127.0.0.1:1/certs\"}",
	    false },
	{ "{\"issuer\":\"I\",\"jwks_uri\":\"file:///etc/passwd\"}", false },
	{ "{\"issuer\":\"I\",\"jwks_uri\":\"I/certs\",\"issuer\":\"I\"}",
	    false },
	{ "[]", false },
	{ "null", false },
	{ "", false },
};

START_TEST(discovery_is_checked)
{
	struct buf doc = { 0 };
	struct auth *auth;
	const char *s;

	set_up();
	settings.auth_jwks_uri = "";
	buf_adds(&doc, "");
	for (s = discoveries[_i].document; *s != '\0'; s++) {
		if (*s == 'I')
			buf_adds(&doc, issuer_url);
		else if (*s == 'U')
			buf_adds(&doc, loopback_url(issuer));
		else
			buf_addc(&doc, *s);
	}
	loopback_set(issuer, OPENID, 200, doc.data, doc.len);
	auth = auth_new();
	ck_assert_int_eq(ready(auth), discoveries[_i].good);
	ck_assert_int_eq(loopback_count(issuer, OPENID), 1);
	ck_assert_int_eq(loopback_count(issuer, CERTS), discoveries[_i].good);
	tear_down(auth);
	buf_free(&doc);
}
END_TEST

/* An address that was found is used until it fails. */
START_TEST(discovery_is_repeated_when_keys_fail)
{
	struct buf doc = { 0 };
	struct auth *auth;

	set_up();
	settings.auth_jwks_uri = "";
	settings.auth_key_ttl = 0;
	settings.auth_key_cooldown = 0;
	buf_printf(&doc, "{\"issuer\":\"%s\",\"jwks_uri\":\"%s\"}", issuer_url,
	    certs_url);
	loopback_set(issuer, OPENID, 200, doc.data, doc.len);
	auth = auth_new();
	(void)auth_chores(auth);
	ck_assert_int_eq(loopback_count(issuer, CERTS), 2);
	ck_assert_int_eq(loopback_count(issuer, OPENID), 1);
	loopback_set(issuer, CERTS, 404, NULL, 0);
	(void)auth_chores(auth);
	ck_assert_int_eq(loopback_count(issuer, OPENID), 1);
	later(1300);
	(void)auth_chores(auth);
	ck_assert_int_eq(loopback_count(issuer, OPENID), 2);
	ck_assert(ready(auth));
	tear_down(auth);
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

START_TEST(log_has_reasons_but_no_tokens)
{
	char *path = harness_file("", 0), *good, *forged;
	struct auth *auth;
	int i;

	set_up();
	settings.log_file = path;
	settings.log_file_level = CONF_file_level_debug;
	settings.log_stderr_level = CONF_stderr_level_off;
	ck_assert_int_eq(log_open("check_auth"), 0);
	settings.auth_key_ttl = 0;
	settings.auth_key_cooldown = 0;
	auth = auth_new();
	good = make(&first);
	forged = make_at(&second, first.kid, clock_wall_s());
	ck_assert_int_eq(check(auth, good), AUTH_OK);
	ck_assert_int_eq(check(auth, forged), AUTH_INVALID);
	ck_assert_int_eq(check_header(auth, "Bearer se cret"), AUTH_MALFORMED);
	loopback_set(issuer, CERTS, 500, NULL, 0);
	for (i = 0; i < 5; i++) {
		(void)auth_chores(auth);
		later(10000);
	}
	serve_keys(&first, 1);
	for (i = 0; i < 5; i++)
		(void)auth_chores(auth);
	log_close();
	ck_assert_int_eq(count_in(path, "token refused"), 2);
	ck_assert_int_eq(count_in(path, refusal_reasons[REFUSAL_SIGNATURE]), 1);
	ck_assert_int_eq(count_in(path, "key set not fetched"), 1);
	ck_assert_int_eq(count_in(path, "key set fetched again"), 1);
	ck_assert_int_eq(count_in(path, "cret"), 0);
	ck_assert_int_eq(count_in(path, strrchr(good, '.')), 0);
	ck_assert_int_eq(count_in(path, strrchr(forged, '.')), 0);
	*strchr(good, '.') = '\0';
	ck_assert_int_eq(count_in(path, good), 0);
	free(good);
	free(forged);
	tear_down(auth);
	unlink(path);
	free(path);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ headers_are_told_apart, NELEM(headers), 0 },
		{ second_look_comes_from_the_cache, 0, 0 },
		{ cache_may_be_off, 0, 0 },
		{ expired_and_early_tokens_are_told_so, 0, 0 },
		{ remembered_token_ends_in_time, NELEM(ends), 0 },
		{ nothing_is_remembered_for_long, 0, 0 },
		{ unknown_key_looks_like_a_bad_signature, 0, 0 },
		{ new_key_is_fetched_at_once_but_rarely, 0, 0 },
		{ strangers_keep_no_new_key_out, 0, 0 },
		{ failing_issuer_is_not_asked_again_and_again, 0, 0 },
		{ other_kinds_of_tokens_fetch_nothing, 0, 0 },
		{ failed_refresh_keeps_the_keys, NELEM(failures), 0 },
		{ too_large_a_set_keeps_the_keys, 0, 0 },
		{ silent_issuer_keeps_the_keys, 0, 0 },
		{ old_keys_are_fetched_again_between_requests, 0, 0 },
		{ keys_may_be_too_old, 0, 0 },
		{ issuer_may_come_later, 0, 0 },
		{ health_is_told, 0, 0 },
		{ discovery_is_checked, NELEM(discoveries), 0 },
		{ discovery_is_repeated_when_keys_fail, 0, 0 },
		{ log_has_reasons_but_no_tokens, 0, 0 },
	};
	int status;

	signer_init(&first, ALG_ES256, "first", 0);
	signer_init(&second, ALG_ES256, "second", 0);
	status = harness_run("auth", tests, NELEM(tests));
	signer_clear(&first);
	signer_clear(&second);
	return status;
}
