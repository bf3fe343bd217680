/* SPDX-License-Identifier: ISC */
/* Messages that are broken, huge or compressed do no harm. */
#include "config.h"

#include "lib/celery_bed.h"

#include "base/codec.h"

/* A generator that gives the same numbers each time. */
static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Changes, doubles or cuts out a few bytes. */
static size_t
mutate(char *text, size_t len, uint32_t *state)
{
	static const char odd[] = "\"\\{}[],:0n-.eN\x80\xff\xed \x01";
	int n = 1 + (int)(next_random(state) % 4);
	size_t at, k;

	while (n-- > 0 && len > 8) {
		at = next_random(state) % len;
		switch (next_random(state) % 4) {
		case 0:
			text[at] = (char)next_random(state);
			break;
		case 1:
			text[at] = odd[next_random(state) % sizeof(odd)];
			break;
		case 2:
			k = next_random(state) % (len - at);
			memmove(text + at, text + at + k, len - at - k);
			len -= k;
			break;
		default:
			k = next_random(state) % (len - at) / 2;
			memmove(text + at, text + at + k, k);
			break;
		}
	}
	return len;
}

/* The whole element, or the body inside it. */
START_TEST(mutations_do_no_harm)
{
	uint32_t state = 2463534242u + (uint32_t)_i * 77777;
	const struct celery_message in = { .id = "1",
		.kind = "k",
		.queue = "q",
		.has_eta = true,
		.args = "[1,-2.5e3,\"\\ud83d\\ude00\",[[{\"a\":null}]]]",
		.kwargs = "{\"x\":{\"y\":[true,false]}}" };
	struct shape s = { 0 };
	struct celery_message m;
	struct buf valid = { 0 }, b = { 0 };
	const char *why;
	char plain[512];
	size_t len;

	celery_encode(&valid, &in);
	for (int n = 0; n < 3000; n++) {
		buf_clear(&b);
		if (n % 2 == 0) {
			buf_add(&b, valid.data, valid.len);
			len = mutate(b.data, b.len, &state);
		} else {
			snprintf(plain, sizeof(plain),
			    "[%s,%s,{\"chain\":null}]", in.args, in.kwargs);
			plain[mutate(plain, strlen(plain), &state)] = '\0';
			s.plain = plain;
			add_shape(&b, &s);
			len = b.len;
		}
		if (decode_n(b.data, len, &m, &why) == CELERY_OK)
			ck_assert(m.id != NULL && m.kind != NULL &&
				  m.args != NULL && m.kwargs != NULL);
		arena_reset(a);
	}
	buf_free(&valid);
	buf_free(&b);
}
END_TEST

START_TEST(deep_and_large_ones_are_refused)
{
	struct celery_message m;
	struct shape s = { 0 };
	struct buf b = { 0 }, plain = { 0 };
	const char *why;

	for (int i = 0; i < 100000; i++)
		buf_addc(&b, '[');
	ck_assert_int_eq(decode(b.data, &m, &why), CELERY_BROKEN);
	buf_clear(&b);
	for (int i = 0; i < 1000; i++)
		buf_addc(&plain, '[');
	s.plain = plain.data;
	add_shape(&b, &s);
	ck_assert_int_eq(decode(b.data, &m, &why), CELERY_BROKEN);
	ck_assert_str_eq(m.id, "i");
	buf_clear(&b);
	buf_adds(&b, "{\"x\":\"");
	while (b.len < CELERY_MAX)
		buf_adds(&b, "0123456789abcdef");
	buf_adds(&b, "\"}");
	ck_assert_int_eq(decode(b.data, &m, &why), CELERY_BROKEN);
	ck_assert_str_eq(why, "it is larger than 1 MiB");
	buf_free(&b);
	buf_free(&plain);
}
END_TEST

START_TEST(who_is_to_be_told_is_found)
{
	static const struct {
		const char *text, *id;
	} rows[] = {
		{ "{\"body\": \"aaaa\n\", \"headers\": {\"id\": \"a\"}, \"p",
		    "a" },
		{ "{\"headers\":{\"id\":\"a\",\"x\":[1]}", "a" },
		{ "{\"headers\" : {\"id\": \"a\", \"ignore_result\": true}",
		    NULL },
		{ "\"headers\": 1, \"headers\": {\"id\": 2}, \"headers\":{"
		  "\"id\":\"b\"}",
		    "b" },
		{ "{\"body\": \"{\\\"headers\\\": {}}\", \"headers\":{\"id\":\"\"}}",
		    NULL },
		{ "\"headers\"", NULL },
		{ "\"headers\": {\"id\": \"a", NULL },
		{ "", NULL },
	};
	char *exact;

	for (size_t i = 0; i < NELEM(rows); i++) {
		const char *id;

		exact = harness_exact(rows[i].text, strlen(rows[i].text));
		id = celery_id_of(a, exact, strlen(rows[i].text));
		if (rows[i].id == NULL)
			ck_assert_ptr_null(id);
		else
			ck_assert_str_eq(id, rows[i].id);
		free(exact);
	}
}
END_TEST

/* [[1],{"a":2},{}] */
#define ZIPPED "eJyLjjaM1alWSlSyMqrVqa6NBQAoTQT7"

START_TEST(compressed_bodies_are_unpacked)
{
	struct shape s = { .body = "\"" ZIPPED "\"",
		.headers = "{" H ",\"compression\":\"application/x-gzip\"}" };
	struct celery_message m;
	struct buf b = { 0 };
	const char *why;

	add_shape(&b, &s);
	ck_assert_int_eq(decode(b.data, &m, &why), CELERY_OK);
	ck_assert_str_eq(m.args, "[1]");
	ck_assert_str_eq(m.kwargs, "{\"a\":2}");
	s.body = "\"eJyLjjaM1alWSlSyMqrVqa6N\"";
	buf_clear(&b);
	add_shape(&b, &s);
	ck_assert_int_eq(decode(b.data, &m, &why), CELERY_BROKEN);
	ck_assert_str_eq(why, "the body is not compressed as it says");
	buf_free(&b);
}
END_TEST

/* Deflate blocks that each tell "repeat the last byte 258 times". */
START_TEST(a_bomb_is_not_unpacked)
{
	struct shape s = {
		.headers = "{" H ",\"compression\":\"application/x-gzip\"}"
	};
	static uint8_t zip[36 * 1024];
	static char text[CODEC_B64_PADDED(sizeof(zip)) + 3];
	struct celery_message m;
	struct buf b = { 0 };
	const char *why;
	/* header, last block with fixed codes, a literal blank, and then
	 * length 258 (11000101), distance 1 (00000) again and again: 13 bits
	 * of which 8 * 13 make 13 bytes */
	size_t bit = 16;
	const char *again = "1100010100000";

	zip[0] = 0x78;
	zip[1] = 0x9c;
	for (const char *p = "11001010000"; *p != '\0'; p++, bit++)
		zip[bit / 8] |= (uint8_t)((*p - '0') << bit % 8);
	while (bit + 13 < 8 * sizeof(zip)) {
		for (const char *p = again; *p != '\0'; p++, bit++)
			zip[bit / 8] |= (uint8_t)((*p - '0') << bit % 8);
	}
	text[0] = '"';
	codec_b64(zip, sizeof(zip) / 3 * 3, text + 1);
	text[strlen(text)] = '"';
	s.body = text;
	add_shape(&b, &s);
	ck_assert_int_eq(decode(b.data, &m, &why), CELERY_BROKEN);
	ck_assert_str_eq(why, "the body is larger than 4 MiB once unpacked");
	ck_assert_str_eq(m.id, "i");
	buf_free(&b);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ mutations_do_no_harm, 8, 0 },
		{ deep_and_large_ones_are_refused, 0, 0 },
		{ who_is_to_be_told_is_found, 0, 0 },
		{ compressed_bodies_are_unpacked, 0, 0 },
		{ a_bomb_is_not_unpacked, 0, 0 },
	};

	return harness_run_in("celery_hostile", set_up, tear_down, tests,
	    NELEM(tests));
}
