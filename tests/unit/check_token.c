/* SPDX-License-Identifier: ISC */
/* Tokens of which each breaks one rule, and those that break none. */
#include "config.h"

#include "lib/harness.h"

#include <openssl/pem.h>

#include "auth/auth_own.h"
#include "oidc/jwks.h"
#include "lib/signer.h"

#define ALL ((1u << ALG__MAX) - 1)
#define NOW 1760317600
#define ISS "\"https://sso.example/realms/main\""
#define SUB "\"7a1b8f9e-4f0e-4a51-9d52-0c1b5d6f7a80\""

/* The header of RS256's token; kid and alg are names of a signer. */
static const struct signer_member header[] = {
	{ "alg", "\"RS256\"" },
	{ "typ", "\"JWT\"" },
	{ "kid", "\"RS256\"" },
	{ NULL, NULL },
};

static const struct signer_member payload[] = {
	{ "exp", "1760317800" },
	{ "iat", "1760317500" },
	{ "jti", "\"onrtro:66c1cd5d-57c4-c35f-104b-726b2bcab29d\"" },
	{ "iss", ISS },
	{ "aud", "[\"errand-api\",\"account\"]" },
	{ "sub", SUB },
	{ "typ", "\"Bearer\"" },
	{ "azp", "\"errand-cli\"" },
	{ "sid", "\"5QaUnpXnFTUxl1Hv6CQTTRfD\"" },
	{ "acr", "\"1\"" },
	{ "realm_access", "{\"roles\":[\"offline_access\",\"user\"]}" },
	{ "resource_access", "{\"account\":{\"roles\":[\"view-profile\"]}}" },
	{ "scope", "\"profile email\"" },
	{ "email_verified", "true" },
	{ "preferred_username", "\"alice\"" },
	{ "email", "\"alice@example.org\"" },
	{ NULL, NULL },
};

static struct signer signers[ALG__MAX];
static struct signer stranger; /* RS256, in no key set */

static const char *const clients[] = { "errand-cli", "errand-web" };

static struct token_rules keycloak = {
	.issuer = "https://sso.example/realms/main",
	.audience = "errand-api",
	.client = "errand-api",
	.owner = "sub",
	.algs = ALL,
	.limit = 8192,
	.leeway = 30,
	.max_lifetime = 86400,
};

/* Puts a token through everything. */
static enum refusal
judge(const char *token, const struct token_rules *rules, int64_t now,
    struct arena *a, struct claims *claims)
{
	struct buf b = { 0 };
	const char *why;
	struct jwks *set;
	const struct jwks_key *key;
	size_t len = strlen(token);
	char *exact = harness_exact(token, len);
	struct token t;
	enum refusal refusal;
	bool known;

	signer_add_set(signers, ALG__MAX, &b);
	set = jwks_parse(b.data, b.len, rules->algs, &why);
	ck_assert_ptr_nonnull(set);
	refusal = token_open(exact, len, rules, a, &t);
	if (refusal == REFUSAL_NONE) {
		key = jwks_find(set, t.kid, t.kid_len, t.alg, &known);
		refusal = known ? REFUSAL_KEY_ALG : REFUSAL_KEY;
		if (key != NULL)
			refusal = token_verify(&t, key, a);
		if (refusal == REFUSAL_NONE)
			refusal = claims_read(&t, rules, now, a, claims);
	}
	jwks_free(set);
	buf_free(&b);
	free(exact);
	return refusal;
}

static void
expect(const char *token, const struct token_rules *rules, int64_t now,
    enum refusal want)
{
	struct arena *a = arena_new();
	struct claims claims;
	enum refusal got = judge(token, rules, now, a, &claims);

	ck_assert_msg(got == want, "wanted \"%s\", got \"%s\" for %s",
	    refusal_reasons[want], refusal_reasons[got], token);
	if (got == REFUSAL_NONE)
		ck_assert_ptr_nonnull(claims.who.subject);
	arena_free(a);
}

/* A token of that signer with one member of header or payload changed. */
static char *
make(const struct signer *s, const char *in_header, const char *in_payload,
    const char *value)
{
	struct buf h = { 0 }, p = { 0 };
	char *token;

	signer_add_object(&h, header, in_header, value);
	signer_add_object(&p, payload, in_payload, value);
	token = signer_token(s, h.data, p.data);
	buf_free(&h);
	buf_free(&p);
	return token;
}

static char *
make_plain(void)
{
	return make(&signers[ALG_RS256], NULL, NULL, NULL);
}

START_TEST(good_tokens_of_all_algorithms_are_accepted)
{
	struct buf h = { 0 }, p = { 0 };
	const char *name = alg_names[_i];
	char *token;

	buf_printf(&h, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"%s\"}", name,
	    name);
	signer_add_object(&p, payload, NULL, NULL);
	token = signer_token(&signers[_i], h.data, p.data);
	expect(token, &keycloak, NOW, REFUSAL_NONE);
	free(token);
	buf_free(&h);
	buf_free(&p);
}
END_TEST

START_TEST(eddsa_has_two_names)
{
	struct buf p = { 0 };
	char *token;

	signer_add_object(&p, payload, NULL, NULL);
	token = signer_token(&signers[ALG_EDDSA],
	    "{\"alg\":\"Ed25519\",\"kid\":\"EdDSA\"}", p.data);
	expect(token, &keycloak, NOW, REFUSAL_NONE);
	free(token);
	buf_free(&p);
}
END_TEST

/* h, p and s are the parts of a good token. */
static const struct {
	const char *form;
	enum refusal want;
} forms[] = {
	{ "h.p.s", REFUSAL_NONE },
	{ "", REFUSAL_SHAPE },
	{ ".", REFUSAL_SHAPE },
	{ "..", REFUSAL_SHAPE },
	{ "h", REFUSAL_SHAPE },
	{ "h.p", REFUSAL_SHAPE },
	{ "h.p.", REFUSAL_SHAPE },
	{ "h..s", REFUSAL_SHAPE },
	{ ".p.s", REFUSAL_SHAPE },
	{ "h.p.s.", REFUSAL_SHAPE },
	{ "h.p.s.s", REFUSAL_SHAPE },
	{ "h.p.s.s.s", REFUSAL_SHAPE },
	{ "h.p.s=", REFUSAL_SHAPE },
	{ "h.p.s\n", REFUSAL_SHAPE },
	{ "h.p. s", REFUSAL_SHAPE },
	{ " h.p.s", REFUSAL_SHAPE },
	{ "h.p+.s", REFUSAL_SHAPE },
	{ "h.p/.s", REFUSAL_SHAPE },
	{ "h.p.s\xff", REFUSAL_SHAPE },
	{ "{\"protected\":\"h\"}", REFUSAL_SHAPE },
	{ "A.p.s", REFUSAL_HEADER },
	{ "AAAAA.p.s", REFUSAL_HEADER },
	{ "hA.p.s", REFUSAL_HEADER },
	{ "hAAAA.p.s", REFUSAL_HEADER },
	{ "p.h.s", REFUSAL_ALG },
	{ "h.pAAAA.s", REFUSAL_SIGNATURE },
	{ "h.h.s", REFUSAL_SIGNATURE },
	{ "h.p.A", REFUSAL_ENCODING },
	{ "h.p.sA", REFUSAL_SIZE },
	{ "h.p.AA", REFUSAL_SIZE },
	{ "h.p.AAs", REFUSAL_SIZE },
	{ "h.p.sss", REFUSAL_SIZE },
	{ "h.p.h", REFUSAL_SIZE },
};

START_TEST(one_shape_is_accepted)
{
	char *good = make_plain(), *p = strchr(good, '.');
	char *s = strrchr(good, '.');
	struct buf b = { 0 };
	const char *f;

	*p++ = '\0';
	*s++ = '\0';
	buf_adds(&b, "");
	for (f = forms[_i].form; *f != '\0'; f++) {
		if (*f == 'h' && f[1] != '"')
			buf_adds(&b, good);
		else if (*f == 'p' && f[1] != 'r')
			buf_adds(&b, p);
		else if (*f == 's')
			buf_adds(&b, s);
		else
			buf_addc(&b, *f);
	}
	expect(b.data, &keycloak, NOW, forms[_i].want);
	buf_free(&b);
	free(good);
}
END_TEST

/* The unused bits at the end of a signature are zero and stay so. */
START_TEST(signature_has_one_spelling)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				     "nopqrstuvwxyz0123456789-_";
	char *token = make_plain();
	char *last = token + strlen(token) - 1;

	*last = digits[strchr(digits, *last) - digits + 1];
	expect(token, &keycloak, NOW, REFUSAL_ENCODING);
	free(token);
}
END_TEST

/* Parts whose spelling was signed as it is. */
static const struct {
	const char *header; /* NULL: the good one */
	const char *payload;
	enum refusal want;
} spellings[] = {
	{ NULL, NULL, REFUSAL_NONE }, { "e30", NULL, REFUSAL_ALG }, /* {} */
	{ "e31", NULL, REFUSAL_HEADER }, /* {} with unused bits set */
	{ NULL, "e30", REFUSAL_ISS }, { NULL, "e31", REFUSAL_PAYLOAD },
	{ NULL, "e", REFUSAL_PAYLOAD }, { NULL, "AAAA", REFUSAL_PAYLOAD },
	{ NULL, "W10", REFUSAL_PAYLOAD },     /* [] */
	{ NULL, "bnVsbA", REFUSAL_PAYLOAD },  /* null */
	{ NULL, "e30AAA", REFUSAL_PAYLOAD },  /* {} and two NUL bytes */
	{ NULL, "77u_e30", REFUSAL_PAYLOAD }, /* byte-order mark and {} */
};

START_TEST(parts_have_one_spelling)
{
	struct buf b = { 0 }, object = { 0 };

	if (spellings[_i].header == NULL) {
		signer_add_object(&object, header, NULL, NULL);
		signer_add_part(&b, object.data);
	} else {
		buf_adds(&b, spellings[_i].header);
	}
	buf_addc(&b, '.');
	buf_clear(&object);
	if (spellings[_i].payload == NULL) {
		signer_add_object(&object, payload, NULL, NULL);
		signer_add_part(&b, object.data);
	} else {
		buf_adds(&b, spellings[_i].payload);
	}
	signer_sign(&signers[ALG_RS256], &b);
	expect(b.data, &keycloak, NOW, spellings[_i].want);
	buf_free(&object);
	buf_free(&b);
}
END_TEST

struct member_case {
	const char *name;
	const char *value; /* NULL: left out */
	enum refusal want;
};

#define K128                                                                   \
	"0123456789012345678901234567890123456789012345678901234567890123"     \
	"0123456789012345678901234567890123456789012345678901234567890123"
#define DEEP "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"

static const struct member_case headers[] = {
	{ "alg", NULL, REFUSAL_ALG },
	{ "alg", "\"none\"", REFUSAL_ALG },
	{ "alg", "\"None\"", REFUSAL_ALG },
	{ "alg", "\"NONE\"", REFUSAL_ALG },
	{ "alg", "\"nOnE\"", REFUSAL_ALG },
	{ "alg", "\"\"", REFUSAL_ALG },
	{ "alg", "\"HS256\"", REFUSAL_ALG },
	{ "alg", "\"HS512\"", REFUSAL_ALG },
	{ "alg", "\"RS512\"", REFUSAL_ALG },
	{ "alg", "\"ES512\"", REFUSAL_ALG },
	{ "alg", "\"rs256\"", REFUSAL_ALG },
	{ "alg", "\"RS256\\u0000\"", REFUSAL_ALG },
	{ "alg", "[\"RS256\"]", REFUSAL_ALG },
	{ "alg", "256", REFUSAL_ALG },
	{ "alg", "null", REFUSAL_ALG },
	{ "alg", "\"PS256\"", REFUSAL_KEY_ALG },
	{ "alg", "\"ES256\"", REFUSAL_KEY_ALG },
	{ "alg", "\"EdDSA\"", REFUSAL_KEY_ALG },
	{ "crit", "[\"exp\"]", REFUSAL_CRIT },
	{ "crit", "[\"b64\"]", REFUSAL_CRIT },
	{ "crit", "[]", REFUSAL_CRIT },
	{ "crit", "null", REFUSAL_CRIT },
	{ "b64", "false", REFUSAL_CRIT },
	{ "b64", "true", REFUSAL_CRIT },
	{ "zip", "\"DEF\"", REFUSAL_CRIT },
	{ "cty", "\"JWT\"", REFUSAL_CRIT },
	{ "typ", NULL, REFUSAL_NONE },
	{ "typ", "\"jwt\"", REFUSAL_NONE },
	{ "typ", "\"at+jwt\"", REFUSAL_NONE },
	{ "typ", "\"AT+JWT\"", REFUSAL_NONE },
	{ "typ", "\"application/at+jwt\"", REFUSAL_NONE },
	{ "typ", "\"logout+jwt\"", REFUSAL_TYP },
	{ "typ", "\"dpop+jwt\"", REFUSAL_TYP },
	{ "typ", "\"JWE\"", REFUSAL_TYP },
	{ "typ", "\"JWT\\u0000\"", REFUSAL_TYP },
	{ "typ", "\"\"", REFUSAL_TYP },
	{ "typ", "null", REFUSAL_TYP },
	{ "typ", "[\"JWT\"]", REFUSAL_TYP },
	{ "kid", NULL, REFUSAL_KID },
	{ "kid", "\"\"", REFUSAL_KID },
	{ "kid", "null", REFUSAL_KID },
	{ "kid", "256", REFUSAL_KID },
	{ "kid", "[\"RS256\"]", REFUSAL_KID },
	{ "kid", "\"" K128 "x\"", REFUSAL_KID },
	{ "kid", "\"" K128 "\"", REFUSAL_KEY },
	{ "kid", "\"rs256\"", REFUSAL_KEY },
	{ "kid", "\"RS256\\u0000\"", REFUSAL_KEY },
	{ "kid", "\"../../dev/null\"", REFUSAL_KEY },
	{ "kid", "\"PS256\"", REFUSAL_KEY_ALG },
	{ "kid", "\"EdDSA\"", REFUSAL_KEY_ALG },
	{ "jku", "\"https://evil.example/keys\"", REFUSAL_NONE },
	{ "x5u", "\"https://evil.example/keys\"", REFUSAL_NONE },
	{ "x5c", "[\"MIIB\"]", REFUSAL_NONE },
	{ "x5t", "\"abc\"", REFUSAL_NONE },
	{ "jwk", "{\"kty\":\"oct\",\"k\":\"AA\"}", REFUSAL_NONE },
	{ "x\",\"alg\":\"RS256\",\"y", "1", REFUSAL_HEADER }, /* twice */
	{ "x", "1,\"\\u0061lg\":\"none\"", REFUSAL_HEADER },
	{ "x", "NaN", REFUSAL_HEADER },
	{ "x", "1,", REFUSAL_HEADER },
	{ "x", "'y'", REFUSAL_HEADER },
	{ "x", "\"\xc0\xaf\"", REFUSAL_HEADER },
	{ "x", DEEP, REFUSAL_HEADER },
};

START_TEST(each_rule_of_the_header_holds)
{
	const struct member_case *c = &headers[_i];
	char *token = make(&signers[ALG_RS256], c->name, NULL, c->value);

	expect(token, &keycloak, NOW, c->want);
	free(token);
}
END_TEST

START_TEST(header_has_a_size)
{
	struct buf b = { 0 };
	char *token;

	buf_printf(&b, "\"%*s\"", 1900, "");
	token = make(&signers[ALG_RS256], "x", NULL, b.data);
	expect(token, &keycloak, NOW, REFUSAL_NONE);
	free(token);
	buf_clear(&b);
	buf_printf(&b, "\"%*s\"", 2048, "");
	token = make(&signers[ALG_RS256], "x", NULL, b.data);
	expect(token, &keycloak, NOW, REFUSAL_HEADER);
	free(token);
	buf_free(&b);
}
END_TEST

START_TEST(token_has_a_size)
{
	struct token_rules rules = keycloak;
	struct buf b = { 0 };
	char *token;
	size_t len;

	buf_printf(&b, "\"%*s\"", 4900, "");
	token = make(&signers[ALG_RS256], NULL, "x", b.data);
	len = strlen(token);
	ck_assert_uint_lt(len, keycloak.limit);
	expect(token, &keycloak, NOW, REFUSAL_NONE);
	free(token);
	buf_clear(&b);
	buf_printf(&b, "\"%*s\"", 4900 + (int)(keycloak.limit - len), "");
	token = make(&signers[ALG_RS256], NULL, "x", b.data);
	ck_assert_uint_gt(strlen(token), keycloak.limit);
	expect(token, &keycloak, NOW, REFUSAL_LENGTH);
	free(token);
	/* Others may allow more. */
	buf_clear(&b);
	buf_printf(&b, "\"%*s\"", 40000, "");
	token = make(&signers[ALG_RS256], NULL, "x", b.data);
	expect(token, &keycloak, NOW, REFUSAL_LENGTH);
	rules.limit = 65536;
	expect(token, &rules, NOW, REFUSAL_NONE);
	free(token);
	buf_free(&b);
}
END_TEST

START_TEST(only_configured_algorithms_are_accepted)
{
	struct token_rules rules = keycloak;
	char *token = make_plain();

	rules.algs = 1u << ALG_ES256 | 1u << ALG_PS256;
	expect(token, &rules, NOW, REFUSAL_ALG);
	free(token);
}
END_TEST

START_TEST(signatures_of_strangers_are_refused)
{
	char *token = make(&stranger, NULL, NULL, NULL);

	expect(token, &keycloak, NOW, REFUSAL_SIGNATURE);
	free(token);
}
END_TEST

/* What every bit of the signature is worth. */
START_TEST(changed_signatures_are_refused)
{
	char *token = make_plain();
	size_t start = (size_t)(strrchr(token, '.') - token) + 1;
	size_t i, len = strlen(token);

	for (i = start; i < len - 1; i += 37) {
		char was = token[i];

		token[i] = was == 'A' ? 'B' : 'A';
		expect(token, &keycloak, NOW, REFUSAL_SIGNATURE);
		token[i] = was;
	}
	free(token);
}
END_TEST

START_TEST(changed_tokens_are_refused)
{
	struct arena *a = arena_new();
	char *token = make_plain();
	size_t i, len = strlen(token);
	struct claims claims;

	for (i = 0; i < len; i += 5) {
		char was = token[i];

		token[i] = was == 'e' ? 'f' : 'e';
		ck_assert_int_ne(judge(token, &keycloak, NOW, a, &claims),
		    REFUSAL_NONE);
		token[i] = was;
		arena_reset(a);
	}
	arena_free(a);
	free(token);
}
END_TEST

/* The public key, which everybody has, as the secret of an HMAC. */
START_TEST(public_key_is_no_secret)
{
	static const char *const algs[] = { "\"HS256\"", "\"RS256\"" };
	BIO *bio = BIO_new(BIO_s_mem());
	struct buf b = { 0 }, object = { 0 };
	char *pem;
	long len;
	size_t i;

	ck_assert_int_eq(PEM_write_bio_PUBKEY(bio, signers[ALG_RS256].pkey), 1);
	len = BIO_get_mem_data(bio, &pem);
	for (i = 0; i < NELEM(algs); i++) {
		buf_clear(&b);
		buf_clear(&object);
		signer_add_object(&object, header, "alg", algs[i]);
		signer_add_part(&b, object.data);
		buf_addc(&b, '.');
		buf_clear(&object);
		signer_add_object(&object, payload, NULL, NULL);
		signer_add_part(&b, object.data);
		signer_hmac(pem, (size_t)len, &b);
		expect(b.data, &keycloak, NOW,
		    i == 0 ? REFUSAL_ALG : REFUSAL_SIZE);
	}
	buf_free(&object);
	buf_free(&b);
	BIO_free(bio);
}
END_TEST

#define N255                                                                   \
	K128                                                                   \
	    "012345678901234567890123456789012345678901234567890123456789012"  \
	    "3012345678901234567890123456789012345678901234567890123456789012"

static const struct member_case claims_cases[] = {
	{ "iss", NULL, REFUSAL_ISS },
	{ "iss", "null", REFUSAL_ISS },
	{ "iss", "\"\"", REFUSAL_ISS },
	{ "iss", "[" ISS "]", REFUSAL_ISS },
	{ "iss", "\"https://sso.example/realms/main/\"", REFUSAL_ISS },
	{ "iss", "\"https://SSO.example/realms/main\"", REFUSAL_ISS },
	{ "iss", "\"https://sso.example:443/realms/main\"", REFUSAL_ISS },
	{ "iss", "\"http://sso.example/realms/main\"", REFUSAL_ISS },
	{ "iss", "\"https://sso.example/realms/other\"", REFUSAL_ISS },
	{ "iss", "\"https://sso.example/realms/main\\u0000\"", REFUSAL_ISS },
	{ "iss", "\"https:\\/\\/sso.example\\/realms\\/main\"", REFUSAL_NONE },
	{ "aud", "\"errand-api\"", REFUSAL_NONE },
	{ "aud", "[\"errand-api\"]", REFUSAL_NONE },
	{ "aud", "[\"a\",\"b\",\"errand-api\"]", REFUSAL_NONE },
	{ "aud", NULL, REFUSAL_AUD },
	{ "aud", "null", REFUSAL_AUD },
	{ "aud", "\"\"", REFUSAL_AUD },
	{ "aud", "[]", REFUSAL_AUD },
	{ "aud", "\"account\"", REFUSAL_AUD },
	{ "aud", "\"errand-ap\"", REFUSAL_AUD },
	{ "aud", "\"errand-api2\"", REFUSAL_AUD },
	{ "aud", "\"ERRAND-API\"", REFUSAL_AUD },
	{ "aud", "\"account errand-api\"", REFUSAL_AUD },
	{ "aud", "\"errand-api\\u0000\"", REFUSAL_AUD },
	{ "aud", "[[\"errand-api\"]]", REFUSAL_AUD },
	{ "aud", "{\"errand-api\":1}", REFUSAL_AUD },
	{ "aud", "[\"errand-api\",7]", REFUSAL_AUD },
	{ "aud", "[\"errand-api\",null]", REFUSAL_AUD },
	{ "exp", NULL, REFUSAL_EXP },
	{ "exp", "null", REFUSAL_EXP },
	{ "exp", "true", REFUSAL_EXP },
	{ "exp", "\"1760317800\"", REFUSAL_EXP },
	{ "exp", "1760317800.0", REFUSAL_EXP },
	{ "exp", "1760317800.9", REFUSAL_EXP },
	{ "exp", "1.7603178e9", REFUSAL_EXP },
	{ "exp", "1e300", REFUSAL_EXP },
	{ "exp", "[1760317800]", REFUSAL_EXP },
	{ "exp", "0", REFUSAL_EXP },
	{ "exp", "-1", REFUSAL_EXP },
	{ "exp", "253402300800", REFUSAL_EXP },
	{ "exp", "1760317800000", REFUSAL_EXP }, /* milliseconds */
	{ "exp", "9223372036854775807", REFUSAL_EXP },
	{ "exp", "9223372036854775808", REFUSAL_EXP },
	{ "exp", "18446744073709551616", REFUSAL_EXP },
	{ "exp", "1760317571", REFUSAL_NONE },    /* 29 s ago */
	{ "exp", "1760317570", REFUSAL_EXPIRED }, /* 30 s ago */
	{ "exp", "1", REFUSAL_EXPIRED },
	{ "exp", "1760403900", REFUSAL_NONE }, /* iat and a day */
	{ "exp", "1760403901", REFUSAL_LIFETIME },
	{ "exp", "253402300799", REFUSAL_LIFETIME },
	{ "iat", NULL, REFUSAL_IAT },
	{ "iat", "null", REFUSAL_IAT },
	{ "iat", "\"1760317500\"", REFUSAL_IAT },
	{ "iat", "1760317500.5", REFUSAL_IAT },
	{ "iat", "-1", REFUSAL_IAT },
	{ "iat", "1e300", REFUSAL_IAT },
	{ "iat", "1760317630", REFUSAL_NONE }, /* in 30 s */
	{ "iat", "1760317631", REFUSAL_IAT_EARLY },
	{ "iat", "0", REFUSAL_LIFETIME },
	{ "nbf", "0", REFUSAL_NONE },
	{ "nbf", "1760317630", REFUSAL_NONE },
	{ "nbf", "1760317631", REFUSAL_NBF_EARLY },
	{ "nbf", "253402300799", REFUSAL_NBF_EARLY },
	{ "nbf", "253402300800", REFUSAL_NBF },
	{ "nbf", "-1", REFUSAL_NBF },
	{ "nbf", "null", REFUSAL_NBF },
	{ "nbf", "\"0\"", REFUSAL_NBF },
	{ "nbf", "0.5", REFUSAL_NBF },
	{ "typ", NULL, REFUSAL_CLAIM_TYP },
	{ "typ", "null", REFUSAL_CLAIM_TYP },
	{ "typ", "\"bearer\"", REFUSAL_CLAIM_TYP },
	{ "typ", "\"ID\"", REFUSAL_CLAIM_TYP },
	{ "typ", "\"Refresh\"", REFUSAL_CLAIM_TYP },
	{ "typ", "\"Offline\"", REFUSAL_CLAIM_TYP },
	{ "typ", "\"Logout\"", REFUSAL_CLAIM_TYP },
	{ "typ", "\"DPoP\"", REFUSAL_CLAIM_TYP },
	{ "sub", NULL, REFUSAL_SUB },
	{ "sub", "null", REFUSAL_SUB },
	{ "sub", "\"\"", REFUSAL_SUB },
	{ "sub", "7", REFUSAL_SUB },
	{ "sub", "[" SUB "]", REFUSAL_SUB },
	{ "sub", "\"a\\u0000b\"", REFUSAL_SUB },
	{ "sub", "\"a\\nb\"", REFUSAL_SUB },
	{ "sub", "\"a\\u007fb\"", REFUSAL_SUB },
	{ "sub", "\"a\\u009bb\"", REFUSAL_SUB },
	{ "sub", "\"" N255 "\"", REFUSAL_NONE },
	{ "sub", "\"" N255 "x\"", REFUSAL_SUB },
	{ "sub", "\"J\\u00f6rg\"", REFUSAL_NONE },
	{ "azp", NULL, REFUSAL_NONE },
	{ "azp", "7", REFUSAL_NONE },
	{ "cnf", "{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}",
	    REFUSAL_CNF },
	{ "cnf",
	    "{\"x5t#S256\":\"bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"
	    "\"}",
	    REFUSAL_CNF },
	{ "cnf", "{}", REFUSAL_CNF },
	{ "cnf", "null", REFUSAL_CNF },
	{ "jti", NULL, REFUSAL_NONE },
	{ "sid", NULL, REFUSAL_NONE },
	{ "realm_access", NULL, REFUSAL_NONE },
	{ "x\",\"exp\":1760317800,\"y", "1", REFUSAL_PAYLOAD }, /* twice */
	{ "x", "1,\"\\u0065xp\":1", REFUSAL_PAYLOAD },
	{ "exp\\u0000", "1", REFUSAL_PAYLOAD },
	{ "x", "NaN", REFUSAL_PAYLOAD },
	{ "x", "Infinity", REFUSAL_PAYLOAD },
	{ "x", "-01", REFUSAL_PAYLOAD },
	{ "x", "1e400", REFUSAL_PAYLOAD },
	{ "x", "'y'", REFUSAL_PAYLOAD },
	{ "x", "\"\t\"", REFUSAL_PAYLOAD },
	{ "x", "\"\\ud800\"", REFUSAL_PAYLOAD },
	{ "x", "\"\xc0\xaf\"", REFUSAL_PAYLOAD },
	{ "x", "1}{", REFUSAL_PAYLOAD },
	{ "x", DEEP, REFUSAL_PAYLOAD },
};

START_TEST(each_rule_of_the_claims_holds)
{
	const struct member_case *c = &claims_cases[_i];
	char *token = make(&signers[ALG_RS256], NULL, c->name, c->value);

	expect(token, &keycloak, NOW, c->want);
	free(token);
}
END_TEST

START_TEST(empty_issuer_accepts_nothing)
{
	struct token_rules rules = keycloak;
	char *token = make(&signers[ALG_RS256], NULL, "iss", "\"\"");

	rules.issuer = "";
	expect(token, &rules, NOW, REFUSAL_ISS);
	free(token);
}
END_TEST

START_TEST(lifetime_may_be_unlimited)
{
	struct token_rules rules = keycloak;
	char *token = make(&signers[ALG_RS256], NULL, "exp", "253402300799");

	rules.max_lifetime = 0;
	expect(token, &rules, NOW, REFUSAL_NONE);
	free(token);
}
END_TEST

/* Of one token, at different times. */
START_TEST(time_is_judged_by_the_clock)
{
	char *token = make_plain();

	expect(token, &keycloak, 1760317470, REFUSAL_NONE);
	expect(token, &keycloak, 1760317469, REFUSAL_IAT_EARLY);
	expect(token, &keycloak, 1760317829, REFUSAL_NONE);
	expect(token, &keycloak, 1760317830, REFUSAL_EXPIRED);
	free(token);
}
END_TEST

static const struct member_case azps[] = {
	{ "azp", "\"errand-cli\"", REFUSAL_NONE },
	{ "azp", "\"errand-web\"", REFUSAL_NONE },
	{ "azp", "\"errand\"", REFUSAL_AZP },
	{ "azp", "[\"errand-web\"]", REFUSAL_AZP },
	{ "azp", "null", REFUSAL_AZP },
	{ "azp", NULL, REFUSAL_AZP },
	{ "azp", "\"x\",\"client_id\":\"errand-web\"", REFUSAL_AZP },
};

START_TEST(clients_may_be_limited)
{
	struct token_rules rules = keycloak;
	char *token =
	    make(&signers[ALG_RS256], NULL, azps[_i].name, azps[_i].value);

	rules.azp = (struct conf_list){ NELEM(clients),
		(const char **)(uintptr_t)clients };
	expect(token, &rules, NOW, azps[_i].want);
	free(token);
}
END_TEST

/* Header typ, claim typ and client_id in the other profile. */
static const struct {
	const char *typ; /* NULL: none */
	const char *claim;
	const char *value;
	enum refusal want;
} rfc9068[] = {
	{ "\"at+jwt\"", "typ", "\"Bearer\"", REFUSAL_NONE },
	{ "\"at+jwt\"", "typ", NULL, REFUSAL_NONE },
	{ "\"Application/AT+JWT\"", "typ", NULL, REFUSAL_NONE },
	{ "\"at+jwt\"", "azp", NULL, REFUSAL_AZP },
	{ "\"JWT\"", "typ", NULL, REFUSAL_TYP },
	{ NULL, "typ", NULL, REFUSAL_TYP },
};

START_TEST(rfc9068_profile_wants_its_typ)
{
	struct token_rules rules = keycloak;
	struct buf h = { 0 }, p = { 0 };
	char *token;

	rules.rfc9068 = true;
	rules.azp = (struct conf_list){ NELEM(clients),
		(const char **)(uintptr_t)clients };
	signer_add_object(&h, header, "typ", rfc9068[_i].typ);
	signer_add_object(&p, payload, rfc9068[_i].claim, rfc9068[_i].value);
	token = signer_token(&signers[ALG_RS256], h.data, p.data);
	expect(token, &rules, NOW, rfc9068[_i].want);
	free(token);
	buf_free(&h);
	buf_free(&p);
}
END_TEST

START_TEST(rfc9068_client_id_stands_for_azp)
{
	static const struct signer_member small[] = {
		{ "exp", "1760317800" },
		{ "iat", "1760317500" },
		{ "iss", ISS },
		{ "aud", "\"errand-api\"" },
		{ "sub", SUB },
		{ "client_id", "\"errand-web\"" },
		{ NULL, NULL },
	};
	struct token_rules rules = keycloak;
	struct buf h = { 0 }, p = { 0 };
	char *token;

	rules.rfc9068 = true;
	rules.azp = (struct conf_list){ NELEM(clients),
		(const char **)(uintptr_t)clients };
	signer_add_object(&h, header, "typ", "\"at+jwt\"");
	signer_add_object(&p, small, NULL, NULL);
	token = signer_token(&signers[ALG_RS256], h.data, p.data);
	expect(token, &rules, NOW, REFUSAL_NONE);
	free(token);
	buf_free(&h);
	buf_free(&p);
}
END_TEST

static const struct {
	const char *claim;
	const char *value;
	const char *username;
	const char *email;
	bool user, admin;
} bearers[] = {
#define ALICE "alice", "alice@example.org"
	{ NULL, NULL, ALICE, true, false },
	{ "preferred_username", "\"J\\u00f6rg\"", "J\xc3\xb6rg",
	    "alice@example.org", true, false },
	{ "preferred_username", NULL, NULL, "alice@example.org", true, false },
	{ "preferred_username", "\"\"", NULL, "alice@example.org", true,
	    false },
	{ "preferred_username", "7", NULL, "alice@example.org", true, false },
	{ "preferred_username", "\"a\\u0000\"", NULL, "alice@example.org", true,
	    false },
	{ "preferred_username", "\"a\\r\\nb\"", NULL, "alice@example.org", true,
	    false },
	{ "preferred_username", "\"" N255 "\"", N255, "alice@example.org", true,
	    false },
	{ "preferred_username", "\"" N255 N255 N255 N255 "\"",
	    N255 N255 N255 N255, "alice@example.org", true, false },
	{ "preferred_username", "\"" N255 N255 N255 N255 "x\"", NULL,
	    "alice@example.org", true, false },
	{ "email", NULL, "alice", NULL, true, false },
	{ "email_verified", NULL, "alice", NULL, true, false },
	{ "email_verified", "false", "alice", NULL, true, false },
	{ "email_verified", "null", "alice", NULL, true, false },
	{ "email_verified", "\"true\"", "alice", NULL, true, false },
	{ "email_verified", "1", "alice", NULL, true, false },
	{ "email", "7", "alice", NULL, true, false },
	{ "email", "\"a@b\\nc\"", "alice", NULL, true, false },
	{ "realm_access", NULL, ALICE, false, false },
	{ "realm_access", "{}", ALICE, false, false },
	{ "realm_access", "null", ALICE, false, false },
	{ "realm_access", "[\"user\"]", ALICE, false, false },
	{ "realm_access", "{\"roles\":\"user\"}", ALICE, false, false },
	{ "realm_access", "{\"roles\":[]}", ALICE, false, false },
	{ "realm_access", "{\"roles\":[\"User\",\"users\",\"use\"]}", ALICE,
	    false, false },
	{ "realm_access", "{\"roles\":[\"user\\u0000\"]}", ALICE, false,
	    false },
	{ "realm_access", "{\"roles\":[7,null,[\"admin\"],\"user\"]}", ALICE,
	    true, false },
	{ "realm_access", "{\"roles\":[\"admin\"]}", ALICE, true, true },
	{ "realm_access", "{\"roles\":[\"user\",\"admin\"]}", ALICE, true,
	    true },
	{ "resource_access", "{\"errand-api\":{\"roles\":[\"admin\"]}}", ALICE,
	    true, true },
	{ "resource_access", "{\"other\":{\"roles\":[\"admin\"]}}", ALICE, true,
	    false },
	{ "resource_access", "{\"errand\":{\"api\":{\"roles\":[\"admin\"]}}}",
	    ALICE, true, false },
	{ "resource_access", "{\"errand-api\":[\"admin\"]}", ALICE, true,
	    false },
	{ "resource_access", "[\"admin\"]", ALICE, true, false },
	{ "roles", "[\"admin\"]", ALICE, true, false },
	{ "scope", "\"admin\"", ALICE, true, false },
};

START_TEST(bearer_is_read)
{
	char *token = make(&signers[ALG_RS256], NULL, bearers[_i].claim,
	    bearers[_i].value);
	struct arena *a = arena_new();
	struct claims c;

	ck_assert_int_eq(judge(token, &keycloak, NOW, a, &c), REFUSAL_NONE);
	ck_assert_str_eq(c.who.subject, "7a1b8f9e-4f0e-4a51-9d52-0c1b5d6f7a80");
	if (bearers[_i].username != NULL)
		ck_assert_str_eq(c.who.username, bearers[_i].username);
	else
		ck_assert_str_eq(c.who.username, c.who.subject);
	ck_assert_pstr_eq(c.who.email, bearers[_i].email);
	ck_assert_int_eq(rights_has(&c.who.rights, ROLE_USER),
	    bearers[_i].user);
	ck_assert_int_eq(rights_has(&c.who.rights, ROLE_ADMIN),
	    bearers[_i].admin);
	ck_assert_int_eq(c.until, 1760317800);
	ck_assert_int_eq(c.from, 1760317500);
	arena_free(a);
	free(token);
}
END_TEST

START_TEST(address_may_count_unverified)
{
	struct token_rules rules = keycloak;
	char *token =
	    make(&signers[ALG_RS256], NULL, "email_verified", "false");
	struct arena *a = arena_new();
	struct claims c;

	rules.unverified = true;
	ck_assert_int_eq(judge(token, &rules, NOW, a, &c), REFUSAL_NONE);
	ck_assert_str_eq(c.who.email, "alice@example.org");
	arena_free(a);
	free(token);
}
END_TEST

START_TEST(client_is_found_by_its_exact_name)
{
	struct token_rules rules = keycloak;
	char *token = make(&signers[ALG_RS256], NULL, "resource_access",
	    "{\"a.b/c\":{\"roles\":[\"boss\"]}}");
	struct arena *a = arena_new();
	struct claims c;

	rules.client = "a.b/c";
	rules.rights = rules_new("user", "boss");
	ck_assert_int_eq(judge(token, &rules, NOW, a, &c), REFUSAL_NONE);
	ck_assert(rights_has(&c.who.rights, ROLE_ADMIN));
	rules_free((struct rules *)(uintptr_t)rules.rights);
	arena_free(a);
	free(token);
}
END_TEST

/* What is told to clients stands in a quoted string of a header. */
START_TEST(texts_fit_their_header)
{
	const char *s = refusal_texts[_i];

	ck_assert(_i == REFUSAL_NONE || *s != '\0');
	ck_assert_ptr_nonnull(refusal_reasons[_i]);
	for (; *s != '\0'; s++)
		ck_assert(*s >= ' ' && *s <= '~' && *s != '"' && *s != '\\');
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ good_tokens_of_all_algorithms_are_accepted, ALG__MAX, 0 },
		{ eddsa_has_two_names, 0, 0 },
		{ one_shape_is_accepted, NELEM(forms), 0 },
		{ signature_has_one_spelling, 0, 0 },
		{ parts_have_one_spelling, NELEM(spellings), 0 },
		{ each_rule_of_the_header_holds, NELEM(headers), 0 },
		{ header_has_a_size, 0, 0 },
		{ token_has_a_size, 0, 0 },
		{ only_configured_algorithms_are_accepted, 0, 0 },
		{ signatures_of_strangers_are_refused, 0, 0 },
		{ changed_signatures_are_refused, 0, 0 },
		{ changed_tokens_are_refused, 0, 0 },
		{ public_key_is_no_secret, 0, 0 },
		{ each_rule_of_the_claims_holds, NELEM(claims_cases), 0 },
		{ empty_issuer_accepts_nothing, 0, 0 },
		{ lifetime_may_be_unlimited, 0, 0 },
		{ time_is_judged_by_the_clock, 0, 0 },
		{ clients_may_be_limited, NELEM(azps), 0 },
		{ rfc9068_profile_wants_its_typ, NELEM(rfc9068), 0 },
		{ rfc9068_client_id_stands_for_azp, 0, 0 },
		{ bearer_is_read, NELEM(bearers), 0 },
		{ address_may_count_unverified, 0, 0 },
		{ client_is_found_by_its_exact_name, 0, 0 },
		{ texts_fit_their_header, REFUSAL__MAX, 0 },
	};
	int status, alg;
	struct rules *rights = rules_new("user", "admin");

	keycloak.rights = rights;
	for (alg = 0; alg < ALG__MAX; alg++)
		signer_init(&signers[alg], (enum alg)alg, alg_names[alg], 0);
	signer_init(&stranger, ALG_RS256, "RS256", 0);
	status = harness_run("token", tests, NELEM(tests));
	for (alg = 0; alg < ALG__MAX; alg++)
		signer_clear(&signers[alg]);
	signer_clear(&stranger);
	rules_free(rights);
	return status;
}
