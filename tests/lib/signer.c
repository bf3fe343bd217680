/* SPDX-License-Identifier: ISC */
/* Signs whatever it is given. */
#include "config.h"

#include "lib/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include "base/codec.h"

#define SIGNATURE_MAX 2048

/* Check's own assertions work inside of a test only; keys are made before. */
static void
signer_must(bool good)
{
	if (good)
		return;
	fputs("signer: OpenSSL cannot do what a test needs\n", stderr);
	abort();
}

void
signer_init(struct signer *s, enum alg alg, const char *kid, unsigned bits)
{
	*s = (struct signer){ .alg = alg, .kid = kid };
	if (bits == 0)
		bits = 2048;
	if (alg == ALG_ES256)
		s->pkey = EVP_EC_gen("P-256");
	else if (alg == ALG_ES384)
		s->pkey = EVP_EC_gen("P-384");
	else if (alg == ALG_EDDSA)
		s->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	else
		s->pkey = EVP_RSA_gen(bits);
	signer_must(s->pkey != NULL);
}

void
signer_clear(struct signer *s)
{
	EVP_PKEY_free(s->pkey);
	s->pkey = NULL;
}

static void
signer_add_bytes(struct buf *b, const void *bytes, size_t len)
{
	b->len +=
	    codec_b64url(bytes, len, buf_reserve(b, CODEC_B64_LEN(len) + 1));
}

void
signer_add_part(struct buf *b, const char *text)
{
	signer_add_bytes(b, text, strlen(text));
}

static void
signer_add_number(const struct signer *s, const char *name, const char *param,
    struct buf *b)
{
	uint8_t bytes[SIGNATURE_MAX];
	BIGNUM *n = NULL;

	signer_must(EVP_PKEY_get_bn_param(s->pkey, param, &n) == 1);
	signer_must(BN_num_bytes(n) <= SIGNATURE_MAX);
	buf_printf(b, ",\"%s\":\"", name);
	signer_add_bytes(b, bytes, (size_t)BN_bn2bin(n, bytes));
	buf_addc(b, '"');
	BN_free(n);
}

static void
signer_add_public(const struct signer *s, struct buf *b)
{
	uint8_t raw[32];
	size_t len = sizeof(raw);

	switch (s->alg) {
	case ALG_ES256:
	case ALG_ES384:
		buf_printf(b, "\"kty\":\"EC\",\"crv\":\"%s\"",
		    s->alg == ALG_ES256 ? "P-256" : "P-384");
		signer_add_number(s, "x", OSSL_PKEY_PARAM_EC_PUB_X, b);
		signer_add_number(s, "y", OSSL_PKEY_PARAM_EC_PUB_Y, b);
		break;
	case ALG_EDDSA:
		signer_must(EVP_PKEY_get_raw_public_key(s->pkey, raw, &len) ==
			    1);
		buf_adds(b, "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
		signer_add_bytes(b, raw, len);
		buf_addc(b, '"');
		break;
	default:
		buf_adds(b, "\"kty\":\"RSA\"");
		signer_add_number(s, "n", OSSL_PKEY_PARAM_RSA_N, b);
		signer_add_number(s, "e", OSSL_PKEY_PARAM_RSA_E, b);
	}
}

void
signer_add_jwk(const struct signer *s, const char *extra, struct buf *b)
{
	buf_printf(b, "{\"kid\":\"%s\",\"alg\":\"%s\",", s->kid,
	    alg_names[s->alg]);
	signer_add_public(s, b);
	buf_printf(b, "%s}", extra);
}

void
signer_add_set(const struct signer *s, size_t n, struct buf *b)
{
	size_t i;

	buf_adds(b, "{\"keys\":[");
	for (i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(b, ',');
		signer_add_jwk(&s[i], ",\"use\":\"sig\"", b);
	}
	buf_adds(b, "]}");
}

static void
signer_set_up(const struct signer *s, EVP_MD_CTX *ctx)
{
	const EVP_MD *md = EVP_sha256();
	EVP_PKEY_CTX *pctx;

	if (s->alg == ALG_ES384)
		md = EVP_sha384();
	if (s->alg == ALG_EDDSA)
		md = NULL;
	signer_must(EVP_DigestSignInit(ctx, &pctx, md, NULL, s->pkey) == 1);
	if (s->alg == ALG_PS256) {
		signer_must(EVP_PKEY_CTX_set_rsa_padding(pctx,
				RSA_PKCS1_PSS_PADDING) == 1);
		signer_must(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx,
				RSA_PSS_SALTLEN_DIGEST) == 1);
	}
}

/* From DER to r and s side by side, in place. */
static size_t
signer_flatten(uint8_t *sig, size_t len, int size)
{
	const unsigned char *p = sig;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &p, (long)len);

	signer_must(pair != NULL);
	signer_must(BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig, size) == size);
	signer_must(BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig + size, size) ==
		    size);
	ECDSA_SIG_free(pair);
	return 2 * (size_t)size;
}

void
signer_sign(const struct signer *s, struct buf *b)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[SIGNATURE_MAX];
	size_t len = sizeof(sig);

	signer_must(ctx != NULL);
	signer_set_up(s, ctx);
	signer_must(EVP_DigestSign(ctx, sig, &len,
			(const unsigned char *)b->data, b->len) == 1);
	EVP_MD_CTX_free(ctx);
	if (s->alg == ALG_ES256)
		len = signer_flatten(sig, len, 32);
	if (s->alg == ALG_ES384)
		len = signer_flatten(sig, len, 48);
	buf_addc(b, '.');
	signer_add_bytes(b, sig, len);
}

void
signer_hmac(const void *secret, size_t len, struct buf *b)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned n;

	signer_must(HMAC(EVP_sha256(), secret, (int)len,
			(const unsigned char *)b->data, b->len, mac,
			&n) != NULL);
	buf_addc(b, '.');
	signer_add_bytes(b, mac, n);
}

char *
signer_token(const struct signer *s, const char *header, const char *payload)
{
	struct buf b = { 0 };

	signer_add_part(&b, header);
	buf_addc(&b, '.');
	signer_add_part(&b, payload);
	signer_sign(s, &b);
	return b.data;
}

static void
signer_add_member(struct buf *b, const char *name, const char *value)
{
	if (b->data[b->len - 1] != '{')
		buf_addc(b, ',');
	buf_printf(b, "\"%s\":%s", name, value);
}

void
signer_add_object(struct buf *b, const struct signer_member *base,
    const char *name, const char *value)
{
	bool found = name == NULL;
	const struct signer_member *m;

	buf_addc(b, '{');
	for (m = base; m->name != NULL; m++) {
		bool ours = name != NULL && strcmp(m->name, name) == 0;

		found = found || ours;
		if (!ours)
			signer_add_member(b, m->name, m->value);
		else if (value != NULL)
			signer_add_member(b, name, value);
	}
	if (!found && value != NULL)
		signer_add_member(b, name, value);
	buf_addc(b, '}');
}
