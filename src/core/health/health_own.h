/* SPDX-License-Identifier: ISC */
/* The functions that make the checks; their rows stand in health.c. */
#ifndef HEALTH_OWN_H
#define HEALTH_OWN_H

#include "health.h"

/* One walk over all rows. */
struct health_round {
	const struct health_sources *from;
	enum pg_err pg_err;     /* what the check of postgresql came upon, */
	const char *pg_why;     /* and why if that is not PG_OK */
	struct pg_facts facts;  /* if it is */
	struct queue_life life; /* what the check of the broker came upon */
};

/* Each fills in status, us and words, which are HEALTH_PASS, -1 and NULL
 * before.  False: there is nothing to check, and no line in the report. */
bool health_process(struct health_round *r, struct check *k);
bool health_postgresql(struct health_round *r, struct check *k);
bool health_schema(struct health_round *r, struct check *k);
bool health_rights(struct health_round *r, struct check *k);
bool health_locale(struct health_round *r, struct check *k);
bool health_redis(struct health_round *r, struct check *k);
bool health_broker(struct health_round *r, struct check *k);
bool health_memory(struct health_round *r, struct check *k);
bool health_relay(struct health_round *r, struct check *k);
bool health_pool(struct health_round *r, struct check *k);
bool health_jobs(struct health_round *r, struct check *k);
bool health_keyset(struct health_round *r, struct check *k);
bool health_introspection(struct health_round *r, struct check *k);

#endif
