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

#include "base/codec.h"
#include "base/str.h"

#define KEY_FILE_MAX 65536
#define KEY_BITS     2048
#define NUMBER_MAX   2048 /* bytes: RSA of 16384 bits */

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

static bool
key_fits(EVP_PKEY *pkey, enum alg alg)
{
	const struct alg_row *row = &alg_rows[alg];
	char group[64] = "";

	if (!EVP_PKEY_is_a(pkey, row->type))
		return false;
	if (row->group == NULL)
		return true;
	return EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
	       str_eq(group, row->group);
}

/* The algorithm to sign with; ALG__MAX and told if there is none. */
static enum alg
key_algorithm(EVP_PKEY *pkey, const char *path, const char *name)
{
	int alg;

	if (name != NULL) {
		alg = (int)alg_find(name, strlen(name));
		if (alg == ALG__MAX)
			complain("%s is none of %s", name, alg_list);
		else if (!key_fits(pkey, (enum alg)alg))
			complain("%s: %s needs another type of key than %s",
			    path, name, EVP_PKEY_get0_type_name(pkey));
		else
			return (enum alg)alg;
		return ALG__MAX;
	}
	for (alg = 0; alg < ALG__MAX; alg++) {
		if (key_fits(pkey, (enum alg)alg))
			return (enum alg)alg;
	}
	complain("%s: an RSA, P-256, P-384 or Ed25519 key is needed, not %s",
	    path, EVP_PKEY_get0_type_name(pkey));
	return ALG__MAX;
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

static void
key_add_text(struct json_object *jwk, const char *name, const char *text)
{
	json_object_object_add(jwk, name, json_object_new_string(text));
}

/* The members that make the key, in the order of their names. */
static struct json_object *
key_members(const struct token_key *key)
{
	const struct alg_row *row = &alg_rows[key->alg];
	struct json_object *jwk = json_object_new_object();
	bool rsa = row->size == 0;
	uint8_t raw[32];
	size_t len = sizeof(raw);

	if (rsa)
		key_add_number(jwk, "e", key->pkey, OSSL_PKEY_PARAM_RSA_E, 0);
	else
		key_add_text(jwk, "crv", row->crv);
	key_add_text(jwk, "kty", row->kty);
	if (rsa) {
		key_add_number(jwk, "n", key->pkey, OSSL_PKEY_PARAM_RSA_N, 0);
	} else if (row->group == NULL) {
		if (EVP_PKEY_get_raw_public_key(key->pkey, raw, &len) == 1)
			key_add_bytes(jwk, "x", raw, len);
	} else {
		key_add_number(jwk, "x", key->pkey, OSSL_PKEY_PARAM_EC_PUB_X,
		    row->size);
		key_add_number(jwk, "y", key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
		    row->size);
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
	if (key->alg == ALG__MAX)
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

	key_add_text(jwk, "alg", alg_names[key->alg]);
	key_add_text(jwk, "kid", key->kid);
	key_add_text(jwk, "use", "sig");
	json_object_array_add(keys, jwk);
	json_object_object_add(set, "keys", keys);
	return set;
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

int
token_key_sign(const struct token_key *key, struct buf *b)
{
	const struct alg_row *row = &alg_rows[key->alg];
	const EVP_MD *md = row->digest != NULL ? row->digest() : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx; /* ctx owns it */
	uint8_t sig[NUMBER_MAX];
	size_t len = sizeof(sig);

	if (ctx == NULL ||
	    EVP_DigestSignInit(ctx, &pctx, md, NULL, key->pkey) != 1 ||
	    alg_pad(key->alg, pctx) == -1 ||
	    EVP_DigestSign(ctx, sig, &len, (const unsigned char *)b->data,
		b->len) != 1)
		len = 0;
	if (len > 0 && row->group != NULL)
		len = sign_flatten(sig, len, row->size);
	EVP_MD_CTX_free(ctx);
	if (len == 0)
		return -1;
	buf_addc(b, '.');
	codec_add_b64url(b, sig, len);
	return 0;
}
