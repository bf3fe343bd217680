/* SPDX-License-Identifier: ISC */
/* What the files of this folder share: what is traced, and where it goes. */
#ifndef TRACE_OWN_H
#define TRACE_OWN_H

#include "base/buf.h"
#include "trace.h"

#define TRACE_BYTES ((size_t)48 * 1024) /* of spans in one piece */

/* The spans that have ended and were not handed over yet: objects of OTLP, with
 * commas between them. */
struct trace_ready {
	struct buf spans;
	int64_t n;
	int64_t dropped; /* since there was no room for them */
};

/* trace_hand.c: hands them over, and counts what is lost. */
void trace_hand(struct trace_ready *ready);
void trace_hand_reset(void);

#endif
