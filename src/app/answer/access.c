/* SPDX-License-Identifier: ISC */
/* Who is calling, and whether he may: else 401 or 403 with a challenge. */
#include "config.h"

#include "access.h"

#include "conf/conf.h"
#include "problem.h"

/* WWW-Authenticate (RFC 6750), which says where to get tokens (RFC 9728) if
 * our address is known.  error NULL: there was no token to find fault with;
 * value NULL: there is nothing more to say of it. */
static void
access_challenge(struct call *c, const char *error, const char *name,
    const char *value)
{
	const char *more = "", *where = "";

	if (error != NULL)
		more = arena_printf(c->arena, ", error=\"%s\"", error);
	if (value != NULL)
		more =
		    arena_printf(c->arena, "%s, %s=\"%s\"", more, name, value);
	if (settings.http_public_url[0] != '\0')
		where = arena_printf(c->arena,
		    ", resource_metadata=\"%s/.well-known/"
		    "oauth-protected-resource\"",
		    settings.http_public_url);
	response_header(c->res, "WWW-Authenticate", "Bearer realm=\"%s\"%s%s",
	    settings.auth_realm, more, where);
}

/* True if the token is good; else it is answered. */
static bool
access_accept(struct call *c, enum auth_result result, const char *why)
{
	switch (result) {
	case AUTH_OK:
		return true;
	case AUTH_NONE:
		access_challenge(c, NULL, NULL, NULL);
		problem(c, 401, "a bearer token is needed");
		return false;
	case AUTH_MALFORMED:
		access_challenge(c, "invalid_request", "error_description",
		    why);
		problem(c, 400, why);
		return false;
	case AUTH_INVALID:
		access_challenge(c, "invalid_token", "error_description", why);
		problem(c, 401, why);
		return false;
	default:
		problem_unavailable(c,
		    "tokens cannot be verified at the moment", 2);
		return false;
	}
}

bool
access_identify(struct call *c)
{
	const char *why = NULL;
	enum auth_result result = auth_check(c->deps->auth,
	    c->req->authorization, c->arena, &c->who, &why);

	return access_accept(c, result, why);
}

/* A token that does not meet the rule is not worth asking about. */
bool
access_allow(struct call *c, enum conf_rule rule)
{
	enum auth_result result;
	const char *why = NULL, *scopes, *lack;

	if (auth_may(c->deps->auth, c->who, rule)) {
		result = auth_confirm(c->deps->auth, c->who, rule, &why);
		return access_accept(c, result, why);
	}
	lack = auth_lacks(c->deps->auth, c->who, rule, c->arena, &scopes);
	access_challenge(c, "insufficient_scope", "scope", scopes);
	problem(c, 403, lack);
	return false;
}

bool
access_scope(struct call *c, enum access_whose whose)
{
	const char *claim = auth_owner(&c->scope.all);

	if (whose == ACCESS_NOBODY || c->scope.all)
		return true;
	if (whose == ACCESS_ALL ||
	    auth_may(c->deps->auth, c->who, CONF_RULE_all_tasks)) {
		c->scope.all = access_allow(c, CONF_RULE_all_tasks);
		return c->scope.all;
	}
	c->scope.owner = c->who->owner;
	if (c->scope.owner != NULL)
		return true;
	access_challenge(c, "insufficient_scope", NULL, NULL);
	problem(c, 403,
	    arena_printf(c->arena,
		"the token has no text in its claim %s, which says whose "
		"tasks are there for it",
		claim));
	return false;
}

static bool
might(struct call *c, enum conf_rule rule)
{
	const char *scopes = NULL;

	if (auth_may(c->deps->auth, c->who, rule))
		return true;
	auth_lacks(c->deps->auth, c->who, rule, c->arena, &scopes);
	return scopes != NULL;
}

bool
access_might(struct call *c, enum conf_rule rule, enum access_whose whose)
{
	bool shared;

	(void)auth_owner(&shared);
	return might(c, rule) &&
	       (shared || whose != ACCESS_ALL || might(c, CONF_RULE_all_tasks));
}

bool
access_confirms(const struct call *c, enum conf_rule rule)
{
	bool shared;

	(void)auth_owner(&shared);
	return auth_confirms(c->deps->auth, rule) ||
	       (!shared && c->scope.all &&
		   auth_confirms(c->deps->auth, CONF_RULE_all_tasks));
}
