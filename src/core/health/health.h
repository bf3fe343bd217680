/* SPDX-License-Identifier: ISC */
/* The health of what Errand needs: checks, and what they found. */
#ifndef HEALTH_H
#define HEALTH_H

#include <signal.h>

#include "base/arena.h"
#include "base/base.h"
#include "pg/pg.h"
#include "queue/queue.h"
#include "redis/kv.h"

enum health { HEALTH_PASS, HEALTH_WARN, HEALTH_FAIL, HEALTH__MAX };
extern const char *const health_names[HEALTH__MAX];

/* What a process that verifies tokens knows about the issuer by itself. */
struct health_issuer {
	bool usable;      /* it has keys that are not too old */
	int keys;         /* how many */
	int64_t fetch_us; /* what the last fetch took */
	bool introspects; /* it asks whether tokens are still in force */
	enum health introspection;
	const char *why; /* it is not HEALTH_PASS: a constant, or NULL */
};

/* What the checks look at. */
struct health_sources {
	struct arena *arena; /* for the report */
	struct pg *pg;
	struct kv *kv;
	struct queue *broker;
	const struct health_issuer *issuer; /* NULL: its keys are fetched now */
	int64_t within; /* microseconds for all servers together */
	const volatile sig_atomic_t *stopping; /* set: the process takes no
						* more requests; or NULL */
};

/* What one check found. */
struct check {
	const char *name;      /* such as "postgresql" */
	const char *member;    /* its name in application/health+json */
	const char *component; /* componentType there */
	enum health status;
	int64_t us;        /* what it took, -1: that was not measured */
	int64_t lines;     /* that were lost, -1: that was not counted */
	int64_t time;      /* when it was made, of clock_wall_us */
	const char *words; /* what there is to say, or NULL; else than
			    * HEALTH_PASS: why it is not */
};

struct health_report {
	enum health worst;
	size_t n;
	const struct check *checks;
};

/* What a probe may well wait for. */
#define HEALTH_WITHIN INT64_C(5000000)

/* Makes all checks that apply, one after the other.  Each ends within the
 * time-outs of its settings; servers whose turn comes after the time for all
 * of them are not asked, which is HEALTH_WARN.  Texts and checks live in the
 * arena. */
struct health_report health_run(const struct health_sources *from);

#endif
