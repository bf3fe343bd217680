/* SPDX-License-Identifier: ISC */
/* Collects what is wrong with a request. */
#include "config.h"

#include "fault.h"

struct faults *
faults_new(struct arena *a)
{
	struct faults *f = arena_alloc(a, sizeof(*f));

	f->arena = a;
	return f;
}

void
faults_add(struct faults *f, enum fault_in in, const char *name,
    const char *type, const char *msg)
{
	size_t i = f->n++;

	if (i >= FAULT_MAX)
		return;
	f->v[i] = (struct fault){ in, f->within == NULL ? "" : f->within, NULL,
		type, msg };
	if (name != NULL)
		f->v[i].name = arena_strdup(f->arena, name);
}
