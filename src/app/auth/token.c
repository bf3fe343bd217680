/* SPDX-License-Identifier: ISC */
/* Strict where libraries are lenient: one spelling of a token is accepted. */
#include "config.h"

#include "auth_own.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "text/json.h"
#include "text/member.h"

#define TOKEN_HEADER_MAX 2048
#define TOKEN_DEPTH      16

static size_t
token_part_len(const char *s, const char *end)
{
	const char *start = s;

	while (s < end && *s != '\0' &&
	       (*s == '-' || *s == '_' || (*s >= '0' && *s <= '9') ||
		   (*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z')))
		s++;
	return (size_t)(s - start);
}

/* Exactly three parts, none of them empty. */
static int
token_split(const char *text, size_t len, struct token *t, size_t *header)
{
	const char *end = text + len;
	size_t i, size[3];
	const char *s = text, *part[3];

	for (i = 0; i < 3; i++) {
		part[i] = s;
		size[i] = token_part_len(s, end);
		s += size[i];
		if (size[i] == 0)
			return -1;
		if (i < 2 && (s == end || *s++ != '.'))
			return -1;
	}
	if (s != end)
		return -1;
	*header = size[0];
	t->text = text;
	t->signed_len = size[0] + 1 + size[1];
	t->payload = part[1];
	t->payload_len = size[1];
	t->signature = part[2];
	t->signature_len = size[2];
	return 0;
}

struct json_object *
token_json(const char *part, size_t len, size_t max, struct arena *a)
{
	struct json_fault fault;
	struct json_object *tree;
	uint8_t *text;
	long n;

	if (len * 3 / 4 > max)
		return NULL;
	text = arena_alloc(a, len * 3 / 4 + 1);
	n = codec_b64url_decode(part, len, text);
	if (n == -1)
		return NULL;
	tree = json_read((const char *)text, (size_t)n, TOKEN_DEPTH, &fault);
	if (tree == NULL)
		return NULL;
	arena_defer(a, json_release, tree);
	return json_object_is_type(tree, json_type_object) ? tree : NULL;
}

/* Media types are compared without case and may leave "application/" out. */
static bool
token_typ_fits(struct json_object *header, bool rfc9068)
{
	size_t len;
	const char *typ;

	if (!member_there(header, "typ"))
		return !rfc9068;
	typ = member_text(header, "typ", &len);
	if (typ == NULL || strlen(typ) != len)
		return false;
	if (str_case_eq(typ, "at+jwt") ||
	    str_case_eq(typ, "application/at+jwt"))
		return true;
	return !rfc9068 && str_case_eq(typ, "JWT");
}

/* The algorithm comes first: a refresh token, whose HMAC key is in no key set,
 * must not come as far as the look-up of its kid. */
static enum refusal
token_judge(struct json_object *header, const struct token_rules *rules,
    struct token *t)
{
	static const char *const never[] = { "crit", "b64", "zip", "cty" };
	size_t i, len;
	const char *name = member_text(header, "alg", &len);

	t->alg = name != NULL ? alg_find(name, len) : ALG__MAX;
	if (t->alg == ALG__MAX || (rules->algs & 1u << t->alg) == 0)
		return REFUSAL_ALG;
	for (i = 0; i < NELEM(never); i++) {
		if (member_there(header, never[i]))
			return REFUSAL_CRIT;
	}
	if (!token_typ_fits(header, rules->rfc9068))
		return REFUSAL_TYP;
	t->kid = member_text(header, "kid", &t->kid_len);
	if (t->kid == NULL || t->kid_len == 0 || t->kid_len > JWKS_KID_MAX)
		return REFUSAL_KID;
	return REFUSAL_NONE;
}

enum refusal
token_open(const char *text, size_t len, const struct token_rules *rules,
    struct arena *a, struct token *t)
{
	struct json_object *header;
	size_t header_len;

	if (len > rules->limit)
		return REFUSAL_LENGTH;
	if (token_split(text, len, t, &header_len) == -1)
		return REFUSAL_SHAPE;
	header = token_json(text, header_len, TOKEN_HEADER_MAX, a);
	if (header == NULL)
		return REFUSAL_HEADER;
	return token_judge(header, rules, t);
}

enum refusal
token_verify(const struct token *t, const struct jwks_key *key, struct arena *a)
{
	uint8_t *sig = arena_alloc(a, t->signature_len * 3 / 4 + 1);
	long n;

	if (key->alg != t->alg)
		return REFUSAL_KEY_ALG;
	n = codec_b64url_decode(t->signature, t->signature_len, sig);
	if (n == -1)
		return REFUSAL_ENCODING;
	if ((size_t)n != alg_size(t->alg, key->key))
		return REFUSAL_SIZE;
	if (!alg_verify(t->alg, key->key, t->text, t->signed_len, sig))
		return REFUSAL_SIGNATURE;
	return REFUSAL_NONE;
}
