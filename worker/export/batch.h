/* SPDX-License-Identifier: ISC */
/* Spans that wait to be sent, within a bound. */
#ifndef BATCH_H
#define BATCH_H

#include "base/base.h"
#include "base/buf.h"

#define BATCH_MOST  ((size_t)1024 * 1024) /* bytes that wait */
#define BATCH_PIECE ((size_t)64 * 1024)   /* of one piece */

struct batch {
	struct buf pieces; /* objects of OTLP, with commas between them */
	int64_t spans;     /* in them */
	int64_t since;     /* clock_mono_us, when the first of them came */
	int64_t lost;      /* spans, since somebody was told */
};

/* Adds a piece as core/trace hands it over; counts what it tells to be lost,
 * and what has no room here.  False if it is no such piece: then it is left
 * out. */
bool batch_add(struct batch *b, const char *piece, size_t len);

/* Makes a request of OTLP out of all that waits, which does not wait any more.
 * Returns the number of spans in it. */
int64_t batch_take(struct batch *b, struct buf *body);

void batch_clear(struct batch *b);

#endif
