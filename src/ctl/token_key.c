/* SPDX-License-Identifier: ISC */
/* Makes, reads and publishes a signing key; signs what libjwt cannot. */
#include "config.h"

#include "token_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/codec.h"
#include "base/str.h"
#include "base/xalloc.h"

#define KEY_FILE_MAX 65536
#define KEY_BITS     2048
#define NUMBER_MAX   2048 /* bytes: RSA of 16384 bits */

/* How each algorithm signs, and with what key. */
static const struct kind {
	const char *alg;
	const char *kty;
	const char *group; /* OpenSSL's name of the curve, or NULL */
	const char *crv;   /* JOSE's */
	size_t size;       /* bytes of a coordinate */
} kinds[] = {
	{ "RS256", "RSA", NULL, NULL, 0 },
	{ "PS256", "RSA", NULL, NULL, 0 },
	{ "ES256", "EC", "prime256v1", "P-256", 32 },
	{ "ES384", "EC", "secp384r1", "P-384", 48 },
	{ "EdDSA", "ED25519", NULL, "Ed25519", 32 },
};

static int PRINTF(1, 2) complain(const char *fmt, ...)
{
	va_list ap;

	fputs("errandctl token: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return -1;
}

static const struct kind *
kind_named(const char *alg)
{
	size_t i;

	if (str_eq(alg, "Ed25519"))
		alg = "EdDSA";
	for (i = 0; i < NELEM(kinds); i++) {
		if (str_eq(kinds[i].alg, alg))
			return &kinds[i];
	}
	return NULL;
}

static bool
kind_fits(const struct kind *kind, EVP_PKEY *pkey)
{
	char group[64] = "";

	if (!EVP_PKEY_is_a(pkey, kind->kty))
		return false;
	if (kind->group == NULL)
		return true;
	return EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
	       str_eq(group, kind->group);
}

/* The algorithm to sign with; NULL and told if there is none. */
static const char *
key_algorithm(EVP_PKEY *pkey, const char *path, const char *alg)
{
	const struct kind *kind;
	size_t i;

	if (alg != NULL) {
		kind = kind_named(alg);
		if (kind == NULL)
			complain("%s is none of RS256, PS256, ES256, ES384, "
				 "EdDSA",
			    alg);
		else if (!kind_fits(kind, pkey))
			complain("%s: %s needs another type of key than %s",
			    path, alg, EVP_PKEY_get0_type_name(pkey));
		else
			return kind->alg;
		return NULL;
	}
	for (i = 0; i < NELEM(kinds); i++) {
		if (kind_fits(&kinds[i], pkey))
			return kinds[i].alg;
	}
	complain("%s: an RSA, P-256, P-384 or Ed25519 key is needed, not %s",
	    path, EVP_PKEY_get0_type_name(pkey));
	return NULL;
}

/* Asked for the pass phrase of an encrypted key: there is none. */
static int
no_pass_phrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)arg = true;
	return -1;
}

static EVP_PKEY *
key_read(const char *path, const char *pem, size_t len)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *pkey = NULL;
	bool encrypted = false;

	if (bio != NULL)
		pkey = PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase,
		    &encrypted);
	BIO_free(bio);
	if (pkey != NULL)
		return pkey;
	if (encrypted)
		complain("%s: the key is encrypted; it must not be", path);
	else
		complain("%s: there is no private key in PEM in it", path);
	return NULL;
}

static void
key_add_bytes(struct json_object *jwk, const char *name, const uint8_t *bytes,
    size_t len)
{
	char text[CODEC_B64_LEN(NUMBER_MAX) + 1];

	codec_b64url(bytes, len, text);
	json_object_object_add(jwk, name, json_object_new_string(text));
}

/* A number of the key; padded to size bytes unless size is 0. */
static void
key_add_number(struct json_object *jwk, const char *name, EVP_PKEY *pkey,
    const char *param, size_t size)
{
	uint8_t bytes[NUMBER_MAX];
	BIGNUM *n = NULL;
	int len;

	if (EVP_PKEY_get_bn_param(pkey, param, &n) != 1)
		return;
	if (size == 0)
		size = (size_t)BN_num_bytes(n);
	if (size <= sizeof(bytes)) {
		len = BN_bn2binpad(n, bytes, (int)size);
		if (len > 0)
			key_add_bytes(jwk, name, bytes, (size_t)len);
	}
	BN_free(n);
}

/* The members that make the key, in the order of their names. */
static struct json_object *
key_members(const struct token_key *key)
{
	const struct kind *kind = kind_named(key->alg);
	struct json_object *jwk = json_object_new_object();
	bool rsa = str_eq(kind->kty, "RSA");
	bool okp = !rsa && kind->group == NULL;
	uint8_t raw[32];
	size_t len = sizeof(raw);

	if (rsa)
		key_add_number(jwk, "e", key->pkey, OSSL_PKEY_PARAM_RSA_E, 0);
	else
		json_object_object_add(jwk, "crv",
		    json_object_new_string(kind->crv));
	json_object_object_add(jwk, "kty",
	    json_object_new_string(okp ? "OKP" : kind->kty));
	if (rsa) {
		key_add_number(jwk, "n", key->pkey, OSSL_PKEY_PARAM_RSA_N, 0);
	} else if (okp) {
		if (EVP_PKEY_get_raw_public_key(key->pkey, raw, &len) == 1)
			key_add_bytes(jwk, "x", raw, len);
	} else {
		key_add_number(jwk, "x", key->pkey, OSSL_PKEY_PARAM_EC_PUB_X,
		    kind->size);
		key_add_number(jwk, "y", key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
		    kind->size);
	}
	return jwk;
}

static void
key_name(struct token_key *key)
{
	struct json_object *jwk = key_members(key);
	const char *text = json_object_to_json_string_ext(jwk,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	uint8_t digest[CODEC_SHA256];

	codec_sha256(text, strlen(text), digest);
	codec_b64url(digest, sizeof(digest), key->kid);
	json_object_put(jwk);
}

int
token_key_open(struct token_key *key, const char *path, const char *alg)
{
	*key = (struct token_key){ 0 };
	if (str_read_file(path, KEY_FILE_MAX, &key->pem, &key->pem_len) == -1)
		return complain("%s: %s", path, strerror(errno));
	key->pkey = key_read(path, key->pem, key->pem_len);
	if (key->pkey == NULL)
		return -1;
	key->alg = key_algorithm(key->pkey, path, alg);
	if (key->alg == NULL)
		return -1;
	if (EVP_PKEY_is_a(key->pkey, "RSA") &&
	    EVP_PKEY_get_bits(key->pkey) < KEY_BITS)
		complain("%s: warning: the key has %d bits; errand.fcgi takes "
			 "%d or more",
		    path, EVP_PKEY_get_bits(key->pkey), KEY_BITS);
	key_name(key);
	return 0;
}

void
token_key_close(struct token_key *key)
{
	EVP_PKEY_free(key->pkey);
	if (key->pem != NULL)
		OPENSSL_cleanse(key->pem, key->pem_len);
	free(key->pem);
	*key = (struct token_key){ 0 };
}

int
token_key_create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	EVP_PKEY *pkey;
	FILE *f;
	bool good;

	if (fd == -1)
		return complain("%s: %s", path, strerror(errno));
	f = fdopen(fd, "w");
	if (f == NULL) {
		close(fd);
		return complain("%s: %s", path, strerror(errno));
	}
	pkey = EVP_RSA_gen(KEY_BITS);
	good = pkey != NULL && PEM_write_PKCS8PrivateKey(f, pkey, NULL, NULL, 0,
				   NULL, NULL) == 1;
	EVP_PKEY_free(pkey);
	errno = 0;
	if (fclose(f) == 0 && good)
		return 0;
	complain("%s: %s", path,
	    errno != 0 ? strerror(errno) : "the key could not be written");
	unlink(path);
	return -1;
}

struct json_object *
token_key_set(const struct token_key *key)
{
	struct json_object *set = json_object_new_object();
	struct json_object *keys = json_object_new_array();
	struct json_object *jwk = key_members(key);

	json_object_object_add(jwk, "alg", json_object_new_string(key->alg));
	json_object_object_add(jwk, "kid", json_object_new_string(key->kid));
	json_object_object_add(jwk, "use", json_object_new_string("sig"));
	json_object_array_add(keys, jwk);
	json_object_object_add(set, "keys", keys);
	return set;
}

static int
sign_init(const struct token_key *key, EVP_MD_CTX *ctx)
{
	const EVP_MD *md = EVP_sha256();
	EVP_PKEY_CTX *pctx;

	if (str_eq(key->alg, "ES384"))
		md = EVP_sha384();
	if (str_eq(key->alg, "EdDSA"))
		md = NULL;
	if (EVP_DigestSignInit(ctx, &pctx, md, NULL, key->pkey) != 1)
		return -1;
	if (str_eq(key->alg, "PS256") &&
	    (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) != 1 ||
		EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx,
		    RSA_PSS_SALTLEN_DIGEST) != 1))
		return -1;
	return 0;
}

/* From DER to r and s side by side, in place.  The new length, or 0. */
static size_t
sign_flatten(uint8_t *sig, size_t len, size_t size)
{
	const unsigned char *p = sig;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &p, (long)len);
	bool good;

	if (pair == NULL)
		return 0;
	good = BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig, (int)size) > 0 &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig + size, (int)size) > 0;
	ECDSA_SIG_free(pair);
	return good ? 2 * size : 0;
}

char *
token_key_sign(const struct token_key *key, const char *text)
{
	const struct kind *kind = kind_named(key->alg);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[NUMBER_MAX];
	size_t len = sizeof(sig);
	char *out = NULL;

	if (ctx == NULL || sign_init(key, ctx) == -1 ||
	    EVP_DigestSign(ctx, sig, &len, (const unsigned char *)text,
		strlen(text)) != 1)
		len = 0;
	if (len > 0 && kind->group != NULL)
		len = sign_flatten(sig, len, kind->size);
	EVP_MD_CTX_free(ctx);
	if (len > 0) {
		out = xcalloc(CODEC_B64_LEN(len) + 1, 1);
		codec_b64url(sig, len, out);
	}
	return out;
}
