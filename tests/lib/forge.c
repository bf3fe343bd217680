/* SPDX-License-Identifier: ISC */
/* Makes one token after the other, and writes what must come of it. */
#include "config.h"

#include "lib/forge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct forge forge;

static const char *const kids[ALG__MAX] = {
	[ALG_RS256] = "rs256-key",
	[ALG_PS256] = "ps256-key",
	[ALG_ES256] = "es256-key",
	[ALG_ES384] = "es384-key",
	[ALG_EDDSA] = "eddsa-key",
};

static struct signer_member claims[] = {
	{ "exp", NULL },
	{ "iat", NULL },
	{ "jti", "\"onrtro:66c1cd5d-57c4-c35f-104b-726b2bcab29d\"" },
	{ "iss", NULL },
	{ "aud", "[\"errand-api\",\"account\"]" },
	{ "sub", "\"7a1b8f9e-4f0e-4a51-9d52-0c1b5d6f7a80\"" },
	{ "typ", "\"Bearer\"" },
	{ "azp", "\"errandctl\"" },
	{ "realm_access", "{\"roles\":[\"offline_access\",\"user\"]}" },
	{ "scope", "\"profile email\"" },
	{ "preferred_username", "\"alice\"" },
	{ "sid", NULL },
	{ NULL, NULL },
};

void
forge_die(const char *why)
{
	fprintf(stderr, "token_factory: %s\n", why);
	exit(1);
}

/* --- texts --- */

char *
forge_text(struct buf *b)
{
	if (b->data == NULL)
		buf_adds(b, "");
	arena_defer(forge.texts, free, b->data);
	return b->data;
}

char *
forge_expand(const char *value)
{
	struct buf b = { 0 };

	if (value == NULL)
		return NULL;
	while (*value != '\0') {
		if (*value == '@') {
			char *end;

			buf_addint(&b,
			    forge.now + strtoll(value + 1, &end, 10));
			value = end;
		} else if (*value == '^') {
			buf_adds(&b, forge.issuer);
			value++;
		} else {
			buf_addc(&b, *value++);
		}
	}
	return forge_text(&b);
}

char *
forge_fill(const char *text, char mark, const char *what)
{
	struct buf b = { 0 };

	for (; *text != '\0'; text++) {
		if (*text == mark)
			buf_adds(&b, what);
		else
			buf_addc(&b, *text);
	}
	return forge_text(&b);
}

char *
forge_header(enum alg alg, const char *kid, const char *name, const char *value)
{
	const struct signer_member header[] = {
		{ "alg", arena_printf(forge.texts, "\"%s\"", alg_names[alg]) },
		{ "typ", "\"JWT\"" },
		{ "kid", arena_printf(forge.texts, "\"%s\"", kid) },
		{ NULL, NULL },
	};
	struct buf b = { 0 };

	signer_add_object(&b, header, name, value);
	return forge_text(&b);
}

char *
forge_plain_header(enum alg alg)
{
	return forge_header(alg, kids[alg], NULL, NULL);
}

char *
forge_claims(const char *name, const char *value)
{
	struct buf b = { 0 };

	signer_add_object(&b, claims, name, value);
	return forge_text(&b);
}

char *
forge_token(const struct signer *s, const char *header, const char *payload)
{
	char *token = signer_token(s, header, payload);

	arena_defer(forge.texts, free, token);
	return token;
}

/* --- what is written --- */

static void
put_hex(const char *text)
{
	putchar('\t');
	for (; *text != '\0'; text++)
		printf("%02x", (unsigned char)*text);
}

void
forge_put(const char *label, int status, const char *challenge,
    const char *reason, bool deep, const char *request, const char *body,
    const char *const lines[2])
{
	printf("%s\t%d\t%s\t%s\t%s\t%s", label, status, challenge, reason,
	    deep ? "deep" : "", forge_fill(request, '@', forge.good));
	put_hex(forge_fill(body, '@', forge.good));
	for (size_t i = 0; i < 2 && lines[i] != NULL; i++)
		put_hex(forge_fill(lines[i], '@', forge.good));
	putchar('\n');
}

void
forge_put_token(const char *label, enum refusal why, const char *token)
{
	const char *const lines[2] = {
		arena_printf(forge.texts, "Authorization: Bearer %s", token),
	};
	const char *challenge = "", *reason = "";

	if (why != REFUSAL_NONE) {
		challenge = arena_printf(forge.texts,
		    FORGE_REALM
		    ", error=\"invalid_token\", error_description=\"%s\"",
		    refusal_texts[why]);
		reason = refusal_reasons[why];
	}
	forge.broken[why] = true;
	forge_put(label, why == REFUSAL_NONE ? 200 : 401, challenge, reason,
	    why == REFUSAL_NONE || why >= REFUSAL_KEY, "GET /me", "", lines);
}

/* --- its beginning and end --- */

/* sid is as long as it takes for unused bits at the payload's end. */
void
forge_open(const char *iss)
{
	const char *sid = "\"5QaUnpXnFTUxl1Hv6CQTTRfD\"";
	size_t i;

	forge.texts = arena_new();
	forge.issuer = iss;
	forge.now = (int64_t)time(NULL);
	for (i = 0; i < NELEM(claims); i++) {
		if (claims[i].value == NULL && claims[i].name != NULL)
			claims[i].value = sid;
	}
	claims[0].value =
	    arena_printf(forge.texts, "%" PRId64, forge.now + 3000);
	claims[1].value = arena_printf(forge.texts, "%" PRId64, forge.now - 60);
	claims[3].value = arena_printf(forge.texts, "\"%s\"", forge.issuer);
	while (strlen(forge_claims(NULL, NULL)) % 3 != 1) {
		sid = arena_printf(forge.texts, "\"x%s", sid + 1);
		claims[11].value = sid;
	}
	for (i = 0; i < ALG__MAX; i++) {
		signer_init(&forge.signers[i], (enum alg)i, kids[i], 0);
		signer_init(&forge.strangers[i], (enum alg)i, kids[i], 0);
	}
	forge.good = forge_token(&forge.signers[ALG_RS256],
	    forge_plain_header(ALG_RS256), forge_claims(NULL, NULL));
}

void
forge_close(void)
{
	for (int i = 0; i < ALG__MAX; i++) {
		signer_clear(&forge.signers[i]);
		signer_clear(&forge.strangers[i]);
	}
	arena_free(forge.texts);
}
