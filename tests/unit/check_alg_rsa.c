/* SPDX-License-Identifier: ISC */
/* RSA signatures that are almost right: their numbers and their paddings. */
#include "config.h"

#include "lib/harness.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "oidc/alg.h"

#define SIZE 256 /* bytes of the modulus */
#define TEXT "text"

static EVP_PKEY *keys[2]; /* of exponent 65537 and 3 */
static BIGNUM *moduli[2];

static void
set_up(void)
{
	static const unsigned exponents[2] = { 65537, 3 };
	int i;

	for (i = 0; i < 2; i++) {
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
		BIGNUM *e = BN_new();

		if (ctx == NULL || e == NULL ||
		    BN_set_word(e, exponents[i]) != 1 ||
		    EVP_PKEY_keygen_init(ctx) != 1 ||
		    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 8 * SIZE) != 1 ||
		    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) != 1 ||
		    EVP_PKEY_generate(ctx, &keys[i]) != 1 ||
		    EVP_PKEY_get_bn_param(keys[i], "n", &moduli[i]) != 1)
			abort();
		BN_free(e);
		EVP_PKEY_CTX_free(ctx);
	}
}

static void
tear_down(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		EVP_PKEY_free(keys[i]);
		BN_free(moduli[i]);
	}
}

/* The number to the power of the public or the private exponent. */
static void
power(EVP_PKEY *key, bool private, uint8_t bytes[SIZE])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t out[SIZE];
	size_t len = SIZE;

	if (private) {
		ck_assert_int_eq(EVP_PKEY_decrypt_init(ctx), 1);
		ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(ctx,
				     RSA_NO_PADDING),
		    1);
		ck_assert_int_eq(EVP_PKEY_decrypt(ctx, out, &len, bytes, SIZE),
		    1);
	} else {
		ck_assert_int_eq(EVP_PKEY_encrypt_init(ctx), 1);
		ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(ctx,
				     RSA_NO_PADDING),
		    1);
		ck_assert_int_eq(EVP_PKEY_encrypt(ctx, out, &len, bytes, SIZE),
		    1);
	}
	ck_assert_uint_eq(len, SIZE);
	memcpy(bytes, out, SIZE);
	EVP_PKEY_CTX_free(ctx);
}

/* What a signature of PSS is made with. */
struct pss {
	const char *md;
	const char *mgf;
	int salt;
};

static void
sign_pss(const struct pss *p, const char *text, uint8_t sig[SIZE])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;
	size_t len = SIZE;

	ck_assert_int_eq(EVP_DigestSignInit(ctx, &pctx,
			     EVP_get_digestbyname(p->md), NULL, keys[0]),
	    1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(pctx,
			     RSA_PKCS1_PSS_PADDING),
	    1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, p->salt), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_mgf1_md(pctx,
			     EVP_get_digestbyname(p->mgf)),
	    1);
	ck_assert_int_eq(EVP_DigestSign(ctx, sig, &len,
			     (const unsigned char *)text, strlen(text)),
	    1);
	EVP_MD_CTX_free(ctx);
}

static bool
verifies(enum alg alg, const char *text, const uint8_t sig[SIZE])
{
	bool good = alg_verify(alg, keys[0], text, strlen(text), sig);

	ck_assert_uint_eq(ERR_peek_error(), 0);
	return good;
}

/* --- numbers --- */

START_TEST(numbers_outside_are_refused)
{
	BIGNUM *number = _i < 2 ? BN_new() : BN_dup(moduli[0]);
	uint8_t sig[SIZE];
	int alg;

	/* 0, 1; n - 1, n, n + 1 */
	if (_i == 1 || _i == 4)
		ck_assert_int_eq(BN_add_word(number, 1), 1);
	if (_i == 2)
		ck_assert_int_eq(BN_sub_word(number, 1), 1);
	ck_assert_int_eq(BN_bn2binpad(number, sig, SIZE), SIZE);
	for (alg = ALG_RS256; alg <= ALG_PS256; alg++)
		ck_assert(!verifies((enum alg)alg, TEXT, sig));
	BN_free(number);
}
END_TEST

/* s and s + n are the same to the power of e, but only one is a signature.
 * The sum has the same length for some texts only. */
START_TEST(sum_with_the_modulus_is_refused)
{
	static const struct pss good = { "SHA256", "SHA256", 32 };
	uint8_t sig[SIZE];
	BIGNUM *s = NULL;
	int left = 1000;

	do {
		sign_pss(&good, TEXT, sig);
		s = BN_bin2bn(sig, SIZE, s);
		ck_assert_int_eq(BN_add(s, s, moduli[0]), 1);
	} while (BN_num_bytes(s) > SIZE && --left > 0);
	ck_assert(verifies(ALG_PS256, TEXT, sig));
	ck_assert_int_eq(BN_bn2binpad(s, sig, SIZE), SIZE);
	ck_assert(!verifies(ALG_PS256, TEXT, sig));
	BN_free(s);
}
END_TEST

/* --- PKCS #1, version 1.5 --- */

/* What stands before the digest, and its length. */
#define INFO(bytes) bytes, sizeof(bytes) - 1
#define OID         "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"
#define GOOD        INFO("\x30\x31\x30\x0d" OID "\x01\x05\x00\x04\x20")

static const struct {
	const char *name;
	const char *info;
	size_t info_len;
	uint8_t lead, type; /* the first two bytes */
	int pad;            /* how many 0xff; 0: as many as it takes */
	uint8_t separator;
	int last_pad; /* the last of them; 0: 0xff as well */
	bool good;
} paddings[] = {
	{ "right", GOOD, 0, 1, 0, 0, 0, true },
	{ "type 2", GOOD, 0, 2, 0, 0, 0, false },
	{ "type 0", GOOD, 0, 0, 0, 0, 0, false },
	{ "first byte", GOOD, 1, 1, 0, 0, 0, false },
	{ "no separator", GOOD, 0, 1, 0, 0xff, 0, false },
	{ "another pad byte", GOOD, 0, 1, 0, 0, 0xfe, false },
	{ "no pad bytes, garbage behind", GOOD, 0, 1, -1, 0, 0, false },
	{ "7 pad bytes", GOOD, 0, 1, 7, 0, 0, false },
	{ "8 pad bytes, garbage behind", GOOD, 0, 1, 8, 0, 0, false },
	{ "100 pad bytes", GOOD, 0, 1, 100, 0, 0, false },
	{ "201 pad bytes, one byte behind", GOOD, 0, 1, 201, 0, 0, false },
	{ "no NULL", INFO("\x30\x2f\x30\x0b" OID "\x01\x04\x20"), 0, 1, 0, 0, 0,
	    false },
	{ "NULL of one byte",
	    INFO("\x30\x32\x30\x0e" OID "\x01\x05\x01\x00\x04\x20"), 0, 1, 0, 0,
	    0, false },
	{ "another parameter",
	    INFO("\x30\x31\x30\x0d" OID "\x01\x04\x00\x04\x20"), 0, 1, 0, 0, 0,
	    false },
	{ "OID of SHA-384", INFO("\x30\x31\x30\x0d" OID "\x02\x05\x00\x04\x20"),
	    0, 1, 0, 0, 0, false },
	{ "OID of SHA-512", INFO("\x30\x31\x30\x0d" OID "\x03\x05\x00\x04\x20"),
	    0, 1, 0, 0, 0, false },
	{ "OID of SHA3-256",
	    INFO("\x30\x31\x30\x0d" OID "\x08\x05\x00\x04\x20"), 0, 1, 0, 0, 0,
	    false },
	{ "OID of SHA-1",
	    INFO("\x30\x2d\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04"
		 "\x20"),
	    0, 1, 0, 0, 0, false },
	{ "long form of the outer length",
	    INFO("\x30\x81\x31\x30\x0d" OID "\x01\x05\x00\x04\x20"), 0, 1, 0, 0,
	    0, false },
	{ "long form of the inner length",
	    INFO("\x30\x32\x30\x0d" OID "\x01\x05\x00\x04\x81\x20"), 0, 1, 0, 0,
	    0, false },
	{ "indefinite length",
	    INFO("\x30\x80\x30\x0d" OID "\x01\x05\x00\x04\x20"), 0, 1, 0, 0, 0,
	    false },
	{ "length too large",
	    INFO("\x30\x31\x30\x0d" OID "\x01\x05\x00\x04\x21"), 0, 1, 0, 0, 0,
	    false },
	{ "digest only", INFO(""), 0, 1, 0, 0, 0, false },
};

/* The padded digest of TEXT, as the row says; what is left over is filled. */
static void
pad(int row, uint8_t em[SIZE])
{
	const size_t info_len = paddings[row].info_len;
	size_t n = SIZE - 3 - 32 - info_len;
	uint8_t *at = em + 2;
	unsigned len;

	memset(em, 0xaa, SIZE);
	em[0] = paddings[row].lead;
	em[1] = paddings[row].type;
	if (paddings[row].pad != 0)
		n = paddings[row].pad < 0 ? 0 : (size_t)paddings[row].pad;
	memset(at, paddings[row].type == 0 ? 0 : 0xff, n);
	at += n;
	if (paddings[row].last_pad != 0)
		at[-1] = (uint8_t)paddings[row].last_pad;
	*at++ = paddings[row].separator;
	memcpy(at, paddings[row].info, info_len);
	at += info_len;
	ck_assert_int_eq(EVP_Digest(TEXT, strlen(TEXT), at, &len, EVP_sha256(),
			     NULL),
	    1);
}

START_TEST(one_padding_is_accepted)
{
	uint8_t em[SIZE];

	pad(_i, em);
	power(keys[0], true, em);
	ck_assert_msg(verifies(ALG_RS256, TEXT, em) == paddings[_i].good, "%s",
	    paddings[_i].name);
}
END_TEST

/* Right as it is, but without the digest's last byte, and shifted. */
START_TEST(shortened_padding_is_refused)
{
	uint8_t em[SIZE];

	pad(0, em);
	memmove(em + 3, em + 2, SIZE - 3);
	em[2] = 0xff;
	power(keys[0], true, em);
	ck_assert(!verifies(ALG_RS256, TEXT, em));
}
END_TEST

/* The largest number whose cube is not above n. */
static BIGNUM *
cube_root(const BIGNUM *n)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *root = BN_new(), *cube = BN_new();
	int bit;

	for (bit = BN_num_bits(n) / 3 + 1; bit >= 0; bit--) {
		BN_set_bit(root, bit);
		BN_sqr(cube, root, ctx);
		BN_mul(cube, cube, root, ctx);
		if (BN_cmp(cube, n) > 0)
			BN_clear_bit(root, bit);
	}
	BN_free(cube);
	BN_CTX_free(ctx);
	return root;
}

/* Whoever looks at the front of the padding only can be cheated by anybody if
 * the exponent is 3: among all that may stand behind, there is a cube. */
START_TEST(cube_is_no_signature)
{
	uint8_t em[SIZE], cube[SIZE], sig[SIZE];
	BIGNUM *n, *root;
	size_t len = SIZE;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	pad(8, em); /* 8 pad bytes, garbage behind */
	n = BN_bin2bn(em, SIZE, NULL);
	root = cube_root(n);
	ck_assert_int_eq(BN_bn2binpad(root, sig, SIZE), SIZE);
	memcpy(cube, sig, SIZE);
	power(keys[1], false, cube);
	ck_assert_int_eq(memcmp(cube, em, 2 + 8 + 1 + 19 + 32), 0);
	ck_assert(!alg_verify(ALG_RS256, keys[1], TEXT, strlen(TEXT), sig));
	ck_assert_int_eq(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL,
			     keys[1]),
	    1);
	ck_assert_int_eq(EVP_DigestSign(ctx, sig, &len,
			     (const unsigned char *)TEXT, strlen(TEXT)),
	    1);
	ck_assert(alg_verify(ALG_RS256, keys[1], TEXT, strlen(TEXT), sig));
	EVP_MD_CTX_free(ctx);
	BN_free(root);
	BN_free(n);
}
END_TEST

/* --- PSS --- */

static const struct {
	struct pss how;
	bool good;
} pss[] = {
	{ { "SHA256", "SHA256", 32 }, true },
	{ { "SHA256", "SHA256", 0 }, false },
	{ { "SHA256", "SHA256", 20 }, false },
	{ { "SHA256", "SHA256", 31 }, false },
	{ { "SHA256", "SHA256", 33 }, false },
	{ { "SHA256", "SHA256", RSA_PSS_SALTLEN_MAX }, false },
	{ { "SHA256", "SHA1", 32 }, false },
	{ { "SHA256", "SHA384", 32 }, false },
	{ { "SHA256", "SHA512", 32 }, false },
	{ { "SHA1", "SHA256", 32 }, false },
	{ { "SHA384", "SHA256", 32 }, false },
	{ { "SHA384", "SHA384", 48 }, false },
	{ { "SHA512", "SHA512", 64 }, false },
	{ { "SHA512-256", "SHA512-256", 32 }, false },
};

START_TEST(pss_is_as_the_algorithm_says)
{
	uint8_t sig[SIZE];

	sign_pss(&pss[_i].how, TEXT, sig);
	ck_assert_int_eq(verifies(ALG_PS256, TEXT, sig), pss[_i].good);
}
END_TEST

static const struct {
	size_t at; /* of the padded digest */
	uint8_t flip;
	bool good;
} flips[] = {
	{ 0, 0x00, true },
	{ 0, 0x80, false }, /* the bit that no number below n needs */
	{ 0, 0x01, false }, /* the padding in front of the salt */
	{ SIZE - 1 - 32 - 32 - 1, 0x01, false }, /* the byte 1 behind it */
	{ SIZE - 1 - 32 - 32, 0x01, false },     /* the salt */
	{ SIZE - 1 - 32, 0x01, false },          /* the digest */
	{ SIZE - 2, 0x80, false },
	{ SIZE - 1, 0x01, false }, /* the trailer, 0xbc */
	{ SIZE - 1, 0x70, false }, /* 0xcc, of another standard */
};

/* The first bit can only be flipped if the number stays below n. */
START_TEST(padding_of_pss_is_looked_at)
{
	uint8_t em[SIZE];
	BIGNUM *n = NULL;
	int left = 1000;

	do {
		sign_pss(&pss[0].how, TEXT, em);
		power(keys[0], false, em);
		ck_assert_uint_eq(em[SIZE - 1], 0xbc);
		em[flips[_i].at] ^= flips[_i].flip;
		n = BN_bin2bn(em, SIZE, n);
	} while (BN_cmp(n, moduli[0]) >= 0 && --left > 0);
	power(keys[0], true, em);
	ck_assert_int_eq(verifies(ALG_PS256, TEXT, em), flips[_i].good);
	BN_free(n);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ numbers_outside_are_refused, 5, 0 },
		{ sum_with_the_modulus_is_refused, 0, 0 },
		{ one_padding_is_accepted, NELEM(paddings), 0 },
		{ shortened_padding_is_refused, 0, 0 },
		{ cube_is_no_signature, 0, 0 },
		{ pss_is_as_the_algorithm_says, NELEM(pss), 0 },
		{ padding_of_pss_is_looked_at, NELEM(flips), 0 },
	};
	int status;

	set_up();
	status = harness_run("alg_rsa", tests, NELEM(tests));
	tear_down();
	return status;
}
