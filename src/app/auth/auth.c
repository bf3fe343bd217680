/* SPDX-License-Identifier: ISC */
/* From the header to a principal: the order of the checks, and the cache. */
#include "config.h"

#include "auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth_own.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "log/log.h"
#include "metric/metric.h"

/* Longest time in seconds that a token counts without a new look at it. */
#define AUTH_REMEMBER 300

struct auth {
	struct token_rules rules;
	struct keyset *keys;
	struct token_cache *cache;
	struct introspect *introspect; /* NULL: the issuer is not asked */
	struct noted revoked;          /* tokens, by their digests */
	struct rules *rights;
	struct {                  /* what auth_check looked at last */
		const char *text; /* borrowed from its caller */
		size_t len;
		uint8_t digest[CODEC_SHA256];
	} token;
};

const char *
auth_owner(bool *shared)
{
	const char *tasks = settings.rbac_tasks;
	const char *name = strchr(tasks, ':');

	*shared = str_eq(tasks, "shared");
	return name == NULL ? "sub" : name + 1;
}

static void
auth_rules(struct token_rules *r)
{
	bool shared;

	r->issuer = settings.auth_issuer;
	r->audience = settings.auth_audience;
	r->client = settings.auth_client;
	if (r->client[0] == '\0')
		r->client = r->audience;
	r->azp = settings.auth_azp;
	r->owner = auth_owner(&shared);
	r->rfc9068 = settings.auth_profile == CONF_profile_rfc9068;
	r->unverified = settings.mail_to_unverified;
	r->limit = (size_t)settings.auth_token_limit;
	r->leeway = settings.auth_leeway / 1000;
	r->max_lifetime = (settings.auth_max_lifetime + 999) / 1000;
	r->algs = alg_bits(&settings.auth_algorithms);
}

struct auth *
auth_new(void)
{
	struct auth *auth = xcalloc(1, sizeof(*auth));

	auth->rights =
	    rules_new(settings.auth_user_role, settings.auth_admin_role);
	auth->rules.rights = auth->rights;
	auth_rules(&auth->rules);
	auth->keys = keyset_new();
	auth->cache = token_cache_new((size_t)settings.auth_token_cache);
	if (settings.auth_introspect != CONF_introspect_off)
		auth->introspect = introspect_new();
	metric_words(METRIC_SET_refusal, refusal_words + 1, REFUSAL__MAX - 1);
	metric_show(METRIC_refusals);
	return auth;
}

void
auth_free(struct auth *auth)
{
	if (auth == NULL)
		return;
	introspect_free(auth->introspect);
	token_cache_free(auth->cache);
	keyset_free(auth->keys);
	rules_free(auth->rights);
	free(auth);
}

/* What characters are in the name of a scheme (RFC 9110, 5.6.2) and in a
 * token (RFC 6750, 2.1). */
#define SCHEME 1
#define TOKEN  2

static const uint8_t auth_class[256] = {
	['!'] = SCHEME,
	['#'] = SCHEME,
	['$'] = SCHEME,
	['%'] = SCHEME,
	['&'] = SCHEME,
	['\''] = SCHEME,
	['*'] = SCHEME,
	['^'] = SCHEME,
	['`'] = SCHEME,
	['|'] = SCHEME,
	['+'] = SCHEME | TOKEN,
	['-'] = SCHEME | TOKEN,
	['.'] = SCHEME | TOKEN,
	['_'] = SCHEME | TOKEN,
	['~'] = SCHEME | TOKEN,
	['/'] = TOKEN,
	['0' ... '9'] = SCHEME | TOKEN,
	['A' ... 'Z'] = SCHEME | TOKEN,
	['a' ... 'z'] = SCHEME | TOKEN,
};

/* How many characters at s are of that class. */
static size_t
auth_span(const char *s, uint8_t class)
{
	size_t n = 0;

	while ((auth_class[(uint8_t)s[n]] & class) != 0)
		n++;
	return n;
}

/* Finds the token in the header's value: the scheme, spaces, the token with =
 * at its end, and white space around all that. */
static enum auth_result
auth_bearer(const char *value, const char **token, size_t *len)
{
	size_t n, spaces;

	if (value == NULL)
		return AUTH_NONE;
	value += strspn(value, " \t");
	n = auth_span(value, SCHEME);
	if (n != strlen("Bearer") || strncasecmp(value, "Bearer", n) != 0)
		return AUTH_NONE;
	value += n;
	spaces = strspn(value, " ");
	n = auth_span(value + spaces, TOKEN);
	if (spaces == 0 || n == 0)
		return AUTH_MALFORMED;
	*token = value + spaces;
	*len = n + strspn(*token + n, "=");
	value = *token + *len;
	return value[strspn(value, " \t")] == '\0' ? AUTH_OK : AUTH_MALFORMED;
}

/* Everything that a token not seen before goes through. */
static enum auth_result
auth_judge(struct auth *auth, int64_t now, struct arena *a,
    struct claims *claims, enum refusal *why)
{
	struct token t;
	const struct jwks_key *key;

	*why =
	    token_open(auth->token.text, auth->token.len, &auth->rules, a, &t);
	if (*why != REFUSAL_NONE)
		return AUTH_INVALID;
	if (!keyset_usable(auth->keys))
		return AUTH_UNAVAILABLE;
	key = keyset_find(auth->keys, t.kid, t.kid_len, t.alg, why);
	if (key == NULL)
		return *why == REFUSAL_NONE ? AUTH_UNAVAILABLE : AUTH_INVALID;
	*why = token_verify(&t, key, a);
	if (*why == REFUSAL_NONE)
		*why = claims_read(&t, &auth->rules, now, a, claims);
	return *why == REFUSAL_NONE ? AUTH_OK : AUTH_INVALID;
}

static void
auth_remember(struct auth *auth, const struct claims *claims, int64_t now)
{
	struct claims kept = *claims;

	kept.from -= auth->rules.leeway;
	kept.until += auth->rules.leeway;
	if (kept.until > now + AUTH_REMEMBER)
		kept.until = now + AUTH_REMEMBER;
	token_cache_put(auth->cache, auth->token.digest,
	    keyset_generation(auth->keys), &kept);
}

/* auth->token has the text and its length. */
static enum auth_result
auth_token(struct auth *auth, struct arena *a, const struct principal **who,
    enum refusal *why)
{
	struct claims *claims = arena_alloc(a, sizeof(*claims));
	int64_t now = clock_wall_s();
	enum auth_result result;

	*why = REFUSAL_LENGTH;
	if (auth->token.len > auth->rules.limit)
		return AUTH_INVALID;
	codec_sha256(auth->token.text, auth->token.len, auth->token.digest);
	if (keyset_usable(auth->keys)) {
		*who = token_cache_get(auth->cache, auth->token.digest,
		    keyset_generation(auth->keys), now);
		metric_count(METRIC_token_cache,
		    *who != NULL ? METRIC_hit_hit : METRIC_hit_miss);
		if (*who != NULL)
			return AUTH_OK;
	}
	result = auth_judge(auth, now, a, claims, why);
	if (result == AUTH_OK) {
		auth_remember(auth, claims, now);
		*who = &claims->who;
	}
	return result;
}

/* Logs why; returns what the client is told. */
static const char *
auth_refuse(enum refusal refusal)
{
	metric_count(METRIC_refusals, refusal - 1); /* but NONE */
	log_info("token refused", LS("reason", refusal_reasons[refusal]));
	return refusal_texts[refusal];
}

static enum auth_result
auth_count(enum auth_result result)
{
	static const enum metric_word words[] = {
		[AUTH_OK] = METRIC_token_accepted,
		[AUTH_NONE] = METRIC_token_missing,
		[AUTH_MALFORMED] = METRIC_token_malformed,
		[AUTH_INVALID] = METRIC_token_refused,
		[AUTH_UNAVAILABLE] = METRIC_token_unavailable,
	};

	metric_count(METRIC_tokens, words[result]);
	return result;
}

enum auth_result
auth_check(struct auth *auth, const char *authorization, struct arena *a,
    const struct principal **who, const char **why)
{
	enum auth_result result;
	enum refusal refusal;

	result =
	    auth_bearer(authorization, &auth->token.text, &auth->token.len);
	if (result == AUTH_MALFORMED) {
		*why = "the Authorization header is malformed";
		log_info("token refused",
		    LS("reason", "Authorization is malformed"));
	}
	if (result != AUTH_OK)
		return auth_count(result);
	result = auth_token(auth, a, who, &refusal);
	if (result == AUTH_INVALID)
		*why = auth_refuse(refusal);
	return auth_count(result);
}

bool
auth_confirms(const struct auth *auth, enum conf_rule rule)
{
	return auth->introspect != NULL &&
	       (settings.auth_introspect != CONF_introspect_admin ||
		   rules_admin(auth->rights, rule));
}

enum auth_result
auth_confirm(struct auth *auth, const struct principal *who,
    enum conf_rule rule, const char **why)
{
	int64_t now = clock_mono_us(),
		ttl = settings.auth_introspect_ttl * 1000;
	const char *digest = (const char *)auth->token.digest;
	enum refusal refusal = REFUSAL_INACTIVE;
	enum auth_result result;
	int64_t left;

	if (!auth_confirms(auth, rule))
		return AUTH_OK;
	if (token_cache_confirmed(auth->cache, auth->token.digest, now))
		return AUTH_OK;
	if (noted_has(&auth->revoked, digest, CODEC_SHA256, now)) {
		*why = auth_refuse(refusal);
		return AUTH_INVALID;
	}
	result = introspect_ask(auth->introspect, auth->token.text,
	    auth->token.len, who, &refusal);
	if (result == AUTH_OK) {
		/* The issuer's word never counts beyond the token's end. */
		left = who->expires * CLOCK_SECOND - clock_wall_us();
		token_cache_confirm(auth->cache, auth->token.digest,
		    clock_mono_us() + (left < ttl ? left : ttl));
	}
	if (result == AUTH_INVALID) {
		noted_add(&auth->revoked, digest, CODEC_SHA256,
		    clock_mono_us() + ttl);
		*why = auth_refuse(refusal);
	}
	return result;
}

bool
auth_may(const struct auth *auth, const struct principal *who,
    enum conf_rule rule)
{
	return rules_allow(auth->rights, rule, &who->rights);
}

const char *
auth_lacks(const struct auth *auth, const struct principal *who,
    enum conf_rule rule, struct arena *a, const char **scopes)
{
	return rules_lack(auth->rights, rule, &who->rights, a, scopes);
}

const char *
auth_role(const struct auth *auth, const struct principal *who, size_t *i)
{
	return rules_role(auth->rights, &who->rights, i);
}

const char *
auth_scope(const struct auth *auth, size_t i)
{
	return rules_scope(auth->rights, i);
}

int64_t
auth_chores(struct auth *auth)
{
	if (auth->introspect != NULL)
		introspect_first(auth->introspect);
	return keyset_chores(auth->keys);
}

bool
auth_ready(const struct auth *auth, int64_t *age_s, int *keys,
    int64_t *fetch_us)
{
	return keyset_ready(auth->keys, age_s, keys, fetch_us);
}

enum auth_asks
auth_asks(const struct auth *auth, const char **why)
{
	bool paused;

	*why = NULL;
	if (auth->introspect == NULL)
		return AUTH_ASKS_NOBODY;
	*why = introspect_in_vain(auth->introspect, &paused);
	if (*why == NULL)
		return AUTH_ASKS_WELL;
	return paused && settings.auth_introspect == CONF_introspect_all
		   ? AUTH_ASKS_LATER
		   : AUTH_ASKS_IN_VAIN;
}
