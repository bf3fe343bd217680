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
};

START_TEST(tags_are_compared)
{
	ck_assert_int_eq(etag_names(names[_i].header, names[_i].tag),
	    names[_i].names);
}
END_TEST

static const struct {
	const char *header;
	int n; /* -1: no list of tags */
	bool any;
	int64_t versions[4];
} versions[] = {
	{ "*", 0, true, { 0 } },
	{ "\t* ", 0, true, { 0 } },
	{ "", 0, false, { 0 } },
	{ ", ,", 0, false, { 0 } },
	{ "\"7\"", 1, false, { 7 } },
	{ "\"7\", \"8\"", 2, false, { 7, 8 } },
	{ "\"1\",\"2\",\"3\",\"4\"", 4, false, { 1, 2, 3, 4 } },
	{ "\"7-gzip\", \"8;gzip\"", 2, false, { 7, 8 } },
	{ "\"9223372036854775807\"", 1, false, { INT64_MAX } },
	{ "\"9223372036854775808\"", 0, false, { 0 } },
	{ "W/\"7\"", 0, false, { 0 } },
	{ "W/\"7\", \"8\"", 1, false, { 8 } },
	{ "\"7\", W/\"8\"", 1, false, { 7 } },
	{ "\"07\"", 0, false, { 0 } },
	{ "\"0\"", 0, false, { 0 } },
	{ "\"-1\"", 0, false, { 0 } },
	{ "\"+1\"", 0, false, { 0 } },
	{ "\"1.0\"", 0, false, { 0 } },
	{ "\" 1\"", 0, false, { 0 } },
	{ "\"\", \"x\", \"7\"", 1, false, { 7 } },
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
	int64_t *found;
	bool any;

	ck_assert_int_eq(etag_versions(a, header, &found, &any),
	    versions[_i].n);
	ck_assert_int_eq(any, versions[_i].any);
	for (int i = 0; i < versions[_i].n; i++)
		ck_assert_int_eq(found[i], versions[_i].versions[i]);
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
	int64_t *found;
	bool any;

	for (size_t i = 0; i < MANY; i++)
		memcpy(header + i * 4, "\"7\",", 4);
	ck_assert_int_eq(etag_versions(a, header, &found, &any), MANY);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_int_eq(found[i], 7);
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
	};

	return harness_run("etag", tests, NELEM(tests));
}
