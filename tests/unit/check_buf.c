/* SPDX-License-Identifier: ISC */
/* The growing byte string. */
#include "config.h"

#include "lib/harness.h"

#include "base/buf.h"

START_TEST(pieces_are_joined_and_terminated)
{
	struct buf b = { 0 };

	buf_adds(&b, "one ");
	buf_add(&b, "two", 3);
	buf_addc(&b, ' ');
	buf_addint(&b, 3);
	buf_printf(&b, " %s %d", "four", 5);
	ck_assert_str_eq(b.data, "one two 3 four 5");
	ck_assert_uint_eq(b.len, strlen(b.data));
	buf_add(&b, "\0x", 2);
	ck_assert_uint_eq(b.len, 18);
	ck_assert_int_eq(b.data[17], 'x');
	ck_assert_int_eq(b.data[18], '\0');
	buf_free(&b);
	ck_assert_ptr_null(b.data);
	ck_assert_uint_eq(b.len, 0);
}
END_TEST

START_TEST(nothing_added_is_an_empty_string)
{
	struct buf b = { 0 };

	buf_clear(&b);
	buf_add(&b, NULL, 0);
	ck_assert_str_eq(b.data, "");
	buf_free(&b);
	buf_adds(&b, "");
	ck_assert_str_eq(b.data, "");
	buf_free(&b);
	buf_free(&b);
}
END_TEST

static const struct {
	int64_t n;
	const char *text;
} ints[] = {
	{ 0, "0" },
	{ 7, "7" },
	{ -7, "-7" },
	{ 10, "10" },
	{ -100, "-100" },
	{ 1234567890, "1234567890" },
	{ INT64_MAX, "9223372036854775807" },
	{ INT64_MIN, "-9223372036854775808" },
};

START_TEST(integers_are_written_in_full)
{
	struct buf b = { 0 };

	buf_addint(&b, ints[_i].n);
	ck_assert_str_eq(b.data, ints[_i].text);
	buf_free(&b);
}
END_TEST

START_TEST(one_byte_at_a_time_fills_it)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < 100000; i++) {
		buf_addc(&b, (char)('a' + i % 26));
		ck_assert_uint_lt(b.len, b.size);
	}
	ck_assert_uint_eq(strlen(b.data), 100000);
	for (i = 0; i < 100000; i++)
		ck_assert_int_eq(b.data[i], (char)('a' + i % 26));
	buf_free(&b);
}
END_TEST

static const int widths[] = { 0, 1, 63, 64, 65, 254, 255, 256, 257, 511, 512,
	9000 };

START_TEST(formatted_text_has_any_length)
{
	struct buf b = { 0 };

	buf_printf(&b, "%*s", widths[_i], "");
	ck_assert_uint_eq(b.len, (size_t)widths[_i]);
	buf_printf(&b, "%*s|", widths[_i], "");
	ck_assert_uint_eq(b.len, (size_t)widths[_i] * 2 + 1);
	ck_assert_uint_eq(strlen(b.data), b.len);
	buf_free(&b);
}
END_TEST

START_TEST(reserved_room_is_used_in_place)
{
	struct buf b = { 0 };
	char *p;

	buf_adds(&b, "head");
	p = buf_reserve(&b, 1000);
	ck_assert_ptr_eq(p, b.data + 4);
	ck_assert_str_eq(b.data, "head");
	memset(p, 'x', 1000);
	p[1000] = '\0';
	b.len += 1000;
	ck_assert_uint_eq(strlen(b.data), 1004);
	ck_assert_ptr_eq(buf_reserve(&b, 0), b.data + 1004);
	buf_free(&b);
}
END_TEST

START_TEST(clearing_keeps_memory_up_to_a_mebibyte)
{
	struct buf b = { 0 };
	char *kept;

	buf_reserve(&b, 500000);
	buf_adds(&b, "text");
	kept = b.data;
	buf_clear(&b);
	ck_assert_ptr_eq(b.data, kept);
	ck_assert_str_eq(b.data, "");
	ck_assert_uint_eq(b.len, 0);
	buf_reserve(&b, 2000000);
	buf_clear(&b);
	ck_assert_uint_eq(b.size, 0);
	buf_adds(&b, "again");
	ck_assert_str_eq(b.data, "again");
	buf_free(&b);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ pieces_are_joined_and_terminated, 0, 0 },
		{ nothing_added_is_an_empty_string, 0, 0 },
		{ integers_are_written_in_full, NELEM(ints), 0 },
		{ one_byte_at_a_time_fills_it, 0, 0 },
		{ formatted_text_has_any_length, NELEM(widths), 0 },
		{ reserved_room_is_used_in_place, 0, 0 },
		{ clearing_keeps_memory_up_to_a_mebibyte, 0, 0 },
	};

	return harness_run("buf", tests, NELEM(tests));
}
