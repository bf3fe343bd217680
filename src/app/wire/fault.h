/* SPDX-License-Identifier: ISC */
/* What is wrong with a request's body or query: all of it, for one answer. */
#ifndef FAULT_H
#define FAULT_H

#include "base/arena.h"
#include "base/base.h"

#define FAULT_MAX 100 /* more are counted, not kept */

enum fault_in { FAULT_BODY, FAULT_QUERY, FAULT_HEADER, FAULT_IN__MAX };

struct fault {
	enum fault_in in;
	const char *within; /* a JSON pointer to what has the member; or "" */
	const char
	    *name; /* member, parameter or header; NULL: the body itself */
	const char *type; /* as FastAPI names it: missing, string_too_long */
	const char *msg;  /* a sentence for people, without a full stop */
};

struct faults {
	struct arena *arena;
	const char *within; /* of those that are added from now on; or NULL */
	size_t n;
	struct fault v[FAULT_MAX];
};

/* An empty list in the arena. */
struct faults *faults_new(struct arena *a);

/* name is copied, if there is one; type and msg are borrowed. */
void faults_add(struct faults *f, enum fault_in in, const char *name,
    const char *type, const char *msg);

#endif
