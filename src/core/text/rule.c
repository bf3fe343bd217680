/* SPDX-License-Identifier: ISC */
/* Reads rules from left to right: a comma ends what + has joined. */
#include "config.h"

#include "rule.h"

#include <string.h>

#define SPACES " \t\r\n"

/* Adds the sentence, with the part of the rule that it is about. */
static int
rule_fail(struct buf *why, const char *sentence, const char *part, size_t len)
{
	if (why != NULL)
		buf_printf(why, "\"%.*s\": %s", len < 60 ? (int)len : 60, part,
		    sentence);
	return -1;
}

/* What a name must not have in it.  Scopes have the characters of RFC 6749,
 * 3.3; roles may be called anything that needs no quotes. */
static bool
rule_fits(enum rule_kind kind, const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c <= ' ' || c == '"' || c == '\\' || c == 0x7f ||
		    (kind == RULE_SCOPE && c > 0x7f))
			return false;
	}
	return true;
}

/* "scope:tasks.write" and the like becomes *t. */
static int
rule_term(const char *s, size_t len, struct rule_term *t, struct buf *why)
{
	const char *colon = memchr(s, ':', len);
	size_t form = colon == NULL ? 0 : (size_t)(colon - s) + 1;

	t->kind = RULE_PLAIN;
	if (form == strlen("scope:") && memcmp(s, "scope:", form) == 0)
		t->kind = RULE_SCOPE;
	else if (form == strlen("role:") && memcmp(s, "role:", form) == 0)
		t->kind = RULE_ROLE;
	else if (form > 0)
		return rule_fail(why,
		    "it is neither NAME nor role:NAME nor scope:NAME", s, len);
	t->name = s + form;
	t->len = len - form;
	if (t->len == 0)
		return rule_fail(why, "there is no name behind the colon", s,
		    len);
	if (t->len > RULE_NAME_MAX)
		return rule_fail(why, "the name is longer than 128 bytes", s,
		    len);
	if (!rule_fits(t->kind, t->name, t->len))
		return rule_fail(why,
		    "there is a character in it that has no place there", s,
		    len);
	return 1;
}

int
rule_next(struct rule_walk *w, struct rule_term *t, struct buf *why)
{
	const char *s = w->text + strspn(w->text, SPACES);
	size_t len = strcspn(s, ",+" SPACES);

	if (w->before == '.')
		return 0;
	if (len == 0 && w->before == '\0' && *s == '\0') {
		if (why != NULL)
			buf_adds(why, "it must not be empty");
		return -1;
	}
	if (len == 0)
		return rule_fail(why,
		    w->before == '\0' ? "a name is missing before it"
				      : "a name is missing behind it",
		    w->before == '\0' ? s : &w->before, 1);
	if (rule_term(s, len, t, why) == -1)
		return -1;
	if (++w->terms > RULE_TERMS_MAX)
		return rule_fail(why, "there are more than 16 names", s, len);
	t->first = w->before != '+';
	w->text = s + len + strspn(s + len, SPACES);
	w->before = '.';
	if (*w->text == ',' || *w->text == '+')
		w->before = *w->text++;
	else if (*w->text != '\0')
		return rule_fail(why, "there is neither , nor + before it",
		    w->text, strcspn(w->text, ",+" SPACES));
	return 1;
}

int
rule_judge(const char *text, struct buf *why)
{
	struct rule_walk w = { .text = text };
	struct rule_term t;
	int rc;

	do
		rc = rule_next(&w, &t, why);
	while (rc == 1);
	return rc;
}
