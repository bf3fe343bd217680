/* SPDX-License-Identifier: ISC */
/*
 * The issuer's word is taken only if it is beyond doubt: whatever else comes,
 * the token was not judged.  After that the issuer is left alone for a while,
 * so that one that hangs does not hold up every request.
 */
#include "config.h"

#include "auth_own.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "log/log.h"
#include "metric/metric.h"
#include "oidc/introspection.h"
#include "text/json.h"
#include "text/member.h"

#define INTROSPECT_DEPTH 16
#define PAUSE_MAX        ((int64_t)30 * 1000) /* milliseconds */

struct introspect {
	struct introspection *issuer;
	bool asked;        /* at least once */
	const char *fault; /* the last one told in the log; NULL: all well */
	int64_t retry;     /* when to ask again, as of clock_mono_us */
	int64_t pause;     /* milliseconds until then; 0: all well */
};

struct introspect *
introspect_new(void)
{
	struct introspect *in = xcalloc(1, sizeof(*in));

	in->issuer = introspection_new();
	if (http_is_open(settings.auth_introspect_url))
		log_warning("tokens and the secret to introspect them go over "
			    "an unprotected connection",
		    LS("url", settings.auth_introspect_url));
	return in;
}

void
introspect_free(struct introspect *in)
{
	if (in == NULL)
		return;
	introspection_free(in->issuer);
	free(in);
}

/* What the answer says of the token must be what the token says. */
static bool
introspect_fits(struct json_object *answer, const struct principal *who)
{
	int64_t exp = who->expires;

	if (member_there(answer, "iss") &&
	    !member_is(answer, "iss", settings.auth_issuer))
		return false;
	if (member_there(answer, "sub") &&
	    !member_is(answer, "sub", who->subject))
		return false;
	return member_integer(answer, "exp", exp, exp, &exp) != -1;
}

/* Takes the issuer's word out of the body; -1 if there is none. */
static int
introspect_read(struct introspect *in, const struct buf *body,
    const struct principal *who, enum refusal *why, struct issuer_fault *fault)
{
	struct json_fault unused;
	struct json_object *answer, *active = NULL;
	int rc = 0;

	*why = REFUSAL_NONE;
	answer = json_read(body->data, body->len, INTROSPECT_DEPTH, &unused);
	if (!json_object_is_type(answer, json_type_object))
		rc = introspection_fail(in->issuer, fault,
		    "the answer is not a strict JSON object");
	else if (!json_object_object_get_ex(answer, "active", &active) ||
		 !json_object_is_type(active, json_type_boolean))
		rc = introspection_fail(in->issuer, fault,
		    "the answer has no boolean active");
	else if (!json_object_get_boolean(active))
		*why = REFUSAL_INACTIVE;
	else if (!introspect_fits(answer, who))
		*why = REFUSAL_ANSWER;
	json_object_put(answer);
	return rc;
}

static void
introspect_failed(struct introspect *in, const struct issuer_fault *fault)
{
	const int64_t first = settings.auth_introspect_retry;
	const int64_t most = first > PAUSE_MAX ? first : PAUSE_MAX;

	in->pause = in->pause == 0 ? first : in->pause * 2;
	if (in->pause > most)
		in->pause = most;
	in->retry = clock_mono_us() + in->pause * 1000;
	if (in->fault != NULL && str_eq(in->fault, fault->why))
		return;
	in->fault = fault->why;
	log_warning("tokens cannot be introspected", LS("reason", fault->why),
	    LS("detail", fault->detail), LS("url", fault->url));
}

enum auth_result
introspect_ask(struct introspect *in, const char *token, size_t len,
    const struct principal *who, enum refusal *why)
{
	int64_t begun = clock_mono_us();
	struct issuer_fault fault = { 0 };
	const struct buf *body;
	bool told;

	if (begun < in->retry)
		return AUTH_UNAVAILABLE;
	in->asked = true;
	told = introspection_ask(in->issuer, token, len, &body, &fault) == 0 &&
	       introspect_read(in, body, who, why, &fault) == 0;
	metric_time(METRIC_introspection,
	    METRIC_AT(told ? METRIC_done_done : METRIC_done_failed),
	    clock_mono_us() - begun, NULL);
	if (!told) {
		introspect_failed(in, &fault);
		return AUTH_UNAVAILABLE;
	}
	if (in->fault != NULL)
		log_info("tokens are introspected again");
	in->fault = NULL;
	in->pause = 0;
	return *why == REFUSAL_NONE ? AUTH_OK : AUTH_INVALID;
}

void
introspect_first(struct introspect *in)
{
	struct issuer_fault fault = { 0 };

	if (in->asked)
		return;
	in->asked = true;
	if (introspection_try(in->issuer, &fault) == -1)
		introspect_failed(in, &fault);
}

const char *
introspect_in_vain(const struct introspect *in, bool *paused)
{
	*paused = in->fault != NULL && clock_mono_us() < in->retry;
	return in->fault;
}
