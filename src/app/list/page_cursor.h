/* SPDX-License-Identifier: ISC */
/* Inside of a page: reading cursors, and the text that they are bound to. */
#ifndef PAGE_CURSOR_H
#define PAGE_CURSOR_H

#include "base/buf.h"
#include "page.h"

/* The orders as the parameter names them. */
extern const char *const page_sorts[PAGE_SORT__MAX];

/* Fills in the cursor's members of p, whose filter and order are set.
 * Returns NULL, or what is wrong with the text: a constant sentence. */
const char *page_cursor_parse(struct arena *a, struct page *p, const char *text)
    MUSTCHECK;

/* Filter and order as a query string: what all pages of a list share. */
void page_add_filter(struct buf *b, const struct page *p);

#endif
