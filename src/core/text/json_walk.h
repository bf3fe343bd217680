/* SPDX-License-Identifier: ISC */
/* The one grammar of JSON, for json.c and json_span.c. */
#ifndef JSON_WALK_H
#define JSON_WALK_H

#include "base/base.h"
#include "base/buf.h"

/* Hears what a text has, in its order.  What returns a sentence refuses the
 * piece with it; NULL takes it.  from is where the piece begins. */
struct json_walk;
struct json_walk_ops {
	void *(*open)(struct json_walk *w, bool object);
	void (*close)(struct json_walk *w, void *opened); /* what open gave */
	/* These two are at the end of w->text, and are to be taken off. */
	const char *(*name)(struct json_walk *w, size_t mark);
	const char *(*string)(struct json_walk *w, size_t mark);
	const char *(*number)(struct json_walk *w, const char *from,
	    bool integer);
	void (*word)(struct json_walk *w, char first);
};

struct json_walk {
	const char *p; /* how far it has come */
	const char *end;
	int depth; /* levels that may still be opened */

	/* NULL: the text is only checked, and may have what Python's json
	 * module takes beyond RFC 8259. */
	const struct json_walk_ops *ops;
	struct buf text; /* strings, if there are ops */
	unsigned odd;    /* the JSON_SPAN_* that occur, if there are none */

	/* after a fault */
	const char *at;
	const char *fault; /* a constant sentence */
};

/* White space. */
void json_walk_space(struct json_walk *w);

/* One value with white space before it.  False with at and fault set if it
 * is malformed. */
bool json_walk_value(struct json_walk *w) MUSTCHECK;

/* Sets at and fault; returns false. */
bool json_walk_fail(struct json_walk *w, const char *at, const char *fault);

#endif
