/* SPDX-License-Identifier: ISC */
/* The only place that forks: children of the pool, and commands of jobs. */
#ifndef PROC_H
#define PROC_H

#include <sys/types.h>

#include "base/base.h"

/* Forks a child that runs fn(arg) and exits with what it returns.  It has
 * none of our descriptors but the standard ones, a log of its own, all
 * signals as we block and handle them, and dies with us.  Its process id, or
 * -1 (logged). */
pid_t proc_start(int (*fn)(void *arg), void *arg);

/* Starts "/bin/sh -c command" in a process group of its own.  Its
 * environment is ours without what begins with ERRAND_, PG or REDIS, and
 * with the given variables ("NAME=value", NULL at the end).  The ends of its
 * standard input and standard error, which do not block, and a descriptor
 * that is readable when it has ended are ours to close.  What it prints goes
 * nowhere.  It dies with us, and so does what it has started in that group.
 * 0, or -1 with errno set. */
struct proc_command {
	pid_t pid;
	int in, err, ended;
};
int proc_command(const char *command, char *const *variables,
    struct proc_command *c) MUSTCHECK;

/* Takes one child that has ended; its process id, or 0 if there is none. */
pid_t proc_reap(int *status);

/* How a process ended: "exited with status 3", "was killed by signal 9
 * (Killed)".  Returns out. */
#define PROC_TEXT 96
char *proc_ended(int status, char out[PROC_TEXT]);

/* What a process has in memory now, in bytes; 0 if that cannot be told. */
int64_t proc_memory(pid_t pid);

#endif
