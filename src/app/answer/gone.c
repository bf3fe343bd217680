/* SPDX-License-Identifier: ISC */
/* Says what to do for whoever has missed changes. */
#include "config.h"

#include "gone.h"

#include "log/log.h"
#include "problem.h"

void
gone_answer(struct call *c, enum task_log log)
{
	static const char *const gone[] = {
		[TASK_LOG_PURGED] = "changes behind since were deleted: read "
				    "/tasks again, and go on from its "
				    "X-Changes-Cursor",
		[TASK_LOG_OTHER] = "since is of another database, or of a time "
				   "that was taken back: read /tasks again, "
				   "and go on from its X-Changes-Cursor",
	};

	c->deps->since.until = 0;
	if (cache_invalidate(c->deps->cache, c->arena, NULL, 0) == -1)
		log_debug("cached lists may name a cursor that is gone");
	problem(c, 410, gone[log]);
}
