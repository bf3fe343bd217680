/* SPDX-License-Identifier: ISC */
/* The headers traceparent and tracestate of W3C Trace Context. */
#ifndef TRACEPARENT_H
#define TRACEPARENT_H

#include "base/base.h"

#define TRACE_ID   33 /* bytes of a trace's id in hex, with the end */
#define TRACE_SPAN 17
#define TRACE_TEXT 56 /* of a traceparent of version 00 */

/* What it says, in version 00 or later. */
struct traceparent {
	char trace[TRACE_ID];
	char span[TRACE_SPAN];
	unsigned flags; /* 1 is sampled, 2 is random; others are left out */
	bool later;     /* it is of a later version */
};

/* 0, or -1 if the text is not one, or NULL: then it counts as absent. */
int traceparent_parse(const char *text, struct traceparent *p) MUSTCHECK;

/* True if the text is a list of at most 32 key=value, and of one at least;
 * there may be blanks and empty members between them. */
bool tracestate_is_valid(const char *text) MUSTCHECK;

/* Writes it as version 00; returns out. */
char *traceparent_format(const struct traceparent *p, char out[TRACE_TEXT]);

#endif
