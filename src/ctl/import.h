/* SPDX-License-Identifier: ISC */
/* Tasks out of files, of ours and of other programs. */
#ifndef IMPORT_H
#define IMPORT_H

#include <json-c/json_object.h>

#include "base/arena.h"
#include "base/base.h"

struct import_item {
	unsigned at; /* its line, or its number, from 1 */
	const char *title;
	const char *description; /* or NULL */
	const char *status;
	struct json_object *extra; /* in the set's arena; or NULL */
	const char *why;           /* why it is not made, or NULL: it is */
	bool broken;               /* it is not made, and should have been */
};

/* What has no place in a task, and how often it was there. */
struct import_left {
	const char *what;
	unsigned n;
};

#define IMPORT_LEFT 32

struct import_set {
	struct arena *arena; /* all of it lives there */
	struct import_item *v;
	size_t n, size;
	struct import_left left[IMPORT_LEFT];
	size_t nleft;
};

/* The names of the formats, then NULL. */
extern const char *const import_formats[];

/* What the text seems to be; NULL: nothing that is known. */
const char *import_guess(const char *text, size_t len);

/* Reads all of it, as the format; the text is terminated behind len.  0, or -1
 * with *why a sentence. */
int import_read(const char *format, const char *text, size_t len,
    struct import_set *set, const char **why) MUSTCHECK;

#endif
