/* SPDX-License-Identifier: ISC */
/* A bump allocator over chained blocks, released as a whole. */
#include "config.h"

#include "arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define HIDE(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define SHOW(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define HIDE(p, n) ((void)(p), (void)(n))
#define SHOW(p, n) ((void)(p), (void)(n))
#endif

#define ALIGN _Alignof(max_align_t)
#define BLOCK ((size_t)16 * 1024)
#define BIG   (BLOCK / 4) /* from here on an allocation has its own block */

struct block {
	struct block *next;
	size_t size;
	size_t used;
	_Alignas(max_align_t) char data[];
};

struct deferred {
	struct deferred *next;
	arena_fn fn;
	void *arg;
};

/* first is the block in use, always of the common size; those behind it are
 * full or hold one big allocation. */
struct arena {
	struct block *first;
	struct deferred *deferred;
};

static struct block *
block_new(size_t size, struct block *next)
{
	struct block *b = xrealloc(NULL, sizeof(*b) + size);

	b->next = next;
	b->size = size;
	b->used = 0;
	HIDE(b->data, size);
	return b;
}

static void
blocks_free(struct block *b)
{
	struct block *next;

	for (; b != NULL; b = next) {
		next = b->next;
		SHOW(b->data, b->size);
		free(b);
	}
}

struct arena *
arena_new(void)
{
	struct arena *a = xcalloc(1, sizeof(*a));

	a->first = block_new(BLOCK, NULL);
	return a;
}

static void
run_deferred(struct arena *a)
{
	struct deferred *d;

	while ((d = a->deferred) != NULL) {
		a->deferred = d->next;
		d->fn(d->arg);
	}
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	run_deferred(a);
	blocks_free(a->first);
	free(a);
}

void
arena_reset(struct arena *a)
{
	run_deferred(a);
	blocks_free(a->first->next);
	a->first->next = NULL;
	a->first->used = 0;
	HIDE(a->first->data, a->first->size);
}

static void *
take(struct block *b, size_t size, size_t rounded)
{
	char *p = b->data + b->used;

	b->used += rounded;
	SHOW(p, size);
	return memset(p, 0, size);
}

void *
arena_alloc(struct arena *a, size_t size)
{
	size_t rounded;

	assert(size <= PTRDIFF_MAX - 2 * BLOCK);
	rounded = (size + ALIGN - 1) & ~(ALIGN - 1);
	if (rounded >= BIG) {
		a->first->next = block_new(rounded, a->first->next);
		return take(a->first->next, size, rounded);
	}
	if (rounded == 0)
		rounded = ALIGN;
	if (a->first->size - a->first->used < rounded)
		a->first = block_new(BLOCK, a->first);
	return take(a->first, size, rounded);
}

char *
arena_strdup(struct arena *a, const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(arena_alloc(a, size), s, size);
}

char *
arena_strndup(struct arena *a, const char *s, size_t len)
{
	size_t n = len ? strnlen(s, len) : 0;
	char *copy = arena_alloc(a, n + 1);

	if (n > 0)
		memcpy(copy, s, n);
	return copy;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	char small[128];
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	assert(n >= 0);
	if ((size_t)n < sizeof(small))
		return arena_strndup(a, small, (size_t)n);
	text = arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return text;
}

void
arena_defer(struct arena *a, arena_fn fn, void *arg)
{
	struct deferred *d = arena_alloc(a, sizeof(*d));

	d->next = a->deferred;
	d->fn = fn;
	d->arg = arg;
	a->deferred = d;
}
