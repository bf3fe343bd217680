/* SPDX-License-Identifier: ISC */
/* errandctl jobs create: has a job done. */
#ifndef JOBS_CREATE_H
#define JOBS_CREATE_H

#include "cmd.h"

/* argv[0] is the program, then options and the kind; cmd is whose usage it is
 * where they are wrong.  The exit status. */
int jobs_create(const struct ctl *ctl, const struct cmd *cmd, int argc,
    char **argv);

#endif
