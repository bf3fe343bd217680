/* SPDX-License-Identifier: ISC */
/* Reads the headers of W3C Trace Context, and writes traceparent. */
#include "config.h"

#include "traceparent.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define KNOWN   3u            /* the flags that we know */
#define MEMBERS 32            /* of a tracestate */
#define PART    ((size_t)256) /* bytes of a key, and of a value */

/* Takes n digits of lower-case hex and what must stand behind them.  0 or -1 */
static int
parent_hex(const char **at, size_t n, char *out)
{
	if (strspn(*at, "0123456789abcdef") != n)
		return -1;
	memcpy(out, *at, n);
	out[n] = '\0';
	*at += n;
	return 0;
}

static int
parent_dash(const char **at)
{
	return *(*at)++ == '-' ? 0 : -1;
}

int
traceparent_parse(const char *text, struct traceparent *p)
{
	char version[3], flags[3];

	if (text == NULL || parent_hex(&text, 2, version) == -1 ||
	    parent_dash(&text) == -1 ||
	    parent_hex(&text, TRACE_ID - 1, p->trace) == -1 ||
	    parent_dash(&text) == -1 ||
	    parent_hex(&text, TRACE_SPAN - 1, p->span) == -1 ||
	    parent_dash(&text) == -1 || parent_hex(&text, 2, flags) == -1)
		return -1;
	p->later = !str_eq(version, "00");
	/* Later versions may have more behind a dash. */
	if (*text != '\0' && (!p->later || *text != '-'))
		return -1;
	if (str_eq(version, "ff") || strspn(p->trace, "0") == TRACE_ID - 1 ||
	    strspn(p->span, "0") == TRACE_SPAN - 1)
		return -1;
	p->flags = (unsigned)str_hex_digit(flags[1]) & KNOWN;
	if (p->later)
		p->flags &= 1;
	return 0;
}

/* True if the n bytes are key=value, without blanks around them. */
static bool
state_is_member(const char *at, size_t n)
{
	size_t key = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_-*/@");
	size_t i;

	if (key == 0 || key > PART || strchr("_-*/@", at[0]) != NULL ||
	    at[key] != '=' || n == key + 1 || n - key - 1 > PART)
		return false;
	for (i = key + 1; i < n; i++) {
		if (at[i] < ' ' || at[i] > '~' || at[i] == '=')
			return false;
	}
	return true;
}

bool
tracestate_is_valid(const char *text)
{
	size_t members = 0;

	for (;;) {
		size_t n;

		text += strspn(text, " \t");
		n = strcspn(text, ",");
		text += n;
		while (n > 0 && (text[-1] == ' ' || text[-1] == '\t')) {
			text--;
			n--;
		}
		if (n > 0 && !state_is_member(text - n, n))
			return false;
		members += n > 0;
		text += strspn(text, " \t");
		if (*text == '\0')
			return members > 0 && members <= MEMBERS;
		text++;
	}
}

char *
traceparent_format(const struct traceparent *p, char out[TRACE_TEXT])
{
	snprintf(out, TRACE_TEXT, "00-%s-%s-%02x", p->trace, p->span,
	    p->flags & KNOWN);
	return out;
}
