/* SPDX-License-Identifier: ISC */
/* What JSON is read, what is refused, and how strings are written. */
#include "config.h"

#include "lib/harness.h"

#include "text/json.h"

#define TEXT(s) (s), sizeof(s) - 1
#define DEPTH   5

static struct json_object *
read_exact(const char *text, size_t len, struct json_fault *fault)
{
	char *exact = harness_exact(text, len);
	struct json_object *o = json_read(exact, len, DEPTH, fault);

	free(exact);
	return o;
}

static const struct {
	const char *text;
	size_t len;
	const char *plain; /* json-c's rendering */
} accepted[] = {
	{ TEXT("[]"), "[]" },
	{ TEXT("{}"), "{}" },
	{ TEXT("[ ]"), "[]" },
	{ TEXT("{ }"), "{}" },
	{ TEXT(" \t\r\n[] \t\r\n"), "[]" },
	{ TEXT("[[[[[]]]]]"), "[[[[[]]]]]" },
	{ TEXT("{\"a\":{\"b\":{\"c\":{\"d\":{}}}}}"),
	    "{\"a\":{\"b\":{\"c\":{\"d\":{}}}}}" },
	{ TEXT("[[],[],[[]],[[[]]],[[[[]]]]]"),
	    "[[],[],[[]],[[[]]],[[[[]]]]]" },
	{ TEXT("true"), "true" },
	{ TEXT("false"), "false" },
	{ TEXT(" true "), "true" },
	{ TEXT("\"\""), "\"\"" },
	{ TEXT("\"text\""), "\"text\"" },
	{ TEXT("0"), "0" },
	{ TEXT("-0"), "0" },
	{ TEXT("7"), "7" },
	{ TEXT("-7"), "-7" },
	{ TEXT("1234567890"), "1234567890" },
	{ TEXT("9223372036854775807"), "9223372036854775807" },
	{ TEXT("-9223372036854775808"), "-9223372036854775808" },
	{ TEXT("1.5"), "1.5" },
	{ TEXT("-1.5"), "-1.5" },
	{ TEXT("0.5"), "0.5" },
	{ TEXT("-0.5"), "-0.5" },
	{ TEXT("25e-1"), "25e-1" },
	{ TEXT("25E-1"), "25E-1" },
	{ TEXT("0.25e1"), "0.25e1" },
	{ TEXT("0.25E+1"), "0.25E+1" },
	{ TEXT("0.025e0002"), "0.025e0002" },
	{ TEXT("[1e1]"), NULL },
	{ TEXT("[0e1]"), NULL },
	{ TEXT("[0e+1]"), NULL },
	{ TEXT("[-0.0]"), NULL },
	{ TEXT("[1e308]"), NULL },
	{ TEXT("[-1e308]"), NULL },
	{ TEXT("[1e-400]"), NULL },
	{ TEXT("[5e-324]"), NULL },
	{ TEXT("[0.000000000000000000000000000000000000000000000001]"), NULL },
	{ TEXT("[123456789012345678901234567890]"), NULL },
	{ TEXT("[1 , 2\n,\t3\r]"), "[1,2,3]" },
	{ TEXT("[null,true,false]"), "[null,true,false]" },
	{ TEXT("[null]"), "[null]" },
	{ TEXT("[\"\",{},[]]"), "[\"\",{},[]]" },
	{ TEXT("{\"a\":null}"), "{\"a\":null}" },
	{ TEXT("{\"\":0}"), "{\"\":0}" },
	{ TEXT("{\"a\":1,\"b\":2}"), "{\"a\":1,\"b\":2}" },
	{ TEXT("{ \"a\" : 1 , \"b\" : 2 }"), "{\"a\":1,\"b\":2}" },
	{ TEXT("{\"b\":1,\"a\":2}"), "{\"b\":1,\"a\":2}" },
	{ TEXT("{\"a\":1,\"A\":2}"), "{\"a\":1,\"A\":2}" },
	{ TEXT("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"),
	    "{\"a\":{\"a\":1},\"b\":{\"a\":1}}" },
	{ TEXT("[{\"a\":1},{\"a\":2}]"), "[{\"a\":1},{\"a\":2}]" },
	{ TEXT("{\"\\u0061\":1}"), "{\"a\":1}" },
	{ TEXT("{\"\xc3\xa9\":1,\"e\xcc\x81\":2}"),
	    "{\"\xc3\xa9\":1,\"e\xcc\x81\":2}" },
	{ TEXT("\"\\\"\\\\\\b\\f\\n\\r\\t\""), "\"\\\"\\\\\\b\\f\\n\\r\\t\"" },
	{ TEXT("\"\\/\""), "\"/\"" },
	{ TEXT("\"/\""), "\"/\"" },
	{ TEXT("\"\\\\u0000\""), "\"\\\\u0000\"" },
	{ TEXT("\"\\\\\\\"\""), "\"\\\\\\\"\"" },
	{ TEXT("\"\\u0041\\u00e9\\u20AC\""), "\"A\xc3\xa9\xe2\x82\xac\"" },
	{ TEXT("\"\\ud83d\\ude00\""), "\"\xf0\x9f\x98\x80\"" },
	{ TEXT("\"\\uD800\\uDC00\""), "\"\xf0\x90\x80\x80\"" },
	{ TEXT("\"\\uDBFF\\uDFFF\""), "\"\xf4\x8f\xbf\xbf\"" },
	{ TEXT("\"\\ud7ff\\ue000\""), "\"\xed\x9f\xbf\xee\x80\x80\"" },
	{ TEXT("\"\\uFFFF\\uFDD0\""), "\"\xef\xbf\xbf\xef\xb7\x90\"" },
	{ TEXT("\"\\ufeff\""), "\"\xef\xbb\xbf\"" },
	{ TEXT("\"\xef\xbb\xbf\""), "\"\xef\xbb\xbf\"" },
	{ TEXT("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""),
	    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	{ TEXT("\"\xe2\x80\xa8\xe2\x80\xa9\""),
	    "\"\xe2\x80\xa8\xe2\x80\xa9\"" },
	{ TEXT("\"\x7f\""), "\"\x7f\"" },
	{ TEXT("\"\\u007f\""), "\"\x7f\"" },
	{ TEXT("\"\\u001f\""), "\"\\u001f\"" },
	{ TEXT("\"a\\u0000b\""), "\"a\\u0000b\"" },
	{ TEXT("\"[{1:'no'},]\""), "\"[{1:'no'},]\"" },
	{ TEXT("\"NaN // Infinity\""), "\"NaN // Infinity\"" },
};

START_TEST(json_is_read)
{
	struct json_fault fault = { 9, 9, "stale" };
	struct json_object *o =
	    read_exact(accepted[_i].text, accepted[_i].len, &fault);

	ck_assert_msg(fault.msg == NULL, "%s: %u:%u: %s", accepted[_i].text,
	    fault.line, fault.column, fault.msg);
	ck_assert_ptr_nonnull(o);
	if (accepted[_i].plain != NULL)
		ck_assert_str_eq(json_object_to_json_string_ext(o,
				     JSON_C_TO_STRING_PLAIN |
					 JSON_C_TO_STRING_NOSLASHESCAPE),
		    accepted[_i].plain);
	json_object_put(o);
}
END_TEST

#define EARLY   "the text ends too early"
#define VALUE   "a value is expected here"
#define MEMBER  "a member name in quotes is expected here"
#define COLON   "a colon is expected here"
#define ELEMENT "a comma or ] is expected here"
#define BRACE   "a comma or } is expected here"
#define BEHIND  "something follows the value"
#define DIGIT   "a digit is expected here"
#define ZERO    "a number must not start with 0"
#define RANGE   "the number is too large"
#define PLACES  "the number has too many decimal places"
#define CONTROL "control characters in a string must be escaped"
#define UTF8    "invalid UTF-8"
#define ESCAPE  "no such escape in a string"
#define HEX     "four hex digits must follow \\u"
#define HALF    "half of a surrogate pair"
#define TWICE   "duplicate member name"
#define NUL     "U+0000 in a member name"
#define DEEP    "nested too deeply"
#define BOM     "a byte-order mark is not JSON"
#define EMPTY   "the text is empty"

static const struct {
	const char *text;
	size_t len;
	unsigned line;
	unsigned column;
	const char *msg;
} refused[] = {
	/* nothing, or not JSON at all */
	{ TEXT(""), 1, 1, EMPTY },
	{ TEXT(" "), 1, 2, EMPTY },
	{ TEXT("\n\n"), 3, 1, EMPTY },
	{ TEXT("\xef\xbb\xbf"), 1, 1, BOM },
	{ TEXT("\xef\xbb\xbf{}"), 1, 1, BOM },
	{ TEXT("\xff\xfe[\0]\0"), 1, 1, VALUE },
	{ TEXT("\0[\0]"), 1, 1, VALUE },
	{ TEXT("\xef\xbb{}"), 1, 1, VALUE },
	{ TEXT("\xc2\xa0[]"), 1, 1, VALUE },
	{ TEXT("\xe2\x81\xa0[]"), 1, 1, VALUE },
	{ TEXT("\f[]"), 1, 1, VALUE },
	{ TEXT("\v[]"), 1, 1, VALUE },
	{ TEXT("[\f]"), 1, 2, VALUE },
	{ TEXT("<null>"), 1, 1, VALUE },
	{ TEXT("abc"), 1, 1, VALUE },
	{ TEXT("*"), 1, 1, VALUE },
	{ TEXT(","), 1, 1, VALUE },
	{ TEXT(":"), 1, 1, VALUE },
	{ TEXT("]"), 1, 1, VALUE },
	{ TEXT("}"), 1, 1, VALUE },
	/* comments */
	{ TEXT("/**/"), 1, 1, VALUE },
	{ TEXT("// x\n1"), 1, 1, VALUE },
	{ TEXT("[1/*x*/]"), 1, 3, ELEMENT },
	{ TEXT("{}//"), 1, 3, BEHIND },
	{ TEXT("# x\n1"), 1, 1, VALUE },
	/* words */
	{ TEXT("True"), 1, 1, VALUE },
	{ TEXT("TRUE"), 1, 1, VALUE },
	{ TEXT("nul"), 1, 1, VALUE },
	{ TEXT("nulL"), 1, 1, VALUE },
	{ TEXT("[tru]"), 1, 2, VALUE },
	{ TEXT("truex"), 1, 5, BEHIND },
	{ TEXT("[nullx]"), 1, 6, ELEMENT },
	{ TEXT("undefined"), 1, 1, VALUE },
	{ TEXT("NaN"), 1, 1, VALUE },
	{ TEXT("nan"), 1, 1, VALUE },
	{ TEXT("[NaN]"), 1, 2, VALUE },
	{ TEXT("Infinity"), 1, 1, VALUE },
	{ TEXT("[Infinity]"), 1, 2, VALUE },
	{ TEXT("-Infinity"), 1, 2, DIGIT },
	{ TEXT("[-NaN]"), 1, 3, DIGIT },
	{ TEXT("inf"), 1, 1, VALUE },
	/* numbers */
	{ TEXT("-"), 1, 2, EARLY },
	{ TEXT("[-]"), 1, 3, DIGIT },
	{ TEXT("--1"), 1, 2, DIGIT },
	{ TEXT("- 1"), 1, 2, DIGIT },
	{ TEXT("+1"), 1, 1, VALUE },
	{ TEXT("[+Inf]"), 1, 2, VALUE },
	{ TEXT("01"), 1, 1, ZERO },
	{ TEXT("-01"), 1, 2, ZERO },
	{ TEXT("00"), 1, 1, ZERO },
	{ TEXT("[012]"), 1, 2, ZERO },
	{ TEXT("1."), 1, 3, EARLY },
	{ TEXT("[1.]"), 1, 4, DIGIT },
	{ TEXT("[-2.]"), 1, 5, DIGIT },
	{ TEXT(".5"), 1, 1, VALUE },
	{ TEXT("-.5"), 1, 2, DIGIT },
	{ TEXT("[1.e1]"), 1, 4, DIGIT },
	{ TEXT("[0.3e]"), 1, 6, DIGIT },
	{ TEXT("1e"), 1, 3, EARLY },
	{ TEXT("[1E+]"), 1, 5, DIGIT },
	{ TEXT("[1e+-2]"), 1, 5, DIGIT },
	{ TEXT("[1e1.5]"), 1, 5, ELEMENT },
	{ TEXT("[1.2.3]"), 1, 5, ELEMENT },
	{ TEXT("[1ea]"), 1, 4, DIGIT },
	{ TEXT("[1 000]"), 1, 4, ELEMENT },
	{ TEXT("[1,000]"), 1, 4, ZERO },
	{ TEXT("[1_000]"), 1, 3, ELEMENT },
	{ TEXT("[0x1F]"), 1, 3, ELEMENT },
	{ TEXT("[1f]"), 1, 3, ELEMENT },
	{ TEXT("[1\0]"), 1, 3, ELEMENT },
	{ TEXT("[\xef\xbc\x91]"), 1, 2, VALUE },
	{ TEXT("1e400"), 1, 1, RANGE },
	{ TEXT("[0,\n -1e400]"), 2, 2, RANGE },
	{ TEXT("[1e999999999999999999999]"), 1, 2, RANGE },
	{ TEXT("{\"exp\":1.8e308}"), 1, 8, RANGE },
	{ TEXT("1e-16384"), 1, 1, PLACES },
	{ TEXT("[-1.5e-16383]"), 1, 2, PLACES },
	{ TEXT("1e-99999999999999999999"), 1, 1, PLACES },
	/* arrays */
	{ TEXT("["), 1, 2, EARLY },
	{ TEXT("[1"), 1, 3, EARLY },
	{ TEXT("[1,"), 1, 4, EARLY },
	{ TEXT("[1,]"), 1, 4, VALUE },
	{ TEXT("[,1]"), 1, 2, VALUE },
	{ TEXT("[1,,2]"), 1, 4, VALUE },
	{ TEXT("[,]"), 1, 2, VALUE },
	{ TEXT("[1 2]"), 1, 4, ELEMENT },
	{ TEXT("[1:2]"), 1, 3, ELEMENT },
	{ TEXT("[1;2]"), 1, 3, ELEMENT },
	{ TEXT("[\"a\" 1]"), 1, 6, ELEMENT },
	{ TEXT("[1}"), 1, 3, ELEMENT },
	{ TEXT("[]]"), 1, 3, BEHIND },
	{ TEXT("[][]"), 1, 3, BEHIND },
	{ TEXT("[],"), 1, 3, BEHIND },
	{ TEXT("[...]"), 1, 2, VALUE },
	{ TEXT("[\0]"), 1, 2, VALUE },
	{ TEXT("[1]\0"), 1, 4, BEHIND },
	{ TEXT("[1]\xe2\x81\xa0"), 1, 4, BEHIND },
	{ TEXT("1 2"), 1, 3, BEHIND },
	{ TEXT("1,"), 1, 2, BEHIND },
	{ TEXT("\"a\"\"b\""), 1, 4, BEHIND },
	{ TEXT("{}\0{}"), 1, 3, BEHIND },
	{ TEXT("{}\n\n x"), 3, 2, BEHIND },
	/* objects */
	{ TEXT("{"), 1, 2, EARLY },
	{ TEXT("{\"a\""), 1, 5, EARLY },
	{ TEXT("{\"a\":"), 1, 6, EARLY },
	{ TEXT("{\"a\":1"), 1, 7, EARLY },
	{ TEXT("{\"a\":1,"), 1, 8, EARLY },
	{ TEXT("{\"a\":1,}"), 1, 8, MEMBER },
	{ TEXT("{,\"a\":1}"), 1, 2, MEMBER },
	{ TEXT("{\"a\":1,,\"b\":2}"), 1, 8, MEMBER },
	{ TEXT("{\"a\":1 \"b\":2}"), 1, 8, BRACE },
	{ TEXT("{\"a\":1;\"b\":2}"), 1, 7, BRACE },
	{ TEXT("{\"a\":1]"), 1, 7, BRACE },
	{ TEXT("{\"a\":1}}"), 1, 8, BEHIND },
	{ TEXT("{\"a\"}"), 1, 5, COLON },
	{ TEXT("{\"a\" 1}"), 1, 6, COLON },
	{ TEXT("{\"a\",1}"), 1, 5, COLON },
	{ TEXT("{\"a\"=1}"), 1, 5, COLON },
	{ TEXT("{\"a\"::1}"), 1, 6, VALUE },
	{ TEXT("{\"a\":}"), 1, 6, VALUE },
	{ TEXT("{:1}"), 1, 2, MEMBER },
	{ TEXT("{a:1}"), 1, 2, MEMBER },
	{ TEXT("{'a':1}"), 1, 2, MEMBER },
	{ TEXT("{1:1}"), 1, 2, MEMBER },
	{ TEXT("{null:1}"), 1, 2, MEMBER },
	{ TEXT("{[]:1}"), 1, 2, MEMBER },
	{ TEXT("{\"a\":'b'}"), 1, 6, VALUE },
	{ TEXT("{\"a\":b}"), 1, 6, VALUE },
	/* member names */
	{ TEXT("{\"a\":1,\"a\":1}"), 1, 8, TWICE },
	{ TEXT("{\"a\":1,\"b\":2,\"a\":3}"), 1, 14, TWICE },
	{ TEXT("{\"a\":1,\n\"\\u0061\":2}"), 2, 1, TWICE },
	{ TEXT("{\"\":1,\"\":2}"), 1, 7, TWICE },
	{ TEXT("{\"a\":null,\"a\":null}"), 1, 11, TWICE },
	{ TEXT("{\"x\":{\"a\":1,\"a\":2}}"), 1, 13, TWICE },
	{ TEXT("[{\"a\":{\"b\":[]},\"a\":0}]"), 1, 16, TWICE },
	{ TEXT("{\"/\":1,\"\\/\":2}"), 1, 8, TWICE },
	{ TEXT("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}"), 1, 11, TWICE },
	{ TEXT("{\"exp\\u0000\":1}"), 1, 2, NUL },
	{ TEXT("{\"\\u0000\":1}"), 1, 2, NUL },
	{ TEXT("{\"exp\":1,\"exp\\u0000x\":2}"), 1, 10, NUL },
	{ TEXT("{\"a\0\":1}"), 1, 4, CONTROL },
	{ TEXT("{\"a\nb\":1}"), 1, 4, CONTROL },
	{ TEXT("{\"\\x\":1}"), 1, 3, ESCAPE },
	{ TEXT("{\"\xff\":1}"), 1, 3, UTF8 },
	{ TEXT("{\"\\ud800\":1}"), 1, 3, HALF },
	/* strings */
	{ TEXT("\""), 1, 2, EARLY },
	{ TEXT("\"a"), 1, 3, EARLY },
	{ TEXT("\"\\"), 1, 3, EARLY },
	{ TEXT("\"\\\""), 1, 4, EARLY },
	{ TEXT("['a']"), 1, 2, VALUE },
	{ TEXT("\"a\tb\""), 1, 3, CONTROL },
	{ TEXT("\"a\nb\""), 1, 3, CONTROL },
	{ TEXT("\"12345678\r\""), 1, 10, CONTROL },
	{ TEXT("\"\x1f\""), 1, 2, CONTROL },
	{ TEXT("\"\x01\""), 1, 2, CONTROL },
	{ TEXT("\"\0\""), 1, 2, CONTROL },
	{ TEXT("\"\\\n\""), 1, 2, ESCAPE },
	{ TEXT("\"\\\0\""), 1, 2, ESCAPE },
	{ TEXT("\"\\a\""), 1, 2, ESCAPE },
	{ TEXT("\"\\'\""), 1, 2, ESCAPE },
	{ TEXT("\"\\x41\""), 1, 2, ESCAPE },
	{ TEXT("\"\\U0041\""), 1, 2, ESCAPE },
	{ TEXT("\"\\0\""), 1, 2, ESCAPE },
	{ TEXT("\"\\ n\""), 1, 2, ESCAPE },
	{ TEXT("\"\\\xc3\xa9\""), 1, 2, ESCAPE },
	{ TEXT("\"\\u\""), 1, 2, HEX },
	{ TEXT("\"\\u004\""), 1, 2, HEX },
	{ TEXT("\"\\u00g0\""), 1, 2, HEX },
	{ TEXT("\"\\u 041\""), 1, 2, HEX },
	{ TEXT("\"\\u+041\""), 1, 2, HEX },
	{ TEXT("\"\\u-041\""), 1, 2, HEX },
	{ TEXT("\"\\u{41}\""), 1, 2, HEX },
	{ TEXT("\"\\u00"), 1, 2, HEX },
	{ TEXT("\"\\ud800\""), 1, 2, HALF },
	{ TEXT("\"\\udc00\""), 1, 2, HALF },
	{ TEXT("\"\\udfff\""), 1, 2, HALF },
	{ TEXT("\"ab\\ud800x\""), 1, 4, HALF },
	{ TEXT("\"\\ud800\\n\""), 1, 2, HALF },
	{ TEXT("\"\\ud800\\u0041\""), 1, 2, HALF },
	{ TEXT("\"\\ud800\\ud800\""), 1, 2, HALF },
	{ TEXT("\"\\ud800\\ud800\\udc00\""), 1, 2, HALF },
	{ TEXT("\"\\udc00\\ud800\""), 1, 2, HALF },
	{ TEXT("\"\\ud800\\udc0"), 1, 2, HALF },
	{ TEXT("\"\\ud800\\u\""), 1, 2, HALF },
	{ TEXT("\"\\ud800"), 1, 2, HALF },
	{ TEXT("\"\x80\""), 1, 2, UTF8 },
	{ TEXT("\"\xe9\""), 1, 2, UTF8 },
	{ TEXT("\"\xff\""), 1, 2, UTF8 },
	{ TEXT("\"\xc0\xaf\""), 1, 2, UTF8 },
	{ TEXT("\"\xc1\xbf\""), 1, 2, UTF8 },
	{ TEXT("\"\xe0\x80\xaf\""), 1, 2, UTF8 },
	{ TEXT("\"\xf0\x80\x80\xaf\""), 1, 2, UTF8 },
	{ TEXT("\"\xed\xa0\x80\""), 1, 2, UTF8 },
	{ TEXT("\"\xed\xa0\xbd\xed\xb8\x80\""), 1, 2, UTF8 },
	{ TEXT("\"\xf4\x90\x80\x80\""), 1, 2, UTF8 },
	{ TEXT("\"\xf8\x88\x80\x80\x80\""), 1, 2, UTF8 },
	{ TEXT("\"abc\xe2\x82\""), 1, 5, UTF8 },
	{ TEXT("\"abc\xe2\x82"), 1, 5, UTF8 },
	{ TEXT("\"12345678\xc3\""), 1, 10, UTF8 },
	/* depth */
	{ TEXT("[[[[[[]]]]]]"), 1, 6, DEEP },
	{ TEXT("{\"a\":[{\"b\":[{\"c\":{}}]}]}"), 1, 18, DEEP },
	{ TEXT("[[[[[]]]],[[[[[]]]]]]"), 1, 15, DEEP },
	{ TEXT("[[[[[[[[[[[["), 1, 6, DEEP },
};

START_TEST(other_text_is_refused_with_its_place)
{
	struct json_fault fault;
	struct json_object *o =
	    read_exact(refused[_i].text, refused[_i].len, &fault);

	ck_assert_msg(fault.msg != NULL, "taken: %s", refused[_i].text);
	ck_assert_ptr_null(o);
	ck_assert_str_eq(fault.msg, refused[_i].msg);
	ck_assert_uint_eq(fault.line, refused[_i].line);
	ck_assert_uint_eq(fault.column, refused[_i].column);
}
END_TEST

START_TEST(null_is_a_value)
{
	struct json_fault fault = { 9, 9, "stale" };

	ck_assert_ptr_null(read_exact(TEXT(" null "), &fault));
	ck_assert_ptr_null(fault.msg);
}
END_TEST

/* No part of a text is a text, and nothing is read beyond its end. */
START_TEST(every_cut_is_refused)
{
	static const char text[] = "{\"a\":[1.5e+3,true,null,\"\\u00e9\\ud83d"
				   "\\ude00\\n\xf0\x9f\x98\x80\"],\"b\":{}}";
	struct json_fault fault;
	struct json_object *o;
	size_t len;

	for (len = 0; len < sizeof(text) - 1; len++) {
		o = read_exact(text, len, &fault);
		ck_assert_msg(o == NULL && fault.msg != NULL, "%zu bytes", len);
	}
	o = read_exact(text, len, &fault);
	ck_assert_ptr_nonnull(o);
	json_object_put(o);
}
END_TEST

/* One byte of a text replaced by any other: read or refused, never both. */
START_TEST(every_change_has_one_outcome)
{
	static const char text[] = "{\"a\":[-1.5e+3,true,null,\"\\u00e9\\ud83d"
				   "\\ude00\\n\xf0\x9f\x98\x80\"],\"b\":{}}";
	char changed[sizeof(text)];
	struct json_fault fault;
	struct json_object *o;
	size_t i;
	int c;

	for (i = 0; i < sizeof(text) - 1; i++) {
		memcpy(changed, text, sizeof(text));
		for (c = 0; c < 256; c++) {
			changed[i] = (char)c;
			o = read_exact(changed, sizeof(text) - 1, &fault);
			if ((o == NULL) != (fault.msg != NULL))
				ck_abort_msg("byte %zu is %02x", i, c);
			json_object_put(o);
		}
	}
}
END_TEST

static const struct {
	const char *text;
	enum json_type type;
} kinds[] = {
	{ "1893456000", json_type_int },
	{ "-1", json_type_int },
	{ "9223372036854775807", json_type_int },
	{ "9223372036854775808", json_type_double },
	{ "-9223372036854775809", json_type_double },
	{ "1893456000.9", json_type_double },
	{ "1893456000.0", json_type_double },
	{ "1e9", json_type_double },
	{ "1e300", json_type_double },
	{ "\"1893456000\"", json_type_string },
	{ "true", json_type_boolean },
	{ "[1893456000]", json_type_array },
	{ "{}", json_type_object },
};

/* So that a time stamp which is no integer is not mistaken for one. */
START_TEST(values_keep_their_kind)
{
	struct json_fault fault;
	struct json_object *o =
	    read_exact(kinds[_i].text, strlen(kinds[_i].text), &fault);

	ck_assert_ptr_nonnull(o);
	ck_assert_int_eq(json_object_get_type(o), kinds[_i].type);
	json_object_put(o);
}
END_TEST

START_TEST(strings_may_hold_u0000)
{
	struct json_fault fault;
	struct json_object *o = read_exact(TEXT("\"a\\u0000b\""), &fault);

	ck_assert_ptr_nonnull(o);
	ck_assert_int_eq(json_object_get_string_len(o), 3);
	ck_assert_mem_eq(json_object_get_string(o), "a\0b", 4);
	json_object_put(o);
}
END_TEST

static const struct {
	const char *text;
	int depth;
	bool taken;
} depths[] = {
	{ "1", 0, true },
	{ "[]", 0, false },
	{ "{}", 0, false },
	{ "[]", 1, true },
	{ "[1,{}]", 1, false },
	{ "[1,{}]", 2, true },
};

START_TEST(depth_counts_open_brackets)
{
	struct json_fault fault;
	struct json_object *o = json_read(depths[_i].text,
	    strlen(depths[_i].text), depths[_i].depth, &fault);

	ck_assert_int_eq(o != NULL, depths[_i].taken);
	json_object_put(o);
}
END_TEST

START_TEST(many_members_are_told_apart)
{
	struct buf b = { 0 };
	struct json_fault fault;
	struct json_object *o;
	int i;

	for (i = 0; i < 20000; i++)
		buf_printf(&b, "%c\"m%d\":%d", i ? ',' : '{', i, i);
	buf_addc(&b, '}');
	o = read_exact(b.data, b.len, &fault);
	ck_assert_int_eq(json_object_object_length(o), 20000);
	json_object_put(o);
	b.len--;
	buf_adds(&b, ",\"m777\":0}");
	ck_assert_ptr_null(read_exact(b.data, b.len, &fault));
	ck_assert_str_eq(fault.msg, TWICE);
	buf_free(&b);
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	const char *json;
} written[] = {
	{ TEXT(""), "\"\"" },
	{ TEXT("text"), "\"text\"" },
	{ TEXT("a \"quoted\" \\ b"), "\"a \\\"quoted\\\" \\\\ b\"" },
	{ TEXT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"" },
	{ TEXT("\0\x01\x0b\x10\x1f"),
	    "\"\\u0000\\u0001\\u000b\\u0010\\u001f\"" },
	{ TEXT("</script>\x7f"), "\"</script>\x7f\"" },
	{ TEXT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
	    "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"" },
	{ TEXT("a\xff"), "\"a\xef\xbf\xbd\"" },
	{ TEXT("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ TEXT("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
	{ TEXT("12345678\n12345678"), "\"12345678\\n12345678\"" },
};

START_TEST(strings_are_escaped)
{
	struct buf b = { 0 };
	char *exact = harness_exact(written[_i].text, written[_i].len);

	json_add_string(&b, exact, written[_i].len);
	ck_assert_str_eq(b.data, written[_i].json);
	ck_assert_uint_eq(b.len, strlen(written[_i].json));
	free(exact);
	buf_free(&b);
}
END_TEST

START_TEST(c_strings_may_be_null)
{
	struct buf b = { 0 };

	json_add_cstring(&b, NULL);
	json_add_cstring(&b, "a\"");
	ck_assert_str_eq(b.data, "null\"a\\\"\"");
	buf_free(&b);
}
END_TEST

/* Writes a string and reads it back. */
static bool
survives(struct buf *b, const char *s, size_t len)
{
	struct json_fault fault;
	struct json_object *o;
	bool same;

	buf_clear(b);
	json_add_string(b, s, len);
	o = read_exact(b->data, b->len, &fault);
	same = o != NULL && (size_t)json_object_get_string_len(o) == len &&
	       memcmp(json_object_get_string(o), s, len) == 0;
	json_object_put(o);
	return same;
}

START_TEST(each_byte_survives_at_each_place)
{
	struct buf b = { 0 };
	char text[20];
	size_t i;
	int c;

	for (c = 0; c < 0x80; c++) {
		for (i = 0; i < sizeof(text); i++) {
			memset(text, 'x', sizeof(text));
			text[i] = (char)c;
			if (!survives(&b, text, sizeof(text)))
				ck_abort_msg("%02x at %zu", c, i);
		}
	}
	buf_free(&b);
}
END_TEST

/* All of them in one string, as \u escapes and as they are. */
START_TEST(each_code_point_survives)
{
	struct buf escaped = { 0 }, b = { 0 };
	struct json_fault fault;
	struct json_object *o;
	unsigned c;

	buf_addc(&escaped, '"');
	for (c = 0; c < 0x110000; c++) {
		if (c == 0xd800)
			c = 0xe000;
		if (c < 0x10000)
			buf_printf(&escaped, "\\u%04x", c);
		else
			buf_printf(&escaped, "\\u%04x\\u%04x",
			    0xd800 + ((c - 0x10000) >> 10),
			    0xdc00 + (c & 0x3ff));
	}
	buf_addc(&escaped, '"');
	o = read_exact(escaped.data, escaped.len, &fault);
	ck_assert_ptr_nonnull(o);
	ck_assert_int_eq(json_object_get_string_len(o),
	    0x80 + 0x780 * 2 + (0x10000 - 0x800 - 0x800) * 3 + 0x100000 * 4);
	ck_assert(survives(&b, json_object_get_string(o),
	    (size_t)json_object_get_string_len(o)));
	json_object_put(o);
	buf_free(&escaped);
	buf_free(&b);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ json_is_read, NELEM(accepted), 0 },
		{ other_text_is_refused_with_its_place, NELEM(refused), 0 },
		{ null_is_a_value, 0, 0 },
		{ every_cut_is_refused, 0, 0 },
		{ every_change_has_one_outcome, 0, 0 },
		{ values_keep_their_kind, NELEM(kinds), 0 },
		{ strings_may_hold_u0000, 0, 0 },
		{ depth_counts_open_brackets, NELEM(depths), 0 },
		{ many_members_are_told_apart, 0, 0 },
		{ strings_are_escaped, NELEM(written), 0 },
		{ c_strings_may_be_null, 0, 0 },
		{ each_byte_survives_at_each_place, 0, 0 },
		{ each_code_point_survives, 0, 0 },
	};

	return harness_run("json", tests, NELEM(tests));
}
