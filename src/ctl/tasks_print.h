/* SPDX-License-Identifier: ISC */
/* Tasks on standard output: tables for people, JSON for programs. */
#ifndef TASKS_PRINT_H
#define TASKS_PRINT_H

#include <json-c/json_object.h>

#include "base/base.h"

/* A list in parts: a head, rows, an end.  Without its end JSON is not whole. */
struct tasks_print {
	bool json;
	bool begun;
	bool some;   /* rows */
	int columns; /* of the terminal; 0: none */
};
void tasks_print_head(struct tasks_print *p, bool json);
void tasks_print_row(struct tasks_print *p, struct json_object *task);
void tasks_print_end(struct tasks_print *p);

/* All that is known of one; etag may be NULL. */
void tasks_print_one(struct json_object *task, const char *etag, bool json);

/* A value of JSON in a line of its own. */
void tasks_print_json(struct json_object *v);

#endif
