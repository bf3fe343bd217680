/* SPDX-License-Identifier: ISC */
/* Parameters of lists: reading the kinds of values that they have. */
#include "config.h"

#include "list.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

void
list_fault(struct list_reader *r, const char *name, const char *type,
    const char *msg)
{
	faults_add(r->faults, FAULT_QUERY, name, type, msg);
}

int64_t
list_take_int(struct list_reader *r, const struct list_int *param,
    const char *value)
{
	const char *digits = value + (value[0] == '-');
	const char *type = "greater_than_equal";
	int64_t n;

	if (str_to_int(value, param->min, param->max, &n) == 0)
		return n;
	if (digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0')
		type = "int_parsing";
	else if (value[0] != '-' &&
		 str_to_int(value, INT64_MIN, param->min - 1, &n) == -1)
		type = "less_than_equal";
	list_fault(r, param->name, type,
	    arena_printf(r->arena,
		"%s must be a whole number from %lld to %lld", param->name,
		(long long)param->min, (long long)param->max));
	return param->min;
}

const char *
list_take_text(struct list_reader *r, const char *name, const char *value,
    int max)
{
	if (value[0] != '\0' && str_utf8_count(value, strlen(value)) <= max)
		return value;
	if (value[0] == '\0')
		list_fault(r, name, "string_too_short",
		    arena_printf(r->arena, "%s must have at least 1 character",
			name));
	else
		list_fault(r, name, "string_too_long",
		    arena_printf(r->arena, "%s must have at most %d characters",
			name, max));
	return NULL;
}

bool
list_take_time(struct list_reader *r, const char *name, const char *value,
    int64_t *us)
{
	const char *hint = "";

	if (clock_parse(value, us) == 0)
		return true;
	if (strchr(value, ' ') != NULL)
		hint = "; write + as %2B";
	list_fault(r, name, "datetime_from_date_parsing",
	    arena_printf(r->arena,
		"%s must be a date such as 2026-11-22 or an RFC 3339 time such "
		"as 2026-11-22T11:05:00Z%s",
		name, hint));
	return false;
}

void
list_take_words(struct list_reader *r, const struct list_words *param,
    const char *value, unsigned *bits)
{
	size_t len;
	int i;

	for (;; value += len + 1) {
		len = strcspn(value, ",");
		for (i = 0; i < param->n; i++)
			if (strlen(param->words[i]) == len &&
			    memcmp(param->words[i], value, len) == 0)
				break;
		if (i < param->n)
			*bits |= 1U << i;
		else
			list_fault(r, param->name, "enum", param->msg);
		if (value[len] == '\0')
			return;
	}
}

unsigned
list_words_wanted(const struct list_words *param, unsigned bits)
{
	return bits == (1U << param->n) - 1 ? 0 : bits;
}

void
list_add_words(struct buf *b, const struct list_words *param, unsigned bits)
{
	struct buf text = { 0 };
	int i;

	if (bits == 0)
		return;
	for (i = 0; i < param->n; i++) {
		if ((bits & 1U << i) == 0)
			continue;
		if (text.len > 0)
			buf_addc(&text, ',');
		buf_adds(&text, param->words[i]);
	}
	list_add(b, param->name, text.data);
	buf_free(&text);
}

void
list_add_int(struct buf *b, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	list_add(b, name, text);
}

void
list_add_time(struct buf *b, const char *name, int64_t us)
{
	char text[CLOCK_TEXT];

	list_add(b, name, clock_format(us, text));
}
