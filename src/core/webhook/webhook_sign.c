/* SPDX-License-Identifier: ISC */
/* Secrets and signatures of Standard Webhooks 1.0.0, in its form v1. */
#include "config.h"

#include "webhook_sign.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/codec.h"
#include "base/str.h"
#include "base/uuid.h"

#define SECRET_PREFIX "whsec_"
#define SECRET_NEW    32
#define SECRET_MIN    24 /* bytes, as the specification has it */
#define SECRET_MAX    64

_Static_assert(sizeof(SECRET_PREFIX) + CODEC_B64_PADDED(SECRET_NEW) ==
		   WEBHOOK_SECRET,
    "a new secret has its room");

char *
webhook_secret(char out[WEBHOOK_SECRET])
{
	uint8_t bytes[SECRET_NEW];

	uuid_random(bytes, sizeof(bytes));
	memcpy(out, SECRET_PREFIX, sizeof(SECRET_PREFIX));
	codec_b64(bytes, sizeof(bytes), out + strlen(SECRET_PREFIX));
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return out;
}

static int
sign_one(struct buf *b, const char *secret, const struct buf *text)
{
	uint8_t key[SECRET_MAX + 3], tag[CODEC_SHA256];
	char out[CODEC_B64_PADDED(CODEC_SHA256) + 1];
	long len = -1;
	int rc = -1;

	if (str_starts(secret, SECRET_PREFIX)) {
		secret += strlen(SECRET_PREFIX);
		if (strlen(secret) <= CODEC_B64_PADDED(SECRET_MAX))
			len = codec_b64_decode(secret, strlen(secret), key);
	}
	if (len >= SECRET_MIN && len <= SECRET_MAX &&
	    HMAC(EVP_sha256(), key, (int)len, (const uint8_t *)text->data,
		text->len, tag, NULL) != NULL) {
		codec_b64(tag, sizeof(tag), out);
		buf_printf(b, "v1,%s", out);
		rc = 0;
	}
	OPENSSL_cleanse(key, sizeof(key));
	return rc;
}

int
webhook_sign(struct buf *b, const struct webhook_secrets *secrets,
    const struct webhook_message *m)
{
	struct buf text = { 0 };
	int rc;

	buf_printf(&text, "%s.%lld.", m->id, (long long)m->timestamp);
	buf_add(&text, m->body, m->len);
	rc = sign_one(b, secrets->now, &text);
	if (rc == 0 && secrets->before != NULL) {
		buf_addc(b, ' ');
		rc = sign_one(b, secrets->before, &text);
	}
	buf_free(&text);
	return rc;
}
