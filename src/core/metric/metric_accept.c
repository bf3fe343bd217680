/* SPDX-License-Identifier: ISC */
/* Which of the two texts a header Accept asks for. */
#include "config.h"

#include <string.h>

#include "metric.h"
#include "text/accept.h"

/* Version 0.0.1 was that of those who asked before there was 1.0.0. */
static bool
accept_fits(const struct accept *a)
{
	return a->version == NULL ||
	       (a->version_len == 5 &&
		   (memcmp(a->version, "1.0.0", 5) == 0 ||
		       memcmp(a->version, "0.0.1", 5) == 0)) ||
	       (a->version_len == 7 && memcmp(a->version, "\"1.0.0\"", 7) == 0);
}

enum metric_format
metric_format_of(const char *accept)
{
	/* By how exactly they say it; -1: they do not. */
	int text[3] = { -1, -1, -1 }, open = -1, other = -1, plain = 0;
	struct accept a;

	while (accept != NULL && *accept != '\0') {
		int *q = NULL;

		accept = accept_next(accept, &a);
		if (accept_is(&a, "application/openmetrics-text"))
			q = accept_fits(&a) ? &open : &other;
		else if (accept_is(&a, "text/plain"))
			q = &text[0];
		else if (accept_is(&a, "text/*"))
			q = &text[1];
		else if (accept_is(&a, "*/*"))
			q = &text[2];
		if (q != NULL && a.q > *q)
			*q = a.q;
	}
	for (size_t i = 0; i < NELEM(text); i++) {
		if (text[i] != -1) {
			plain = text[i];
			break;
		}
	}
	if (open > 0)
		return open >= plain ? METRIC_OPENMETRICS : METRIC_TEXT;
	/* Another version of it is better than what nobody has asked for. */
	return other > 0 && plain == 0 ? METRIC_OPENMETRICS : METRIC_TEXT;
}

const char *
metric_content_type(enum metric_format format)
{
	return format == METRIC_OPENMETRICS
		   ? "application/openmetrics-text; version=1.0.0; "
		     "charset=utf-8"
		   : "text/plain; version=0.0.4; charset=utf-8";
}
