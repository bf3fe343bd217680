/* SPDX-License-Identifier: ISC */
/* Text helpers. */
#include "config.h"

#include "lib/harness.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/str.h"

#define TEXT(s) (s), sizeof(s) - 1

static const struct {
	const char *text;
	int64_t min;
	int64_t max;
	int64_t n;
} ints[] = {
	{ "0", 0, 10, 0 },
	{ "10", 0, 10, 10 },
	{ "-0", 0, 10, 0 },
	{ "007", 0, 10, 7 },
	{ "-10", -10, 10, -10 },
	{ "9223372036854775807", INT64_MIN, INT64_MAX, INT64_MAX },
	{ "-9223372036854775808", INT64_MIN, INT64_MAX, INT64_MIN },
};

START_TEST(numbers_are_read)
{
	int64_t n = 42;

	ck_assert_int_eq(str_to_int(ints[_i].text, ints[_i].min, ints[_i].max,
			     &n),
	    0);
	ck_assert_int_eq(n, ints[_i].n);
}
END_TEST

static const struct {
	const char *text;
	int64_t min;
	int64_t max;
} not_ints[] = {
	{ "", INT64_MIN, INT64_MAX },
	{ "-", INT64_MIN, INT64_MAX },
	{ "+1", INT64_MIN, INT64_MAX },
	{ "--1", INT64_MIN, INT64_MAX },
	{ " 1", INT64_MIN, INT64_MAX },
	{ "1 ", INT64_MIN, INT64_MAX },
	{ "1.0", INT64_MIN, INT64_MAX },
	{ "1e3", INT64_MIN, INT64_MAX },
	{ "0x10", INT64_MIN, INT64_MAX },
	{ "1,000", INT64_MIN, INT64_MAX },
	{ "ten", INT64_MIN, INT64_MAX },
	{ "9223372036854775808", INT64_MIN, INT64_MAX },
	{ "-9223372036854775809", INT64_MIN, INT64_MAX },
	{ "99999999999999999999", INT64_MIN, INT64_MAX },
	{ "11", 0, 10 },
	{ "-1", 0, 10 },
};

START_TEST(what_is_no_number_in_range_is_refused)
{
	int64_t n = 42;

	ck_assert_int_eq(str_to_int(not_ints[_i].text, not_ints[_i].min,
			     not_ints[_i].max, &n),
	    -1);
	ck_assert_int_eq(n, 42);
}
END_TEST

START_TEST(texts_are_compared)
{
	ck_assert(str_eq("a", "a") && !str_eq("a", "A"));
	ck_assert(str_case_eq("Content-Type", "content-tYPE"));
	ck_assert(str_case_eq("", ""));
	ck_assert(!str_case_eq("a", "ab") && !str_case_eq("ab", "a"));
	ck_assert(!str_case_eq("@", "`") && !str_case_eq("[", "{"));
	ck_assert(!str_case_eq("\xc3\x84", "\xc3\xa4"));
	ck_assert(str_starts("Bearer x", "Bearer ") && str_starts("a", ""));
	ck_assert(!str_starts("Bear", "Bearer"));
}
END_TEST

static const char *const trims[][2] = {
	{ "", "" },
	{ " ", "" },
	{ "\t\r\n\v\f ", "" },
	{ "a", "a" },
	{ "  a b\t", "a b" },
	{ "\xc2\xa0x", "\xc2\xa0x" },
};

START_TEST(white_space_is_cut_off)
{
	char text[32];

	strcpy(text, trims[_i][0]);
	ck_assert_str_eq(str_trim(text), trims[_i][1]);
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	long count;
} counts[] = {
	{ TEXT(""), 0 },
	{ TEXT("abc"), 3 },
	{ TEXT("a\0b"), 3 },
	{ TEXT("12345678"), 8 },
	{ TEXT("123456789012345\xc3\xa9"), 16 },
	{ TEXT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 3 },
	{ TEXT("e\xcc\x81"), 2 },
	{ TEXT("\xef\xbb\xbf"), 1 },
	{ TEXT("\xef\xbf\xbf"), 1 },
	{ TEXT("\xf4\x8f\xbf\xbf"), 1 },
	{ TEXT("\x80"), -1 }, /* nothing to continue */
	{ TEXT("\xbf"), -1 },
	{ TEXT("abc\xff"), -1 },
	{ TEXT("\xfe"), -1 },
	{ TEXT("12345678\x80"), -1 },
	{ TEXT("1234567\xc3"), -1 }, /* cut off */
	{ TEXT("\xe2\x82"), -1 },
	{ TEXT("\xf0\x9f\x98"), -1 },
	{ TEXT("\xc3z"), -1 },
	{ TEXT("\xe2z\xac"), -1 },
	{ TEXT("\xe2\x82z"), -1 },
	{ TEXT("\xf0\x9f\x98z"), -1 },
	{ TEXT("\xc0\xaf"), -1 }, /* overlong */
	{ TEXT("\xc1\xbf"), -1 },
	{ TEXT("\xc0\x80"), -1 },
	{ TEXT("\xe0\x80\xaf"), -1 },
	{ TEXT("\xe0\x9f\xbf"), -1 },
	{ TEXT("\xf0\x80\x80\xaf"), -1 },
	{ TEXT("\xf0\x8f\xbf\xbf"), -1 },
	{ TEXT("\xed\xa0\x80"), -1 }, /* surrogates */
	{ TEXT("\xed\xbf\xbf"), -1 },
	{ TEXT("\xf4\x90\x80\x80"), -1 }, /* beyond the last code point */
	{ TEXT("\xf5\x80\x80\x80"), -1 },
	{ TEXT("\xf8\x88\x80\x80\x80"), -1 },
};

START_TEST(code_points_are_counted)
{
	char *text = harness_exact(counts[_i].text, counts[_i].len);

	ck_assert_int_eq(str_utf8_count(text, counts[_i].len),
	    counts[_i].count);
	free(text);
}
END_TEST

static size_t
encode(uint32_t c, char *out)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;
	static const uint8_t first[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };

	for (i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)(first[n] | c);
	return n;
}

START_TEST(every_code_point_is_judged)
{
	char text[4];
	uint32_t c;
	size_t n, expected;

	for (c = 0; c < 0x1fffff; c++) {
		n = encode(c, text);
		expected = (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff ? 0 : n;
		if (str_utf8_len(text, n) != expected ||
		    str_utf8_len(text, n - 1) != 0)
			ck_abort_msg("U+%04X", c);
	}
}
END_TEST

/* Unicode 15, PropList.txt, White_Space. */
static const uint32_t spaces[] = { 0x9, 0xa, 0xb, 0xc, 0xd, 0x20, 0x85, 0xa0,
	0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007,
	0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000 };

START_TEST(blank_is_what_unicode_calls_white_space)
{
	char text[5];
	uint32_t c;
	size_t n, next = 0;
	bool space;

	for (c = 0; c <= 0x10ffff; c++) {
		if (c == 0xd800)
			c = 0xe000;
		n = encode(c, text);
		space = next < NELEM(spaces) && c == spaces[next];
		if (str_is_blank(text, n) != space)
			ck_abort_msg("U+%04X", c);
		next += space;
	}
	ck_assert_uint_eq(next, NELEM(spaces));
	ck_assert(str_is_blank("", 0));
	ck_assert(str_is_blank(TEXT(" \t\xc2\xa0\xe3\x80\x80")));
	ck_assert(!str_is_blank(TEXT("\xe3\x80\x80 x")));
}
END_TEST

static const struct {
	const char *text;
	size_t max;
	size_t want;
} cuts[] = {
	{ "", 0, 0 },
	{ "abc", 4, 3 },
	{ "abc", 3, 3 },
	{ "abc", 2, 2 },
	{ "abc", 0, 0 },
	{ "\xc3\xa9", 2, 2 },
	{ "\xc3\xa9", 1, 0 },
	{ "a\xc3\xa9", 2, 1 },
	{ "a\xe2\x82\xac-", 4, 4 },
	{ "a\xe2\x82\xac-", 3, 1 },
	{ "a\xe2\x82\xac-", 2, 1 },
	{ "a\xf0\x9f\x98\x80", 4, 1 },
	{ "a\xf0\x9f\x98\x80", 3, 1 },
	{ "a\xf0\x9f\x98\x80", 2, 1 },
	{ "\x80\x80\x80\x80\x80\x80", 5, 2 }, /* no UTF-8 */
	{ "\x80\x80\x80", 2, 0 },
};

START_TEST(texts_are_cut_between_characters)
{
	size_t len = strlen(cuts[_i].text);
	char *text = harness_exact(cuts[_i].text, len);

	ck_assert_uint_eq(str_utf8_cut(text, len, cuts[_i].max), cuts[_i].want);
	free(text);
}
END_TEST

START_TEST(hex_digits_have_values)
{
	static const char digits[] = "0123456789abcdef";
	const char *found;
	int c;

	for (c = 0; c < 256; c++) {
		found = c >= 'A' && c <= 'F' ? strchr(digits, c + 'a' - 'A')
			: c != 0             ? strchr(digits, c)
					     : NULL;
		ck_assert_int_eq(str_hex_digit((char)c),
		    found ? (int)(found - digits) : -1);
	}
}
END_TEST

static const size_t lengths[] = { 0, 1, 100, 8191, 8192, 8193, 50000 };

START_TEST(files_are_read_whole)
{
	size_t n = lengths[_i], len;
	char *content = malloc(n + 1), *path, *text;

	memset(content, 'x', n + 1);
	path = harness_file(content, n);
	ck_assert_int_eq(str_read_file(path, n, &text, &len), 0);
	ck_assert_uint_eq(len, n);
	ck_assert(memcmp(text, content, n) == 0);
	ck_assert_int_eq(text[n], '\0');
	free(text);
	if (n > 0) {
		ck_assert_int_eq(str_read_file(path, n - 1, &text, &len), -1);
		ck_assert_int_eq(errno, EFBIG);
	}
	unlink(path);
	free(path);
	free(content);
}
END_TEST

START_TEST(what_cannot_be_read_says_why)
{
	char *text;
	size_t len;

	ck_assert_int_eq(str_read_file("/nonexistent/x", 9, &text, &len), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(str_read_file("/", 9, &text, &len), -1);
	ck_assert_int_eq(errno, EISDIR);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ numbers_are_read, NELEM(ints), 0 },
		{ what_is_no_number_in_range_is_refused, NELEM(not_ints), 0 },
		{ texts_are_compared, 0, 0 },
		{ white_space_is_cut_off, NELEM(trims), 0 },
		{ code_points_are_counted, NELEM(counts), 0 },
		{ every_code_point_is_judged, 0, 0 },
		{ blank_is_what_unicode_calls_white_space, 0, 0 },
		{ texts_are_cut_between_characters, NELEM(cuts), 0 },
		{ hex_digits_have_values, 0, 0 },
		{ files_are_read_whole, NELEM(lengths), 0 },
		{ what_cannot_be_read_says_why, 0, 0 },
	};

	return harness_run("str", tests, NELEM(tests));
}
