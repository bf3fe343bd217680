/* SPDX-License-Identifier: ISC */
/* What the readers of the formats share. */
#ifndef IMPORT_OWN_H
#define IMPORT_OWN_H

#include <json-c/json_object.h>

#include "base/buf.h"
#include "import.h"

/* What a reader does with a text: 0, or -1 with *why a sentence. */
typedef int import_fn(const char *text, size_t len, struct import_set *set,
    const char **why);
import_fn import_csv, import_ndjson, import_json, import_todoist,
    import_taskwarrior, import_trello, import_vikunja;

/* Adds a copy.  What is longer than a task may be is shortened, and a title
 * that was goes on in the description; one without a title is not made. */
void import_add(struct import_set *set, const struct import_item *item);

/* Adds one that is not made. */
void import_skip(struct import_set *set, unsigned at, const char *title,
    const char *why);

/* The same for one that should have been made: then the import has failed. */
void import_break(struct import_set *set, const struct import_item *item,
    const char *why);

/* Notes that something has no place in a task. */
void import_leave(struct import_set *set, const char *what);

/* The same if the member is there with something in it. */
void import_leave_member(struct import_set *set, struct json_object *v,
    const char *name, const char *what);

/* Reads JSON into the set's arena; NULL with *why set. */
struct json_object *import_tree(struct import_set *set, const char *text,
    size_t len, const char **why);

#endif
