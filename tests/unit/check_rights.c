/* SPDX-License-Identifier: ISC */
/* What roles and scopes of a token suffice for, and what is said if not. */
#include "config.h"

#include "lib/harness.h"

#include "auth/auth_own.h"
#include "text/json.h"
#include "text/rule.h"

#define WRITE "user + scope:tasks.write, scope:tasks.all"

/* Our roles are called reader and chief in tokens. */
static const struct {
	const char *rule;
	const char *roles; /* of the token, as JSON */
	const char *scopes;
	const char *lack; /* NULL: it suffices */
	const char *would_do;
} cases[] = {
	{ "user", "[\"reader\"]", "", NULL, NULL },
	{ "user", "[\"chief\"]", "", NULL, NULL },
	{ "user", "[\"user\"]", "user", "the role user is needed", NULL },
	{ "role:user", "[\"user\"]", "", NULL, NULL },
	{ "role:user", "[\"reader\"]", "", "the role user is needed", NULL },
	{ "reader", "[\"chief\"]", "", "the role reader is needed", NULL },
	{ "reader", "[\"reader\"]", "", NULL, NULL },
	{ "admin", "[\"reader\"]", "", "the role admin is needed", NULL },
	{ "admin", "[\"chief\"]", "", NULL, NULL },
	{ "editor", "[\"chief\"]", "", "the role editor is needed", NULL },
	{ "editor", "[\"x\",\"editor\"]", "", NULL, NULL },
	{ "editor", "[\"Editor\",\"editors\"]", "editor",
	    "the role editor is needed", NULL },
	{ "editor, admin", "[\"chief\"]", "", NULL, NULL },
	{ "a + b", "[\"a\"]", "b", "the role a and the role b is needed",
	    NULL },
	{ "a + b", "[\"b\",\"a\"]", "", NULL, NULL },
	{ "a + b, c", "[\"c\"]", "", NULL, NULL },
	{ "a + b, a + c", "[\"c\",\"a\"]", "", NULL, NULL },
	{ "scope:tasks.read", "[\"chief\"]", "profile",
	    "the scope tasks.read is needed", "tasks.read" },
	{ "scope:tasks.read", "[\"tasks.read\"]", NULL,
	    "the scope tasks.read is needed", "tasks.read" },
	{ "scope:tasks.read", NULL, "tasks.read", NULL, NULL },
	{ "scope:tasks.read", NULL, " a  tasks.read b", NULL, NULL },
	{ "scope:tasks.read", NULL, "tasks.reader xtasks.read tasks.rea",
	    "the scope tasks.read is needed", "tasks.read" },
	{ "scope:tasks.read", NULL, "a,tasks.read",
	    "the scope tasks.read is needed", "tasks.read" },
	{ WRITE, "[\"reader\"]", "tasks.write", NULL, NULL },
	{ WRITE, NULL, "tasks.all", NULL, NULL },
	{ WRITE, "[\"reader\"]", "tasks.read",
	    "the role user and the scope tasks.write, or the scope tasks.all "
	    "is needed",
	    "tasks.write" },
	{ WRITE, NULL, "tasks.write",
	    "the role user and the scope tasks.write, or the scope tasks.all "
	    "is needed",
	    "tasks.all" },
	{ "user + scope:a", NULL, "a",
	    "the role user and the scope a is needed", NULL },
	{ "scope:b + scope:a", NULL, "a",
	    "the scope b and the scope a is needed", "b a" },
};

START_TEST(tokens_suffice_or_not)
{
	struct arena *a = arena_new();
	struct json_fault fault;
	struct json_object *roles = NULL;
	struct rights have = { { 0 } };
	struct rules *rules;
	const char *would_do;

	settings.rbac_get_me = cases[_i].rule;
	settings.rbac_get_job = "other, scope:other";
	rules = rules_new("reader", "chief");
	if (cases[_i].roles != NULL)
		roles = json_read(cases[_i].roles, strlen(cases[_i].roles), 4,
		    &fault);
	rules_add_roles(rules, roles, &have);
	if (cases[_i].scopes != NULL)
		rules_add_scopes(rules, cases[_i].scopes, &have);
	ck_assert_int_eq(rules_allow(rules, CONF_RULE_get_me, &have),
	    cases[_i].lack == NULL);
	ck_assert(!rules_allow(rules, CONF_RULE_get_job, &have));
	/* Nobody has said who may. */
	ck_assert(!rules_allow(rules, CONF_RULE_list_jobs, &have));
	if (cases[_i].lack != NULL) {
		ck_assert_str_eq(rules_lack(rules, CONF_RULE_get_me, &have, a,
				     &would_do),
		    cases[_i].lack);
		ck_assert_pstr_eq(would_do, cases[_i].would_do);
	}
	ck_assert_int_eq(rules_admin(rules, CONF_RULE_get_me),
	    strstr(cases[_i].rule, "admin") != NULL);
	json_object_put(roles);
	rules_free(rules);
	arena_free(a);
}
END_TEST

START_TEST(roles_and_scopes_that_count_are_told)
{
	struct json_fault fault;
	const char text[] = "[\"x\",\"b\",\"chief\"]";
	struct json_object *roles = json_read(text, strlen(text), 4, &fault);
	struct rights have = { { 0 } };
	struct rules *rules;
	size_t i = 0;

	settings.rbac_get_me = "a, b + scope:s, role:user";
	settings.rbac_get_job = "b, scope:t, scope:s";
	rules = rules_new("reader", "chief");
	rules_add_roles(rules, roles, &have);
	rules_add_scopes(rules, "s t x", &have);
	ck_assert_str_eq(rules_role(rules, &have, &i), "user");
	ck_assert_str_eq(rules_role(rules, &have, &i), "admin");
	ck_assert_str_eq(rules_role(rules, &have, &i), "b");
	ck_assert_ptr_null(rules_role(rules, &have, &i));
	json_object_put(roles);
	/* In the order of the settings, each once. */
	ck_assert_str_eq(rules_scope(rules, 0), "t");
	ck_assert_str_eq(rules_scope(rules, 1), "s");
	ck_assert_ptr_null(rules_scope(rules, 2));
	rules_free(rules);
}
END_TEST

/* Each rule may have names of its own, as many as it can hold. */
START_TEST(all_names_have_their_bit)
{
	static char text[CONF_RULE__MAX][RULE_TERMS_MAX * 16];
	struct rights have;
	struct rules *rules;
	size_t i, k;

	for (i = 0; i < CONF_RULE__MAX; i++) {
		for (k = 0; k < RULE_TERMS_MAX; k++)
			sprintf(text[i] + strlen(text[i]), "%sscope:%zu.%zu",
			    k == 0 ? "" : "+", i, k);
		*(const char **)(uintptr_t)conf_rules[i].text = text[i];
	}
	rules = rules_new("reader", "chief");
	for (i = 0; i < CONF_RULE__MAX; i++) {
		have = (struct rights){ { 0 } };
		for (k = 0; k < RULE_TERMS_MAX; k++) {
			char scope[16];

			ck_assert(!rules_allow(rules, (enum conf_rule)i,
			    &have));
			snprintf(scope, sizeof(scope), "%zu.%zu", i, k);
			rules_add_scopes(rules, scope, &have);
		}
		ck_assert(rules_allow(rules, (enum conf_rule)i, &have));
	}
	rules_free(rules);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ tokens_suffice_or_not, NELEM(cases), 0 },
		{ roles_and_scopes_that_count_are_told, 0, 0 },
		{ all_names_have_their_bit, 0, 0 },
	};

	return harness_run("rights", tests, NELEM(tests));
}
