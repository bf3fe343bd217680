/* SPDX-License-Identifier: ISC */
/* The handlers of all kinds of jobs. */
#ifndef KINDS_H
#define KINDS_H

#include "work/job_run.h"

/* Those that jobs.def names, and that of kinds with a command.  Each may be run
 * again for the same job, after a crash, and does no harm then. */
enum job_outcome j_notification(struct job_run *run);
enum job_outcome j_analytics(struct job_run *run);
enum job_outcome j_webhook(struct job_run *run);
enum job_outcome j_purge(struct job_run *run);
enum job_outcome j_command(struct job_run *run);

#endif
