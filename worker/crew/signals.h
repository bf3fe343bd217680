/* SPDX-License-Identifier: ISC */
/* What signals tell a child of the pool. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>

#include "slot.h"

extern volatile sig_atomic_t signals_stop;   /* end after the job in hand */
extern volatile sig_atomic_t signals_reopen; /* the log file */

/* What the job in hand is asked for; 0: nothing. */
#define SIGNALS_SOFT       1 /* its soft time limit has passed */
#define SIGNALS_TERMINATED 2 /* it was cancelled as it ran */
extern volatile int signals_soft;

/* Handles and unblocks them in a child that has this slot (NULL: none). */
void signals_child(const struct slot *slot);

/* Waits for ms milliseconds or a signal. */
void signals_pause(int ms);

/* Between two pieces of work: what the log and the metrics want. */
void signals_chores(void);

#endif
