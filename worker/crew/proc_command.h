/* SPDX-License-Identifier: ISC */
/* A command of a job, and whatever comes of it. */
#ifndef PROC_COMMAND_H
#define PROC_COMMAND_H

#include <sys/types.h>

#include "base/base.h"

#define PROC_SPARED 32

struct proc_command {
	/* Ours to close; -1: closed, or never there. */
	int in, out, err; /* its standard streams; they do not block */
	int ended;        /* readable once the command itself has ended */

	/* Why nothing of it has run (errno), once it is over; 0: it has. */
	int unborn;

	/* The rest is proc_command.c's. */
	int report; /* where unborn comes from */
	pid_t pid, guard;
	int status; /* of the command itself, once it is over */
	bool over;
	int64_t told; /* when it was told to end, in clock ticks; 0: not yet */
	pid_t spared[PROC_SPARED]; /* who was not, since it waits for others */
	size_t nspared;
};

/* Starts "/bin/sh -c command" in a process group of its own.  Its environment
 * is ours without what begins with ERRAND_, PG or REDIS, and with the given
 * variables ("NAME=value", NULL at the end), which no other run may have.  What
 * it prints is for us if output is set, and else goes nowhere.  From then on
 * this process inherits whatever its descendants leave behind.  If we die, all
 * of it is killed.  0, or -1 with errno set: then nothing of it has run. */
int proc_command(const char *command, const char *const *variables, bool output,
    struct proc_command *c) MUSTCHECK;

/* Sends SIGTERM to the command and to all that it has started.  Who would die
 * of that but waits for others, as a shell does, is spared, so that it sees how
 * they end; it gets the signal when it starts another.  whole: nobody is
 * spared, as nothing more shall be started. */
void proc_command_tell(struct proc_command *c, bool whole);

/* True once it has ended; if it was told to, only when all that it has started
 * has ended as well. */
bool proc_command_over(struct proc_command *c);

/* Kills what is left of it, in whatever group or session that is, and tells how
 * the command itself has ended, as waitpid does. */
int proc_command_end(struct proc_command *c);

/* For the start of a program: from here on our own environment shows nobody,
 * who may look at it in /proc, the variables that no command gets. */
void proc_command_hide(void);

#endif
