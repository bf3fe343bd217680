/* SPDX-License-Identifier: ISC */
/* Who else has to know of changes of tasks: the cache, and the relay. */
#ifndef TELL_H
#define TELL_H

#include "answer/call.h"

/* Whether a change that ended so may have happened: where nobody knows, what
 * the cache holds is doubtful.  Where nothing was sent it is all that can be
 * answered, and stays. */
bool tell_is_due(enum pg_err err);

/* Before a change is answered: invalidates what the cache holds of the tasks,
 * and tells the relay that there are jobs.  If it does not hear, it looks by
 * itself. */
void tell_of_changes(struct call *c, const struct uuid *ids, size_t n);
void tell_of_change(struct call *c, const struct uuid *id);

#endif
