/* SPDX-License-Identifier: ISC */
/* Walks over JSON in one pass, by recursive descent that depth bounds. */
#include "config.h"

#include "json_walk.h"

#include <string.h>

#include "json_span.h"
#include "json_string.h"

bool
json_walk_fail(struct json_walk *w, const char *at, const char *fault)
{
	w->at = at;
	w->fault = fault;
	return false;
}

/* What stands here is not what the grammar wants. */
static bool
unexpected(struct json_walk *w, const char *fault)
{
	return json_walk_fail(w, w->p,
	    w->p == w->end ? "the text ends too early" : fault);
}

static bool
at(const struct json_walk *w, char c)
{
	return w->p < w->end && *w->p == c;
}

static bool
skip(struct json_walk *w, char c)
{
	bool found = at(w, c);

	w->p += found;
	return found;
}

static bool
skip_word(struct json_walk *w, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(w->end - w->p) < len || memcmp(w->p, word, len) != 0)
		return false;
	w->p += len;
	return true;
}

static size_t
skip_digits(struct json_walk *w)
{
	const char *from = w->p;

	while (w->p < w->end && *w->p >= '0' && *w->p <= '9')
		w->p++;
	return (size_t)(w->p - from);
}

void
json_walk_space(struct json_walk *w)
{
	while (w->p < w->end && (*w->p == ' ' || *w->p == '\t' ||
				    *w->p == '\n' || *w->p == '\r'))
		w->p++;
}

/* p is at the opening quote. */
static bool
walk_string(struct json_walk *w, bool name)
{
	const char *from = w->p;
	size_t mark = w->text.len;
	const char *fault = w->ops == NULL
				? json_string_skip(&w->p, w->end, &w->odd)
				: json_string_read(&w->p, w->end, &w->text);

	if (fault != NULL)
		return unexpected(w, fault);
	if (w->ops == NULL)
		return true;
	fault = name ? w->ops->name(w, mark) : w->ops->string(w, mark);
	return fault == NULL || json_walk_fail(w, from, fault);
}

static bool
walk_number(struct json_walk *w)
{
	static const char digit[] = "a digit is expected here";
	const char *from = w->p, *first, *fault;
	bool integer = true;

	skip(w, '-');
	first = w->p;
	if (w->ops == NULL && skip_word(w, "Infinity")) {
		w->odd |= JSON_SPAN_NAN;
		return true;
	}
	if (skip(w, '0')) {
		if (skip_digits(w) > 0)
			return json_walk_fail(w, first,
			    "a number must not start with 0");
	} else if (skip_digits(w) == 0) {
		return unexpected(w, digit);
	}
	if (skip(w, '.')) {
		integer = false;
		if (skip_digits(w) == 0)
			return unexpected(w, digit);
	}
	if (skip(w, 'e') || skip(w, 'E')) {
		integer = false;
		if (!skip(w, '+'))
			skip(w, '-');
		if (skip_digits(w) == 0)
			return unexpected(w, digit);
	}
	if (w->ops == NULL)
		return true;
	fault = w->ops->number(w, from, integer);
	return fault == NULL || json_walk_fail(w, from, fault);
}

static bool
walk_word(struct json_walk *w)
{
	const char *from = w->p;

	if (skip_word(w, "null") || skip_word(w, "true") ||
	    skip_word(w, "false")) {
		if (w->ops != NULL)
			w->ops->word(w, *from);
		return true;
	}
	if (w->ops == NULL &&
	    (skip_word(w, "NaN") || skip_word(w, "Infinity"))) {
		w->odd |= JSON_SPAN_NAN;
		return true;
	}
	return unexpected(w, "a value is expected here");
}

static bool
walk_name(struct json_walk *w)
{
	json_walk_space(w);
	if (!at(w, '"'))
		return unexpected(w,
		    "a member name in quotes is expected here");
	if (!walk_string(w, true))
		return false;
	json_walk_space(w);
	return skip(w, ':') || unexpected(w, "a colon is expected here");
}

/* p is at the opening bracket or brace. */
static bool
walk_container(struct json_walk *w)
{
	bool object = *w->p == '{';
	char close = object ? '}' : ']';
	void *opened = NULL;

	if (w->depth == 0)
		return json_walk_fail(w, w->p, "nested too deeply");
	w->depth--;
	w->p++;
	if (w->ops != NULL)
		opened = w->ops->open(w, object);
	json_walk_space(w);
	if (!at(w, close)) {
		do {
			if (object && !walk_name(w))
				return false;
			if (!json_walk_value(w))
				return false;
			json_walk_space(w);
		} while (skip(w, ','));
	}
	w->depth++;
	if (!skip(w, close))
		return unexpected(w, object ? "a comma or } is expected here"
					    : "a comma or ] is expected here");
	if (w->ops != NULL)
		w->ops->close(w, opened);
	return true;
}

bool
json_walk_value(struct json_walk *w)
{
	json_walk_space(w);
	if (at(w, '"'))
		return walk_string(w, false);
	if (at(w, '{') || at(w, '['))
		return walk_container(w);
	if (at(w, '-') || (w->p < w->end && *w->p >= '0' && *w->p <= '9'))
		return walk_number(w);
	return walk_word(w);
}
