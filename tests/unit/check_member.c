/* SPDX-License-Identifier: ISC */
/* What members of JSON objects are taken for: each for its own type alone. */
#include "config.h"

#include "lib/harness.h"

#include "text/json.h"
#include "text/member.h"

/* Which readers take the member m. */
#define STRING  1u /* member_string */
#define BYTES   2u /* member_text */
#define NAME    4u /* member_name, of at most 8 bytes */
#define ARRAY   8u
#define OBJECT  16u
#define INTEGER 32u /* within [-5, 5] */

static const struct {
	const char *text; /* of the object */
	bool there;
	unsigned takes;
} cases[] = {
	{ "{\"m\":\"a b\"}", true, STRING | BYTES | NAME },
	{ "{\"m\":\"\"}", true, STRING | BYTES },
	{ "{\"m\":\"123456789\"}", true, STRING | BYTES },
	{ "{\"m\":\"a\\nb\"}", true, STRING | BYTES },
	{ "{\"m\":\"\\u007f\"}", true, STRING | BYTES },
	{ "{\"m\":\"\\u0085\"}", true, STRING | BYTES },
	{ "{\"m\":\"a\\u0000b\"}", true, BYTES },
	{ "{\"m\":[]}", true, ARRAY },
	{ "{\"m\":{}}", true, OBJECT },
	{ "{\"m\":5}", true, INTEGER },
	{ "{\"m\":-5}", true, INTEGER },
	{ "{\"m\":6}", true, 0 },
	{ "{\"m\":-6}", true, 0 },
	{ "{\"m\":1.0}", true, 0 },
	{ "{\"m\":true}", true, 0 },
	{ "{\"m\":null}", true, 0 },
	{ "{\"M\":1}", false, 0 },
	{ "[\"m\"]", false, 0 },
	{ "\"m\"", false, 0 },
	{ "7", false, 0 },
	{ "null", false, 0 },
};

START_TEST(members_are_taken_for_their_type_alone)
{
	struct json_fault fault;
	struct json_object *o =
	    json_read(cases[_i].text, strlen(cases[_i].text), 4, &fault);
	unsigned takes = cases[_i].takes;
	bool integer = (takes & INTEGER) != 0;
	int64_t n = 0;
	size_t len;

	ck_assert_ptr_null(fault.msg);
	ck_assert_int_eq(member_there(o, "m"), cases[_i].there);
	ck_assert_int_eq(member_string(o, "m") != NULL, (takes & STRING) != 0);
	ck_assert_int_eq(member_text(o, "m", &len) != NULL,
	    (takes & BYTES) != 0);
	ck_assert_int_eq(member_name(o, "m", 8) != NULL, (takes & NAME) != 0);
	ck_assert_int_eq(member_array(o, "m") != NULL, (takes & ARRAY) != 0);
	ck_assert_int_eq(member_object(o, "m") != NULL, (takes & OBJECT) != 0);
	ck_assert_int_eq(member_integer(o, "m", -5, 5, &n), integer ? 1
							    : cases[_i].there
								? -1
								: 0);
	json_object_put(o);
}
END_TEST

START_TEST(strings_are_compared_byte_for_byte)
{
	const char *text =
	    "{\"a\":\"b\",\"n\":\"b\\u0000\",\"l\":[\"B\",1,\"b\"]}";
	struct json_fault fault;
	struct json_object *o = json_read(text, strlen(text), 4, &fault);

	ck_assert_ptr_nonnull(o);
	ck_assert(member_is(o, "a", "b"));
	ck_assert(!member_is(o, "a", "bc"));
	ck_assert(!member_is(o, "a", ""));
	ck_assert(!member_is(o, "n", "b"));
	ck_assert(!member_is(o, "l", "b"));
	ck_assert(!member_is(o, "x", "b"));
	ck_assert(member_has(member_array(o, "l"), "b"));
	ck_assert(!member_has(member_array(o, "l"), "1"));
	ck_assert(!member_has(member_array(o, "l"), "c"));
	json_object_put(o);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ members_are_taken_for_their_type_alone, NELEM(cases), 0 },
		{ strings_are_compared_byte_for_byte, 0, 0 },
	};

	return harness_run("member", tests, NELEM(tests));
}
