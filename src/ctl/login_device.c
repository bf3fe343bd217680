/* SPDX-License-Identifier: ISC */
/* The Device Authorization Grant (RFC 8628): a login in some browser. */
#include "config.h"

#include "login_device.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "base/uuid.h"
#include "tasks_print.h"
#include "term_print.h"
#include "text/json.h"
#include "text/member.h"
#include "who.h"

#define DOCUMENT_MAX 262144
#define DEPTH        16
#define INTERVAL     5 /* seconds, where the issuer names none */
#define SLOWER       5 /* by slow_down */
#define VERIFIER     32

static struct json_object *
device_get(const struct login_how *how, const char *url)
{
	struct http_call call = { .url = url,
		.timeout_ms = how->timeout_ms,
		.max = DOCUMENT_MAX,
		.ca_file = how->ca_file };
	struct json_fault fault = { 0 };
	struct json_object *v = NULL;
	struct buf body = { 0 };
	const char *why = "it is no JSON";
	long status = http_run(how->http, &call, &body, &why);

	if (status == 200)
		v = json_read(body.data, body.len, DEPTH, &fault);
	if (v != NULL)
		arena_defer(how->arena, json_release, v);
	else if (status > 0 && status != 200)
		fprintf(stderr, API_WHO "%s: status %ld\n", url, status);
	else
		fprintf(stderr, API_WHO "%s: %s\n", url, why);
	buf_free(&body);
	return v;
}

/* An address of the issuer: where secrets go to, and nowhere else. */
static const char *
device_endpoint(const struct login *l, struct json_object *v, const char *name)
{
	const char *url = member_string(v, name);

	return url != NULL && http_same_origin(l->issuer, url) ? url : NULL;
}

int
login_discover(const struct login_how *how, struct login *l)
{
	struct json_object *v;

	if (l->issuer == NULL) {
		v = device_get(how,
		    arena_printf(how->arena,
			"%s/.well-known/oauth-protected-resource", l->url));
		v = member_array(v, "authorization_servers");
		if (v != NULL)
			l->issuer =
			    member_value_string(json_object_array_get_idx(v,
				0));
	}
	if (l->issuer == NULL) {
		fputs(API_WHO "the service does not name its issuer: say "
			      "--issuer\n",
		    stderr);
		return -1;
	}
	if (http_is_open(l->issuer)) {
		fprintf(stderr, API_WHO "%s is not encrypted\n", l->issuer);
		return -1;
	}
	v = device_get(how,
	    arena_printf(how->arena, "%s/.well-known/openid-configuration",
		l->issuer));
	if (v == NULL)
		return -1;
	l->device_endpoint =
	    device_endpoint(l, v, "device_authorization_endpoint");
	l->token_endpoint = device_endpoint(l, v, "token_endpoint");
	l->revocation_endpoint = device_endpoint(l, v, "revocation_endpoint");
	if (member_is(v, "issuer", l->issuer) && l->device_endpoint != NULL &&
	    l->token_endpoint != NULL)
		return 0;
	fprintf(stderr,
	    API_WHO "%s: it speaks of another issuer, or offers no login by "
		    "device\n",
	    l->issuer);
	return -1;
}

static void
device_add(struct buf *form, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(form, "%s%s=", form->len > 0 ? "&" : "", name);
	http_add_value(form, value, strlen(value));
}

static void
device_say(struct json_object *v, bool json)
{
	const char *url = member_string(v, "verification_uri");
	const char *whole = member_string(v, "verification_uri_complete");
	const char *code = member_string(v, "user_code");

	if (json) {
		json_object_object_del(v, "device_code");
		tasks_print_json(v);
	} else {
		fputs("Open ", stdout);
		term_text(stdout, whole != NULL ? whole : url, 0);
		fputs("\nand log in; the code is ", stdout);
		term_text(stdout, code, 0);
		fputs(".\n", stdout);
	}
	fflush(stdout);
}

/* What an answer that has no token means: 1 to ask again, or -1. */
static int
device_judge(struct json_object *v, long status, int64_t *interval)
{
	const char *error = member_string(v, "error");

	if (status == -1 || status >= 500 || error == NULL) {
		*interval *= 2;
		return status == -1 || status >= 500 ? 1 : -1;
	}
	if (str_eq(error, "authorization_pending"))
		return 1;
	if (str_eq(error, "slow_down")) {
		*interval += SLOWER;
		return 1;
	}
	return -1;
}

static int
device_wait(const struct login_how *how, struct login *l, const char *form,
    int64_t interval, int64_t until)
{
	struct json_object *v = NULL;
	const char *why = "", *error;
	long status;

	while (clock_wall_s() < until) {
		sleep((unsigned)interval);
		status = login_post(how, l->token_endpoint, form, &v, &why);
		if (status == 200 && login_take(l, how->arena, v))
			return 0;
		if (device_judge(v, status, &interval) == 1)
			continue;
		error = member_string(v, "error");
		fputs(API_WHO "nobody is logged in: ", stderr);
		term_text(stderr, error == NULL ? "an odd answer" : error, 80);
		putc('\n', stderr);
		return -1;
	}
	fputs(API_WHO "nobody has logged in in time\n", stderr);
	return -1;
}

int
login_device(const struct login_how *how, struct login *l, const char *scope,
    bool json)
{
	uint8_t random[VERIFIER], digest[CODEC_SHA256];
	char verifier[CODEC_B64_LEN(VERIFIER) + 1];
	char challenge[CODEC_B64_LEN(CODEC_SHA256) + 1];
	int64_t interval = INTERVAL, expires = 0;
	struct buf form = { 0 };
	struct json_object *v;
	const char *why = "", *code;
	long status;
	int rc = -1;

	/* Issuers may ask for PKCE here, too (RFC 7636). */
	uuid_random(random, sizeof(random));
	codec_b64url(random, sizeof(random), verifier);
	codec_sha256(verifier, strlen(verifier), digest);
	codec_b64url(digest, sizeof(digest), challenge);
	device_add(&form, "client_id", l->client);
	device_add(&form, "scope", scope);
	device_add(&form, "code_challenge", challenge);
	device_add(&form, "code_challenge_method", "S256");
	status = login_post(how, l->device_endpoint, form.data, &v, &why);
	code = member_string(v, "device_code");
	if (status == 200 && code != NULL &&
	    member_string(v, "user_code") != NULL &&
	    member_string(v, "verification_uri") != NULL &&
	    member_integer(v, "expires_in", 1, 86400, &expires) == 1 &&
	    member_integer(v, "interval", 1, 600, &interval) != -1) {
		buf_clear(&form);
		device_add(&form, "grant_type",
		    "urn:ietf:params:oauth:grant-type:device_code");
		device_add(&form, "device_code", code);
		device_add(&form, "client_id", l->client);
		device_add(&form, "code_verifier", verifier);
		device_say(v, json);
		rc = device_wait(how, l, form.data, interval,
		    clock_wall_s() + expires);
	} else {
		const char *error = member_string(v, "error_description");

		fprintf(stderr, API_WHO "%s: ", l->device_endpoint);
		term_text(stderr,
		    status == -1    ? why
		    : error != NULL ? error
				    : "it gives no code for this client",
		    0);
		putc('\n', stderr);
	}
	buf_free(&form);
	return rc;
}
