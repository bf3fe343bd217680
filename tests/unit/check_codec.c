/* SPDX-License-Identifier: ISC */
/* Hex, base64url and SHA-256. */
#include "config.h"

#include "lib/harness.h"

#include "base/codec.h"

#define TEXT(s) (s), sizeof(s) - 1

/* FIPS 180-4's examples, and lengths around a block. */
static const struct {
	const char *text;
	size_t times;
	const char *digest;
} digests[] = {
	{ "", 1,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855" },
	{ "abc", 1,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1" },
	{ "a", 1000000,
	    "cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0" },
};

START_TEST(digests_are_right_again_and_again)
{
	size_t unit = strlen(digests[_i].text);
	size_t len = unit * digests[_i].times, i;
	char *text = malloc(len + 1);
	char hex[2 * CODEC_SHA256 + 1];
	uint8_t out[CODEC_SHA256];

	ck_assert_ptr_nonnull(text);
	for (i = 0; i < digests[_i].times; i++)
		memcpy(text + i * unit, digests[_i].text, unit);
	for (i = 0; i < 3; i++) {
		memset(out, 0, sizeof(out));
		codec_sha256(text, len, out);
		ck_assert_str_eq(codec_hex(out, sizeof(out), hex),
		    digests[_i].digest);
	}
	free(text);
}
END_TEST

START_TEST(hex_is_lower_case)
{
	char out[9];

	ck_assert_ptr_eq(codec_hex("\x00\x7f\xab\xff", 4, out), out);
	ck_assert_str_eq(out, "007fabff");
	ck_assert_str_eq(codec_hex("", 0, out), "");
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	const char *text;
} pairs[] = {
	{ TEXT(""), "" },
	{ TEXT("f"), "Zg" },
	{ TEXT("fo"), "Zm8" },
	{ TEXT("foo"), "Zm9v" },
	{ TEXT("foob"), "Zm9vYg" },
	{ TEXT("fooba"), "Zm9vYmE" },
	{ TEXT("foobar"), "Zm9vYmFy" },
	{ TEXT("\0"), "AA" },
	{ TEXT("\xff"), "_w" },
	{ TEXT("\xff\xff\xff"), "____" },
	{ TEXT("\xfb\xef\xbe"), "----" },
	{ TEXT("{\"alg\":\"RS256\"}"), "eyJhbGciOiJSUzI1NiJ9" },
};

START_TEST(base64url_goes_both_ways)
{
	size_t len = pairs[_i].len, text_len = strlen(pairs[_i].text);
	char *text = malloc(CODEC_B64_LEN(len) + 1);
	uint8_t *bytes = malloc(text_len * 3 / 4 + 1);

	ck_assert(text != NULL && bytes != NULL);
	ck_assert_uint_eq(CODEC_B64_LEN(len), text_len);
	ck_assert_uint_eq(codec_b64url(pairs[_i].bytes, len, text), text_len);
	ck_assert_str_eq(text, pairs[_i].text);
	ck_assert_int_eq(codec_b64url_decode(text, text_len, bytes), (long)len);
	ck_assert(memcmp(bytes, pairs[_i].bytes, len) == 0);
	free(text);
	free(bytes);
}
END_TEST

static const struct {
	const char *text;
	size_t len;
} refused[] = {
	{ TEXT("Z") }, /* no length of any bytes */
	{ TEXT("Zm9vY") },
	{ TEXT("Zg==") }, /* padding */
	{ TEXT("Zm8=") },
	{ TEXT("=") },
	{ TEXT("Zh") }, /* bits behind the last byte */
	{ TEXT("Zm9") },
	{ TEXT("AB") },
	{ TEXT("Zm9vYh") },
	{ TEXT("+/+/") }, /* the other alphabet */
	{ TEXT("Zm 9v") },
	{ TEXT(" Zm9v") },
	{ TEXT("Zm9v\n") },
	{ TEXT("Zm\r\n9v") },
	{ TEXT("Zm9v\0") },
	{ TEXT("Zm\0v") },
	{ TEXT("Zm9\xc3") },
	{ TEXT("\xff\xff\xff\xff") },
	{ TEXT("Zm9.") },
	{ TEXT("Zm,v") },
	{ TEXT("@AAA") },
	{ TEXT("[AAA") },
	{ TEXT("`AAA") },
	{ TEXT("{AAA") },
};

START_TEST(other_text_is_refused)
{
	size_t len = refused[_i].len;
	char *text = harness_exact(refused[_i].text, len);
	uint8_t *out = malloc(len * 3 / 4 + 1);

	ck_assert_int_eq(codec_b64url_decode(text, len, out), -1);
	free(text);
	free(out);
}
END_TEST

/* Of all texts of two characters, those are taken that encoding gives. */
START_TEST(no_byte_has_a_second_spelling)
{
	char text[2], again[3];
	uint8_t byte;
	int i, taken = 0;
	long n;

	for (i = 0; i < 65536; i++) {
		text[0] = (char)(i >> 8);
		text[1] = (char)i;
		n = codec_b64url_decode(text, 2, &byte);
		if (n < 0)
			continue;
		ck_assert_int_eq(n, 1);
		ck_assert_uint_eq(codec_b64url(&byte, 1, again), 2);
		ck_assert_mem_eq(again, text, 2);
		taken++;
	}
	ck_assert_int_eq(taken, 256);
}
END_TEST

START_TEST(any_length_survives)
{
	uint8_t in[300], *out;
	char text[CODEC_B64_LEN(sizeof(in)) + 1], *exact;
	size_t i, len;

	for (i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i * 151 + 7);
	for (i = 1; i <= sizeof(in); i++) {
		len = codec_b64url(in, i, text);
		exact = harness_exact(text, len);
		out = malloc(len * 3 / 4);
		ck_assert_int_eq(codec_b64url_decode(exact, len, out), (long)i);
		ck_assert_mem_eq(out, in, i);
		free(exact);
		free(out);
	}
}
END_TEST

static const struct {
	const char *bytes;
	size_t len;
	const char *text;
} padded[] = {
	{ TEXT(""), "" },
	{ TEXT("f"), "Zg==" },
	{ TEXT("fo"), "Zm8=" },
	{ TEXT("foo"), "Zm9v" },
	{ TEXT("fooba"), "Zm9vYmE=" },
	{ TEXT("\xff\xff\xff"), "////" },
	{ TEXT("\xfb\xef\xbe\xff"), "++++/w==" },
};

START_TEST(base64_goes_both_ways)
{
	size_t len = padded[_i].len, text_len = strlen(padded[_i].text);
	char *text = malloc(CODEC_B64_PADDED(len) + 1);
	char *exact = harness_exact(padded[_i].text, text_len);
	uint8_t *bytes = malloc(text_len * 3 / 4 + 1);

	ck_assert(text != NULL && bytes != NULL);
	ck_assert_uint_eq(codec_b64(padded[_i].bytes, len, text), text_len);
	ck_assert_str_eq(text, padded[_i].text);
	ck_assert_int_eq(codec_b64_decode(exact, text_len, bytes), (long)len);
	ck_assert(memcmp(bytes, padded[_i].bytes, len) == 0);
	free(text);
	free(exact);
	free(bytes);
}
END_TEST

static const char *const not_padded[] = { "Z", "Zg",
	"Zg=", "Zg===", "Z===", "====", "=", "Zh==", "Zm9=", "Zg==Zg==", "Zg=v",
	"____", "----", "Zm9v\n", "Zm 9", "Zm\x80v", "=Zg=", "Zm9vZg=" };

START_TEST(other_base64_is_refused)
{
	size_t len = strlen(not_padded[_i]);
	char *exact = harness_exact(not_padded[_i], len);
	uint8_t bytes[16];

	ck_assert_int_eq(codec_b64_decode(exact, len, bytes), -1);
	free(exact);
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	const char *want; /* NULL: refused */
	long want_len;
} percents[] = {
	{ TEXT(""), "", 0 }, { TEXT("a+b"), "a+b", 3 }, { TEXT("%41"), "A", 1 },
	{ TEXT("a%2fb%2Fc"), "a/b/c", 5 }, { TEXT("%c3%A9"), "\xc3\xa9", 2 },
	{ TEXT("a%00b"), "a\0b", 3 }, { TEXT("%2541"), "%41", 3 },
	{ TEXT("%ff"), "\xff", 1 }, { TEXT("%"), NULL, -1 },
	{ TEXT("%4"), NULL, -1 }, { TEXT("a%4"), NULL, -1 },
	{ TEXT("%%41"), NULL, -1 }, { TEXT("%4g"), NULL, -1 },
	{ TEXT("%g4"), NULL, -1 }, { TEXT("%-1"), NULL, -1 },
	{ "%41", 2, NULL, -1 }, /* what follows is not looked at */
};

START_TEST(all_but_unreserved_characters_are_percent_encoded)
{
	static const char text[] = "aZ09-._~ /%+\0\xc3\xbc";
	struct buf b = { 0 };

	codec_add_percent(&b, text, sizeof(text) - 1);
	ck_assert_str_eq(b.data, "aZ09-._~%20%2F%25%2B%00%C3%BC");
	buf_free(&b);
}
END_TEST

START_TEST(percent_encoding_is_undone)
{
	size_t len = percents[_i].len;
	char *text = harness_exact(percents[_i].text, len);
	char *out = malloc(len + 1), *in_place = malloc(len + 1);
	long n = codec_percent_decode(text, len, out);

	ck_assert_int_eq(n, percents[_i].want_len);
	if (n != -1) {
		ck_assert_mem_eq(out, percents[_i].want, (size_t)n + 1);
		memcpy(in_place, text, len);
		ck_assert_int_eq(codec_percent_decode(in_place, len, in_place),
		    n);
		ck_assert_mem_eq(out, in_place, (size_t)n + 1);
	}
	free(in_place);
	free(out);
	free(text);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ digests_are_right_again_and_again, NELEM(digests), 0 },
		{ hex_is_lower_case, 0, 0 },
		{ base64url_goes_both_ways, NELEM(pairs), 0 },
		{ other_text_is_refused, NELEM(refused), 0 },
		{ no_byte_has_a_second_spelling, 0, 0 },
		{ base64_goes_both_ways, NELEM(padded), 0 },
		{ other_base64_is_refused, NELEM(not_padded), 0 },
		{ any_length_survives, 0, 0 },
		{ all_but_unreserved_characters_are_percent_encoded, 0, 0 },
		{ percent_encoding_is_undone, NELEM(percents), 0 },
	};

	return harness_run("codec", tests, NELEM(tests));
}
