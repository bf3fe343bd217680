/* SPDX-License-Identifier: ISC */
/* One plain address and nothing else: RFC 5321's Dot-string and Domain. */
#include "config.h"

#include "mail_address.h"

#include <string.h>

#include <idn2.h>

#define LOCAL_MAX 64
#define LABEL_MAX 63

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* RFC 5322's atext. */
static bool
is_atext(char c)
{
	return is_alnum(c) ||
	       (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* What no part may have, told in the words of whoever wrote it. */
static const char *
judge_characters(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return "there is a control character in it";
	}
	for (size_t i = 0; i < len; i++) {
		if (strchr(" ,;<>()\"", text[i]) != NULL)
			return "it must be one plain address, local@domain";
	}
	return NULL;
}

static const char *
judge_local(const char *text, size_t len)
{
	if (len == 0)
		return "there is nothing before the @";
	if (len > LOCAL_MAX)
		return "more than 64 bytes stand before the @";
	for (size_t i = 0; i < len; i++) {
		if (text[i] & 0x80)
			return "there are characters before the @ that are "
			       "not ASCII, which few mail servers take";
		if (text[i] == '.' &&
		    (i == 0 || i + 1 == len || text[i - 1] == '.'))
			return "there is a dot too many before the @";
		if (text[i] != '.' && !is_atext(text[i]))
			return "there is a character before the @ that has "
			       "no place there";
	}
	return NULL;
}

static const char *
judge_label(const char *text, size_t len)
{
	if (len == 0)
		return "there is a dot too many in the domain";
	if (len > LABEL_MAX)
		return "a part of the domain is longer than 63 bytes";
	if (text[0] == '-' || text[len - 1] == '-')
		return "a part of the domain starts or ends with -";
	for (size_t i = 0; i < len; i++) {
		if (text[i] & 0x80)
			return "the domain is not ASCII; its form with xn-- "
			       "is needed";
		if (!is_alnum(text[i]) && text[i] != '-')
			return "only letters, digits, - and dots are allowed "
			       "in a domain";
	}
	return NULL;
}

const char *
mail_domain_judge(const char *text, size_t len)
{
	const char *end = text + len, *dot, *why;

	if (len == 0)
		return "there is no domain";
	if (len > MAIL_DOMAIN_MAX)
		return "the domain is longer than 253 bytes";
	do {
		dot = memchr(text, '.', (size_t)(end - text));
		why = judge_label(text, (size_t)((dot ? dot : end) - text));
		text = dot ? dot + 1 : end;
	} while (why == NULL && dot != NULL);
	return why;
}

const char *
mail_address_judge(const char *text, size_t len)
{
	const char *at, *why;

	if (len == 0)
		return "it is empty";
	why = judge_characters(text, len);
	if (why != NULL)
		return why;
	at = memchr(text, '@', len);
	if (at == NULL)
		return "there is no @ in it";
	if (len > MAIL_ADDRESS_MAX)
		return "it is longer than 254 bytes";
	why = judge_local(text, (size_t)(at - text));
	if (why != NULL)
		return why;
	return mail_domain_judge(at + 1, (size_t)(text + len - at - 1));
}

static bool
is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] & 0x80)
			return false;
	}
	return true;
}

/* What stands in it is UTF-8 whatever the locale, and is mapped as browsers do
 * it: one domain has one form, and a sharp s is no ss. */
static const char *
domain_encode(struct arena *a, const char *text, size_t len)
{
	const char *result = NULL;
	char *out = NULL;

	if (idn2_to_ascii_8z(arena_strndup(a, text, len), &out,
		IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK)
		result = arena_strdup(a, out);
	idn2_free(out);
	return result;
}

const char *
mail_domain_ascii(struct arena *a, const char *text, size_t len,
    const char **why)
{
	const char *domain;

	*why = judge_characters(text, len);
	if (*why != NULL)
		return NULL;
	domain = is_ascii(text, len) ? arena_strndup(a, text, len)
				     : domain_encode(a, text, len);
	*why = domain == NULL ? "the domain has characters, or an order of "
				"them, that no domain can have"
			      : mail_domain_judge(domain, strlen(domain));
	return *why == NULL ? domain : NULL;
}

const char *
mail_address_ascii(struct arena *a, const char *text, size_t len,
    const char **why)
{
	const char *at = memchr(text, '@', len), *domain;

	if (at == NULL || is_ascii(at, (size_t)(text + len - at))) {
		*why = mail_address_judge(text, len);
		return *why == NULL ? arena_strndup(a, text, len) : NULL;
	}
	*why = judge_characters(text, len);
	if (*why == NULL)
		*why = judge_local(text, (size_t)(at - text));
	if (*why != NULL)
		return NULL;
	domain =
	    mail_domain_ascii(a, at + 1, (size_t)(text + len - at - 1), why);
	if (domain == NULL)
		return NULL;
	text = arena_printf(a, "%.*s@%s", (int)(at - text), text, domain);
	*why = mail_address_judge(text, strlen(text));
	return *why == NULL ? text : NULL;
}

const char *
mail_address_domain(const char *address)
{
	return strrchr(address, '@') + 1;
}

/* What stands between quotes, where a backslash takes the next as it is. */
static const char *
unquote(struct arena *a, const char *text, size_t len)
{
	char *out = arena_alloc(a, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			return NULL;
		if (text[i] == '\\' && ++i == len)
			return NULL;
		out[n++] = text[i];
	}
	out[n] = '\0';
	return out;
}

const char *
mail_name_split(struct arena *a, const char *text, const char **name,
    const char **address)
{
	const char *open = strrchr(text, '<');
	size_t len = strlen(text), n;

	*name = "";
	*address = text;
	if (open == NULL || text[len - 1] != '>')
		return NULL;
	*address = arena_strndup(a, open + 1, (size_t)(text + len - open) - 2);
	n = (size_t)(open - text);
	while (n > 0 && text[n - 1] == ' ')
		n--;
	if (n >= 2 && text[0] == '"' && text[n - 1] == '"')
		*name = unquote(a, text + 1, n - 2);
	else
		*name = strcspn(text, "<>\"") < n ? NULL
						  : arena_strndup(a, text, n);
	if (*name != NULL)
		return NULL;
	*name = "";
	return "a name with < > or \" in it must stand between quotes, with "
	       "a backslash before each \" of its own";
}
