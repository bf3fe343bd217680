/* SPDX-License-Identifier: ISC */
/* RSA, EC and Ed25519 keys from their numbers, checked before they count. */
#include "config.h"

#include "jwks_key.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "base/codec.h"
#include "text/member.h"

#define RSA_BITS_MIN   2048
#define RSA_BITS_MAX   8192
#define RSA_E_BITS_MAX 64
#define ED25519_SIZE   32
#define NUMBER_MAX     (RSA_BITS_MAX / 8 + 1) /* bytes, with a sign byte */

static bool
key_fits(struct json_object *jwk, enum alg alg)
{
	const struct alg_row *row = &alg_rows[alg];

	return member_is(jwk, "kty", row->kty) &&
	       (row->crv == NULL || member_is(jwk, "crv", row->crv));
}

enum alg
jwks_key_alg(struct json_object *jwk, unsigned algs)
{
	bool named = member_there(jwk, "alg");
	size_t len = 0;
	const char *name = member_text(jwk, "alg", &len);
	enum alg named_alg = name != NULL ? alg_find(name, len) : ALG__MAX;
	int alg;

	for (alg = 0; alg < ALG__MAX; alg++) {
		if ((algs & 1u << alg) != 0 &&
		    (!named || named_alg == (enum alg)alg) &&
		    key_fits(jwk, (enum alg)alg))
			break;
	}
	return (enum alg)alg;
}

/* The bytes of a base64url member; their number, or -1. */
static long
key_number(struct json_object *jwk, const char *name, uint8_t out[NUMBER_MAX])
{
	size_t len;
	const char *text = member_text(jwk, name, &len);

	if (text == NULL || len == 0 || len * 3 / 4 > NUMBER_MAX)
		return -1;
	return codec_b64url_decode(text, len, out);
}

static EVP_PKEY *
key_from(const char *type, OSSL_PARAM_BLD *build)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY *key = NULL;

	if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static bool
key_rsa_sane(const BIGNUM *n, const BIGNUM *e)
{
	int bits = BN_num_bits(n);

	return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX && BN_is_odd(n) &&
	       BN_is_odd(e) && !BN_is_one(e) &&
	       BN_num_bits(e) <= RSA_E_BITS_MAX;
}

static EVP_PKEY *
key_rsa(struct json_object *jwk)
{
	uint8_t bytes[NUMBER_MAX];
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = NULL, *e = NULL;
	EVP_PKEY *key = NULL;
	long len;

	if ((len = key_number(jwk, "n", bytes)) > 0)
		n = BN_bin2bn(bytes, (int)len, NULL);
	if ((len = key_number(jwk, "e", bytes)) > 0)
		e = BN_bin2bn(bytes, (int)len, NULL);
	if (build != NULL && n != NULL && e != NULL && key_rsa_sane(n, e) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1)
		key = key_from("RSA", build);
	BN_free(n);
	BN_free(e);
	OSSL_PARAM_BLD_free(build);
	return key;
}

/* A coordinate of exactly size bytes; leading zero bytes may be left out. */
static int
key_coordinate(struct json_object *jwk, const char *name, size_t size,
    uint8_t *out)
{
	uint8_t bytes[NUMBER_MAX];
	long len = key_number(jwk, name, bytes);

	if (len <= 0 || (size_t)len > size)
		return -1;
	memset(out, 0, size - (size_t)len);
	memcpy(out + size - (size_t)len, bytes, (size_t)len);
	return 0;
}

static EVP_PKEY *
key_ec(struct json_object *jwk, enum alg alg)
{
	uint8_t point[1 + 2 * 48] = { 4 }; /* 4: x and y follow in full */
	size_t size = alg_rows[alg].size;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;

	if (build != NULL && key_coordinate(jwk, "x", size, point + 1) == 0 &&
	    key_coordinate(jwk, "y", size, point + 1 + size) == 0 &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
		alg_rows[alg].group, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
		point, 1 + 2 * size) == 1)
		key = key_from("EC", build);
	OSSL_PARAM_BLD_free(build);
	return key;
}

/* The y of those points of Ed25519 whose order is 8; the lowest byte first.
 * With a key of an order that small anybody can sign. */
static const uint8_t order8[2][ED25519_SIZE] = {
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
	    0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
	    0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
	    0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
	    0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
};

static bool
key_is_all(const uint8_t *bytes, size_t len, uint8_t byte)
{
	while (len > 0 && bytes[len - 1] == byte)
		len--;
	return len == 0;
}

/* False for the points of orders 1, 2, 4 and 8, of which y is 0, 1, p - 1 or
 * above, and for any y that is not below p, the prime 2^255 - 19. */
static bool
key_ed25519_sane(const uint8_t bytes[ED25519_SIZE])
{
	uint8_t y[ED25519_SIZE];
	const size_t last = sizeof(y) - 1;

	memcpy(y, bytes, sizeof(y));
	y[last] &= 0x7f; /* the sign of x */
	if (y[0] <= 1 && key_is_all(y + 1, last, 0))
		return false;
	if (y[0] >= 0xec && key_is_all(y + 1, last - 1, 0xff) &&
	    y[last] == 0x7f)
		return false;
	return memcmp(y, order8[0], sizeof(y)) != 0 &&
	       memcmp(y, order8[1], sizeof(y)) != 0;
}

static EVP_PKEY *
key_okp(struct json_object *jwk)
{
	uint8_t bytes[NUMBER_MAX];

	if (key_number(jwk, "x", bytes) != ED25519_SIZE ||
	    !key_ed25519_sane(bytes))
		return NULL;
	return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, bytes,
	    ED25519_SIZE);
}

static bool
key_public_sane(EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	bool sane = ctx != NULL && EVP_PKEY_public_check(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return sane;
}

EVP_PKEY *
jwks_key_build(struct json_object *jwk, enum alg alg)
{
	EVP_PKEY *key;

	if (alg_rows[alg].size == 0)
		key = key_rsa(jwk);
	else if (alg_rows[alg].group != NULL)
		key = key_ec(jwk, alg);
	else
		key = key_okp(jwk);
	if (key != NULL && !key_public_sane(key)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	ERR_clear_error();
	return key;
}
