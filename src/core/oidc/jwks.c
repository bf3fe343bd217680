/* SPDX-License-Identifier: ISC */
/* Picks the usable keys out of a key set and finds them by kid. */
#include "config.h"

#include "jwks.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/xalloc.h"
#include "jwks_key.h"
#include "text/json.h"
#include "text/member.h"

#define JWKS_DEPTH 8

struct jwks {
	uint8_t digest[CODEC_SHA256]; /* of the document */
	int n;
	struct jwks_key key[JWKS_KEYS_MAX];
};

/* use absent or sig; key_ops absent or with verify. */
static bool
jwks_is_for_signatures(struct json_object *jwk)
{
	struct json_object *ops = member_array(jwk, "key_ops");

	if (member_there(jwk, "use") && !member_is(jwk, "use", "sig"))
		return false;
	if (!member_there(jwk, "key_ops"))
		return true;
	return ops != NULL && member_has(ops, "verify");
}

static void
jwks_take(struct jwks *set, struct json_object *jwk, unsigned algs)
{
	struct jwks_key *k = &set->key[set->n];
	const char *kid;
	bool known;

	if (!json_object_is_type(jwk, json_type_object) ||
	    !jwks_is_for_signatures(jwk))
		return;
	kid = member_text(jwk, "kid", &k->kid_len);
	if (kid == NULL || k->kid_len == 0 || k->kid_len > JWKS_KID_MAX)
		return;
	k->alg = jwks_key_alg(jwk, algs);
	if (k->alg == ALG__MAX ||
	    jwks_find(set, kid, k->kid_len, k->alg, &known) != NULL)
		return;
	k->key = jwks_key_build(jwk, k->alg);
	if (k->key == NULL)
		return;
	memcpy(k->kid, kid, k->kid_len);
	k->kid[k->kid_len] = '\0';
	set->n++;
}

static const char *
jwks_fill(struct jwks *set, struct json_object *doc, unsigned algs)
{
	struct json_object *keys = NULL;
	size_t i, n;

	if (json_object_is_type(doc, json_type_object))
		keys = member_array(doc, "keys");
	if (keys == NULL)
		return "it has no array \"keys\"";
	n = json_object_array_length(keys);
	if (n > JWKS_KEYS_MAX)
		return "there are too many keys in it";
	for (i = 0; i < n; i++)
		jwks_take(set, json_object_array_get_idx(keys, i), algs);
	return set->n == 0 ? "there is no usable key in it" : NULL;
}

struct jwks *
jwks_parse(const char *text, size_t len, unsigned algs, const char **why)
{
	struct json_fault fault;
	struct json_object *doc = json_read(text, len, JWKS_DEPTH, &fault);
	struct jwks *set;

	if (doc == NULL) {
		*why = "it is not a strict JSON object";
		return NULL;
	}
	set = xcalloc(1, sizeof(*set));
	codec_sha256(text, len, set->digest);
	*why = jwks_fill(set, doc, algs);
	json_object_put(doc);
	if (*why != NULL) {
		jwks_free(set);
		return NULL;
	}
	return set;
}

void
jwks_free(struct jwks *set)
{
	int i;

	if (set == NULL)
		return;
	for (i = 0; i < set->n; i++)
		EVP_PKEY_free(set->key[i].key);
	free(set);
}

int
jwks_count(const struct jwks *set)
{
	return set->n;
}

bool
jwks_same(const struct jwks *a, const struct jwks *b)
{
	return memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

const struct jwks_key *
jwks_find(const struct jwks *set, const char *kid, size_t kid_len, enum alg alg,
    bool *known)
{
	int i;

	*known = false;
	for (i = 0; i < set->n; i++) {
		const struct jwks_key *k = &set->key[i];

		if (k->kid_len != kid_len || memcmp(k->kid, kid, kid_len) != 0)
			continue;
		*known = true;
		if (k->alg == alg)
			return k;
	}
	return NULL;
}
