/* SPDX-License-Identifier: ISC */
/* Issuer, audience and lifetime of a token, and who bears it. */
#include "config.h"

#include "auth_own.h"

#include <string.h>

#include "base/str.h"
#include "text/member.h"

#define CLAIMS_TIME_MAX 253402300799 /* the end of the year 9999 */

/* A string or an array of strings; one of them must be ours. */
static bool
claims_aud_fits(struct json_object *claims, const char *audience)
{
	struct json_object *list = member_array(claims, "aud");
	size_t i, n;

	if (list == NULL)
		return member_is(claims, "aud", audience);
	n = json_object_array_length(list);
	for (i = 0; i < n; i++) {
		if (!json_object_is_type(json_object_array_get_idx(list, i),
			json_type_string))
			return false;
	}
	return member_has(list, audience);
}

static enum refusal
claims_judge_end(struct json_object *claims, const struct token_rules *rules,
    int64_t now, struct claims *out)
{
	if (member_integer(claims, "exp", 1, CLAIMS_TIME_MAX, &out->until) != 1)
		return REFUSAL_EXP;
	if (now >= out->until + rules->leeway)
		return REFUSAL_EXPIRED;
	return REFUSAL_NONE;
}

static enum refusal
claims_judge_start(struct json_object *claims, const struct token_rules *rules,
    int64_t now, struct claims *out)
{
	int64_t nbf;

	if (member_integer(claims, "iat", 0, CLAIMS_TIME_MAX, &out->from) != 1)
		return REFUSAL_IAT;
	if (out->from > now + rules->leeway)
		return REFUSAL_IAT_EARLY;
	if (rules->max_lifetime > 0 &&
	    out->until - out->from > rules->max_lifetime)
		return REFUSAL_LIFETIME;
	switch (member_integer(claims, "nbf", 0, CLAIMS_TIME_MAX, &nbf)) {
	case -1:
		return REFUSAL_NBF;
	case 0:
		return REFUSAL_NONE;
	}
	if (nbf > now + rules->leeway)
		return REFUSAL_NBF_EARLY;
	if (nbf > out->from)
		out->from = nbf;
	return REFUSAL_NONE;
}

/* RFC 9068 calls the client client_id where Keycloak says azp. */
static bool
claims_azp_fits(struct json_object *claims, const struct token_rules *rules)
{
	const char *name = "azp";
	size_t i;

	if (rules->azp.n == 0)
		return true;
	if (rules->rfc9068 && !member_there(claims, "azp"))
		name = "client_id";
	for (i = 0; i < rules->azp.n; i++) {
		if (member_is(claims, name, rules->azp.v[i]))
			return true;
	}
	return false;
}

static enum refusal
claims_judge(struct json_object *claims, const struct token_rules *rules,
    int64_t now, struct claims *out)
{
	enum refusal why;

	if (rules->issuer[0] == '\0' ||
	    !member_is(claims, "iss", rules->issuer))
		return REFUSAL_ISS;
	if (!claims_aud_fits(claims, rules->audience))
		return REFUSAL_AUD;
	why = claims_judge_end(claims, rules, now, out);
	if (why == REFUSAL_NONE)
		why = claims_judge_start(claims, rules, now, out);
	if (why != REFUSAL_NONE)
		return why;
	if (!rules->rfc9068 && !member_is(claims, "typ", "Bearer"))
		return REFUSAL_CLAIM_TYP;
	if (member_name(claims, "sub", CLAIMS_NAME_MAX) == NULL)
		return REFUSAL_SUB;
	if (!claims_azp_fits(claims, rules))
		return REFUSAL_AZP;
	if (member_there(claims, "cnf"))
		return REFUSAL_CNF;
	return REFUSAL_NONE;
}

static bool
claims_true(struct json_object *claims, const char *name)
{
	struct json_object *v;

	return json_object_object_get_ex(claims, name, &v) &&
	       json_object_is_type(v, json_type_boolean) &&
	       json_object_get_boolean(v);
}

/* As many whole words as may be told. */
static const char *
claims_scopes(const char *scopes, struct arena *a)
{
	size_t len = scopes == NULL ? 0 : strlen(scopes);

	if (len <= CLAIMS_SCOPE_MAX)
		return scopes;
	for (len = CLAIMS_SCOPE_MAX; len > 0 && scopes[len] != ' ';)
		len--;
	return arena_strndup(a, scopes, len);
}

static void
claims_bearer(struct json_object *claims, const struct token_rules *rules,
    struct arena *a, struct principal *who)
{
	struct json_object *access = member_object(claims, "resource_access");
	const char *scopes = member_string(claims, "scope"), *owner;
	const bool verified = claims_true(claims, "email_verified");

	who->subject = member_name(claims, "sub", CLAIMS_NAME_MAX);
	who->username =
	    member_name(claims, "preferred_username", CLAIMS_USER_MAX);
	if (who->username == NULL)
		who->username = who->subject;
	owner = member_name(claims, rules->owner, CLAIMS_NAME_MAX);
	/* An address that nobody has looked at may be somebody else's. */
	if (owner != NULL && (verified || !str_eq(rules->owner, "email")))
		who->owner = arena_printf(a, "%s=%s", rules->owner, owner);
	if (verified || rules->unverified)
		who->email = member_name(claims, "email", CLAIMS_EMAIL_MAX);
	rules_add_roles(rules->rights,
	    member_array(member_object(claims, "realm_access"), "roles"),
	    &who->rights);
	rules_add_roles(rules->rights,
	    member_array(member_object(access, rules->client), "roles"),
	    &who->rights);
	if (scopes != NULL)
		rules_add_scopes(rules->rights, scopes, &who->rights);
	who->scopes = claims_scopes(scopes, a);
}

enum refusal
claims_read(const struct token *t, const struct token_rules *rules, int64_t now,
    struct arena *a, struct claims *out)
{
	struct json_object *claims =
	    token_json(t->payload, t->payload_len, rules->limit, a);
	enum refusal why;

	*out = (struct claims){ .from = 0 };
	if (claims == NULL)
		return REFUSAL_PAYLOAD;
	why = claims_judge(claims, rules, now, out);
	if (why == REFUSAL_NONE)
		claims_bearer(claims, rules, a, &out->who);
	out->who.expires = out->until;
	return why;
}
