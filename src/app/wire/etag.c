/* SPDX-License-Identifier: ISC */
/* Reads lists of entity tags. */
#include "config.h"

#include "etag.h"

#include <string.h>

#include "base/str.h"

#define ETAG_DIGITS 19 /* of a version */
#define ETAG_TIME   16

struct etag {
	bool weak;
	const char *text; /* between the quotes, without a coding's suffix */
	size_t len;
};

/* mod_deflate and its kin mark the tag of what they compressed. */
static size_t
etag_strip(const char *text, size_t len)
{
	static const char *const suffixes[] = { "-gzip", "-br", "-deflate",
		"-zstd", ";gzip" };

	for (size_t i = 0; i < NELEM(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (len > n && memcmp(text + len - n, suffixes[i], n) == 0)
			return len - n;
	}
	return len;
}

/* Takes the next tag off a list; 1, 0 at its end, -1 if there is none. */
static int
etag_next(const char **at, struct etag *e)
{
	const char *end;

	*at += strspn(*at, " \t,");
	if (**at == '\0')
		return 0;
	e->weak = str_starts(*at, "W/");
	if (e->weak)
		*at += 2;
	if (**at != '"')
		return -1;
	e->text = *at + 1;
	end = strchr(e->text, '"');
	if (end == NULL)
		return -1;
	e->len = etag_strip(e->text, (size_t)(end - e->text));
	*at = end + 1 + strspn(end + 1, " \t");
	return **at == '\0' || **at == ',' ? 1 : -1;
}

static bool
etag_is_star(const char *header)
{
	header += strspn(header, " \t");
	return header[0] == '*' &&
	       header[1 + strspn(header + 1, " \t")] == '\0';
}

bool
etag_names(const char *header, const char *tag)
{
	struct etag e;

	if (header == NULL)
		return false;
	if (etag_is_star(header))
		return true;
	while (etag_next(&header, &e) == 1)
		if (strlen(tag) == e.len && memcmp(tag, e.text, e.len) == 0)
			return true;
	return false;
}

/* A version's tag: digits without leading zeros, and then, unless it is from
 * before they had one, a hyphen and 16 hexadecimal digits. */
static bool
etag_is_version(const char *text, size_t len)
{
	const char *hyphen = memchr(text, '-', len);
	size_t digits = hyphen == NULL ? len : (size_t)(hyphen - text);

	if (digits == 0 || digits > ETAG_DIGITS || text[0] == '0' ||
	    strspn(text, "0123456789") < digits)
		return false;
	return hyphen == NULL ||
	       (len == digits + 1 + ETAG_TIME &&
		   strspn(hyphen + 1, "0123456789abcdef") >= ETAG_TIME);
}

int
etag_versions(struct arena *a, const char *header, const char ***tags,
    bool *any)
{
	struct etag e;
	int n = 0, more;

	*any = etag_is_star(header);
	/* Each tag takes three bytes at least. */
	*tags = arena_alloc(a, (strlen(header) / 3 + 1) * sizeof(**tags));
	if (*any)
		return 0;
	/* Ours are never weak: what is has been compressed on its way. */
	while ((more = etag_next(&header, &e)) == 1)
		if (etag_is_version(e.text, e.len))
			(*tags)[n++] = arena_strndup(a, e.text, e.len);
	return more == -1 ? -1 : n;
}

int
etag_match(struct arena *a, const char *header, const char *tag)
{
	const char **tags;
	bool any;
	int i, n = etag_versions(a, header, &tags, &any);

	if (n == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (strchr(tags[i], '-') == NULL && str_starts(tag, tags[i]) &&
		    tag[strlen(tags[i])] == '-')
			return 1;
	return etag_names(header, tag) ? 1 : 0;
}
