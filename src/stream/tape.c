/* SPDX-License-Identifier: ISC */
/* Keeps the newest events within a number of bytes. */
#include "config.h"

#include "tape.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define TAPE_FIRST ((size_t)64)

void
tape_init(struct tape *r, size_t max)
{
	*r = (struct tape){ .max = max, .size = TAPE_FIRST };
	r->v = xcalloc(r->size, sizeof(r->v[0]));
}

static struct tape_event *
tape_slot(const struct tape *r, uint64_t n)
{
	return &r->v[n & (r->size - 1)];
}

static void
tape_drop(struct tape *r)
{
	struct tape_event *e = tape_slot(r, r->first++);

	r->base = e->place;
	r->bytes -= e->len;
	free(e->text);
	free(e->owner);
	*e = (struct tape_event){ 0 };
}

void
tape_restart(struct tape *r, const struct task_place *base)
{
	while (r->first < r->next)
		tape_drop(r);
	r->base = *base;
}

void
tape_clear(struct tape *r)
{
	tape_restart(r, &r->base);
	free(r->v);
	*r = (struct tape){ 0 };
}

static void
tape_grow(struct tape *r)
{
	struct tape larger = *r;

	larger.size = 2 * r->size;
	larger.v = xcalloc(larger.size, sizeof(larger.v[0]));
	for (uint64_t n = r->first; n < r->next; n++)
		*tape_slot(&larger, n) = *tape_slot(r, n);
	free(r->v);
	*r = larger;
}

struct tape_event *
tape_add(struct tape *r, const struct task_told *told, const char *text,
    size_t len)
{
	struct tape_event *e;

	while (r->first < r->next && r->bytes + len > r->max)
		tape_drop(r);
	if (r->next - r->first == r->size)
		tape_grow(r);
	e = tape_slot(r, r->next++);
	e->place = told->place;
	if (told->owner != NULL) {
		e->owner = xcalloc(1, told->owner_len + 1);
		memcpy(e->owner, told->owner, told->owner_len);
	}
	e->text = xrealloc(NULL, len + 1);
	memcpy(e->text, text, len);
	e->text[len] = '\0';
	e->len = len;
	e->json = 0;
	e->json_len = len;
	r->bytes += len;
	return e;
}

const struct tape_event *
tape_at(const struct tape *r, uint64_t n)
{
	return tape_slot(r, n);
}

const struct task_place *
tape_before(const struct tape *r, uint64_t n)
{
	return n == r->first ? &r->base : &tape_slot(r, n - 1)->place;
}

const struct task_place *
tape_end(const struct tape *r)
{
	return r->first == r->next ? &r->base
				   : &tape_slot(r, r->next - 1)->place;
}

bool
tape_find(const struct tape *r, const struct task_place *place, uint64_t *n)
{
	uint64_t low = r->first, high = r->next;

	if (task_place_order(place, &r->base) < 0 ||
	    task_place_order(place, tape_end(r)) > 0)
		return false;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (task_place_order(&tape_slot(r, middle)->place, place) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	*n = low;
	return true;
}

static bool
tape_same(const struct task_place *a, const struct task_place *b)
{
	return task_place_order(a, b) == 0 && a->source == b->source &&
	       a->time == b->time;
}

bool
tape_knows(const struct tape *r, const struct task_place *place)
{
	uint64_t n;

	if (!tape_find(r, place, &n))
		return false;
	return tape_same(place, tape_before(r, n));
}
