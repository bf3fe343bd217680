/* SPDX-License-Identifier: ISC */
/* The ids that lead from a request to all that it has caused. */
#ifndef TRAIL_H
#define TRAIL_H

#include "base/base.h"
#include "traceparent.h"

#define TRAIL_ID_MAX 64       /* characters of a request's id */
#define TRAIL_TRACE  TRACE_ID /* bytes of a trace's id in hex, with the end */

/* True if a request's id is short and harmless in a log and a header.  NULL is
 * none. */
bool trail_id_ok(const char *id);

/* Takes the trace's id out of a traceparent of W3C Trace Context.  id, or NULL
 * if that is not valid, or NULL itself. */
const char *trail_trace(const char *traceparent, char id[TRAIL_TRACE]);

#endif
