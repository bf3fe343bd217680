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

enum health_cause {
#define CAUSE(id, words, todo) HEALTH_CAUSE_##id,
#include "health.def"
	HEALTH_CAUSE__MAX
};

/* That is why it is not well: sets status, and as words what is so, the
 * detail if it is not NULL, and what to do about it. */
void health_because(const struct health_round *r, struct check *k,
    enum health status, enum health_cause cause, const char *detail);

/* As much of an age as somebody wants to read. */
const char *health_age(struct arena *a, int64_t us);

/* Each fills in status, us and words, which are HEALTH_PASS, -1 and NULL
 * before, or lines (-1); what is not HEALTH_PASS is told by health_because.
 * False: there is nothing to check, and no line in the report. */
bool health_process(struct health_round *r, struct check *k);
bool health_postgresql(struct health_round *r, struct check *k);
bool health_schema(struct health_round *r, struct check *k);
bool health_rights(struct health_round *r, struct check *k);
bool health_locale(struct health_round *r, struct check *k);
bool health_redis(struct health_round *r, struct check *k);
bool health_broker(struct health_round *r, struct check *k);
bool health_memory(struct health_round *r, struct check *k);
bool health_results(struct health_round *r, struct check *k);
bool health_relay(struct health_round *r, struct check *k);
bool health_worker(struct health_round *r, struct check *k);
bool health_queue(struct health_round *r, struct check *k);
bool health_readers(struct health_round *r, struct check *k);
bool health_dead(struct health_round *r, struct check *k);
bool health_keyset(struct health_round *r, struct check *k);
bool health_introspection(struct health_round *r, struct check *k);
bool health_log(struct health_round *r, struct check *k);

#endif
