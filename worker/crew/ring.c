/* SPDX-License-Identifier: ISC */
/* Records from one process to another, without a lock. */
#include "config.h"

#include "ring.h"

#include <string.h>

static void
ring_write(struct ring *r, uint32_t at, const void *from, size_t len)
{
	size_t start = at % RING_SIZE, first = RING_SIZE - start;

	if (first > len)
		first = len;
	memcpy(r->data + start, from, first);
	memcpy(r->data, (const char *)from + first, len - first);
}

static void
ring_read(const struct ring *r, uint32_t at, void *to, size_t len)
{
	size_t start = at % RING_SIZE, first = RING_SIZE - start;

	if (first > len)
		first = len;
	memcpy(to, r->data + start, first);
	memcpy((char *)to + first, r->data, len - first);
}

void
ring_put(struct ring *r, const void *record, size_t len)
{
	uint32_t head = r->head;
	uint32_t used = head - __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
	uint16_t size = (uint16_t)len;

	if (used > RING_SIZE || len == 0 || len > RING_MAX ||
	    RING_SIZE - used < sizeof(size) + len) {
		r->lost++;
		return;
	}
	ring_write(r, head, &size, sizeof(size));
	ring_write(r, head + (uint32_t)sizeof(size), record, len);
	__atomic_store_n(&r->head, head + (uint32_t)(sizeof(size) + len),
	    __ATOMIC_RELEASE);
}

size_t
ring_get(struct ring *r, char out[RING_MAX])
{
	uint32_t head = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE);
	uint32_t tail = r->tail, used = head - tail;
	uint16_t size = 0;

	if (used == 0)
		return 0;
	if (used > sizeof(size) && used <= RING_SIZE)
		ring_read(r, tail, &size, sizeof(size));
	if (size == 0 || size > RING_MAX || sizeof(size) + size > used) {
		__atomic_store_n(&r->tail, head, __ATOMIC_RELEASE);
		return 0;
	}
	ring_read(r, tail + (uint32_t)sizeof(size), out, size);
	__atomic_store_n(&r->tail, tail + (uint32_t)(sizeof(size) + size),
	    __ATOMIC_RELEASE);
	return size;
}
