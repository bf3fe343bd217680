/* SPDX-License-Identifier: ISC */
/* What the files of this folder share: cursors, and query strings. */
#ifndef LIST_OWN_H
#define LIST_OWN_H

#include "list.h"
#include "page.h"

/* Fills in the cursor's members of p, whose filter and order are set.
 * Returns NULL, or what is wrong with the text: a constant sentence. */
const char *page_cursor_parse(struct arena *a, struct page *p, const char *text)
    MUSTCHECK;

/* The name of the parameter that takes cursors. */
const char *page_cursor_name(const struct list *list);

/* Adds the list's own parameters: with unbound those that may differ between
 * pages, else those that may not. */
void page_filter_params(struct buf *b, const struct page *p, bool unbound);

/* Filter and order as a query string: what all pages of a list share, and what
 * its cursors are bound to. */
void page_filter_add(struct buf *b, const struct page *p);

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

#endif
