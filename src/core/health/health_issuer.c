/* SPDX-License-Identifier: ISC */
/* The checks of what the issuer is needed for. */
#include "config.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "health_own.h"
#include "oidc/introspection.h"
#include "oidc/jwks_fetch.h"

static const char *
keys_words(struct arena *a, int n)
{
	return arena_printf(a, "%d signing key%s", n, n == 1 ? "" : "s");
}

static const char *
issuer_words(struct arena *a, const struct issuer_fault *fault)
{
	return arena_printf(a, "%s: %s%s%s", fault->url, fault->why,
	    fault->detail[0] == '\0' ? "" : ": ", fault->detail);
}

/* Fetches the key set as a process that verifies tokens does. */
static void
keys_fetch(const struct health_round *r, struct check *k)
{
	struct arena *a = r->from->arena;
	struct jwks_fetch *fetch = jwks_fetch_new();
	struct issuer_fault fault = { 0 };
	int64_t start = clock_mono_us();
	struct jwks *set = jwks_fetch_run(fetch, &fault);

	k->us = clock_mono_us() - start;
	if (set != NULL) {
		k->words = keys_words(a, jwks_count(set));
	} else {
		health_because(r, k, HEALTH_FAIL, HEALTH_CAUSE_keyset_now,
		    issuer_words(a, &fault));
	}
	jwks_free(set);
	jwks_fetch_free(fetch);
}

bool
health_keyset(struct health_round *r, struct check *k)
{
	const struct health_issuer *issuer = r->from->issuer;

	if (settings.auth_issuer[0] == '\0') {
		health_because(r, k, HEALTH_FAIL, HEALTH_CAUSE_no_issuer, NULL);
	} else if (issuer == NULL) {
		keys_fetch(r, k);
	} else if (issuer->usable) {
		k->us = issuer->fetch_us;
		k->words = keys_words(r->from->arena, issuer->keys);
	} else {
		health_because(r, k, HEALTH_FAIL, HEALTH_CAUSE_keyset_none,
		    NULL);
	}
	return true;
}

/* Asks the issuer as a process that verifies tokens does. */
static void
introspection_now(const struct health_round *r, struct check *k)
{
	struct introspection *in = introspection_new();
	struct issuer_fault fault = { 0 };
	int64_t start = clock_mono_us();

	if (introspection_try(in, &fault) == -1)
		health_because(r, k, HEALTH_FAIL, HEALTH_CAUSE_introspection,
		    issuer_words(r->from->arena, &fault));
	k->us = clock_mono_us() - start;
	introspection_free(in);
}

/* The issuer is not asked for a process that asks it anyway: a health check
 * costs it nothing. */
bool
health_introspection(struct health_round *r, struct check *k)
{
	const struct health_issuer *issuer = r->from->issuer;

	if (issuer == NULL) {
		if (settings.auth_introspect == CONF_introspect_off)
			return false;
		introspection_now(r, k);
		return true;
	}
	if (!issuer->introspects)
		return false;
	if (issuer->introspection != HEALTH_PASS)
		health_because(r, k, issuer->introspection,
		    HEALTH_CAUSE_introspection,
		    issuer->why != NULL
			? issuer->why
			: "the last question about a token had no answer");
	return true;
}
