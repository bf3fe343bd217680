/* SPDX-License-Identifier: ISC */
/* A byte string that doubles when it is full. */
#include "config.h"

#include "buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#define FIRST_SIZE ((size_t)256)
#define KEEP_SIZE  ((size_t)1024 * 1024)
#define INT_TEXT   20 /* "-9223372036854775808" */

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

void
buf_clear(struct buf *b)
{
	if (b->size > KEEP_SIZE) {
		buf_free(b);
		return;
	}
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

static void
grow(struct buf *b, size_t extra)
{
	size_t need, size = b->size ? b->size : FIRST_SIZE;

	assert(extra < PTRDIFF_MAX / 2 && b->len < PTRDIFF_MAX / 2);
	need = b->len + extra + 1;
	while (size < need)
		size *= 2;
	b->data = xrealloc(b->data, size);
	b->size = size;
	b->data[b->len] = '\0';
}

char *
buf_reserve(struct buf *b, size_t extra)
{
	/* size is 0 as long as there is no memory */
	if (b->size <= b->len || b->size - b->len - 1 < extra)
		grow(b, extra);
	return b->data + b->len;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	char *p = buf_reserve(b, len);

	if (len == 0)
		return;
	memcpy(p, data, len);
	p[len] = '\0';
	b->len += len;
}

void
buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_addc(struct buf *b, char c)
{
	char *p = buf_reserve(b, 1);

	p[0] = c;
	p[1] = '\0';
	b->len++;
}

void
buf_addint(struct buf *b, int64_t n)
{
	char text[INT_TEXT];
	char *p = text + sizeof(text);
	uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;

	do {
		*--p = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (n < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(text + sizeof(text) - p));
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	size_t room;
	char *p;
	int n;

	p = buf_reserve(b, 64);
	room = b->size - b->len;
	va_copy(again, ap);
	n = vsnprintf(p, room, fmt, ap);
	assert(n >= 0);
	if ((size_t)n >= room) {
		p = buf_reserve(b, (size_t)n);
		vsnprintf(p, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	b->len += (size_t)n;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}
