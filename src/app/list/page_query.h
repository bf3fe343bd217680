/* SPDX-License-Identifier: ISC */
/* A query string, parameter by parameter, in both directions. */
#ifndef PAGE_QUERY_H
#define PAGE_QUERY_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"

/* One parameter, decoded: + is a space, %XX a byte. */
struct page_param {
	const char *name;
	const char *value; /* "" if there was no = */
	const char *fault; /* why it cannot be read, or NULL */
};

/* Takes the next parameter off *query; empty ones are skipped.  The texts are
 * the arena's, valid UTF-8 without U+0000 if fault is NULL; else value is NULL
 * and name is fit to be shown.  False at the end. */
bool page_query_next(struct arena *a, const char **query,
    struct page_param *out);

/* Adds name=value with the value encoded, and an & before it if b has text. */
void page_query_add(struct buf *b, const char *name, const char *value);

#endif
