/* SPDX-License-Identifier: ISC */
/* The nearest name to a misspelt one. */
#include "config.h"

#include "lib/harness.h"

#include "text/near.h"

static const char *const names[] = { "cache", "config", "health", "migrate",
	"base_path", "ttl", "url" };

static const struct {
	const char *word;
	const char *expect;
} cases[] = {
	{ "helth", "health" },
	{ "haelth", "health" },
	{ "confg", "config" },
	{ "CONFIG", "config" },
	{ "base-path", "base_path" },
	{ "base", NULL },
	{ "tll", "ttl" },
	{ "t", NULL },
	{ "", NULL },
	{ "xyz", NULL },
	{ "migration", "migrate" },
	{ "completely different", NULL },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    NULL },
};

START_TEST(a_misspelt_name_is_recognised)
{
	struct near near;
	size_t i;

	near_init(&near, cases[_i].word);
	for (i = 0; i < NELEM(names); i++)
		near_offer(&near, names[i]);
	ck_assert_pstr_eq(near_best(&near), cases[_i].expect);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_misspelt_name_is_recognised, NELEM(cases), 0 },
	};

	return harness_run("near", tests, NELEM(tests));
}
