/* SPDX-License-Identifier: ISC */
/* Names with types, as [tasks] extra lists them: "due:date". */
#include "config.h"

#include "field.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define FIELD_NAME 63

const char *const field_types[FIELD__MAX] = {
	[FIELD_TEXT] = "text",
	[FIELD_NUMBER] = "number",
	[FIELD_BOOLEAN] = "boolean",
	[FIELD_DATE] = "date",
};

const char *
field_parse(const char *word, struct field *field)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789_-"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	size_t len = strspn(word, plain);

	*field = (struct field){ .name = word, .len = len };
	if (word[len] != ':' || len == 0 || len > FIELD_NAME)
		return "there must be a name of up to 63 letters, digits, _ "
		       "and -, then a colon and a type";
	for (int i = 0; i < FIELD__MAX; i++) {
		if (!str_eq(word + len + 1, field_types[i]))
			continue;
		field->type = (enum field_type)i;
		return NULL;
	}
	return "the type must be text, number, boolean or date";
}

bool
field_is_date(const char *text)
{
	int64_t us;

	return strlen(text) == strlen("2026-12-01") &&
	       clock_parse(text, &us) == 0;
}
