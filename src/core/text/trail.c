/* SPDX-License-Identifier: ISC */
/* Judges the ids of requests and traces, which may come from anybody. */
#include "config.h"

#include "trail.h"

#include <string.h>

#include "traceparent.h"

bool
trail_id_ok(const char *id)
{
	size_t len = id == NULL ? 0 : strlen(id);

	return len > 0 && len <= TRAIL_ID_MAX &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "0123456789-_.:") == len;
}

const char *
trail_trace(const char *text, char id[TRAIL_TRACE])
{
	struct traceparent p;

	id[0] = '\0';
	if (traceparent_parse(text, &p) == -1)
		return NULL;
	memcpy(id, p.trace, TRAIL_TRACE);
	return id;
}
