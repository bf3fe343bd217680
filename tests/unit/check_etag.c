/* SPDX-License-Identifier: ISC */
/* Lists of entity tags, as clients and web servers write them. */
#include "config.h"

#include "lib/harness.h"

#include "base/arena.h"
#include "wire/etag.h"

static const struct {
	const char *header;
	const char *tag;
	bool names;
} names[] = {
	{ NULL, "7", false },
	{ "", "7", false },
	{ "*", "7", true },
	{ " *\t", "7", true },
	{ "**", "7", false },
	{ "*, \"8\"", "7", false },
	{ "\"7\"", "7", true },
	{ " \t\"7\" ", "7", true },
	{ "W/\"7\"", "7", true },
	{ "w/\"7\"", "7", false },
	{ "W/ \"7\"", "7", false },
	{ "\"8\", \"7\"", "7", true },
	{ "\"8\",\"7\"", "7", true },
	{ "W/\"8\" , W/\"7\"", "7", true },
	{ ", ,\"7\",", "7", true },
	{ "\"70\"", "7", false },
	{ "\"07\"", "7", false },
	{ "\"\"", "7", false },
	{ "\"\"", "", true },
	{ "\"a,b\"", "a,b", true },
	{ "\"a,7\"", "7", false },
	{ "7", "7", false },
	{ "\"7", "7", false },
	{ "7\"", "7", false },
	{ "\"7\"x", "7", false },
	{ "\"8\" \"7\"", "7", false },
	{ "\"8\"; \"7\"", "7", false },
	{ "\"7-gzip\"", "7", true },
	{ "W/\"7-gzip\"", "7", true },
	{ "\"7;gzip\"", "7", true },
	{ "\"7-br\"", "7", true },
	{ "\"7-zstd\"", "7", true },
	{ "\"7-deflate\"", "7", true },
	{ "\"8-gzip\", \"7-br\"", "7", true },
	{ "\"7-GZIP\"", "7", false },
	{ "\"7-gzi\"", "7", false },
	{ "\"-gzip\"", "-gzip", true },
	{ "\"-gzip\"", "", false },
	{ "\"7\"", "7-0002f0bd1c2a3b4f", false },
};

START_TEST(tags_are_compared)
{
	ck_assert_int_eq(etag_names(names[_i].header, names[_i].tag),
	    names[_i].names);
}
END_TEST

#define TIME  "0002f0bd1c2a3b4f"
#define OTHER "0002f0bd1c2a3b40"

static const struct {
	const char *header;
	int n; /* -1: no list of tags */
	bool any;
	const char *tags[4];
} versions[] = {
	{ "*", 0, true, { 0 } },
	{ "\t* ", 0, true, { 0 } },
	{ "", 0, false, { 0 } },
	{ ", ,", 0, false, { 0 } },
	{ "\"7\"", 1, false, { "7" } },
	{ "\"7-" TIME "\"", 1, false, { "7-" TIME } },
	{ "W/\"7-" TIME "\"", 1, false, { "7-" TIME } },
	{ "\"7-" TIME "-gzip\"", 1, false, { "7-" TIME } },
	{ "W/\"7-" TIME ";gzip\"", 1, false, { "7-" TIME } },
	{ "\"7-" TIME "\", \"7\"", 2, false, { "7-" TIME, "7" } },
	{ "\"7-" TIME "0\"", 0, false, { 0 } },
	{ "\"7-0002F0BD1C2A3B4F\"", 0, false, { 0 } },
	{ "\"7-0002f0bd1c2a3b4\"", 0, false, { 0 } },
	{ "\"7-0002f0bd1c2a3b4g\"", 0, false, { 0 } },
	{ "\"7-\"", 0, false, { 0 } },
	{ "\"-" TIME "\"", 0, false, { 0 } },
	{ "\"07-" TIME "\"", 0, false, { 0 } },
	{ "\"7\", \"8\"", 2, false, { "7", "8" } },
	{ "\"1\",\"2\",\"3\",\"4\"", 4, false, { "1", "2", "3", "4" } },
	{ "\"7-gzip\", \"8;gzip\"", 2, false, { "7", "8" } },
	{ "\"9223372036854775807\"", 1, false, { "9223372036854775807" } },
	{ "\"92233720368547758070\"", 0, false, { 0 } },
	{ "W/\"7\"", 1, false, { "7" } },
	{ "W/\"7\", \"8\"", 2, false, { "7", "8" } },
	{ "\"07\"", 0, false, { 0 } },
	{ "\"0\"", 0, false, { 0 } },
	{ "\"-1\"", 0, false, { 0 } },
	{ "\"+1\"", 0, false, { 0 } },
	{ "\"1.0\"", 0, false, { 0 } },
	{ "\" 1\"", 0, false, { 0 } },
	{ "\"\", \"x\", \"7\"", 1, false, { "7" } },
	{ "7", -1, false, { 0 } },
	{ "\"7", -1, false, { 0 } },
	{ "\"7\", 8", -1, false, { 0 } },
	{ "\"7\"x", -1, false, { 0 } },
	{ "\"7\" \"8\"", -1, false, { 0 } },
	{ "*, \"7\"", -1, false, { 0 } },
	{ "\"7\", *", -1, false, { 0 } },
	{ "W/7", -1, false, { 0 } },
	{ "<7>", -1, false, { 0 } },
};

START_TEST(versions_are_found)
{
	struct arena *a = arena_new();
	char *header =
	    harness_exact(versions[_i].header, strlen(versions[_i].header) + 1);
	const char **found;
	bool any;

	ck_assert_int_eq(etag_versions(a, header, &found, &any),
	    versions[_i].n);
	ck_assert_int_eq(any, versions[_i].any);
	for (int i = 0; i < versions[_i].n; i++)
		ck_assert_str_eq(found[i], versions[_i].tags[i]);
	free(header);
	arena_free(a);
}
END_TEST

/* As many as an address of the largest size could name. */
START_TEST(many_versions_have_room)
{
	enum { MANY = 2000 };
	struct arena *a = arena_new();
	char *header = arena_alloc(a, MANY * strlen("\"7\",") + 1);
	const char **found;
	bool any;

	for (size_t i = 0; i < MANY; i++)
		memcpy(header + i * 4, "\"7\",", 4);
	ck_assert_int_eq(etag_versions(a, header, &found, &any), MANY);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_str_eq(found[i], "7");
	arena_free(a);
}
END_TEST

/* If-Match of a read. */
static const struct {
	const char *header;
	const char *tag;
	int matches;
} matches[] = {
	{ "*", "7-" TIME, 1 },
	{ "\"7-" TIME "\"", "7-" TIME, 1 },
	{ "W/\"7-" TIME "-gzip\"", "7-" TIME, 1 },
	{ "\"7\"", "7-" TIME, 1 },
	{ "\"8\", W/\"7\"", "7-" TIME, 1 },
	{ "\"7-" OTHER "\"", "7-" TIME, 0 },
	{ "\"8-" TIME "\"", "7-" TIME, 0 },
	{ "\"8\"", "7-" TIME, 0 },
	{ "\"7\"", "77-" TIME, 0 },
	{ "\"77\"", "7-" TIME, 0 },
	{ "\"0123abcd\"", "0123abcd", 1 },
	{ "\"1\"", "123abcd", 0 },
	{ "", "7-" TIME, 0 },
	{ "7", "7-" TIME, -1 },
};

START_TEST(reads_are_matched)
{
	struct arena *a = arena_new();

	ck_assert_int_eq(etag_match(a, matches[_i].header, matches[_i].tag),
	    matches[_i].matches);
	arena_free(a);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ tags_are_compared, NELEM(names), 0 },
		{ versions_are_found, NELEM(versions), 0 },
		{ many_versions_have_room, 0, 0 },
		{ reads_are_matched, NELEM(matches), 0 },
	};

	return harness_run("etag", tests, NELEM(tests));
}
