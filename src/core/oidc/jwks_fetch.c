/* SPDX-License-Identifier: ISC */
/* One GET, or two if the address must be found first, and what they bring. */
#include "config.h"

#include "jwks_fetch.h"

#include <stdlib.h>

#include "alg.h"
#include "base/xalloc.h"
#include "conf/conf.h"

#define JWKS_FETCH_BODY_MAX ((size_t)256 * 1024)

struct jwks_fetch {
	struct issuer *issuer;
	char *found; /* what discovery named, until it fails us; or NULL */
	struct buf body;
};

struct jwks_fetch *
jwks_fetch_new(void)
{
	struct jwks_fetch *f = xcalloc(1, sizeof(*f));

	f->issuer = issuer_new();
	return f;
}

void
jwks_fetch_free(struct jwks_fetch *f)
{
	if (f == NULL)
		return;
	issuer_free(f->issuer);
	free(f->found);
	buf_free(&f->body);
	free(f);
}

const char *
jwks_fetch_url(const struct jwks_fetch *f)
{
	return issuer_url(f->issuer);
}

struct jwks *
jwks_fetch_run(struct jwks_fetch *f, struct issuer_fault *fault)
{
	struct http_call call = { .url = settings.auth_jwks_uri,
		.max = JWKS_FETCH_BODY_MAX };
	struct jwks *set;
	const char *why;

	issuer_begin(f->issuer);
	if (call.url[0] == '\0') {
		if (f->found == NULL)
			f->found =
			    issuer_find(f->issuer, "jwks_uri", &f->body, fault);
		if (f->found == NULL)
			return NULL;
		call.url = f->found;
	}
	if (issuer_call(f->issuer, &call, &f->body, fault) != 200) {
		free(f->found);
		f->found = NULL;
		return NULL;
	}
	set = jwks_parse(f->body.data, f->body.len,
	    alg_bits(&settings.auth_algorithms), &why);
	if (set == NULL)
		issuer_fail(f->issuer, fault, why, "");
	return set;
}
