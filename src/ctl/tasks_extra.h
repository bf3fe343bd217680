/* SPDX-License-Identifier: ISC */
/* Additional data of tasks on the command line: NAME=VALUE. */
#ifndef TASKS_EXTRA_H
#define TASKS_EXTRA_H

#include <json-c/json_object.h>

#include "base/buf.h"
#include "tasks.h"

/* Takes the value of an option --extra, which is borrowed.  NULL, or what is
 * wrong with it. */
const char *tasks_extra_take(struct tasks *t, const char *word);

/* What they say as an object of JSON, which the caller puts: a value that is
 * no JSON is a text, one that is empty is null.  NULL: there was no such
 * option. */
struct json_object *tasks_extra_object(const struct tasks *t);

/* Adds them as filters to the address of a list. */
void tasks_extra_query(const struct tasks *t, struct buf *path);

#endif
