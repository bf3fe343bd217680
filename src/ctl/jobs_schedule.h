/* SPDX-License-Identifier: ISC */
/* errandctl jobs schedule: when jobs are made by themselves. */
#ifndef JOBS_SCHEDULE_H
#define JOBS_SCHEDULE_H

#include "pg/pg.h"

/* Prints the kinds that have a schedule.  CMD_OK, or CMD_FAILED: pg has logged
 * why. */
int jobs_schedule_print(struct pg *pg, bool json);

#endif
