/* SPDX-License-Identifier: ISC */
/* From the rows that are due to the queues. */
#ifndef RELAY_PUBLISH_H
#define RELAY_PUBLISH_H

#include "base/base.h"
#include "pg/pg.h"
#include "relay_cache.h"
#include "work/work.h"

/* Sends one batch of rows that are due, and drops the cache entries of their
 * changes.  A row that no message can hold is failed.  *err is what PostgreSQL
 * said. */
enum relay_result relay_publish(struct work *w, struct relay_cache *cache,
    enum pg_err *err) MUSTCHECK;

#endif
