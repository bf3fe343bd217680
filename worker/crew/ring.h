/* SPDX-License-Identifier: ISC */
/* Records from one process to another through memory that they share. */
#ifndef RING_H
#define RING_H

#include "base/base.h"

#define RING_SIZE 32768 /* a power of two */
#define RING_MAX  4096  /* the largest record */

/* One writer, one reader; all zero is empty.  A writer that dies half-way
 * leaves nothing. */
struct ring {
	volatile int wanted;    /* the reader's: is it worth writing? */
	volatile uint32_t head; /* the writer's: bytes written so far */
	volatile uint32_t tail; /* the reader's: bytes read so far */
	volatile uint32_t lost; /* the writer's: records without room */
	char data[RING_SIZE];
};

/* Adds a record of 1 to RING_MAX bytes, or counts it as lost. */
void ring_put(struct ring *r, const void *record, size_t len);

/* Takes the oldest record.  Its length, or 0 if there is none.  What cannot be
 * a record empties the ring. */
size_t ring_get(struct ring *r, char out[RING_MAX]);

#endif
