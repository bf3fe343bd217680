/* SPDX-License-Identifier: ISC */
/* Which of the two texts a header Accept asks for. */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "metric.h"

/* One type of the header. */
struct accept {
	const char *name, *version; /* version NULL: none is said */
	size_t len, version_len;
	int q; /* thousandths */
};

/* "0.75" is 750.  What is no number is as if it was not there. */
static int
accept_weight(const char *text, size_t len)
{
	int q = 0, place = 100;

	if (len == 0 || text[0] != '0')
		return 1000;
	for (size_t i = 2; i < len && text[1] == '.'; i++, place /= 10) {
		if (text[i] < '0' || text[i] > '9')
			break;
		q += (text[i] - '0') * place;
	}
	return q;
}

/* Reads the type that begins at text; what follows it. */
static const char *
accept_next(const char *text, struct accept *a)
{
	text += strspn(text, " \t");
	*a = (struct accept){ .name = text, .q = 1000 };
	a->len = strcspn(text, ",; \t");
	text += a->len;
	for (;;) {
		size_t name, len;

		text += strspn(text, "; \t");
		if (*text == ',' || *text == '\0')
			return text + (*text == ',' ? 1 : 0);
		name = strcspn(text, "=,; \t");
		len = strcspn(text, ",; \t");
		if (len > name && name == 1 && strncasecmp(text, "q", 1) == 0)
			a->q = accept_weight(text + 2, len - 2);
		if (len > name && name == 7 &&
		    strncasecmp(text, "version", 7) == 0) {
			a->version = text + 8;
			a->version_len = len - 8;
		}
		text += len;
	}
}

static bool
accept_is(const struct accept *a, const char *name)
{
	return a->len == strlen(name) &&
	       strncasecmp(a->name, name, a->len) == 0;
}

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
