/* SPDX-License-Identifier: ISC */
/* The type that a header Accept wants most. */
#include "config.h"

#include "lib/harness.h"

#include "text/accept.h"

static const char *const types[] = { "application/json", "application/x-ndjson",
	"text/csv" };
enum { JSON, NDJSON, CSV };

static const struct {
	const char *header;
	size_t expect;
} cases[] = {
	{ NULL, JSON },
	{ "", JSON },
	{ "*/*", JSON },
	{ "text/html", JSON },
	{ "text/csv", CSV },
	{ " TEXT/CSV ; header=present", CSV },
	{ "text/csv;charset=utf-8", CSV },
	{ "text/*", CSV },
	{ "application/*", JSON },
	{ "application/x-ndjson", NDJSON },
	{ "application/x-ndjson;q=0", JSON },
	{ "application/x-ndjson;q=0, text/csv;q=0.001", CSV },
	{ "application/x-ndjson, text/csv", NDJSON },
	{ "text/csv, application/x-ndjson", NDJSON },
	{ "text/csv, application/json", JSON },
	{ "text/csv, application/json;q=0.9", CSV },
	{ "text/csv;q=0.4, */*;q=0.3", CSV },
	{ "text/csv;q=0.4, */*;q=0.5", JSON },
	{ "*/*, application/json;q=0.5", NDJSON },
	{ "*/*, application/*;q=0.5", CSV },
	{ "*/*;q=0.5, text/csv", CSV },
	{ "text/csv;q=x", CSV },
	{ "text/csv,,", CSV },
	{ "text/csvs, text/cs, t", JSON },
	{ "*", JSON },
	{ "text/**", JSON },
	{ ";q=1", JSON },
	{ "text/csv;q=0.2;q=0.1, application/x-ndjson;q=0.15", NDJSON },
};

START_TEST(the_best_is_chosen)
{
	ck_assert_uint_eq(accept_choose(cases[_i].header, types, NELEM(types)),
	    cases[_i].expect);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ the_best_is_chosen, NELEM(cases), 0 },
	};

	return harness_run("accept", tests, NELEM(tests));
}
