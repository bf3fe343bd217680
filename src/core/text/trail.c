/* SPDX-License-Identifier: ISC */
/* Judges the ids of requests and traces, which may come from anybody. */
#include "config.h"

#include "trail.h"

#include <string.h>

bool
trail_id_ok(const char *id)
{
	size_t len = id == NULL ? 0 : strlen(id);

	return len > 0 && len <= TRAIL_ID_MAX &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "0123456789-_.:") == len;
}

/* 00-<32 hex>-<16 hex>-<2 hex>, ids not all zero. */
static bool
trail_parent_ok(const char *text)
{
	static const char shape[] =
	    "00-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";

	if (text == NULL || strlen(text) != sizeof(shape) - 1)
		return false;
	for (size_t i = 0; shape[i] != '\0'; i++) {
		bool fits = shape[i] != 'x'
				? text[i] == shape[i]
				: strchr("0123456789abcdef", text[i]) != NULL;

		if (!fits)
			return false;
	}
	return strspn(text + 3, "0") < 32 && strspn(text + 36, "0") < 16;
}

const char *
trail_trace(const char *traceparent, char id[TRAIL_TRACE])
{
	if (!trail_parent_ok(traceparent))
		return NULL;
	memcpy(id, traceparent + 3, TRAIL_TRACE - 1);
	id[TRAIL_TRACE - 1] = '\0';
	return id;
}
