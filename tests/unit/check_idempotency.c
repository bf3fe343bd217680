/* SPDX-License-Identifier: ISC */
/* Keys as clients write them. */
#include "config.h"

#include "lib/harness.h"

#include "answer/idempotency.h"

static const struct key_case {
	const char *header;
	const char *key; /* NULL: it is none */
} cases[] = {
	{ "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"",
	    "8e03978e-40d5-43dd-bc93-6894a57f9324" },
	{ "8e03978e-40d5-43dd-bc93-6894a57f9324",
	    "8e03978e-40d5-43dd-bc93-6894a57f9324" },
	{ "a", "a" },
	{ "\"a b\"", "a b" },
	{ "\" \"", " " },
	{ " a ", "a" },
	{ " \"a\" ", "a" },
	{ "\"a\\\"b\\\\\"", "a\"b\\" },
	{ "\"a;b,c\"", "a;b,c" },
	{ "a/b+c==", "a/b+c==" },
	{ "", NULL },
	{ " ", NULL },
	{ "\"\"", NULL },
	{ "\"", NULL },
	{ "\"a", NULL },
	{ "\"a\\\"", NULL },
	{ "\"a\\b\"", NULL },
	{ "\"a\\", NULL },
	{ "a\"", NULL },
	{ "a\"b\"", NULL },
	{ "a\\b", NULL },
	{ "a b", NULL },
	{ "a, b", NULL },
	{ "\"a\", \"b\"", NULL },
	{ "a;b=c", NULL },
	{ "\"a\";b=c", NULL },
	{ "\"a\"b", NULL },
	{ "a\tb", NULL },
	{ "\"a\tb\"", NULL },
	{ "\x7f", NULL },
	{ "\xc3\xa4", NULL },
	{ "\"\xc3\xa4\"", NULL },
};

START_TEST(keys)
{
	const struct key_case *row = &cases[_i];
	struct arena *a = arena_new();
	const char *key = idempotency_key(a, row->header);

	if (row->key == NULL)
		ck_assert_ptr_null(key);
	else
		ck_assert_pstr_eq(key, row->key);
	arena_free(a);
}
END_TEST

/* The longest key, bare or with each character behind a backslash. */
START_TEST(lengths)
{
	char text[2 * IDEMPOTENCY_KEY_MAX + 8];
	struct arena *a = arena_new();
	size_t n = IDEMPOTENCY_KEY_MAX;

	memset(text, 'a', sizeof(text));
	text[n] = '\0';
	ck_assert_ptr_nonnull(idempotency_key(a, text));
	text[n] = 'a';
	text[n + 1] = '\0';
	ck_assert_ptr_null(idempotency_key(a, text));
	memset(text, '\\', sizeof(text));
	text[0] = text[2 * n + 1] = '"';
	text[2 * n + 2] = '\0';
	ck_assert_ptr_nonnull(idempotency_key(a, text));
	ck_assert_uint_eq(strlen(idempotency_key(a, text)), n);
	arena_free(a);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ keys, NELEM(cases), 0 },
		{ lengths, 0, 0 },
	};

	return harness_run("idempotency", tests, NELEM(tests));
}
