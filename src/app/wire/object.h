/* SPDX-License-Identifier: ISC */
/* A body that is an object of JSON: each member is judged, and all that is
 * wrong is told. */
#ifndef OBJECT_H
#define OBJECT_H

#include <json-c/json_object.h>

#include "fault.h"

/* An object that is being read. */
struct object_reader {
	void *into; /* what the members are put into */
	struct faults *f;
};

struct object_member {
	const char *name;
	/* Puts the value into it, or adds a fault; NULL: set by the server. */
	void (*take)(struct object_reader *r, struct json_object *value);
};

/* Reads a parsed body, NULL for JSON null, into what members fill.  only is the
 * sentence for a member that it does not have.  Texts are borrowed from the
 * tree. */
struct object_form {
	const struct object_member *members;
	size_t n;
	const char *only;
	const char *what; /* "a task"; NULL: no other name is proposed */
};
void object_read(struct json_object *tree, const struct object_form *form,
    void *into, struct faults *f);

/* A fault of that member; type and msg are borrowed. */
void object_fault(struct object_reader *r, const char *name, const char *type,
    const char *msg);

/* A string of at most max code points without U+0000; or a fault and NULL. */
const char *object_text(struct object_reader *r, const char *name,
    struct json_object *value, long max);

/* The same for one that also has something other than white space. */
const char *object_line(struct object_reader *r, const char *name,
    struct json_object *value, long max);

/* true or false; or a fault and false. */
bool object_bool(struct object_reader *r, const char *name,
    struct json_object *value);

#endif
