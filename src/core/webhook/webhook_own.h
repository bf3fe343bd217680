/* SPDX-License-Identifier: ISC */
/* Inside of the webhooks: their statements, and the columns of their rows. */
#ifndef WEBHOOK_OWN_H
#define WEBHOOK_OWN_H

#include "pg/pg.h"
#include "webhook.h"

/* The columns with which the rows of a webhook begin: X(name here, SQL).  No
 * secret is among them. */
#define WEBHOOK_COLUMNS(X)                                                     \
	X(ID, "w.id")                                                          \
	X(URL, ", w.url")                                                      \
	X(EVENTS, ", array_to_string(w.events, ' ')")                          \
	X(DESCRIPTION, ", w.description")                                      \
	X(ENABLED, ", w.enabled")                                              \
	X(REASON, ", w.disabled_reason")                                       \
	X(BEFORE, ", CASE WHEN w.secret_before_until > now()"                  \
		  " THEN w.secret_before_until END")                           \
	X(CREATED_AT, ", w.created_at")                                        \
	X(UPDATED_AT, ", w.updated_at")                                        \
	X(CREATED_BY, ", w.created_by")                                        \
	X(VERSION, ", w.version")

/* The same for deliveries.  One whose job has ended without it, as when it was
 * cancelled, has failed; as has one whose job is gone. */
#define DELIVERY_STATE                                                         \
	"CASE WHEN d.state = 'pending' AND (j.id IS NULL"                      \
	" OR j.state IN ('succeeded', 'failed', 'cancelled'))"                 \
	" THEN 'failed' ELSE d.state END"
#define DELIVERY_COLUMNS(X)                                                    \
	X(ID, "d.id")                                                          \
	X(WEBHOOK, ", d.webhook_id")                                           \
	X(TYPE, ", d.type")                                                    \
	X(EVENT, ", d.event")                                                  \
	X(STATE, ", " DELIVERY_STATE)                                          \
	X(ATTEMPTS, ", d.attempts")                                            \
	X(STATUS, ", d.status")                                                \
	X(ANSWER, ", d.answer")                                                \
	X(ERROR, ", CASE WHEN d.state <> 'delivered'"                          \
		 " THEN coalesce(j.last_error, d.error) END")                  \
	X(JOB, ", d.job_id")                                                   \
	X(CREATED_AT, ", d.created_at")                                        \
	X(TRIED_AT, ", d.tried_at")                                            \
	X(FINISHED_AT, ", coalesce(d.finished_at, j.finished_at)")             \
	X(NEXT_AT, ", CASE WHEN d.state = 'pending'"                           \
		   " AND j.state IN ('queued', 'retrying') THEN j.run_at END")

enum webhook_column {
#define WEBHOOK_COLUMN(name, sql) WEBHOOK_COL_##name,
	WEBHOOK_COLUMNS(WEBHOOK_COLUMN)
#undef WEBHOOK_COLUMN
	    WEBHOOK_COL__MAX
};
enum delivery_column {
#define DELIVERY_COLUMN(name, sql) DELIVERY_COL_##name,
	DELIVERY_COLUMNS(DELIVERY_COLUMN)
#undef DELIVERY_COLUMN
	    DELIVERY_COL__MAX
};

#define WEBHOOK_COLUMN_SQL(name, sql) sql
#define WEBHOOK_ROW                   WEBHOOK_COLUMNS(WEBHOOK_COLUMN_SQL)
#define DELIVERY_ROW                  DELIVERY_COLUMNS(WEBHOOK_COLUMN_SQL)
#define WEBHOOK_MS(n)                 n "::bigint * interval '1 ms'"

#define STMT PG_DECLARE
#include "webhook.def"
#undef STMT

/* The parameters limit, id and time of a page; and the rows of the answer that
 * belong to it: true if there are more. */
void webhook_put_page(struct pg_params *p, const struct webhook_page *page);
bool webhook_cut(const PGresult *r, const struct webhook_page *page, size_t *n);

#endif
