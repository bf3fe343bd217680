/* SPDX-License-Identifier: ISC */
/* Children of the pool: started, reaped, and what they leave behind. */
#ifndef PROC_H
#define PROC_H

#include <sys/types.h>

#include "base/base.h"

/* Forks a child that runs fn(arg) and exits with what it returns.  It has
 * none of our descriptors but the standard ones, a log of its own, all
 * signals as we block and handle them, and dies with us.  Its process id, or
 * -1 (logged). */
pid_t proc_start(int (*fn)(void *arg), void *arg);

/* From here on this process inherits what its children leave behind when they
 * die: see proc_sweep.  Who is a child already is left alone. */
void proc_adopt(void);

/* Kills all descendants but the children that proc_start has started and what
 * is below these; how many there were.  Until there are none it is to be called
 * again. */
size_t proc_sweep(void);

/* Takes one child that has ended, or what was inherited; its process id, or 0
 * if there is none. */
pid_t proc_reap(int *status);

/* How a process ended: "exited with status 3", "was killed by signal 9
 * (Killed)".  Returns out. */
#define PROC_TEXT 96
char *proc_ended(int status, char out[PROC_TEXT]);

/* What a process has in memory now, in bytes; 0 if that cannot be told. */
int64_t proc_memory(pid_t pid);

#endif
