/* SPDX-License-Identifier: ISC */
/* Published tokens as they stand, and keys at the edge of what is one. */
#include "config.h"

#include "lib/harness.h"

#include "auth/auth_own.h"
#include "oidc/jwks.h"
#include "oidc/jwks_key.h"
#include "text/json.h"

#define ALL ((1u << ALG__MAX) - 1)

#define FRODO                                                                  \
	"SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0"         \
	"IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlv"         \
	"dSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcg"         \
	"d2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4"

#define JOE                                                                    \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l"         \
	"eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

static const char published_keys[] =
    "{\"keys\":["
    "{\"kty\":\"RSA\",\"kid\":\"bilbo.baggins@hobbiton.example\","
    "\"use\":\"sig\",\"n\":\"n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZd"
    "R8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMa"
    "JMRBSFKrKb2wqVwGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3R"
    "BordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bT"
    "wJlsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKw"
    "uCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHd"
    "rNP5zw\",\"e\":\"AQAB\"}"
    ","
    "{\"kty\":\"EC\",\"kid\":\"bilbo.baggins@hobbiton.example\","
    "\"use\":\"sig\",\"crv\":\"P-521\",\"x\":\"AHKZLLOsCOzz5cY97e"
    "wNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRX"
    "YgCF5cj0Kt\",\"y\":\"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kf"
    "mC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1\"}"
    ","
    "{\"kty\":\"oct\",\"kid\":\"018c0ae5-4d9b-471b-bfd6-eef314bc7"
    "037\",\"use\":\"sig\",\"alg\":\"HS256\",\"k\":\"hJtXIZ2uSN5k"
    "bQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg\"}"
    "]}";

static const struct {
	const char *where;
	enum refusal why;
	const char *token;
} published[] = {
	{ "RFC 7515, A.1: HMAC", REFUSAL_ALG,
	    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." JOE
	    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" },
	{ "A.2: RS256, without a kid", REFUSAL_KID,
	    "eyJhbGciOiJSUzI1NiJ9." JOE
	    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5"
	    "RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAc"
	    "QjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQ"
	    "BMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsq"
	    "tFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98r"
	    "qVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw" },
	{ "A.3: ES256, the same", REFUSAL_KID,
	    "eyJhbGciOiJFUzI1NiJ9." JOE
	    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8"
	    "ISlSApmWQxfKTUJqPP3-Kg6NU1Q" },
	{ "A.4: ES512", REFUSAL_ALG,
	    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZ"
	    "FVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7Xdt"
	    "AG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vc"
	    "nwNrmxYbSW9ERBXukOXolLzeO_Jn" },
	{ "A.5: no signature", REFUSAL_SHAPE, "eyJhbGciOiJub25lIn0." JOE "." },
	{ "A.7: flattened JSON", REFUSAL_SHAPE,
	    "{\"payload\":\"" JOE
	    "\",\"protected\":\"eyJhbGciOiJFUzI1NiJ9\",\"header\":{\"kid"
	    "\":\"e9bc097a-ce51-4036-9562-d2ade882db0d\"},\"signature\":"
	    "\"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa"
	    "8ISlSApmWQxfKTUJqPP3-Kg6NU1Q\"}" },
	{ "A.6: general JSON", REFUSAL_SHAPE,
	    "{\"payload\":\"" JOE
	    "\",\"signatures\":[{\"protected\":\"eyJhbGciOiJSUzI1NiJ9\","
	    "\"header\":{\"kid\":\"2010-12-29\"},\"signature\":\"cC4hiUPo"
	    "j9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuH"
	    "Im4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
	    "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07"
	    "Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6Bf"
	    "I7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIh"
	    "WkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw\"},{\"protected\":\"eyJhb"
	    "GciOiJFUzI1NiJ9\",\"header\":{\"kid\":\"e9bc097a-ce51-4036-9"
	    "562-d2ade882db0d\"},\"signature\":\"DtEhU3ljbEg8L38VWAfUAqOy"
	    "KAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU"
	    "1Q\"}]}" },
	{ "RFC 7520, 4.1: RS256", REFUSAL_NONE,
	    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24u"
	    "ZXhhbXBsZSJ9." FRODO
	    ".MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtaino"
	    "FmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA78185hX"
	    "-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5"
	    "aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_de3xyIr"
	    "DaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJ"
	    "ushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg" },
	{ "4.2: PS384", REFUSAL_ALG,
	    "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24u"
	    "ZXhhbXBsZSJ9." FRODO
	    ".cu22eBqkYDKgIlTpzDXGvaFfz6WGoz7fUDcfT0kkOy42miAh2qyBzk1xEsn"
	    "k2IpN6-tPid6VrklHkqsGqDqHCdP6O8TTB5dDDItllVo6_1OLPpcbUrhiUSM"
	    "xbbXUvdvWXzg-UD8biiReQFlfz28zGWVsdiNAUf8ZnyPEgVFn442ZdNqiVJR"
	    "mBqrYRXe8P_ijQ7p8Vdz0TTrxUeT3lm8d9shnr2lfJT8ImUjvAA2Xez2Mlp8"
	    "cBE5awDzT0qI0n6uiP1aCN_2_jLAeQTlqRHtfa64QQSUmFAAjVKPbByi7xho"
	    "0uTOcbH510a6GYmJUAfmWjwZ6oD4ifKo8DYM-X72Eaw" },
	{ "4.3: ES512", REFUSAL_ALG,
	    "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24u"
	    "ZXhhbXBsZSJ9." FRODO
	    ".AE_R_YZCChjn4791jSQCrdPZCNYqHXCTZH0-JZGYNlaAjP2kqaluUIIUnC9"
	    "qvbu9Plon7KRTzoNEuT4Va2cmL1eJAQy3mtPBu_u_sDDyYjnAMDxXPn7XrT0"
	    "lw-kvAD890jl8e2puQens_IEKBpHABlsbEPX6sFY8OcGDqoRuBomu9xQ2" },
	{ "4.4: HMAC", REFUSAL_ALG,
	    "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2"
	    "LWVlZjMxNGJjNzAzNyJ9." FRODO
	    ".s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1Md7p0" },
	{ "4.5: detached", REFUSAL_SHAPE,
	    "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2"
	    "LWVlZjMxNGJjNzAzNyJ9..s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMDA7g1"
	    "Md7p0" },
	{ "4.6: part of the header outside", REFUSAL_SHAPE,
	    "{\"payload\":\"" FRODO
	    "\",\"protected\":\"eyJhbGciOiJIUzI1NiJ9\",\"header\":{\"kid"
	    "\":\"018c0ae5-4d9b-471b-bfd6-eef314bc7037\"},\"signature\":"
	    "\"bWUSVaxorn7bEF1djytBd0kHv70Ly5pvbomzMWSOr20\"}" },
	{ "4.7: all of the header outside", REFUSAL_SHAPE,
	    "{\"payload\":\"" FRODO
	    "\",\"header\":{\"alg\":\"HS256\",\"kid\":\"018c0ae5-4d9b-471"
	    "b-bfd6-eef314bc7037\"},\"signature\":\"xuLifqLGiblpv9zBpuZcz"
	    "WhNj1gARaLV3UxvxhJxZuk\"}" },
	{ "4.8: three signatures", REFUSAL_SHAPE,
	    "{\"payload\":\"" FRODO
	    "\",\"signatures\":[{\"protected\":\"eyJhbGciOiJSUzI1NiJ9\","
	    "\"header\":{\"kid\":\"bilbo.baggins@hobbiton.example\"},\"si"
	    "gnature\":\"MIsjqtVlOpa71KE-Mss8_Nq2YH4FGhiocsqrgi5NvyG53uoi"
	    "mic1tcMdSg-qptrzZc7CG6Svw2Y13TDIqHzTUrL_lR2ZFcryNFiHkSw129Eg"
	    "hGpwkpxaTn_THJTCglNbADko1MZBCdwzJxwqZc-1RlpO2HibUYyXSwO97BSe"
	    "0_evZKdjvvKSgsIqjytKSeAMbhMBdMma622_BG5t4sdbuCHtFjp9iJmkio47"
	    "AIwqkZV1aIZsv33uPUqBBCXbYoQJwt7mxPftHmNlGoOSMxR_3thmXTCm4US-"
	    "xiNOyhbm8afKK64jU6_TPtQHiJeQJxz9G3Tx-083B745_AfYOnlC9w\"},{"
	    "\"header\":{\"alg\":\"ES512\",\"kid\":\"bilbo.baggins@hobbit"
	    "on.example\"},\"signature\":\"ARcVLnaJJaUWG8fG-8t5BREVAuTY8n"
	    "8YHjwDO1muhcdCoFZFFjfISu0Cdkn9Ybdlmi54ho0x924DUz8sK7ZXkhc7AF"
	    "M8ObLfTvNCrqcI3Jkl2U5IX3utNhODH6v7xgy1Qahsn0fyb4zSAkje8bAWz4"
	    "vIfj5pCMYxxm4fgV3q7ZYhm5eD\"},{\"protected\":\"eyJhbGciOiJIU"
	    "zI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjN"
	    "zAzNyJ9\",\"signature\":\"s0h6KThzkfBBBkLspW1h84VsJZFTsPPqMD"
	    "A7g1Md7p0\"}]}" },
	{ "RFC 7797, 4.2: payload as it is", REFUSAL_SHAPE,
	    "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..ci"
	    "ks0B6Hs-amhOqxI5_iG6mPKnMDlWCb7J2Wu7mtIcg" },
	{ "RFC 8037, A.4: Ed25519, without a kid", REFUSAL_KID,
	    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgy"
	    "Y0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5"
	    "BhVsPt9g7sVvpAr_MuM0KAg" },
};

static struct token_rules rules = {
	.issuer = "joe",
	.audience = "errand-api",
	.client = "errand-api",
	.algs = ALL,
	.limit = 8192,
	.leeway = 30,
};

static enum refusal
judge(const char *text, const struct jwks *set, struct arena *a,
    struct token *t)
{
	enum refusal why = token_open(text, strlen(text), &rules, a, t);
	const struct jwks_key *key;
	bool known;

	if (why != REFUSAL_NONE)
		return why;
	key = jwks_find(set, t->kid, t->kid_len, t->alg, &known);
	if (key == NULL)
		return known ? REFUSAL_KEY_ALG : REFUSAL_KEY;
	return token_verify(t, key, a);
}

/* All of them are genuine: what is refused is refused for its kind, although
 * the key that it was made with is at hand. */
START_TEST(published_tokens_are_judged)
{
	const char *why, *text = published[_i].token;
	struct jwks *set =
	    jwks_parse(published_keys, strlen(published_keys), ALL, &why);
	struct arena *a = arena_new();
	struct claims claims;
	struct token t;
	enum refusal got;

	ck_assert_ptr_nonnull(set);
	got = judge(text, set, a, &t);
	ck_assert_msg(got == published[_i].why, "%s: wanted \"%s\", got \"%s\"",
	    published[_i].where, refusal_reasons[published[_i].why],
	    refusal_reasons[got]);
	if (got == REFUSAL_NONE) {
		char *other = arena_strdup(a, text);

		/* the text that they sign is no JSON */
		ck_assert_int_eq(claims_read(&t, &rules, 0, a, &claims),
		    REFUSAL_PAYLOAD);
		other[strlen(other) - 9] ^= 1;
		ck_assert_int_eq(judge(other, set, a, &t), REFUSAL_SIGNATURE);
	}
	arena_free(a);
	jwks_free(set);
}
END_TEST

/* Points whose order divides 8: with one of them as key anybody can sign. */
#define Y_0 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define Y_8 "JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_"
#define Y_9 "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA"
#define Y_P "_______________________________________"

static const struct {
	enum alg alg;
	bool good;
	const char *x;
	const char *y;
} edge_keys[] = {
	/* x = 5 is on the curve; it may be written short, but not as 5 + p */
	{ ALG_ES256, true, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAU",
	    "RZJDuapYGAb-kTvOmYF63hHKUDxk2aPFM0FcCDJI-8w" },
	{ ALG_ES256, true, "BQ",
	    "RZJDuapYGAb-kTvOmYF63hHKUDxk2aPFM0FcCDJI-8w" },
	{ ALG_ES256, false, "_____wAAAAEAAAAAAAAAAAAAAAEAAAAAAAAAAAAAAAQ",
	    "RZJDuapYGAb-kTvOmYF63hHKUDxk2aPFM0FcCDJI-8w" },
	{ ALG_ES256, false, "BQ", "BQ" },
	/* RFC 8032, 7.1, and the same with one of them replaced */
	{ ALG_EDDSA, true, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
	    NULL },
	{ ALG_EDDSA, false, Y_0 "AA", NULL },
	{ ALG_EDDSA, false, Y_0 "IA", NULL },
	{ ALG_EDDSA, false,
	    "AQ"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	    NULL },
	{ ALG_EDDSA, false,
	    "AQ"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIA",
	    NULL },
	{ ALG_EDDSA, false, Y_8 "AU", NULL },
	{ ALG_EDDSA, false, Y_8 "IU", NULL },
	{ ALG_EDDSA, false, Y_9 "3o", NULL },
	{ ALG_EDDSA, false, Y_9 "_o", NULL },
	{ ALG_EDDSA, false, "7P" Y_P "38", NULL }, /* p - 1 */
	{ ALG_EDDSA, false, "7P" Y_P "_8", NULL },
	/* y must be below p, whatever its order */
	{ ALG_EDDSA, false, "7f" Y_P "38", NULL }, /* p */
	{ ALG_EDDSA, false, "7v" Y_P "_8", NULL }, /* p + 1 */
	{ ALG_EDDSA, false, "8P" Y_P "38", NULL }, /* p + 3 */
	{ ALG_EDDSA, false, "__" Y_P "38", NULL }, /* p + 18 */
	{ ALG_EDDSA, true, "6v" Y_P "38", NULL },  /* p - 3 */
	/* RFC 8032, 7.4: a key of Ed448 under the name of the other */
	{ ALG_EDDSA, false,
	    "X9dEm1m0Yf0s54fsYWrUah2hNCSFpw4fig6nXYDpZ3jt8SR2m0bHBhvWeD3x5Q9s"
	    "0foavq_oJWGA",
	    NULL },
};

START_TEST(edge_keys_are_judged)
{
	char text[512];
	struct json_object *jwk;
	struct json_fault fault;
	EVP_PKEY *key;

	if (edge_keys[_i].y != NULL)
		snprintf(text, sizeof(text),
		    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\","
		    "\"y\":\"%s\"}",
		    edge_keys[_i].x, edge_keys[_i].y);
	else
		snprintf(text, sizeof(text),
		    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"}",
		    edge_keys[_i].x);
	jwk = json_read(text, strlen(text), 4, &fault);
	ck_assert_ptr_nonnull(jwk);
	key = jwks_key_build(jwk, edge_keys[_i].alg);
	ck_assert_msg((key != NULL) == edge_keys[_i].good, "%s", text);
	EVP_PKEY_free(key);
	json_object_put(jwk);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ published_tokens_are_judged, NELEM(published), 0 },
		{ edge_keys_are_judged, NELEM(edge_keys), 0 },
	};
	struct rules *rights = rules_new("user", "admin");
	int status;

	rules.rights = rights;
	status = harness_run("vectors", tests, NELEM(tests));
	rules_free(rights);
	return status;
}
