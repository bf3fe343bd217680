/* SPDX-License-Identifier: ISC */
/* Random bytes out of a pool that the kernel fills, and UUIDs made of them. */
#include "config.h"

#include "uuid.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "codec.h"
#include "str.h"

#define POOL ((size_t)4096)

/* The last left bytes are fresh.  A child starts with none of them. */
static struct {
	uint8_t bytes[POOL];
	size_t left;
	bool watched;
} pool;

static void
forget_pool(void)
{
	pool.left = 0;
}

static void
from_kernel(uint8_t *out, size_t n)
{
	ssize_t got;

	while (n > 0) {
		got = getrandom(out, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			fprintf(stderr, "errand: no random bytes: %s\n",
			    strerror(errno));
			abort();
		}
		out += got;
		n -= (size_t)got;
	}
}

static void
fill_pool(void)
{
	if (!pool.watched && pthread_atfork(NULL, NULL, forget_pool) != 0) {
		fprintf(stderr, "errand: cannot watch for forks\n");
		abort();
	}
	pool.watched = true;
	from_kernel(pool.bytes, POOL);
	pool.left = POOL;
}

void
uuid_random(void *out, size_t n)
{
	uint8_t *from;

	if (n > POOL) {
		from_kernel(out, n);
		return;
	}
	if (pool.left < n)
		fill_pool();
	from = pool.bytes + POOL - pool.left;
	memcpy(out, from, n);
	explicit_bzero(from, n);
	pool.left -= n;
}

/* RFC 9562, 5.7 with method 3 of 6.2: milliseconds, then the part of the
 * millisecond in the twelve bits behind the version. */
struct uuid
uuid_new(void)
{
	struct uuid u;
	uint64_t us = (uint64_t)clock_wall_us();
	uint64_t ms = us / 1000, part = us % 1000 * 4096 / 1000;
	int i;

	uuid_random(u.b + 8, 8);
	for (i = 0; i < 6; i++)
		u.b[i] = (uint8_t)(ms >> (40 - 8 * i));
	u.b[6] = (uint8_t)(0x70 | part >> 8);
	u.b[7] = (uint8_t)part;
	u.b[8] = (uint8_t)(0x80 | (u.b[8] & 0x3f));
	return u;
}

/* Where the hyphens are: before these bytes. */
static bool
hyphen_before(int i)
{
	return i == 4 || i == 6 || i == 8 || i == 10;
}

char *
uuid_format(const struct uuid *u, char out[UUID_TEXT])
{
	char *p = out;
	int i;

	for (i = 0; i < 16; i++) {
		if (hyphen_before(i))
			*p++ = '-';
		codec_hex(u->b + i, 1, p);
		p += 2;
	}
	return out;
}

int
uuid_parse(const char *text, struct uuid *u)
{
	struct uuid read;
	int i, high, low;

	for (i = 0; i < 16; i++) {
		if (hyphen_before(i) && *text++ != '-')
			return -1;
		if ((high = str_hex_digit(text[0])) < 0 ||
		    (low = str_hex_digit(text[1])) < 0)
			return -1;
		read.b[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text != '\0')
		return -1;
	*u = read;
	return 0;
}
