/* SPDX-License-Identifier: ISC */
/* A long text that is made before it is sent: its beginning stays in memory,
 * all of it goes to a file without a name when it is longer. */
#ifndef SPOOL_H
#define SPOOL_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/base.h"

struct spool;

/* An empty one, which goes with the arena.  Its file, if it needs one, is in
 * that folder, which is borrowed. */
struct spool *spool_new(struct arena *a, const char *folder);

/* Adds to its end.  0, or -1 with errno: it cannot be kept. */
int spool_add(struct spool *s, const char *text, size_t len) MUSTCHECK;

int64_t spool_len(const struct spool *s);

/* Reads on from its beginning, behind the last spool_add: how many bytes, 0 at
 * the end, -1 with errno. */
ssize_t spool_next(struct spool *s, char *to, size_t size) MUSTCHECK;

#endif
