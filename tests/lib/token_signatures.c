/* SPDX-License-Identifier: ISC */
/* Tokens with all kinds of wrong signatures. */
#include "config.h"

#include "lib/token_signatures.h"

#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/pem.h>

#include "base/codec.h"
#include "lib/forge.h"

struct signature {
	uint8_t bytes[1024];
	size_t len;
};

/* --- tokens whose signatures are wrong --- */

static void
zeros(struct signature *s)
{
	memset(s->bytes, 0, s->len);
}

static void
ones(struct signature *s)
{
	memset(s->bytes, 0xff, s->len);
}

static void
first_bit(struct signature *s)
{
	s->bytes[0] ^= 1;
}

static void
last_bit(struct signature *s)
{
	s->bytes[s->len - 1] ^= 1;
}

static void
shorter(struct signature *s)
{
	s->len--;
}

static void
longer(struct signature *s)
{
	s->bytes[s->len++] = 0;
}

static void
zero_in_front(struct signature *s)
{
	memmove(s->bytes + 1, s->bytes, s->len++);
	s->bytes[0] = 0;
}

static void
halves_swapped(struct signature *s)
{
	uint8_t half[sizeof(s->bytes) / 2];
	size_t n = s->len / 2;

	memcpy(half, s->bytes, n);
	memmove(s->bytes, s->bytes + n, n);
	memcpy(s->bytes + n, half, n);
}

static void
in_der(struct signature *s)
{
	const int n = (int)s->len / 2;
	ECDSA_SIG *pair = ECDSA_SIG_new();
	unsigned char *out = s->bytes;

	if (pair == NULL || ECDSA_SIG_set0(pair, BN_bin2bn(s->bytes, n, NULL),
				BN_bin2bn(s->bytes + n, n, NULL)) != 1)
		forge_die("OpenSSL cannot take a signature apart");
	s->len = (size_t)i2d_ECDSA_SIG(pair, &out);
	ECDSA_SIG_free(pair);
}

/* What s says to the first two parts of that token. */
static void
take(const struct signer *s, const char *token, struct signature *out)
{
	char *other = arena_strdup(forge.texts, token);
	const char *part;
	struct buf b = { 0 };

	*strrchr(other, '.') = '\0';
	buf_adds(&b, other);
	signer_sign(s, &b);
	part = strrchr(forge_text(&b), '.') + 1;
	out->len = (size_t)codec_b64url_decode(part, strlen(part), out->bytes);
}

static const struct {
	const char *label;
	void (*change)(struct signature *s);
	enum refusal why;
	bool ecdsa; /* for ES256 and ES384 only */
} signature_cases[] = {
	{ "all zero", zeros, REFUSAL_SIGNATURE, false },
	{ "all ones", ones, REFUSAL_SIGNATURE, false },
	{ "first bit", first_bit, REFUSAL_SIGNATURE, false },
	{ "last bit", last_bit, REFUSAL_SIGNATURE, false },
	{ "one byte short", shorter, REFUSAL_SIZE, false },
	{ "one byte long", longer, REFUSAL_SIZE, false },
	{ "zero in front", zero_in_front, REFUSAL_SIZE, false },
	{ "halves swapped", halves_swapped, REFUSAL_SIGNATURE, true },
	{ "in DER", in_der, REFUSAL_SIZE, true },
};

/* The token with that signature instead of its own. */
static const char *
resigned(const char *token, const struct signature *s)
{
	char part[CODEC_B64_LEN(sizeof(s->bytes)) + 1];

	part[codec_b64url(s->bytes, s->len, part)] = '\0';
	return arena_printf(forge.texts, "%.*s.%s",
	    (int)(strrchr(token, '.') - token), token, part);
}

static void
put_changed(enum alg alg)
{
	const char *token = forge_token(&forge.signers[alg],
	    forge_plain_header(alg), forge_claims(NULL, NULL));
	struct signature s;

	if (alg != ALG_RS256) /* that is the good one */
		forge_put_token(alg_names[alg], REFUSAL_NONE, token);
	for (size_t i = 0; i < NELEM(signature_cases); i++) {
		if (signature_cases[i].ecdsa && alg != ALG_ES256 &&
		    alg != ALG_ES384)
			continue;
		take(&forge.signers[alg], token, &s);
		signature_cases[i].change(&s);
		forge_put_token(arena_printf(forge.texts, "%s: signature %s",
				    alg_names[alg], signature_cases[i].label),
		    signature_cases[i].why, resigned(token, &s));
	}
	take(&forge.strangers[alg], token, &s);
	forge_put_token(arena_printf(forge.texts, "%s: key of a stranger",
			    alg_names[alg]),
	    REFUSAL_SIGNATURE, resigned(token, &s));
	take(&forge.signers[alg],
	    forge_token(&forge.signers[alg], forge_plain_header(alg),
		forge_claims("jti", "1")),
	    &s);
	forge_put_token(arena_printf(forge.texts,
			    "%s: signature of another token", alg_names[alg]),
	    REFUSAL_SIGNATURE, resigned(token, &s));
}

/* One RSA key must not do for both of its algorithms. */
static void
put_paddings(enum alg alg, enum alg other)
{
	struct signer s = forge.signers[alg];

	s.alg = other;
	forge_put_token(arena_printf(forge.texts, "%s: padding of %s",
			    alg_names[alg], alg_names[other]),
	    REFUSAL_SIGNATURE,
	    forge_token(&s, forge_plain_header(alg), forge_claims(NULL, NULL)));
}

/* The public key, which everybody has, as the secret of an HMAC. */
static void
put_hmac(const char *label, enum refusal why, const char *alg)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct buf b = { 0 };
	char *pem;
	long len;

	if (PEM_write_bio_PUBKEY(bio, forge.signers[ALG_RS256].pkey) != 1)
		forge_die("OpenSSL cannot write a key");
	len = BIO_get_mem_data(bio, &pem);
	signer_add_part(&b,
	    forge_header(ALG_RS256, forge.signers[ALG_RS256].kid, "alg", alg));
	buf_addc(&b, '.');
	signer_add_part(&b, forge_claims(NULL, NULL));
	signer_hmac(pem, (size_t)len, &b);
	forge_put_token(label, why, forge_text(&b));
	BIO_free(bio);
}

void
token_signatures(void)
{
	for (int i = 0; i < ALG__MAX; i++)
		put_changed((enum alg)i);
	put_paddings(ALG_RS256, ALG_PS256);
	put_paddings(ALG_PS256, ALG_RS256);
	put_hmac("public key as secret, told so", REFUSAL_ALG, "\"HS256\"");
	put_hmac("public key as secret", REFUSAL_SIZE, "\"RS256\"");
}
