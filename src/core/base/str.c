/* SPDX-License-Identifier: ISC */
/* Numbers out of text, UTF-8 checks, and reading a small file. */
#include "config.h"

#include "str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "buf.h"

#define CHUNK ((size_t)8192)

/* Counts downwards, where there is room for the smallest number too. */
int
str_to_int(const char *s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = *s == '-';
	int64_t value = 0;

	s += negative;
	if (*s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		if (*s < '0' || *s > '9' ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *s - '0', &value))
			return -1;
	}
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return -1;
	if (value < min || value > max)
		return -1;
	*out = value;
	return 0;
}

int
str_to_ratio(const char *s, int64_t *millionths)
{
	int64_t n = 0, unit = 1000000;
	size_t whole = strspn(s, "0123456789");

	if (s[0] != '0' && s[0] != '1')
		return -1;
	if (whole != 1 || (s[1] != '\0' && s[1] != '.'))
		return -1;
	n = (s[0] - '0') * unit;
	s += s[1] == '.' ? 2 : 1;
	if (s[-1] == '.' && *s == '\0')
		return -1;
	for (; *s >= '0' && *s <= '9'; s++) {
		unit /= 10;
		n += (*s - '0') * unit;
	}
	if (*s != '\0' || n > 1000000)
		return -1;
	*millionths = n;
	return 0;
}

bool
str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

bool
str_case_eq(const char *a, const char *b)
{
	for (; lower(*a) == lower(*b); a++, b++) {
		if (*a == '\0')
			return true;
	}
	return false;
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

char *
str_trim(char *s)
{
	char *end;

	while (is_space(*s))
		s++;
	end = s + strlen(s);
	while (end > s && is_space(end[-1]))
		end--;
	*end = '\0';
	return s;
}

/* The second byte decides about overlong forms (E0, F0), surrogates (ED) and
 * the end of Unicode (F4); Unicode 15, table 3-7. */
static bool
second_fits(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return second >= 0x80 && second <= 0xbf;
	}
}

size_t
str_utf8_len(const char *s, size_t len)
{
	const uint8_t *p = (const uint8_t *)s;
	size_t n, i;

	if (len == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len < n || !second_fits(p[0], p[1]))
		return 0;
	for (i = 2; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

/* Bytes that are no UTF-8 are cut anywhere. */
size_t
str_utf8_cut(const char *s, size_t len, size_t max)
{
	size_t cut = max;

	if (len <= max)
		return len;
	while (cut > 0 && max - cut < 3 && ((uint8_t)s[cut] & 0xc0) == 0x80)
		cut--;
	return cut;
}

bool
str_is_tricky(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;

	if (n == 2)
		return (p[0] == 0xc2 && p[1] < 0xa0) ||
		       (p[0] == 0xd8 && p[1] == 0x9c);
	if (n != 3 || p[0] != 0xe2)
		return false;
	return (p[1] == 0x80 && ((p[2] >= 0xa8 && p[2] <= 0xae) ||
				    p[2] == 0x8e || p[2] == 0x8f)) ||
	       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

/* How many of the bytes come before the first that is not ASCII, counted in
 * steps of eight. */
static size_t
ascii_run(const char *s, size_t len)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	uint64_t word;
	size_t n;

	for (n = 0; len - n >= sizeof(word); n += sizeof(word)) {
		memcpy(&word, s + n, sizeof(word));
		if ((word & high) != 0)
			break;
	}
	return n;
}

long
str_utf8_count(const char *s, size_t len)
{
	size_t n;
	long count = 0;

	while (len > 0) {
		n = ascii_run(s, len);
		count += (long)n;
		s += n;
		len -= n;
		if (len == 0)
			break;
		n = str_utf8_len(s, len);
		if (n == 0)
			return -1;
		count++;
		s += n;
		len -= n;
	}
	return count;
}

/* The code point of a valid sequence of n bytes. */
static uint32_t
decode(const char *s, size_t n)
{
	static const uint8_t mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (uint8_t)s[0] & mask[n];
	size_t i;

	for (i = 1; i < n; i++)
		c = c << 6 | ((uint8_t)s[i] & 0x3f);
	return c;
}

/* Unicode's property White_Space. */
static bool
is_white_space(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 ||
	       c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
	       c == 0x3000;
}

bool
str_is_blank(const char *s, size_t len)
{
	size_t n;

	for (; len > 0; s += n, len -= n) {
		n = str_utf8_len(s, len);
		if (n == 0 || !is_white_space(decode(s, n)))
			return false;
	}
	return true;
}

int
str_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
read_all(int fd, size_t max, struct buf *b)
{
	ssize_t n;

	do {
		n = read(fd, buf_reserve(b, CHUNK), CHUNK);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		b->len += (size_t)n;
		if (b->len > max) {
			errno = EFBIG;
			return -1;
		}
	} while (n != 0);
	b->data[b->len] = '\0';
	return 0;
}

int
str_read_file(const char *path, size_t max, char **text, size_t *len)
{
	struct buf b = { 0 };
	int fd, err, r;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	r = read_all(fd, max, &b);
	err = errno;
	close(fd);
	if (r != 0) {
		buf_free(&b);
		errno = err;
		return -1;
	}
	*text = b.data;
	*len = b.len;
	return 0;
}
