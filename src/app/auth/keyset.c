/* SPDX-License-Identifier: ISC */
/*
 * A set is replaced as a whole or kept: whatever goes wrong with a fetch, the
 * keys at hand stay in use until they are too old.  Tokens with unknown kids
 * can be made by anybody, so that they cause fetches at a bounded rate only.  A
 * fetch for one of them brings all keys, so they keep no new key out.
 */
#include "config.h"

#include "auth_own.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "base/xalloc.h"
#include "log/log.h"
#include "metric/metric.h"
#include "oidc/jwks_fetch.h"

/* After a fetch that failed: 1 s, 2 s, 4 s, 8 s, 8 s and so on.  While there
 * are keys to work with, ten times what the fetch took if that is more, as each
 * try holds up the requests of this process. */
#define KEYSET_PAUSES_MAX 3 /* a power of two, of seconds */
#define KEYSET_SHARE      10
#define KEYSET_PAUSE_MAX  (30 * CLOCK_SECOND)

/* Fetches for unknown kids may take a tenth of the time as well, and be ten a
 * second; after a quiet while, as many as in so long a time at once. */
#define KEYSET_EVERY  (CLOCK_SECOND / 10)
#define KEYSET_CREDIT (5 * CLOCK_SECOND)

/* Times are those of clock_mono_us. */
struct keyset {
	struct jwks *set; /* or NULL */
	struct jwks_fetch *fetch;
	uint64_t generation;
	int64_t loaded; /* when set was last fetched or confirmed */
	int64_t next;   /* when chores shall fetch; after failures, anybody */
	int64_t paid;   /* when the fetches for unknown kids are made up for */
	int64_t fetch_us;
	unsigned failures;   /* in a row */
	const char *fault;   /* the last one told in the log; NULL: all well */
	struct noted absent; /* kids */
};

/* Many processes start at once and must not stay in step. */
static int64_t
keyset_jitter(int64_t us)
{
	uint32_t r;

	uuid_random(&r, sizeof(r));
	return us / 5 * 4 +
	       (int64_t)((double)us * 0.4 * (double)r / (double)UINT32_MAX);
}

bool
keyset_usable(const struct keyset *ks)
{
	return ks->set != NULL &&
	       clock_mono_us() - ks->loaded <= settings.auth_key_stale * 1000;
}

uint64_t
keyset_generation(const struct keyset *ks)
{
	return ks->generation;
}

static void
keyset_failed(struct keyset *ks, const struct issuer_fault *fault)
{
	unsigned power =
	    ks->failures < KEYSET_PAUSES_MAX ? ks->failures : KEYSET_PAUSES_MAX;
	int64_t pause = CLOCK_SECOND << power;

	if (keyset_usable(ks) && pause < ks->fetch_us * KEYSET_SHARE)
		pause = ks->fetch_us * KEYSET_SHARE;
	if (pause > KEYSET_PAUSE_MAX)
		pause = KEYSET_PAUSE_MAX;
	ks->failures++;
	ks->next = clock_mono_us() + keyset_jitter(pause);
	if (ks->fault != NULL && str_eq(ks->fault, fault->why))
		return;
	ks->fault = fault->why;
	log_warning("key set not fetched", LS("reason", fault->why),
	    LS("detail", fault->detail), LS("url", fault->url),
	    LI("keys", ks->set != NULL ? jwks_count(ks->set) : 0));
}

static int
keyset_refresh(struct keyset *ks)
{
	struct issuer_fault fault = { 0 };
	int64_t begun = clock_mono_us();
	struct jwks *set = jwks_fetch_run(ks->fetch, &fault);

	ks->fetch_us = clock_mono_us() - begun;
	metric_count(METRIC_keyset,
	    set != NULL ? METRIC_done_done : METRIC_done_failed);
	if (set == NULL) {
		keyset_failed(ks, &fault);
		return -1;
	}
	if (ks->set != NULL && jwks_same(ks->set, set)) {
		jwks_free(set);
	} else {
		jwks_free(ks->set);
		ks->set = set;
		ks->generation++;
		noted_clear(&ks->absent);
		log_info("key set taken", LS("url", jwks_fetch_url(ks->fetch)),
		    LI("keys", jwks_count(set)));
	}
	metric_set(METRIC_keyset_at, METRIC_AT(0), clock_wall_us());
	ks->loaded = clock_mono_us();
	ks->next = ks->loaded + keyset_jitter(settings.auth_key_ttl * 1000);
	ks->failures = 0;
	if (ks->fault != NULL)
		log_info("key set fetched again",
		    LI("keys", jwks_count(ks->set)));
	ks->fault = NULL;
	return 0;
}

struct keyset *
keyset_new(void)
{
	struct keyset *ks = xcalloc(1, sizeof(*ks));
	const char *url = settings.auth_jwks_uri;

	if (url[0] == '\0')
		url = settings.auth_issuer;
	/* Whoever can change it on its way can put other keys into it. */
	if (http_is_open(url))
		log_warning("key set comes over an unprotected connection",
		    LS("url", url));
	ks->fetch = jwks_fetch_new();
	(void)keyset_chores(ks);
	return ks;
}

void
keyset_free(struct keyset *ks)
{
	if (ks == NULL)
		return;
	jwks_free(ks->set);
	jwks_fetch_free(ks->fetch);
	free(ks);
}

/* A fetch for the sake of an unknown kid: false if there is none now, and so
 * no telling whether the issuer has that key. */
static bool
keyset_ask(struct keyset *ks)
{
	int64_t now = clock_mono_us(), cost;
	int rc;

	if (ks->failures > 0 && now < ks->next)
		return false;
	if (ks->paid - now > KEYSET_CREDIT)
		return false;
	rc = keyset_refresh(ks);
	cost = ks->fetch_us * KEYSET_SHARE;
	ks->paid = (ks->paid > now ? ks->paid : now) +
		   (cost > KEYSET_EVERY ? cost : KEYSET_EVERY);
	return rc == 0;
}

const struct jwks_key *
keyset_find(struct keyset *ks, const char *kid, size_t len, enum alg alg,
    enum refusal *why)
{
	const struct jwks_key *key;
	bool known;

	key = jwks_find(ks->set, kid, len, alg, &known);
	*why = known ? REFUSAL_KEY_ALG : REFUSAL_KEY;
	if (known || noted_has(&ks->absent, kid, len, clock_mono_us()))
		return key;
	if (!keyset_ask(ks)) {
		*why = REFUSAL_NONE;
		return NULL;
	}
	key = jwks_find(ks->set, kid, len, alg, &known);
	*why = known ? REFUSAL_KEY_ALG : REFUSAL_KEY;
	if (!known)
		noted_add(&ks->absent, kid, len,
		    clock_mono_us() + settings.auth_key_cooldown * 1000);
	return key;
}

int64_t
keyset_chores(struct keyset *ks)
{
	int64_t wait;

	if (settings.auth_issuer[0] == '\0') {
		if (ks->fault == NULL)
			log_error("no issuer is set, so no token is accepted");
		ks->fault = "no issuer";
		return settings.auth_key_ttl * 1000;
	}
	if (clock_mono_us() >= ks->next)
		(void)keyset_refresh(ks);
	wait = ks->next - clock_mono_us();
	return wait > 0 ? wait : 0;
}

bool
keyset_ready(const struct keyset *ks, int64_t *age_s, int *keys,
    int64_t *fetch_us)
{
	*age_s = 0;
	*keys = 0;
	*fetch_us = ks->fetch_us;
	if (ks->set != NULL) {
		*age_s = (clock_mono_us() - ks->loaded) / CLOCK_SECOND;
		*keys = jwks_count(ks->set);
	}
	return keyset_usable(ks);
}
