/* SPDX-License-Identifier: ISC */
/* Names with types, as [tasks] extra lists them: "due:date". */
#ifndef FIELD_H
#define FIELD_H

#include "base/base.h"

enum field_type {
	FIELD_TEXT,
	FIELD_NUMBER,
	FIELD_BOOLEAN,
	FIELD_DATE,
	FIELD__MAX
};
extern const char *const field_types[FIELD__MAX];

struct field {
	const char *name; /* borrowed from the word, not terminated */
	size_t len;
	enum field_type type;
};

/* Takes a word apart.  NULL, or what is wrong with it: a constant clause. */
const char *field_parse(const char *word, struct field *field) MUSTCHECK;

/* True if it is a day of the calendar, such as 2026-12-01. */
bool field_is_date(const char *text);

#endif
