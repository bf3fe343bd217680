/* SPDX-License-Identifier: ISC */
/* Reads the header Accept. */
#include "config.h"

#include "accept.h"

#include <string.h>
#include <strings.h>

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

const char *
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

bool
accept_is(const struct accept *a, const char *name)
{
	return a->len == strlen(name) &&
	       strncasecmp(a->name, name, a->len) == 0;
}

/* How exactly the type of the header says the other one: 0 not at all, 1 as any
 * type, 2 as any of its sort, 3 by its name. */
static int
accept_says(const struct accept *a, const char *type)
{
	size_t sort = strcspn(type, "/") + 1;

	if (accept_is(a, type))
		return 3;
	if (a->len == sort + 1 && a->name[sort] == '*' &&
	    strncasecmp(a->name, type, sort) == 0)
		return 2;
	return accept_is(a, "*/*");
}

size_t
accept_choose(const char *header, const char *const *types, size_t n)
{
	struct accept a;
	size_t best = 0;
	int most = 0;

	for (size_t i = 0; header != NULL && i < n; i++) {
		int exact = 0, q = 0;

		for (const char *at = header; *at != '\0';) {
			int says;

			at = accept_next(at, &a);
			says = accept_says(&a, types[i]);
			if (says > exact ||
			    (says == exact && says > 0 && a.q > q)) {
				exact = says;
				q = a.q;
			}
		}
		if (q > most) {
			most = q;
			best = i;
		}
	}
	return best;
}
