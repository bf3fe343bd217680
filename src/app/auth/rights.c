/* SPDX-License-Identifier: ISC */
/*
 * Each name that a rule has gets a bit, once, at the start.  A token is turned
 * into bits when it is read, and a request compares a few words.
 */
#include "config.h"

#include "auth_own.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "text/member.h"
#include "text/rule.h"

_Static_assert(ROLE__MAX + CONF_RULE__MAX * RULE_TERMS_MAX <= RIGHTS_MAX,
    "each name of each rule can have its bit");

struct rules {
	size_t n;
	struct {
		bool scope;  /* or a role */
		char *name;  /* in tokens */
	} names[RIGHTS_MAX]; /* the first ones are ours: enum role */
	struct {
		size_t n;
		struct rights need[RULE_TERMS_MAX]; /* any of these is enough */
		size_t nterms;
		struct {
			size_t right, of; /* of: the number of its need */
		} term[RULE_TERMS_MAX];   /* as the rule is written */
	} rule[CONF_RULE__MAX];
};

static void
rights_add(struct rights *r, size_t right)
{
	r->bits[right / 64] |= (uint64_t)1 << right % 64;
}

/* The bit of a name, which gets one if it has none. */
static size_t
rules_right(struct rules *r, const struct rule_term *t)
{
	bool scope = t->kind == RULE_SCOPE;
	char *name = xcalloc(1, t->len + 1);
	size_t i;

	memcpy(name, t->name, t->len);
	for (i = 0; i < ROLE__MAX; i++) {
		if (t->kind == RULE_PLAIN && str_eq(name, role_names[i]))
			break;
	}
	for (; i >= ROLE__MAX && i < r->n; i++) {
		if (r->names[i].scope == scope &&
		    str_eq(r->names[i].name, name))
			break;
	}
	if (i < r->n) {
		free(name);
		return i;
	}
	r->names[r->n].scope = scope;
	r->names[r->n].name = name;
	return r->n++;
}

static void
rules_add(struct rules *r, size_t rule, const struct rule_term *t)
{
	size_t right = rules_right(r, t), of, k;

	r->rule[rule].n += t->first;
	of = r->rule[rule].n - 1;
	rights_add(&r->rule[rule].need[of], right);
	k = r->rule[rule].nterms++;
	r->rule[rule].term[k].right = right;
	r->rule[rule].term[k].of = of;
}

struct rules *
rules_new(const char *user_role, const char *admin_role)
{
	struct rules *r = xcalloc(1, sizeof(*r));
	struct rule_walk w;
	struct rule_term t;

	r->names[ROLE_USER].name = xstrdup(user_role);
	r->names[ROLE_ADMIN].name = xstrdup(admin_role);
	r->n = ROLE__MAX;
	for (size_t i = 0; i < CONF_RULE__MAX; i++) {
		w = (struct rule_walk){ .text = *conf_rules[i].text };
		while (w.text != NULL && rule_next(&w, &t, NULL) == 1)
			rules_add(r, i, &t);
	}
	return r;
}

void
rules_free(struct rules *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++)
		free(r->names[i].name);
	free(r);
}

void
rules_add_roles(const struct rules *r, struct json_object *list,
    struct rights *out)
{
	if (list == NULL)
		return;
	for (size_t i = 0; i < r->n; i++) {
		if (!r->names[i].scope && member_has(list, r->names[i].name))
			rights_add(out, i);
	}
	if (rights_has(out, ROLE_ADMIN))
		rights_add(out, ROLE_USER);
}

void
rules_add_scopes(const struct rules *r, const char *scopes, struct rights *out)
{
	for (scopes += strspn(scopes, " "); *scopes != '\0';
	     scopes += strspn(scopes, " ")) {
		size_t len = strcspn(scopes, " ");

		for (size_t i = 0; i < r->n; i++) {
			if (r->names[i].scope &&
			    strlen(r->names[i].name) == len &&
			    memcmp(r->names[i].name, scopes, len) == 0)
				rights_add(out, i);
		}
		scopes += len;
	}
}

bool
rules_allow(const struct rules *r, enum conf_rule rule,
    const struct rights *have)
{
	for (size_t i = 0; i < r->rule[rule].n; i++) {
		const struct rights *need = &r->rule[rule].need[i];
		uint64_t lack = 0;

		for (size_t k = 0; k < RIGHTS_WORDS; k++)
			lack |= need->bits[k] & ~have->bits[k];
		if (lack == 0)
			return true;
	}
	return false;
}

bool
rules_admin(const struct rules *r, enum conf_rule rule)
{
	for (size_t i = 0; i < r->rule[rule].n; i++) {
		if (rights_has(&r->rule[rule].need[i], ROLE_ADMIN))
			return true;
	}
	return false;
}

/* The scopes of the need number of, if nothing else of it is lacking. */
static const char *
rules_scopes(const struct rules *r, enum conf_rule rule, size_t of,
    const struct rights *have, struct arena *a)
{
	const char *text = NULL;

	for (size_t k = 0; k < r->rule[rule].nterms; k++) {
		size_t right = r->rule[rule].term[k].right;

		if (r->rule[rule].term[k].of != of)
			continue;
		if (r->names[right].scope)
			text = text == NULL ? r->names[right].name
					    : arena_printf(a, "%s %s", text,
						  r->names[right].name);
		else if (!rights_has(have, right))
			return NULL;
	}
	return text;
}

const char *
rules_lack(const struct rules *r, enum conf_rule rule,
    const struct rights *have, struct arena *a, const char **scopes)
{
	const char *text = "";

	*scopes = NULL;
	for (size_t k = 0; k < r->rule[rule].nterms; k++) {
		size_t right = r->rule[rule].term[k].right;
		size_t of = r->rule[rule].term[k].of;
		const char *between = "";

		if (k > 0)
			between = of == r->rule[rule].term[k - 1].of ? " and "
								     : ", or ";
		text = arena_printf(a, "%s%sthe %s %s", text, between,
		    r->names[right].scope ? "scope" : "role",
		    right < ROLE__MAX ? role_names[right]
				      : r->names[right].name);
		if (*scopes == NULL)
			*scopes = rules_scopes(r, rule, of, have, a);
	}
	return arena_printf(a, "%s is needed", text);
}

const char *
rules_role(const struct rules *r, const struct rights *have, size_t *i)
{
	for (; *i < r->n; ++*i) {
		if (!r->names[*i].scope && rights_has(have, *i)) {
			++*i;
			return *i <= ROLE__MAX ? role_names[*i - 1]
					       : r->names[*i - 1].name;
		}
	}
	return NULL;
}

const char *
rules_scope(const struct rules *r, size_t i)
{
	for (size_t k = ROLE__MAX; k < r->n; k++) {
		if (r->names[k].scope && i-- == 0)
			return r->names[k].name;
	}
	return NULL;
}
