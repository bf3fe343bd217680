/* SPDX-License-Identifier: ISC */
/* What the writer of JSON puts between values, and what it refuses. */
#include "config.h"

#include "lib/harness.h"

#include <signal.h>

#include "text/json.h"
#include "text/json_write.h"

static void
write_nothing_in_object(struct json_write *w)
{
	json_open_object(w, NULL);
	json_close_object(w);
}

static void
write_nothing_in_array(struct json_write *w)
{
	json_open_array(w, NULL);
	json_close_array(w);
}

static void
write_each_kind(struct json_write *w)
{
	static const struct uuid id = { { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
	    0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef } };

	json_open_object(w, NULL);
	json_put_text(w, "text", "a");
	json_put_text(w, "none", NULL);
	json_put_bytes(w, "bytes", "abc", 2);
	json_put_bytes(w, "empty", NULL, 0);
	json_put_int(w, "least", INT64_MIN);
	json_put_bool(w, "yes", true);
	json_put_bool(w, "no", false);
	json_put_null(w, "null");
	json_put_time(w, "time", 1763809500123456);
	json_put_uuid(w, "id", &id);
	json_put_raw(w, "raw", "[1, 2]");
	json_put_raw_bytes(w, "piece", "34", 1);
	buf_printf(json_put_by_hand(w, "hand"), "%.1f", 0.5);
	json_put_int(w, "last", 0);
	json_close_object(w);
}

static void
write_elements(struct json_write *w)
{
	json_open_array(w, NULL);
	json_put_text(w, NULL, "");
	json_put_int(w, NULL, 7);
	json_put_null(w, NULL);
	json_put_time(w, NULL, 0);
	json_put_uuid(w, NULL, &(struct uuid){ 0 });
	buf_addc(json_put_by_hand(w, NULL), '8');
	json_put_raw(w, NULL, "{}");
	json_close_array(w);
}

static void
write_levels(struct json_write *w)
{
	json_open_object(w, NULL);
	json_open_array(w, "a");
	json_open_object(w, NULL);
	json_close_object(w);
	json_open_object(w, NULL);
	json_put_int(w, "b", 1);
	json_open_object(w, "c");
	json_put_int(w, "d", 2);
	json_close_object(w);
	json_close_object(w);
	json_open_array(w, NULL);
	json_close_array(w);
	json_put_int(w, NULL, 3);
	json_close_array(w);
	json_put_int(w, "e", 4);
	json_close_object(w);
}

static void
write_escapes(struct json_write *w)
{
	json_open_object(w, NULL);
	json_put_text(w, "a \"quoted\" name", "and\na line\\");
	json_put_bytes(w, "\x01", "\0\xff", 2);
	json_open_array(w, "\xc3\xa9");
	json_put_text(w, NULL, "\xc3\xa9\x1b");
	json_close_array(w);
	json_close_object(w);
}

static void
write_lines(struct json_write *w)
{
	json_open_array(w, NULL);
	json_break_line(w);
	json_put_int(w, NULL, 1);
	json_break_line(w);
	json_put_int(w, NULL, 2);
	json_close_array(w);
}

static void
write_alone(struct json_write *w)
{
	json_put_text(w, NULL, "alone");
}

static const struct {
	void (*write)(struct json_write *w);
	const char *want;
} cases[] = {
	{ write_nothing_in_object, "{}" },
	{ write_nothing_in_array, "[]" },
	{ write_each_kind,
	    "{\"text\":\"a\",\"none\":null,\"bytes\":\"ab\","
	    "\"empty\":\"\","
	    "\"least\":-9223372036854775808,\"yes\":true,\"no\":false,"
	    "\"null\":null,\"time\":\"2025-11-22T11:05:00.123456Z\","
	    "\"id\":\"01234567-89ab-cdef-0123-456789abcdef\","
	    "\"raw\":[1, 2],\"piece\":3,\"hand\":0.5,\"last\":0}" },
	{ write_elements, "[\"\",7,null,\"1970-01-01T00:00:00.000000Z\","
			  "\"00000000-0000-0000-0000-000000000000\",8,{}]" },
	{ write_levels, "{\"a\":[{},{\"b\":1,\"c\":{\"d\":2}},[],3],\"e\":4}" },
	{ write_escapes, "{\"a \\\"quoted\\\" name\":\"and\\na line\\\\\","
			 "\"\\u0001\":\"\\u0000\xef\xbf\xbd\","
			 "\"\xc3\xa9\":[\"\xc3\xa9\\u001b\"]}" },
	{ write_lines, "[\n1,\n2]" },
	{ write_alone, "\"alone\"" },
};

/* At each distance from the end of the memory, so that a missing byte shows
 * under a sanitizer. */
START_TEST(values_are_written_with_what_stands_between)
{
	size_t before;

	for (before = 0; before < 260; before++) {
		struct buf b = { 0 };
		struct json_write w;

		memset(buf_reserve(&b, before), ' ', before);
		b.len = before;
		w = json_write(&b);
		cases[_i].write(&w);
		json_write_end(&w);
		ck_assert_str_eq(b.data + before, cases[_i].want);
		ck_assert_uint_eq(b.len, before + strlen(cases[_i].want));
		buf_free(&b);
	}
}
END_TEST

START_TEST(long_texts_are_written_in_full)
{
	struct buf b = { 0 };
	struct json_write w = json_write(&b);
	struct json_object *o;
	struct json_fault fault;
	char text[3000];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i % 128);
	json_open_array(&w, NULL);
	for (size_t i = 0; i < sizeof(text); i += 100)
		json_put_bytes(&w, NULL, text + i, sizeof(text) - i);
	json_close_array(&w);
	json_write_end(&w);
	o = json_read(b.data, b.len, 1, &fault);
	ck_assert_ptr_nonnull(o);
	ck_assert_uint_eq(json_object_array_length(o), 30);
	for (size_t i = 0; i < 30; i++) {
		struct json_object *v = json_object_array_get_idx(o, i);

		ck_assert_int_eq(json_object_get_string_len(v),
		    (int)(sizeof(text) - 100 * i));
		ck_assert_mem_eq(json_object_get_string(v), text + 100 * i,
		    sizeof(text) - 100 * i);
	}
	json_object_put(o);
	buf_free(&b);
}
END_TEST

START_TEST(levels_are_told_apart_down_to_the_last)
{
	struct buf b = { 0 };
	struct json_write w = json_write(&b);
	int i;

	json_open_array(&w, NULL);
	for (i = 1; i < JSON_WRITE_DEPTH; i += 2) {
		json_open_object(&w, NULL);
		if (i + 1 < JSON_WRITE_DEPTH)
			json_open_array(&w, "a");
	}
	for (i = JSON_WRITE_DEPTH - 1; i > 0; i -= 2) {
		json_put_int(&w, "n", i);
		json_close_object(&w);
		json_put_int(&w, NULL, i);
		json_close_array(&w);
	}
	json_write_end(&w);
	ck_assert_ptr_nonnull(strstr(b.data, "\"n\":31},31],\"n\":29},29]"));
	ck_assert_ptr_nonnull(strstr(b.data, "},3],\"n\":1},1]"));
	buf_free(&b);
}
END_TEST

static void
name_in_array(struct json_write *w)
{
	json_open_array(w, NULL);
	json_put_int(w, "a", 1);
}

static void
no_name_in_object(struct json_write *w)
{
	json_open_object(w, NULL);
	json_put_int(w, NULL, 1);
}

static void
name_on_top(struct json_write *w)
{
	json_put_int(w, "a", 1);
}

static void
two_on_top(struct json_write *w)
{
	json_put_int(w, NULL, 1);
	json_put_int(w, NULL, 2);
}

static void
closed_as_something_else(struct json_write *w)
{
	json_open_object(w, NULL);
	json_close_array(w);
}

static void
closed_twice(struct json_write *w)
{
	json_open_array(w, NULL);
	json_close_array(w);
	json_close_array(w);
}

static void
too_deep(struct json_write *w)
{
	for (int i = 0; i <= JSON_WRITE_DEPTH; i++)
		json_open_array(w, NULL);
}

static void
left_open(struct json_write *w)
{
	json_open_array(w, NULL);
	json_write_end(w);
}

static void
left_empty(struct json_write *w)
{
	json_write_end(w);
}

static void (*const mistakes[])(struct json_write *w) = { name_in_array,
	no_name_in_object, name_on_top, two_on_top, closed_as_something_else,
	closed_twice, too_deep, left_open, left_empty };

START_TEST(a_mistake_ends_the_process)
{
	struct buf b = { 0 };
	struct json_write w = json_write(&b);

	mistakes[_i](&w);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ values_are_written_with_what_stands_between, NELEM(cases),
		    0 },
		{ long_texts_are_written_in_full, 0, 0 },
		{ levels_are_told_apart_down_to_the_last, 0, 0 },
		{ a_mistake_ends_the_process, NELEM(mistakes), SIGABRT },
	};

	return harness_run("json_write", tests, NELEM(tests));
}
