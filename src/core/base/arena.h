/* SPDX-License-Identifier: ISC */
/* Memory that lives as long as one request or one job, released as a whole. */
#ifndef ARENA_H
#define ARENA_H

#include "base.h"

struct arena;

typedef void (*arena_fn)(void *arg);

/* A new, empty arena.  Never NULL: out of memory ends the process. */
struct arena *arena_new(void);

/* Runs what was deferred and gives all memory back.  NULL is fine. */
void arena_free(struct arena *a);

/* Runs what was deferred, newest first, and forgets all allocations; keeps one
 * block for the next use.  Every pointer handed out before is dead. */
void arena_reset(struct arena *a);

/* size zeroed bytes, aligned for any type.  Never NULL. */
void *arena_alloc(struct arena *a, size_t size);

/* A copy of s (of at most len bytes of s), always terminated. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t len);

/* A formatted string. */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

/* Calls fn(arg) at the next reset or free: for a PGresult, a redisReply or a
 * json_object, whose ownership passes to the arena here. */
void arena_defer(struct arena *a, arena_fn fn, void *arg);

#endif
