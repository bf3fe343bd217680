/* SPDX-License-Identifier: ISC */
/* What errandctl issues, errand.fcgi accepts. */
#include "config.h"

#include "lib/harness.h"

#include <openssl/pem.h>
#include <sys/stat.h>

#include "auth/auth_own.h"
#include "base/clock.h"
#include "base/codec.h"
#include "oidc/jwks.h"
#include "lib/signer.h"
#include "ctl/token_issue.h"
#include "ctl/token_key.h"

#define ALL ((1u << ALG__MAX) - 1)

static struct token_rules rules = {
	.owner = "sub",
	.issuer = "https://sso.example/realms/main",
	.audience = "errand-api",
	.client = "errand-api",
	.algs = ALL,
	.limit = 8192,
	.leeway = 30,
	.max_lifetime = 86400,
};

/* The key in a file; the caller unlinks and frees the path. */
static char *
write_key(EVP_PKEY *pkey)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem, *path;
	long len;

	ck_assert_int_eq(PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0,
			     NULL, NULL),
	    1);
	len = BIO_get_mem_data(bio, &pem);
	path = harness_file(pem, (size_t)len);
	BIO_free(bio);
	return path;
}

static enum refusal
judge(const struct token_key *key, const char *token, struct arena *a,
    struct claims *claims)
{
	struct json_object *doc = token_key_set(key);
	const char *text = json_object_to_json_string(doc), *why;
	struct jwks *set = jwks_parse(text, strlen(text), ALL, &why);
	const struct jwks_key *found;
	enum refusal refusal;
	struct token t;
	bool known;

	ck_assert_ptr_nonnull(set);
	ck_assert_ptr_nonnull(token);
	refusal = token_open(token, strlen(token), &rules, a, &t);
	if (refusal == REFUSAL_NONE) {
		found = jwks_find(set, t.kid, t.kid_len, t.alg, &known);
		ck_assert_ptr_nonnull(found);
		refusal = token_verify(&t, found, a);
	}
	if (refusal == REFUSAL_NONE)
		refusal = claims_read(&t, &rules, clock_wall_s(), a, claims);
	jwks_free(set);
	json_object_put(doc);
	return refusal;
}

/* Issues with typ in the header, judges, and releases all but the claims. */
static void
issue(const struct token_key *key, const char *typ, struct arena *a,
    struct claims *claims)
{
	struct json_object *roles = json_object_new_array();
	const struct token_wish wish = { rules.issuer, rules.audience, "alice",
		"alice@example.org", roles, 300 };
	struct json_object *header = token_issue_header(key), *body;
	char *token;

	json_object_array_add(roles, json_object_new_string("admin"));
	body = token_issue_claims(&wish);
	json_object_object_add(header, "typ", json_object_new_string(typ));
	token = token_issue_sign(key, header, body);
	ck_assert_int_eq(judge(key, token, a, claims), REFUSAL_NONE);
	free(token);
	json_object_put(header);
	json_object_put(body);
	json_object_put(roles);
}

/* With JWT, libjwt signs if it can; with at+jwt, OpenSSL. */
START_TEST(issued_tokens_are_accepted)
{
	static const char *const typs[] = { "JWT", "at+jwt" };
	enum alg alg = (enum alg)_i;
	struct signer s;
	struct token_key key;
	struct claims claims;
	struct arena *a = arena_new();
	char *path;
	size_t i;

	signer_init(&s, alg, "", 0);
	path = write_key(s.pkey);
	ck_assert_int_eq(token_key_open(&key, path, alg_names[alg]), 0);
	ck_assert_int_eq(key.alg, alg);
	for (i = 0; i < NELEM(typs); i++) {
		issue(&key, typs[i], a, &claims);
		ck_assert_str_eq(claims.who.username, "alice");
		ck_assert_str_eq(claims.who.email, "alice@example.org");
		ck_assert(rights_has(&claims.who.rights, ROLE_ADMIN));
		ck_assert_int_eq(claims.until - claims.from, 300);
	}
	arena_free(a);
	token_key_close(&key);
	signer_clear(&s);
	unlink(path);
	free(path);
}
END_TEST

/* RFC 8037, A.1 and A.3 */
START_TEST(kid_is_the_thumbprint)
{
	static const char d[] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
	struct token_key key;
	uint8_t raw[32];
	EVP_PKEY *pkey;
	char *path;

	ck_assert_int_eq(codec_b64url_decode(d, strlen(d), raw), 32);
	pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw, 32);
	path = write_key(pkey);
	ck_assert_int_eq(token_key_open(&key, path, NULL), 0);
	ck_assert_int_eq(key.alg, ALG_EDDSA);
	ck_assert_str_eq(key.kid,
	    "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
	token_key_close(&key);
	EVP_PKEY_free(pkey);
	unlink(path);
	free(path);
}
END_TEST

START_TEST(new_keys_are_private)
{
	char *path = harness_file("", 0);
	struct token_key key;
	struct stat st;

	ck_assert_int_eq(token_key_create(path), -1); /* it exists */
	unlink(path);
	ck_assert_int_eq(token_key_create(path), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(token_key_open(&key, path, NULL), 0);
	ck_assert_int_eq(key.alg, ALG_RS256);
	ck_assert_int_eq(EVP_PKEY_get_bits(key.pkey), 2048);
	token_key_close(&key);
	unlink(path);
	free(path);
}
END_TEST

/* Which algorithms each of the keys refuses. */
START_TEST(keys_sign_what_suits_them)
{
	static const char *const names[] = { "RS256", "PS256", "ES256", "ES384",
		"EdDSA", "HS256", "none", "" };
	struct token_key key;
	struct signer s;
	char *path;
	size_t i;

	signer_init(&s, (enum alg)_i, "", 0);
	path = write_key(s.pkey);
	for (i = 0; i < NELEM(names); i++) {
		bool rsa = _i <= ALG_PS256 && i <= ALG_PS256;
		int want = rsa || i == (size_t)_i ? 0 : -1;

		ck_assert_int_eq(token_key_open(&key, path, names[i]), want);
		token_key_close(&key);
	}
	signer_clear(&s);
	unlink(path);
	free(path);
}
END_TEST

START_TEST(other_files_are_refused)
{
	static const char *const texts[] = {
		"", "hello",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
	};
	struct token_key key;
	char *path;
	size_t i;

	for (i = 0; i < NELEM(texts); i++) {
		path = harness_file(texts[i], strlen(texts[i]));
		ck_assert_int_eq(token_key_open(&key, path, NULL), -1);
		token_key_close(&key);
		unlink(path);
		free(path);
	}
	ck_assert_int_eq(token_key_open(&key, "/nonexistent", NULL), -1);
	token_key_close(&key);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ issued_tokens_are_accepted, ALG__MAX, 0 },
		{ kid_is_the_thumbprint, 0, 0 },
		{ new_keys_are_private, 0, 0 },
		{ keys_sign_what_suits_them, ALG__MAX, 0 },
		{ other_files_are_refused, 0, 0 },
	};
	struct rules *rights = rules_new("user", "admin");
	int status;

	rules.rights = rights;
	status = harness_run("token_issue", tests, NELEM(tests));
	rules_free(rights);
	return status;
}
