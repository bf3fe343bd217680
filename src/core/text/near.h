/* SPDX-License-Identifier: ISC */
/* The known name that a misspelt one was probably meant to be. */
#ifndef NEAR_H
#define NEAR_H

#include "base/base.h"

struct near {
	const char *word;
	const char *best;
	size_t distance;
};

/* Starts a search; word is borrowed. */
void near_init(struct near *n, const char *word);

/* Offers a known name, borrowed. */
void near_offer(struct near *n, const char *name);

/* The nearest of the offered names, or NULL if none is near enough to be
 * worth asking about. */
const char *near_best(const struct near *n);

#endif
