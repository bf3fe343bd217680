/* SPDX-License-Identifier: ISC */
/* Processes that others have started, as /proc shows them. */
#ifndef PROC_TREE_H
#define PROC_TREE_H

#include <sys/types.h>

#include "base/base.h"

/* A living process; born: clock ticks since the machine was started. */
struct proc_tree_row {
	pid_t pid, parent;
	int64_t born;
	bool below; /* it is a descendant of this process */
};

/* All living processes, sorted by pid; v is the caller's to free.  Those of
 * keep are not taken for descendants, nor is what is below them.  Where /proc
 * shows nothing, there are none. */
struct proc_tree {
	struct proc_tree_row *v;
	size_t n;
	size_t below; /* how many are descendants */
};
struct proc_tree proc_tree_look(const pid_t *keep, size_t n);

/* True if a signal would end that process without asking it. */
bool proc_tree_ends(pid_t pid, int sig);

/* Sends all descendants but those of keep a signal; how many there were. */
size_t proc_tree_signal(int sig, const pid_t *keep, size_t n);

/* The living children of this process, most at the most; their number. */
size_t proc_tree_children(pid_t *out, size_t most);

/* Kills everybody who was started with all of these variables ("NAME=value",
 * NULL at the end), but not this process; how many that were. */
size_t proc_tree_kill_marked(const char *const *variables);

#endif
