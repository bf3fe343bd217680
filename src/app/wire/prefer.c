/* SPDX-License-Identifier: ISC */
/* Looks for one preference among others, which may be anything. */
#include "config.h"

#include "prefer.h"

#include <string.h>
#include <strings.h>

#define PREFER_BLANKS " \t"
#define PREFER_MOST   INT64_C(1000000000)

/* Where the preference ends: at a comma that is not quoted. */
static const char *
prefer_end(const char *s)
{
	bool quoted = false;

	for (; *s != '\0' && (quoted || *s != ','); s++) {
		if (quoted && *s == '\\' && s[1] != '\0')
			s++;
		else if (*s == '"')
			quoted = !quoted;
	}
	return s;
}

/* What stands behind "wait" and its equals sign, or NULL. */
static const char *
prefer_value(const char *s)
{
	static const char name[] = "wait";

	s += strspn(s, PREFER_BLANKS);
	if (strncasecmp(s, name, sizeof(name) - 1) != 0)
		return NULL;
	s += sizeof(name) - 1;
	s += strspn(s, PREFER_BLANKS);
	if (*s != '=')
		return NULL;
	s++;
	return s + strspn(s, PREFER_BLANKS);
}

static int64_t
prefer_number(const char *s, const char *end)
{
	const bool quoted = *s == '"';
	const char *first = s += quoted;
	int64_t n = 0;

	for (; s < end && *s >= '0' && *s <= '9'; s++)
		n = n < PREFER_MOST ? 10 * n + (*s - '0') : PREFER_MOST;
	if (s == first || (quoted && *s++ != '"'))
		return 0;
	s += strspn(s, PREFER_BLANKS);
	return s == end || *s == ';' ? n : 0;
}

int64_t
prefer_wait(const char *header)
{
	while (header != NULL && *header != '\0') {
		const char *end = prefer_end(header);
		const char *value = prefer_value(header);

		if (value != NULL)
			return prefer_number(value, end);
		header = *end == ',' ? end + 1 : end;
	}
	return 0;
}
