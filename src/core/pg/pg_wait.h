/* SPDX-License-Identifier: ISC */
/* Inside of the connection: waiting for an answer. */
#ifndef PG_WAIT_H
#define PG_WAIT_H

#include <libpq-fe.h>

#include "base/base.h"

/* Takes all results of what was sent to a non-blocking connection: the first
 * is returned, of a pipeline the last, unless one is an error: then that.  A
 * pipeline is left.  NULL when there is no answer within [database]
 * query_timeout. */
PGresult *pg_results(PGconn *conn) MUSTCHECK;

#endif
