/* SPDX-License-Identifier: ISC */
/* Key sets: what is usable, what is passed over, what is refused whole. */
#include "config.h"

#include "lib/harness.h"

#include "oidc/jwks.h"
#include "lib/signer.h"

#define ALL ((1u << ALG__MAX) - 1)

static struct signer signers[ALG__MAX];
static struct signer weak;

static struct jwks *
parse(const struct buf *b, unsigned algs)
{
	char *text = harness_exact(b->data, b->len);
	const char *why = NULL;
	struct jwks *set = jwks_parse(text, b->len, algs, &why);

	free(text);
	if (set == NULL)
		ck_assert_ptr_nonnull(why);
	return set;
}

START_TEST(keys_of_all_types_are_found)
{
	struct buf b = { 0 };
	struct jwks *set;
	bool known;
	int i;

	signer_add_set(signers, ALG__MAX, &b);
	set = parse(&b, ALL);
	ck_assert_ptr_nonnull(set);
	ck_assert_int_eq(jwks_count(set), ALG__MAX);
	for (i = 0; i < ALG__MAX; i++) {
		const char *kid = signers[i].kid;
		const struct jwks_key *k =
		    jwks_find(set, kid, strlen(kid), (enum alg)i, &known);

		ck_assert(known);
		ck_assert_ptr_nonnull(k);
		ck_assert_str_eq(k->kid, kid);
		ck_assert_int_eq(EVP_PKEY_eq(k->key, signers[i].pkey), 1);
	}
	ck_assert_ptr_null(jwks_find(set, "RS256", 5, ALG_PS256, &known));
	ck_assert(known);
	ck_assert_ptr_null(jwks_find(set, "RS25", 4, ALG_RS256, &known));
	ck_assert(!known);
	jwks_free(set);
	buf_free(&b);
}
END_TEST

START_TEST(only_accepted_algorithms_count)
{
	struct buf b = { 0 };
	struct jwks *set;

	signer_add_set(signers, ALG__MAX, &b);
	set = parse(&b, 1u << ALG_ES384 | 1u << ALG_RS256);
	ck_assert_ptr_nonnull(set);
	ck_assert_int_eq(jwks_count(set), 2);
	jwks_free(set);
	buf_free(&b);
}
END_TEST

/* The second key of a set, its public numbers in K; the first is good. */
#define RSA_N                                                                  \
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw" \
	"-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b3269" \
	"0r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS" \
	"-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aG" \
	"hyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp"
#define RSA(kid, n_end, e)                                                     \
	"{\"kid\":" kid ",\"kty\":\"RSA\",\"n\":\"" RSA_N n_end                \
	"\",\"e\":\"" e "\""
#define GOOD_RSA RSA("\"k\"", "oQ", "AQAB")
#define EC_X     "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y     "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC(crv, x, y)                                                          \
	"{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"" crv "\",\"x\":\"" x         \
	"\",\"y\":\"" y "\""
#define OKP(crv, x)                                                            \
	"{\"kid\":\"k\",\"kty\":\"OKP\",\"crv\":\"" crv "\",\"x\":\"" x "\""
#define OKP_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define LONG_KID                                                               \
	"01234567890123456789012345678901234567890123456789012345678901234567" \
	"890123456789012345678901234567890123456789012345678901234567"

static const struct {
	const char *jwk;
	enum alg alg; /* ALG__MAX: passed over */
} entries[] = {
	{ GOOD_RSA "}", ALG_RS256 },
	{ GOOD_RSA ",\"alg\":\"RS256\",\"use\":\"sig\"}", ALG_RS256 },
	{ GOOD_RSA ",\"alg\":\"PS256\"}", ALG_PS256 },
	{ GOOD_RSA ",\"key_ops\":[\"sign\",\"verify\"]}", ALG_RS256 },
	{ GOOD_RSA ",\"x5c\":[\"MII\"],\"x5t#S256\":\"a\",\"jku\":\"b\"}",
	    ALG_RS256 },
	{ RSA("\"" LONG_KID "\"", "oQ", "AQAB") "}", ALG_RS256 },
	{ RSA("\"" LONG_KID "x\"", "oQ", "AQAB") "}", ALG__MAX },
	{ RSA("\"\"", "oQ", "AQAB") "}", ALG__MAX },
	{ RSA("7", "oQ", "AQAB") "}", ALG__MAX },
	{ RSA("null", "oQ", "AQAB") "}", ALG__MAX },
	{ GOOD_RSA ",\"use\":\"enc\"}", ALG__MAX },
	{ GOOD_RSA ",\"use\":null}", ALG__MAX },
	{ GOOD_RSA ",\"use\":\"sig\\u0000\"}", ALG__MAX },
	{ GOOD_RSA ",\"key_ops\":[\"encrypt\"]}", ALG__MAX },
	{ GOOD_RSA ",\"key_ops\":\"verify\"}", ALG__MAX },
	{ GOOD_RSA ",\"alg\":\"RSA-OAEP\"}", ALG__MAX },
	{ GOOD_RSA ",\"alg\":\"HS256\"}", ALG__MAX },
	{ GOOD_RSA ",\"alg\":\"ES256\"}", ALG__MAX },
	{ GOOD_RSA ",\"alg\":null}", ALG__MAX },
	{ GOOD_RSA ",\"alg\":\"rs256\"}", ALG__MAX },
	{ RSA("\"k\"", "oQ", "Aw") "}", ALG_RS256 },  /* e = 3 */
	{ RSA("\"k\"", "oQ", "AQ") "}", ALG__MAX },   /* e = 1 */
	{ RSA("\"k\"", "oQ", "Ag") "}", ALG__MAX },   /* e = 2 */
	{ RSA("\"k\"", "oQ", "AAAA") "}", ALG__MAX }, /* e = 0 */
	{ RSA("\"k\"", "oQ", "") "}", ALG__MAX },
	{ RSA("\"k\"", "oQ", "AQAAAAAAAAAAAQ") "}", ALG__MAX }, /* 73 bits */
	{ RSA("\"k\"", "og", "AQAB") "}", ALG__MAX }, /* an even modulus */
	{ RSA("\"k\"", "oR", "AQAB") "}", ALG__MAX }, /* unused bits set */
	{ RSA("\"k\"", "oQ==", "AQAB") "}", ALG__MAX },
	{ "{\"kid\":\"k\",\"kty\":\"RSA\",\"e\":\"AQAB\"}", ALG__MAX },
	{ "{\"kid\":\"k\",\"kty\":\"RSA\",\"n\":7,\"e\":\"AQAB\"}", ALG__MAX },
	{ "{\"kid\":\"k\",\"kty\":\"RSA\",\"n\":\"Dw\",\"e\":\"AQAB\"}",
	    ALG__MAX },
	{ EC("P-256", EC_X, EC_Y) "}", ALG_ES256 },
	{ EC("P-256", EC_Y, EC_X) "}", ALG__MAX }, /* not on the curve */
	{ EC("P-256", "AA", "AA") "}", ALG__MAX },
	{ EC("P-256", EC_X "AA", EC_Y) "}", ALG__MAX },
	{ EC("P-256", "", EC_Y) "}", ALG__MAX },
	{ EC("P-384", EC_X, EC_Y) "}", ALG__MAX },
	{ EC("P-521", EC_X, EC_Y) "}", ALG__MAX },
	{ EC("secp256k1", EC_X, EC_Y) "}", ALG__MAX },
	{ EC("P-256", EC_X, EC_Y) ",\"alg\":\"ES384\"}", ALG__MAX },
	{ EC("P-256", EC_X, EC_Y) ",\"alg\":\"RS256\"}", ALG__MAX },
	{ OKP("Ed25519", OKP_X) "}", ALG_EDDSA },
	{ OKP("Ed25519", OKP_X) ",\"alg\":\"Ed25519\"}", ALG_EDDSA },
	{ OKP("Ed25519", "AAAA") "}", ALG__MAX },
	{ OKP("Ed25519", OKP_X "AA") "}", ALG__MAX },
	{ OKP("Ed448", OKP_X) "}", ALG__MAX },
	{ OKP("X25519", OKP_X) "}", ALG__MAX },
	{ "{\"kid\":\"k\",\"kty\":\"oct\",\"k\":\"AAAA\"}", ALG__MAX },
	{ "{\"kid\":\"k\",\"kty\":\"oct\",\"k\":\"AAAA\",\"alg\":\"HS256\"}",
	    ALG__MAX },
	{ "{\"kid\":\"k\",\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\","
	  "\"pub\":\"AAAA\"}",
	    ALG__MAX },
	{ "{}", ALG__MAX },
	{ "[]", ALG__MAX },
	{ "null", ALG__MAX },
	{ "7", ALG__MAX },
	{ "\"k\"", ALG__MAX },
};

START_TEST(unusable_entries_are_passed_over)
{
	struct buf b = { 0 };
	struct jwks *set;
	const char *kid = "k";
	bool known;
	int alg;

	if (strstr(entries[_i].jwk, LONG_KID) != NULL)
		kid = LONG_KID;
	buf_printf(&b, "{\"keys\":[%s,", entries[_i].jwk);
	signer_add_jwk(&signers[ALG_EDDSA], "", &b);
	buf_adds(&b, "]}");
	set = parse(&b, ALL);
	ck_assert_ptr_nonnull(set);
	ck_assert_ptr_nonnull(jwks_find(set, "EdDSA", 5, ALG_EDDSA, &known));
	ck_assert_int_eq(jwks_count(set), entries[_i].alg == ALG__MAX ? 1 : 2);
	for (alg = 0; alg < ALG__MAX; alg++)
		ck_assert_int_eq(entries[_i].alg == (enum alg)alg,
		    jwks_find(set, kid, strlen(kid), (enum alg)alg, &known) !=
			NULL);
	jwks_free(set);
	buf_free(&b);
}
END_TEST

START_TEST(weak_keys_are_passed_over)
{
	struct buf b = { 0 };

	signer_add_set(&weak, 1, &b);
	ck_assert_ptr_null(parse(&b, ALL));
	buf_free(&b);
}
END_TEST

/* Older issuers leave the zero bytes in front of a coordinate out, which the
 * signer does as well: of a few thousand keys, some have them. */
START_TEST(short_coordinates_are_padded)
{
	struct buf b = { 0 };
	struct signer s;
	struct jwks *set;
	int left = 10000;
	bool is_short;

	do {
		signer_init(&s, ALG_ES256, "k", 0);
		buf_clear(&b);
		signer_add_set(&s, 1, &b);
		is_short =
		    strlen(strstr(b.data, "\"x\"")) <
		    strlen("\"x\":\"\",\"y\":\"\",\"use\":\"sig\"}]}") + 2 * 43;
		if (!is_short)
			signer_clear(&s);
	} while (!is_short && --left > 0);
	ck_assert(is_short);
	set = parse(&b, ALL);
	ck_assert_ptr_nonnull(set);
	jwks_free(set);
	signer_clear(&s);
	buf_free(&b);
}
END_TEST

/* RSA without alg is for RS256, or PS256 if only that is accepted. */
START_TEST(rsa_without_alg_is_for_one_algorithm)
{
	struct buf b = { 0 };
	struct jwks *set;
	bool known;

	buf_adds(&b, "{\"keys\":[" GOOD_RSA "}]}");
	set = parse(&b, ALL);
	ck_assert_ptr_nonnull(jwks_find(set, "k", 1, ALG_RS256, &known));
	ck_assert_ptr_null(jwks_find(set, "k", 1, ALG_PS256, &known));
	jwks_free(set);
	set = parse(&b, 1u << ALG_PS256);
	ck_assert_ptr_nonnull(jwks_find(set, "k", 1, ALG_PS256, &known));
	jwks_free(set);
	buf_free(&b);
}
END_TEST

START_TEST(first_of_two_with_one_kid_counts)
{
	struct signer two[2];
	struct buf b = { 0 };
	struct jwks *set;
	bool known;

	signer_init(&two[0], ALG_ES256, "k", 0);
	signer_init(&two[1], ALG_ES256, "k", 0);
	signer_add_set(two, 2, &b);
	set = parse(&b, ALL);
	ck_assert_int_eq(jwks_count(set), 1);
	ck_assert_int_eq(EVP_PKEY_eq(jwks_find(set, "k", 1, ALG_ES256, &known)
					 ->key,
			     two[0].pkey),
	    1);
	jwks_free(set);
	signer_clear(&two[0]);
	signer_clear(&two[1]);
	buf_free(&b);
}
END_TEST

static const char *const documents[] = {
	"",
	"null",
	"[]",
	"{}",
	"{\"keys\":null}",
	"{\"keys\":{}}",
	"{\"keys\":[]}",
	"{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k\",\"k\":\"AA\"}]}",
	"{\"keys\":[" GOOD_RSA "}]",
	"{\"keys\":[" GOOD_RSA "}]} x",
	"{\"keys\":[],\"keys\":[" GOOD_RSA "}]}",
	"{\"keys\":[" GOOD_RSA ",\"kid\":\"l\"}]}",
	"{\"keys\":[" GOOD_RSA ",\"x\":[[[[[[[[1]]]]]]]]}]}",
	"<html></html>",
};

START_TEST(bad_documents_are_refused_whole)
{
	struct buf b = { 0 };

	buf_adds(&b, documents[_i]);
	ck_assert_ptr_null(parse(&b, ALL));
	buf_free(&b);
}
END_TEST

START_TEST(too_many_keys_are_refused_whole)
{
	struct buf b = { 0 };
	struct jwks *set;
	int i, n;

	for (n = JWKS_KEYS_MAX; n <= JWKS_KEYS_MAX + 1; n++) {
		buf_clear(&b);
		buf_adds(&b, "{\"keys\":[" GOOD_RSA "}");
		for (i = 1; i < n; i++)
			buf_adds(&b, ",{}");
		buf_adds(&b, "]}");
		set = parse(&b, ALL);
		ck_assert_int_eq(set != NULL, n == JWKS_KEYS_MAX);
		jwks_free(set);
	}
	buf_free(&b);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ keys_of_all_types_are_found, 0, 0 },
		{ only_accepted_algorithms_count, 0, 0 },
		{ unusable_entries_are_passed_over, NELEM(entries), 0 },
		{ weak_keys_are_passed_over, 0, 0 },
		{ short_coordinates_are_padded, 0, 0 },
		{ rsa_without_alg_is_for_one_algorithm, 0, 0 },
		{ first_of_two_with_one_kid_counts, 0, 0 },
		{ bad_documents_are_refused_whole, NELEM(documents), 0 },
		{ too_many_keys_are_refused_whole, 0, 0 },
	};
	int status, alg;

	for (alg = 0; alg < ALG__MAX; alg++)
		signer_init(&signers[alg], (enum alg)alg, alg_names[alg], 0);
	signer_init(&weak, ALG_RS256, "weak", 1024);
	status = harness_run("jwks", tests, NELEM(tests));
	for (alg = 0; alg < ALG__MAX; alg++)
		signer_clear(&signers[alg]);
	signer_clear(&weak);
	return status;
}
