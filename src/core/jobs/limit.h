/* SPDX-License-Identifier: ISC */
/* Limits of kinds over all pools: rate and concurrency of [job:KIND]. */
#ifndef LIMIT_H
#define LIMIT_H

#include "job_relay.h"
#include "kind.h"
#include "pg/pg.h"

/* A relay begins: what is sent or runs of kinds with a limit counts.  What was
 * held back of kinds that have none any more is due again; *more is true if
 * there may be more of it.  It is one statement if no kind has a limit.  Again,
 * now and then: pools that still had another limit may have held more since,
 * and the database may be another. */
enum pg_err limit_begin(struct pg *pg, bool again, bool *more) MUSTCHECK;

/* Holds back what is due of kinds with a limit, each in its place, if it is of
 * those kinds, which can be sent; *more is true if there may be more.  Then:
 * those of which something is held; their number. */
enum pg_err limit_hold(struct pg *pg, const struct job_kinds *of, bool *more)
    MUSTCHECK;
enum pg_err limit_held(struct pg *pg, const struct kind *held[KIND_MAX],
    size_t *n) MUSTCHECK;

/* Cancels what is held back and has expired, of those that are next: it takes
 * no turn of others, and its sender is told. */
enum pg_err limit_late(struct pg *pg) MUSTCHECK;

/* Lets as many go as the kind's limits have room for, by priority and by when
 * they were due: they are due from then on, and count until they are over, or
 * back in the row to be tried again.  One pool at a time does so, and whoever
 * comes meanwhile lets none go.  *n is how many went, *us for how many
 * microseconds none will; 0: that depends on the end of others.
 *
 * While pools differ, each goes by its own settings: the wider limit counts. */
enum pg_err limit_go(struct pg *pg, const struct kind *k, size_t *n,
    int64_t *us) MUSTCHECK;

#endif
