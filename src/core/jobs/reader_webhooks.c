/* SPDX-License-Identifier: ISC */
/* The reader of the log that tells webhooks. */
#include "config.h"

#include "reader.h"

#include "jobs_own.h"

#define READER_WEBHOOKS_ROWS 100

#define STMT PG_DECLARE
#include "reader_webhooks.def"
#undef STMT
#define STMT PG_DEFINE
#include "reader_webhooks.def"
#undef STMT

enum pg_err
reader_webhooks(struct pg *pg, struct reader_step *step)
{
	return reader_step(pg, &STMT_WEBHOOKS_READ, READER_WEBHOOKS_ROWS, step);
}
