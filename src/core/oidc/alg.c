/* SPDX-License-Identifier: ISC */
/* Verification with keys that were built when the key set was read. */
#include "config.h"

#include "alg.h"

#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

/* SEQUENCE of two INTEGERs of up to 48 bytes and a sign byte each. */
#define ALG_DER_MAX 128

const char *const alg_names[ALG__MAX] = {
	[ALG_RS256] = "RS256",
	[ALG_PS256] = "PS256",
	[ALG_ES256] = "ES256",
	[ALG_ES384] = "ES384",
	[ALG_EDDSA] = "EdDSA",
};

static bool
alg_is(const char *name, size_t len, const char *other)
{
	return len == strlen(other) && memcmp(name, other, len) == 0;
}

enum alg
alg_find(const char *name, size_t len)
{
	int alg;

	if (alg_is(name, len, "Ed25519"))
		return ALG_EDDSA;
	for (alg = 0; alg < ALG__MAX; alg++) {
		if (alg_is(name, len, alg_names[alg]))
			break;
	}
	return (enum alg)alg;
}

size_t
alg_size(enum alg alg, const EVP_PKEY *key)
{
	switch (alg) {
	case ALG_ES256:
	case ALG_EDDSA:
		return 64;
	case ALG_ES384:
		return 96;
	default:
		return (size_t)EVP_PKEY_get_size(key);
	}
}

/* JWS has r and s side by side, OpenSSL wants them in DER.  Returns the length
 * in out, or -1. */
static int
alg_ecdsa_der(const uint8_t *sig, size_t len, uint8_t out[ALG_DER_MAX])
{
	int half = (int)len / 2, n = -1;
	BIGNUM *r = BN_bin2bn(sig, half, NULL);
	BIGNUM *s = BN_bin2bn(sig + half, half, NULL);
	ECDSA_SIG *pair = ECDSA_SIG_new();
	unsigned char *end = out;

	if (r == NULL || s == NULL || pair == NULL ||
	    ECDSA_SIG_set0(pair, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		goto out;
	}
	if (i2d_ECDSA_SIG(pair, NULL) <= ALG_DER_MAX)
		n = i2d_ECDSA_SIG(pair, &end);
out:
	ECDSA_SIG_free(pair);
	return n;
}

static int
alg_init(enum alg alg, EVP_MD_CTX *ctx, EVP_PKEY *key)
{
	const EVP_MD *md = EVP_sha256();
	EVP_PKEY_CTX *pctx; /* ctx owns it */

	if (alg == ALG_ES384)
		md = EVP_sha384();
	if (alg == ALG_EDDSA)
		md = NULL;
	if (EVP_DigestVerifyInit(ctx, &pctx, md, NULL, key) != 1)
		return -1;
	if (alg == ALG_PS256 &&
	    (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1 ||
		EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, md) != 1 ||
		EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx,
		    RSA_PSS_SALTLEN_DIGEST) != 1))
		return -1;
	return 0;
}

bool
alg_verify(enum alg alg, EVP_PKEY *key, const void *data, size_t len,
    const uint8_t *sig, size_t sig_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[ALG_DER_MAX];
	bool good = false;
	int n;

	if (ctx == NULL || alg_init(alg, ctx, key) == -1)
		goto out;
	if (alg == ALG_ES256 || alg == ALG_ES384) {
		n = alg_ecdsa_der(sig, sig_len, der);
		if (n == -1)
			goto out;
		sig = der;
		sig_len = (size_t)n;
	}
	good = EVP_DigestVerify(ctx, sig, sig_len, data, len) == 1;
out:
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}
