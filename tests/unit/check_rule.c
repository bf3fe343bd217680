/* SPDX-License-Identifier: ISC */
/* Rules about roles and scopes: what they say, and what is wrong with them. */
#include "config.h"

#include "lib/harness.h"

#include "text/rule.h"

#define N32  "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define N128 N32 N32 N32 N32
#define T8   "a,b,c,d,e,f,g,h"

/* Terms stand behind each other: | before one of another alternative, then its
 * kind, a dot, and its name. */
static const struct {
	const char *rule;
	const char *terms; /* NULL: it is wrong */
	const char *why;
} rules[] = {
	{ "user", "|0.user", NULL },
	{ " user\t", "|0.user", NULL },
	{ "user,admin", "|0.user|0.admin", NULL },
	{ "user+admin", "|0.user0.admin", NULL },
	{ "a + b, c", "|0.a0.b|0.c", NULL },
	{ "a, b + c", "|0.a|0.b0.c", NULL },
	{ "user + scope:tasks.write, scope:tasks.all",
	    "|0.user2.tasks.write|2.tasks.all", NULL },
	{ "a,\n b\n+ c", "|0.a|0.b0.c", NULL },
	{ "scope:a:b/c", "|2.a:b/c", NULL },
	{ "role:tasks:write", "|1.tasks:write", NULL },
	{ "dept-5/Einkauf_\xc3\xbc", "|0.dept-5/Einkauf_\xc3\xbc", NULL },
	{ "scope", "|0.scope", NULL },
	{ N128, "|0." N128, NULL },
	{ T8 "," T8,
	    "|0.a|0.b|0.c|0.d|0.e|0.f|0.g|0.h"
	    "|0.a|0.b|0.c|0.d|0.e|0.f|0.g|0.h",
	    NULL },
	{ "", NULL, "it must not be empty" },
	{ " \t", NULL, "it must not be empty" },
	{ ",", NULL, "\",\": a name is missing before it" },
	{ "+ a", NULL, "\"+\": a name is missing before it" },
	{ "a,", NULL, "\",\": a name is missing behind it" },
	{ "a +", NULL, "\"+\": a name is missing behind it" },
	{ "a,,b", NULL, "\",\": a name is missing behind it" },
	{ "a ++ b", NULL, "\"+\": a name is missing behind it" },
	{ "a, + b", NULL, "\",\": a name is missing behind it" },
	{ "a + , b", NULL, "\"+\": a name is missing behind it" },
	{ "a b", NULL, "\"b\": there is neither , nor + before it" },
	{ "a, b c + d", NULL, "\"c\": there is neither , nor + before it" },
	{ "scope:", NULL, "\"scope:\": there is no name behind the colon" },
	{ "a, role: b", NULL, "\"role:\": there is no name behind the colon" },
	{ ":a", NULL,
	    "\":a\": it is neither NAME nor role:NAME nor scope:NAME" },
	{ "Scope:a", NULL,
	    "\"Scope:a\": it is neither NAME nor role:NAME nor scope:NAME" },
	{ "group:a", NULL,
	    "\"group:a\": it is neither NAME nor role:NAME nor scope:NAME" },
	{ "a\"b", NULL,
	    "\"a\"b\": there is a character in it that has no place there" },
	{ "scope:a\\", NULL,
	    "\"scope:a\\\": there is a character in it that has no place "
	    "there" },
	{ "scope:\xc3\xbc", NULL,
	    "\"scope:\xc3\xbc\": there is a character in it that has no place "
	    "there" },
	{ "a\x7f", NULL,
	    "\"a\x7f\": there is a character in it that has no place there" },
	{ N128 "n", NULL,
	    "\"" N32 "nnnnnnnnnnnnnnnnnnnnnnnnnnnn\": the name is longer than "
	    "128 bytes" },
	{ T8 "," T8 ",i", NULL, "\"i\": there are more than 16 names" },
};

START_TEST(rules_are_read)
{
	struct rule_walk w = { .text = rules[_i].rule };
	struct buf terms = { 0 }, why = { 0 };
	struct rule_term t;
	int rc;

	while ((rc = rule_next(&w, &t, &why)) == 1)
		buf_printf(&terms, "%s%d.%.*s", t.first ? "|" : "", (int)t.kind,
		    (int)t.len, t.name);
	if (rules[_i].terms != NULL) {
		ck_assert_int_eq(rc, 0);
		ck_assert_str_eq(terms.data, rules[_i].terms);
		ck_assert_int_eq(rule_judge(rules[_i].rule, &why), 0);
		ck_assert_uint_eq(why.len, 0);
	} else {
		ck_assert_int_eq(rc, -1);
		ck_assert_str_eq(why.data, rules[_i].why);
		ck_assert_int_eq(rule_judge(rules[_i].rule, NULL), -1);
	}
	buf_free(&terms);
	buf_free(&why);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ rules_are_read, NELEM(rules), 0 },
	};

	return harness_run("rule", tests, NELEM(tests));
}
