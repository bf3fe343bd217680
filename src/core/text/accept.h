/* SPDX-License-Identifier: ISC */
/* The header Accept: which types an answer may have. */
#ifndef ACCEPT_H
#define ACCEPT_H

#include "base/base.h"

/* One type of the header.  The texts are within it, not terminated. */
struct accept {
	const char *name, *version; /* version NULL: none is said */
	size_t len, version_len;
	int q; /* thousandths */
};

/* Reads the type that begins at text; what follows it. */
const char *accept_next(const char *text, struct accept *a);

/* True if it is of that name, upper and lower case being the same. */
bool accept_is(const struct accept *a, const char *name);

/* The index of the type that the header wants most; of several that it wants
 * alike, and of a header that wants none of them or is NULL, the first. */
size_t accept_choose(const char *header, const char *const *types, size_t n);

#endif
