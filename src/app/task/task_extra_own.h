/* SPDX-License-Identifier: ISC */
/* What bodies and lists know in common of additional data: task_extra.c. */
#ifndef TASK_EXTRA_OWN_H
#define TASK_EXTRA_OWN_H

#include <json-c/json_object.h>

#include "base/arena.h"
#include "text/field.h"

/* What is said of values of each type: in a body, in a query, and
 * what they must be. */
extern const struct task_extra_words {
	const char *type, *parsing, *what;
} task_extra_words[FIELD__MAX];

/* The place of a name in [tasks] extra, with what is said of it; or -1. */
int task_extra_find(const char *name, size_t len, struct field *field);

/* The sentence none, with the name that is meant if one is near. */
const char *task_extra_unknown(struct arena *a, const char *name,
    const char *none);

/* How long a number is without an exponent, which PostgreSQL never writes; it
 * has a 0 before the point. */
size_t task_extra_digits(const char *text);

/* Whether a value is of that type. */
bool task_extra_is(struct json_object *value, enum field_type type);

#endif
