/* SPDX-License-Identifier: ISC */
/* Signatures of ECDSA and Ed25519 whose numbers are at the edge. */
#include "config.h"

#include "lib/harness.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

#include "base/codec.h"
#include "oidc/alg.h"
#include "lib/signer.h"

#define TEXT "text"

static struct signer signers[ALG__MAX];

static bool
verifies(enum alg alg, const uint8_t *sig)
{
	EVP_PKEY *key = signers[alg].pkey;
	bool good = alg_verify(alg, key, TEXT, strlen(TEXT), sig);

	ck_assert_uint_eq(ERR_peek_error(), 0);
	return good;
}

static void
sign_text(enum alg alg, uint8_t sig[128])
{
	struct buf b = { 0 };
	const char *part;

	buf_adds(&b, TEXT);
	signer_sign(&signers[alg], &b);
	part = strchr(b.data, '.') + 1;
	ck_assert_int_eq(codec_b64url_decode(part, strlen(part), sig),
	    (long)alg_size(alg, signers[alg].pkey));
	buf_free(&b);
}

/* --- ECDSA --- */

/* What stands for a number: those of a good signature, or others. */
enum number {
	R,
	S,
	MINUS_R, /* n - r */
	MINUS_S,
	ZERO,
	ONE,
	N_1, /* n - 1 */
	N,
	N1,
	ONES, /* all bits */
};

/* n - s verifies wherever s does: ECDSA has two signatures for each that is
 * made, and JWA takes both.  So do we: nothing here takes the bytes of a token
 * for its name.  To the cache the other is one more token, with the same
 * claims and the same end. */
static const struct {
	enum number r, s;
	bool good;
} pairs[] = {
	{ R, S, true },
	{ R, MINUS_S, true },
	{ MINUS_R, S, false },
	{ MINUS_R, MINUS_S, false },
	{ S, R, false },
	{ R, R, false },
	{ S, S, false },
	{ ZERO, S, false },
	{ R, ZERO, false },
	{ ZERO, ZERO, false },
	{ ZERO, ONE, false },
	{ ONE, ZERO, false },
	{ ONE, ONE, false },
	{ ONE, S, false },
	{ R, ONE, false },
	{ N_1, S, false },
	{ R, N_1, false },
	{ N_1, N_1, false },
	{ N, S, false },
	{ R, N, false },
	{ N, N, false },
	{ N, ZERO, false },
	{ ZERO, N, false },
	{ N1, S, false },
	{ R, N1, false },
	{ N1, N1, false },
	{ ONES, S, false },
	{ R, ONES, false },
};

/* Puts the number into out, of so many bytes; sig is a good signature. */
static void
put_number(enum number which, const BIGNUM *n, const uint8_t *sig, size_t size,
    uint8_t *out)
{
	BIGNUM *x = BN_new();

	if (which == R || which == MINUS_R)
		BN_bin2bn(sig, (int)size, x);
	if (which == S || which == MINUS_S)
		BN_bin2bn(sig + size, (int)size, x);
	if (which == MINUS_R || which == MINUS_S)
		BN_sub(x, n, x);
	if (which >= N_1)
		BN_copy(x, n);
	if (which == ONE || which == N1)
		BN_add_word(x, 1);
	if (which == N_1)
		BN_sub_word(x, 1);
	if (which == ONES)
		memset(out, 0xff, size);
	else
		ck_assert_int_eq(BN_bn2binpad(x, out, (int)size), (int)size);
	BN_free(x);
}

START_TEST(numbers_of_ecdsa_are_in_range)
{
	enum alg alg;

	for (alg = ALG_ES256; alg <= ALG_ES384; alg++) {
		const size_t size = alg_size(alg, signers[alg].pkey) / 2;
		uint8_t sig[128], other[128];
		BIGNUM *n = NULL;

		ck_assert_int_eq(EVP_PKEY_get_bn_param(signers[alg].pkey,
				     OSSL_PKEY_PARAM_EC_ORDER, &n),
		    1);
		sign_text(alg, sig);
		put_number(pairs[_i].r, n, sig, size, other);
		put_number(pairs[_i].s, n, sig, size, other + size);
		ck_assert_int_eq(verifies(alg, other), pairs[_i].good);
		BN_free(n);
	}
}
END_TEST

/* A number may begin with zero bytes, and DER leaves them out. */
START_TEST(short_numbers_of_ecdsa_are_fine)
{
	enum alg alg = _i < 2 ? ALG_ES256 : ALG_ES384;
	const size_t size = alg_size(alg, signers[alg].pkey) / 2;
	uint8_t sig[128];
	int left = 10000;

	do
		sign_text(alg, sig);
	while (sig[_i % 2 == 0 ? 0 : size] != 0 && --left > 0);
	ck_assert_int_gt(left, 0);
	ck_assert(verifies(alg, sig));
}
END_TEST

/* --- Ed25519 --- */

#define HALF 32

/* The order of the base point, and points of small order; the lowest byte
 * first, as RFC 8032 has all numbers. */
static const uint8_t order[HALF] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12,
	0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
static const uint8_t neutral[HALF] = { 1 };
static const uint8_t neutral_with_sign[HALF] = { 1, [31] = 0x80 };
static const uint8_t neutral_above_p[HALF] = { 0xee, [1 ... 30] = 0xff, 0x7f };
static const uint8_t of_order_2[HALF] = { 0xec, [1 ... 30] = 0xff, 0x7f };
static const uint8_t of_order_4[HALF] = { 0 };

/* How s is made: the one that was signed, or h * a, which fits any R of small
 * order as far as that has no influence; then times is how often the order is
 * added. */
static const struct {
	const char *name;
	const uint8_t *r; /* NULL: that of a good signature */
	enum { SIGNED, FITTING, NOTHING } s;
	unsigned times;
	bool good;
} halves[] = {
	{ "good", NULL, SIGNED, 0, true },
	{ "s + L", NULL, SIGNED, 1, false },
	{ "s + 2 L", NULL, SIGNED, 2, false },
	{ "s + 8 L", NULL, SIGNED, 8, false },
	{ "s = 0", NULL, NOTHING, 0, false },
	{ "s = L", NULL, NOTHING, 1, false },
	/* only the owner of the key can make this one */
	{ "neutral R", neutral, FITTING, 0, true },
	{ "neutral R, s + L", neutral, FITTING, 1, false },
	{ "neutral R, s = 0", neutral, NOTHING, 0, false },
	{ "neutral R, s = L", neutral, NOTHING, 1, false },
	{ "neutral R with a sign", neutral_with_sign, FITTING, 0, false },
	{ "neutral R above p", neutral_above_p, FITTING, 0, false },
	/* those who multiply by 8 before they compare accept these */
	{ "R of order 2", of_order_2, FITTING, 0, false },
	{ "R of order 4", of_order_4, FITTING, 0, false },
};

/* SHA-512 of up to three pieces, as a number. */
static BIGNUM *
digest(const uint8_t *a, const uint8_t *b, const char *text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t out[64];
	BIGNUM *n;

	ck_assert_int_eq(EVP_DigestInit_ex(ctx, EVP_sha512(), NULL), 1);
	ck_assert_int_eq(EVP_DigestUpdate(ctx, a, HALF), 1);
	if (b != NULL)
		ck_assert_int_eq(EVP_DigestUpdate(ctx, b, HALF), 1);
	ck_assert_int_eq(EVP_DigestUpdate(ctx, text, strlen(text)), 1);
	ck_assert_int_eq(EVP_DigestFinal_ex(ctx, out, NULL), 1);
	if (b == NULL) { /* the secret number of a key */
		out[0] &= 0xf8;
		out[31] = (out[31] & 0x7f) | 0x40;
	}
	n = BN_lebin2bn(out, b == NULL ? HALF : 64, NULL);
	EVP_MD_CTX_free(ctx);
	return n;
}

/* h * a for that R. */
static BIGNUM *
fitting(const uint8_t *r, const BIGNUM *l)
{
	EVP_PKEY *key = signers[ALG_EDDSA].pkey;
	BN_CTX *ctx = BN_CTX_new();
	uint8_t secret[HALF], public[HALF];
	size_t len = HALF;
	BIGNUM *a, *h;

	ck_assert_int_eq(EVP_PKEY_get_raw_private_key(key, secret, &len), 1);
	ck_assert_int_eq(EVP_PKEY_get_raw_public_key(key, public, &len), 1);
	a = digest(secret, NULL, "");
	h = digest(r, public, TEXT);
	ck_assert_int_eq(BN_mod_mul(h, h, a, l, ctx), 1);
	BN_free(a);
	BN_CTX_free(ctx);
	return h;
}

START_TEST(one_signature_of_ed25519_is_accepted)
{
	BIGNUM *l = BN_lebin2bn(order, HALF, NULL), *s;
	uint8_t sig[128];
	unsigned i;

	sign_text(ALG_EDDSA, sig);
	if (halves[_i].r != NULL)
		memcpy(sig, halves[_i].r, HALF);
	if (halves[_i].s == SIGNED)
		s = BN_lebin2bn(sig + HALF, HALF, NULL);
	else if (halves[_i].s == FITTING)
		s = fitting(sig, l);
	else
		s = BN_new();
	for (i = 0; i < halves[_i].times; i++)
		ck_assert_int_eq(BN_add(s, s, l), 1);
	ck_assert_int_eq(BN_bn2lebinpad(s, sig + HALF, HALF), HALF);
	ck_assert_msg(verifies(ALG_EDDSA, sig) == halves[_i].good, "%s",
	    halves[_i].name);
	BN_free(s);
	BN_free(l);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ numbers_of_ecdsa_are_in_range, NELEM(pairs), 0 },
		{ short_numbers_of_ecdsa_are_fine, 4, 0 },
		{ one_signature_of_ed25519_is_accepted, NELEM(halves), 0 },
	};
	int status, alg;

	for (alg = ALG_ES256; alg < ALG__MAX; alg++)
		signer_init(&signers[alg], (enum alg)alg, alg_names[alg], 0);
	status = harness_run("alg_curves", tests, NELEM(tests));
	for (alg = ALG_ES256; alg < ALG__MAX; alg++)
		signer_clear(&signers[alg]);
	return status;
}
