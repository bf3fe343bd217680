/* SPDX-License-Identifier: ISC */
/* Templates: what is filled in, what is left out, what is named as wrong. */
#include "config.h"

#include "lib/harness.h"

#include "mail/mail_template.h"

#define VALUE(name, text)                                                      \
	{                                                                      \
		name, text, sizeof(text) - 1                                   \
	}

static const struct mail_value list[] = {
	VALUE("title", "Buy {{status}} milk"),
	VALUE("status", "pending"),
	VALUE("empty", ""),
	VALUE("nul", "a\0b"),
	VALUE("lines", "one\ntwo"),
};
static const struct mail_values values = { list, NELEM(list) };

static const struct {
	const char *text, *filled, *why;
} cases[] = {
	{ "", "", NULL },
	{ "no placeholder", "no placeholder", NULL },
	{ "{{title}}\n", "Buy {{status}} milk\n", NULL },
	{ "a{{status}}{{status}}b", "apendingpendingb", NULL },
	{ "{{ status }} {{\tstatus\t}}", "pending pending", NULL },
	{ "a\n{{lines}}\nb\n", "a\none\ntwo\nb\n", NULL },
	{ "one } two }} three { four", "one } two }} three { four", NULL },
	{ "{ {status} }", "{ {status} }", NULL },
	/* lines without a value go; others stay */
	{ "a\nLink: {{empty}}\nb\n", "a\nb\n", NULL },
	{ "{{empty}}", "", NULL },
	{ "x {{empty}}{{empty}}\r\ny", "y", NULL },
	{ "{{empty}} {{status}}\n", " pending\n", NULL },
	{ "\n\n", "\n\n", NULL },
	/* faults */
	{ "{{titel}}", NULL,
	    "line 1: there is no {{titel}}, only {{title}}, {{status}}, "
	    "{{empty}}, {{nul}}, {{lines}}" },
	{ "a\nb\n{{}}", NULL, "line 3: there is no {{}}, only" },
	{ "{{Title}}", NULL, "line 1: there is no {{Title}}, only" },
	{ "{{title", NULL, "line 1: {{ is not closed by }}" },
	{ "a\n{{title\n}}", NULL, "line 2: {{ is not closed by }}" },
	{ "{{title}} {{", NULL, "line 1: {{ is not closed by }}" },
	{ "{{title}", NULL, "line 1: {{ is not closed by }}" },
	{ "{{{title}}}", NULL, "line 1: there is no {{{title}}, only" },
	{ "{{0123456789012345678901234567890123456789012345}}", NULL,
	    "there is no {{0123456789012345678901234567890123456789}}, only" },
};

START_TEST(placeholders_are_filled_in)
{
	size_t len = strlen(cases[_i].text);
	char *text = harness_exact(cases[_i].text, len);
	struct buf b = { 0 }, why = { 0 };
	int r = mail_template_fill(&b, text, len, &values, &why);

	if (cases[_i].why == NULL) {
		ck_assert_int_eq(r, 0);
		ck_assert_uint_eq(b.len, strlen(cases[_i].filled));
		ck_assert(b.len == 0 ||
			  memcmp(b.data, cases[_i].filled, b.len) == 0);
		ck_assert_uint_eq(why.len, 0);
	} else {
		ck_assert_int_eq(r, -1);
		ck_assert_msg(strstr(why.data, cases[_i].why) != NULL, "%s",
		    why.data);
	}
	buf_free(&b);
	buf_free(&why);
	free(text);
}
END_TEST

START_TEST(values_may_be_any_bytes)
{
	struct buf b = { 0 }, why = { 0 };

	ck_assert_int_eq(mail_template_fill(&b, "x{{nul}}y", 9, &values, &why),
	    0);
	ck_assert_mem_eq(b.data, "xa\0by", 5);
	ck_assert_uint_eq(b.len, 5);
	buf_free(&b);
}
END_TEST

/* Reads text as the file of a template; what comes of it, or why not. */
static int
read_file(const char *text, size_t len, struct buf *b, struct buf *why)
{
	char *path = harness_file(text, len), *slash = strrchr(path, '/');
	int r;

	*slash = '\0';
	r = mail_template_read(b, path, slash + 1, &values, why);
	if (r == -1) {
		ck_assert_int_eq(strncmp(why->data, "template ", 9), 0);
		ck_assert_ptr_nonnull(strstr(why->data, slash + 1));
	}
	*slash = '/';
	unlink(path);
	free(path);
	return r;
}

START_TEST(files_are_read)
{
	struct buf b = { 0 }, why = { 0 };

	ck_assert_int_eq(read_file("\xef\xbb\xbfHi {{status}}\n", 17, &b, &why),
	    0);
	ck_assert_str_eq(b.data, "Hi pending\n");
	ck_assert_uint_eq(why.len, 0);
	buf_free(&b);
	buf_free(&why);
}
END_TEST

START_TEST(faulty_files_are_named)
{
	static const struct {
		const char *text;
		size_t len;
		const char *why;
	} bad[] = {
		{ "a\n{{b}}", 7, ": line 2: there is no {{b}}, only" },
		{ "a\xff", 2, ": it is not valid UTF-8" },
	};
	struct buf b = { 0 }, why = { 0 };

	for (size_t i = 0; i < NELEM(bad); i++) {
		ck_assert_int_eq(read_file(bad[i].text, bad[i].len, &b, &why),
		    -1);
		ck_assert_ptr_nonnull(strstr(why.data, bad[i].why));
		buf_clear(&why);
	}
	ck_assert_int_eq(mail_template_read(&b, "/nowhere", "at-all", &values,
			     &why),
	    -1);
	ck_assert_str_eq(why.data,
	    "template /nowhere/at-all: No such file or directory");
	buf_free(&b);
	buf_free(&why);
}
END_TEST

START_TEST(a_file_has_a_limit)
{
	size_t len = (size_t)64 * 1024 + 1;
	char *text = malloc(len);
	struct buf b = { 0 }, why = { 0 };

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', len);
	ck_assert_int_eq(read_file(text, len, &b, &why), -1);
	ck_assert_ptr_nonnull(strstr(why.data, ": File too large"));
	buf_clear(&why);
	ck_assert_int_eq(read_file(text, len - 1, &b, &why), 0);
	buf_free(&b);
	buf_free(&why);
	free(text);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ placeholders_are_filled_in, NELEM(cases), 0 },
		{ values_may_be_any_bytes, 0, 0 },
		{ files_are_read, 0, 0 },
		{ faulty_files_are_named, 0, 0 },
		{ a_file_has_a_limit, 0, 0 },
	};

	return harness_run("mail_template", tests, NELEM(tests));
}
