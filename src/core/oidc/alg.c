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
#define ALG(id, name, ...) [ALG_##id] = (name),
#include "text/alg.def"
#undef ALG
};

static const char alg_each[] =
#define ALG(id, name, ...) ", " name
#include "text/alg.def"
#undef ALG
    ;
const char *const alg_list = alg_each + 2;

const struct alg_row alg_rows[ALG__MAX] = {
#define ALG(id, name, ...) [ALG_##id] = { __VA_ARGS__ },
#include "text/alg.def"
#undef ALG
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

unsigned
alg_bits(const struct conf_list *names)
{
	unsigned bits = 0;

	for (size_t i = 0; i < names->n; i++) {
		enum alg alg = alg_find(names->v[i], strlen(names->v[i]));

		if (alg < ALG__MAX)
			bits |= 1u << alg;
	}
	return bits;
}

size_t
alg_size(enum alg alg, const EVP_PKEY *key)
{
	if (alg_rows[alg].size > 0)
		return 2 * alg_rows[alg].size;
	return (size_t)EVP_PKEY_get_size(key);
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

int
alg_pad(enum alg alg, EVP_PKEY_CTX *pctx)
{
	const struct alg_row *row = &alg_rows[alg];

	if (!row->pss)
		return 0;
	if (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, row->digest()) != 1 ||
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) != 1)
		return -1;
	return 0;
}

bool
alg_verify(enum alg alg, EVP_PKEY *key, const void *data, size_t len,
    const uint8_t *sig)
{
	const struct alg_row *row = &alg_rows[alg];
	const EVP_MD *md = row->digest != NULL ? row->digest() : NULL;
	size_t sig_len = alg_size(alg, key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx; /* ctx owns it */
	uint8_t der[ALG_DER_MAX];
	bool good = false;
	int n;

	if (ctx == NULL ||
	    EVP_DigestVerifyInit(ctx, &pctx, md, NULL, key) != 1 ||
	    alg_pad(alg, pctx) == -1)
		goto out;
	if (row->group != NULL) {
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
