/* SPDX-License-Identifier: ISC */
/* Signatures: published examples, and each algorithm against each fault. */
#include "config.h"

#include "lib/harness.h"

#include <openssl/err.h>

#include "base/codec.h"
#include "oidc/alg.h"
#include "oidc/jwks_key.h"
#include "lib/signer.h"
#include "text/json.h"

#define JOE                                                                    \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGx"  \
	"lLmNvbS9pc19yb290Ijp0cnVlfQ"

static const struct {
	enum alg alg;
	const char *jwk;
	const char *text;
	const char *sig;
} examples[] = {
	/* RFC 7515, A.2 */
	{ ALG_RS256,
	    "{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQ"
	    "oTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd"
	    "2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63k"
	    "paSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTB"
	    "QY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia"
	    "GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"}",
	    "eyJhbGciOiJSUzI1NiJ9." JOE,
	    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7A"
	    "AuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BA"
	    "ynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0Ga"
	    "rZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1p"
	    "hCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igc"
	    "N_IoypGlUPQGe77Rw" },
	/* RFC 7515, A.3 */
	{ ALG_ES256,
	    "{\"kty\":\"EC\",\"crv\":\"P-256\","
	    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
	    "eyJhbGciOiJFUzI1NiJ9." JOE,
	    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
	    "pmWQxfKTUJqPP3-Kg6NU1Q" },
	/* RFC 8037, A.4 */
	{ ALG_EDDSA,
	    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
	    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
	    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
	    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5B"
	    "hVsPt9g7sVvpAr_MuM0KAg" },
};

START_TEST(published_examples_verify)
{
	const char *jwk_text = examples[_i].jwk;
	const char *text = examples[_i].text;
	enum alg alg = examples[_i].alg;
	struct json_fault fault;
	struct json_object *jwk =
	    json_read(jwk_text, strlen(jwk_text), 4, &fault);
	uint8_t sig[512];
	EVP_PKEY *key;
	long n;

	ck_assert_ptr_nonnull(jwk);
	ck_assert_int_eq(jwks_key_alg(jwk, 1u << alg), alg);
	key = jwks_key_build(jwk, alg);
	ck_assert_ptr_nonnull(key);
	n = codec_b64url_decode(examples[_i].sig, strlen(examples[_i].sig),
	    sig);
	ck_assert_int_eq(n, (long)alg_size(alg, key));
	ck_assert(alg_verify(alg, key, text, strlen(text), sig));
	sig[n / 2] ^= 1;
	ck_assert(!alg_verify(alg, key, text, strlen(text), sig));
	EVP_PKEY_free(key);
	json_object_put(jwk);
}
END_TEST

static struct signer signers[ALG__MAX];

/* The signature of "text" by the row's signer. */
static size_t
sign_text(enum alg alg, uint8_t sig[512])
{
	struct buf b = { 0 };
	const char *dot;
	long n;

	buf_adds(&b, "text");
	signer_sign(&signers[alg], &b);
	dot = strchr(b.data, '.') + 1;
	n = codec_b64url_decode(dot, strlen(dot), sig);
	ck_assert_int_gt(n, 0);
	buf_free(&b);
	return (size_t)n;
}

START_TEST(only_the_text_that_was_signed_verifies)
{
	enum alg alg = (enum alg)_i;
	EVP_PKEY *key = signers[alg].pkey;
	uint8_t sig[512];
	size_t n = sign_text(alg, sig);

	ck_assert_uint_eq(n, alg_size(alg, key));
	ck_assert(alg_verify(alg, key, "text", 4, sig));
	ck_assert(!alg_verify(alg, key, "texT", 4, sig));
	ck_assert(!alg_verify(alg, key, "text", 3, sig));
	memset(sig, 0, n);
	ck_assert(!alg_verify(alg, key, "text", 4, sig));
	memset(sig, 0xff, n);
	ck_assert(!alg_verify(alg, key, "text", 4, sig));
	ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

START_TEST(paddings_of_rsa_are_not_mixed_up)
{
	uint8_t sig[512];

	sign_text(ALG_RS256, sig);
	ck_assert(!alg_verify(ALG_PS256, signers[ALG_RS256].pkey, "text", 4,
	    sig));
	sign_text(ALG_PS256, sig);
	ck_assert(!alg_verify(ALG_RS256, signers[ALG_PS256].pkey, "text", 4,
	    sig));
}
END_TEST

static const struct {
	const char *name;
	enum alg alg;
} names[] = {
	{ "RS256", ALG_RS256 },
	{ "PS256", ALG_PS256 },
	{ "ES256", ALG_ES256 },
	{ "ES384", ALG_ES384 },
	{ "EdDSA", ALG_EDDSA },
	{ "Ed25519", ALG_EDDSA },
	{ "rs256", ALG__MAX },
	{ "RS256 ", ALG__MAX },
	{ "RS25", ALG__MAX },
	{ "RS512", ALG__MAX },
	{ "HS256", ALG__MAX },
	{ "none", ALG__MAX },
	{ "", ALG__MAX },
};

START_TEST(names_are_exact)
{
	ck_assert_int_eq(alg_find(names[_i].name, strlen(names[_i].name)),
	    names[_i].alg);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ published_examples_verify, NELEM(examples), 0 },
		{ only_the_text_that_was_signed_verifies, ALG__MAX, 0 },
		{ paddings_of_rsa_are_not_mixed_up, 0, 0 },
		{ names_are_exact, NELEM(names), 0 },
	};
	int status, alg;

	for (alg = 0; alg < ALG__MAX; alg++)
		signer_init(&signers[alg], (enum alg)alg, alg_names[alg], 0);
	status = harness_run("alg", tests, NELEM(tests));
	for (alg = 0; alg < ALG__MAX; alg++)
		signer_clear(&signers[alg]);
	return status;
}
