/* SPDX-License-Identifier: ISC */
/* Allocation that ends the process instead of failing. */
#ifndef XALLOC_H
#define XALLOC_H

#include "base.h"

/* Zeroed memory; the caller frees it. */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

#endif
