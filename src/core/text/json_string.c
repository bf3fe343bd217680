/* SPDX-License-Identifier: ISC */
/* JSON strings: unescaped when read, escaped when written. */
#include "config.h"

#include "json_string.h"

#include <string.h>

#include "base/str.h"
#include "json.h"

#define ONES    UINT64_C(0x0101010101010101)
#define HIGH    UINT64_C(0x8080808080808080)
#define EACH(c) ((uint64_t)(c)*ONES)

static bool
is_plain(char c)
{
	return (uint8_t)c >= 0x20 && (uint8_t)c < 0x80 && c != '"' && c != '\\';
}

/* True if one of eight bytes is below 0x20, a quote, a backslash or not
 * ASCII: subtracting borrows into the high bit where a byte was too small. */
static bool
has_special(uint64_t w)
{
	uint64_t low = w - EACH(0x20);
	uint64_t quote = (w ^ EACH('"')) - EACH(1);
	uint64_t backslash = (w ^ EACH('\\')) - EACH(1);

	return ((w | low | quote | backslash) & HIGH) != 0;
}

size_t
json_string_plain(const char *s, size_t len)
{
	uint64_t word;
	size_t n = 0, wide;

	for (;;) {
		while (len - n >= sizeof(word)) {
			memcpy(&word, s + n, sizeof(word));
			if (has_special(word))
				break;
			n += sizeof(word);
		}
		while (n < len && is_plain(s[n]))
			n++;
		if (n == len || (uint8_t)s[n] < 0x80)
			return n;
		wide = str_utf8_len(s + n, len - n);
		if (wide == 0)
			return n;
		n += wide;
	}
}

/* Four hex digits, or -1. */
static long
hex4(const char *s, const char *end)
{
	long value = 0;
	int i, digit;

	if (end - s < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		if ((digit = str_hex_digit(s[i])) < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static void
add_utf8(struct buf *b, long c)
{
	if (c < 0x80) {
		buf_addc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_addc(b, (char)(0xc0 | c >> 6));
	} else if (c < 0x10000) {
		buf_addc(b, (char)(0xe0 | c >> 12));
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	} else {
		buf_addc(b, (char)(0xf0 | c >> 18));
		buf_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_addc(b, (char)(0x80 | (c & 0x3f)));
}

/* *p is at a backslash with a u behind it; the escape that follows is read
 * too if this one is the first half of a pair. */
static const char *
read_unicode(const char **p, const char *end, struct buf *b, unsigned *odd)
{
	const char *s = *p + 2;
	long c = hex4(s, end), low = -1;

	if (c < 0)
		return "four hex digits must follow \\u";
	s += 4;
	if (c >= 0xd800 && c <= 0xdfff) {
		if (c < 0xdc00 && end - s >= 2 && memcmp(s, "\\u", 2) == 0)
			low = hex4(s + 2, end);
		if (low >= 0xdc00 && low <= 0xdfff) {
			s += 6;
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		} else if (odd != NULL) {
			*odd |= JSON_STRING_HALF;
		} else {
			return "half of a surrogate pair";
		}
	}
	if (c == 0 && odd != NULL)
		*odd |= JSON_STRING_NUL;
	if (b != NULL)
		add_utf8(b, c);
	*p = s;
	return NULL;
}

static const char *
read_escape(const char **p, const char *end, struct buf *b, unsigned *odd)
{
	static const char letter[] = "\"\\/bfnrt",
			  meaning[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (end - *p < 2) {
		*p = end;
		return "the text ends in an escape";
	}
	if ((*p)[1] == 'u')
		return read_unicode(p, end, b, odd);
	found = memchr(letter, (*p)[1], sizeof(letter) - 1);
	if (found == NULL)
		return "no such escape in a string";
	if (b != NULL)
		buf_addc(b, meaning[found - letter]);
	*p += 2;
	return NULL;
}

/* b is NULL, or odd is. */
static const char *
read_string(const char **p, const char *end, struct buf *b, unsigned *odd)
{
	const char *msg;
	size_t run;

	++*p;
	for (;;) {
		run = json_string_plain(*p, (size_t)(end - *p));
		if (b != NULL)
			buf_add(b, *p, run);
		*p += run;
		if (*p == end)
			return "the text ends in a string";
		if (**p == '"')
			break;
		if ((uint8_t) * *p < 0x20)
			return "control characters in a string must be escaped";
		if (**p != '\\')
			return "invalid UTF-8";
		if ((msg = read_escape(p, end, b, odd)) != NULL)
			return msg;
	}
	++*p;
	return NULL;
}

const char *
json_string_read(const char **p, const char *end, struct buf *b)
{
	return read_string(p, end, b, NULL);
}

const char *
json_string_skip(const char **p, const char *end, unsigned *odd)
{
	return read_string(p, end, NULL, odd);
}

/* One byte that cannot stay as it is. */
static void
add_escaped(struct buf *b, char c)
{
	static const char special[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
	const char *found;

	if ((uint8_t)c >= 0x80) {
		buf_adds(b, "\xef\xbf\xbd");
		return;
	}
	found = memchr(special, c, sizeof(special) - 1);
	if (found != NULL) {
		buf_addc(b, '\\');
		buf_addc(b, letter[found - special]);
		return;
	}
	buf_adds(b, "\\u00");
	buf_addc(b, (char)('0' + (c >> 4)));
	buf_addc(b, "0123456789abcdef"[c & 15]);
}

void
json_add_string(struct buf *b, const char *s, size_t len)
{
	size_t run;

	buf_reserve(b, len + 2);
	buf_addc(b, '"');
	while (len > 0) {
		run = json_string_plain(s, len);
		buf_add(b, s, run);
		s += run;
		len -= run;
		if (len > 0) {
			add_escaped(b, *s++);
			len--;
		}
	}
	buf_addc(b, '"');
}

void
json_add_cstring(struct buf *b, const char *s)
{
	if (s == NULL)
		buf_adds(b, "null");
	else
		json_add_string(b, s, strlen(s));
}
