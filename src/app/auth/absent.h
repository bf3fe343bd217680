/* SPDX-License-Identifier: ISC */
/* Kids that were looked for and are in no key set, for a while. */
#ifndef ABSENT_H
#define ABSENT_H

#include "base/base.h"

#define ABSENT_KIDS 128

struct absent {
	struct absent_kid {
		uint64_t hash;
		int64_t until;
	} kid[ABSENT_KIDS];
};

/* True if the kid was added and now is before its until. */
bool absent_has(const struct absent *a, const char *kid, size_t len,
    int64_t now);

/* May push another kid out: the memory is fixed. */
void absent_add(struct absent *a, const char *kid, size_t len, int64_t until);

/* Forgets all. */
void absent_clear(struct absent *a);

#endif
