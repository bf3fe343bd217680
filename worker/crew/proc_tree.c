/* SPDX-License-Identifier: ISC */
/* Processes that others have started, as /proc shows them. */
#include "config.h"

#include "proc_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/xalloc.h"

#define TREE_STAT    1024              /* bytes of stat, */
#define TREE_STATUS  4096              /* of status, */
#define TREE_ENVIRON ((size_t)1 << 21) /* and of variables */

/* Reads at most room bytes of a file of a process; -1 if there is none. */
static ssize_t
tree_read(pid_t pid, const char *name, char *out, size_t room)
{
	char path[64];
	ssize_t n, len = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	while ((size_t)len < room &&
	       (n = read(fd, out + len, room - (size_t)len)) > 0)
		len += n;
	close(fd);
	return len;
}

/* False if it is dead or gone.  Its name, in parentheses, may have anything in
 * it. */
static bool
tree_stat(pid_t pid, struct proc_tree_row *row)
{
	char text[TREE_STAT + 1], *end;
	ssize_t n = tree_read(pid, "stat", text, TREE_STAT);
	long long born;
	char state;
	int parent;

	if (n <= 0)
		return false;
	text[n] = '\0';
	end = strrchr(text, ')');
	if (end == NULL ||
	    sscanf(end + 1,
		" %c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
		" %*s %*s %*s %*s %lld",
		&state, &parent, &born) != 3 ||
	    state == 'Z' || state == 'X')
		return false;
	*row = (struct proc_tree_row){
		.pid = pid, .parent = parent, .born = born
	};
	return true;
}

/* The next process in /proc, or 0. */
static pid_t
tree_next(DIR *dir)
{
	const struct dirent *e;
	int64_t pid;

	while ((e = readdir(dir)) != NULL) {
		if (str_to_int(e->d_name, 1, INT32_MAX, &pid) == 0)
			return (pid_t)pid;
	}
	return 0;
}

static int
tree_compare(const void *a, const void *b)
{
	const struct proc_tree_row *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static bool
tree_has(const pid_t *list, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i] == pid)
			return true;
	}
	return false;
}

/* Whether a row is below us, by what is known of its parent's row. */
static bool
tree_is_below(const struct proc_tree *t, const struct proc_tree_row *row,
    pid_t self)
{
	const struct proc_tree_row key = { .pid = row->parent }, *parent;

	if (row->parent == self)
		return true;
	parent = bsearch(&key, t->v, t->n, sizeof(key), tree_compare);
	return parent != NULL && parent->below;
}

struct proc_tree
proc_tree_look(const pid_t *keep, size_t n)
{
	DIR *dir = opendir("/proc");
	struct proc_tree t = { 0 };
	struct proc_tree_row row;
	pid_t pid, self = getpid();
	size_t room = 0, before;

	while (dir != NULL && (pid = tree_next(dir)) != 0) {
		if (!tree_stat(pid, &row))
			continue;
		if (t.n == room) {
			room = room * 2 + 64;
			t.v = xrealloc(t.v, room * sizeof(*t.v));
		}
		t.v[t.n++] = row;
	}
	if (dir != NULL)
		closedir(dir);
	if (t.n > 0)
		qsort(t.v, t.n, sizeof(*t.v), tree_compare);
	do {
		before = t.below;
		for (size_t i = 0; i < t.n; i++) {
			if (t.v[i].below || tree_has(keep, n, t.v[i].pid) ||
			    !tree_is_below(&t, &t.v[i], self))
				continue;
			t.v[i].below = true;
			t.below++;
		}
	} while (t.below != before);
	return t;
}

bool
proc_tree_ends(pid_t pid, int sig)
{
	char text[TREE_STATUS + 1];
	ssize_t n = tree_read(pid, "status", text, TREE_STATUS);
	static const char *const masks[] = { "\nSigIgn:", "\nSigCgt:" };
	unsigned long long mask;
	const char *at;

	text[n > 0 ? n : 0] = '\0';
	for (size_t i = 0; i < NELEM(masks); i++) {
		at = strstr(text, masks[i]);
		if (at == NULL ||
		    sscanf(at + strlen(masks[i]), "%llx", &mask) != 1 ||
		    (mask >> (sig - 1) & 1) != 0)
			return false;
	}
	return true;
}

size_t
proc_tree_signal(int sig, const pid_t *keep, size_t n)
{
	struct proc_tree t = proc_tree_look(keep, n);

	for (size_t i = 0; i < t.n; i++) {
		if (t.v[i].below)
			kill(t.v[i].pid, sig);
	}
	free(t.v);
	return t.below;
}

size_t
proc_tree_children(pid_t *out, size_t most)
{
	struct proc_tree t = proc_tree_look(NULL, 0);
	size_t n = 0;

	for (size_t i = 0; i < t.n && n < most; i++) {
		if (t.v[i].parent == getpid())
			out[n++] = t.v[i].pid;
	}
	free(t.v);
	return n;
}

/* text has a zero behind each variable. */
static bool
tree_is_marked(const char *text, size_t len, const char *variable)
{
	size_t want = strlen(variable) + 1;
	const char *p = text, *end = text + len;

	while (p < end) {
		size_t n = strnlen(p, (size_t)(end - p)) + 1;

		if (n == want && n <= (size_t)(end - p) &&
		    memcmp(p, variable, n) == 0)
			return true;
		p += n;
	}
	return false;
}

size_t
proc_tree_kill_marked(const char *const *variables)
{
	char *text = xcalloc(1, TREE_ENVIRON);
	DIR *dir = opendir("/proc");
	size_t found = 0, i;
	ssize_t len;
	pid_t pid;

	while (dir != NULL && (pid = tree_next(dir)) != 0) {
		if (pid == getpid())
			continue;
		len = tree_read(pid, "environ", text, TREE_ENVIRON);
		for (i = 0; len > 0 && variables[i] != NULL; i++) {
			if (!tree_is_marked(text, (size_t)len, variables[i]))
				break;
		}
		if (len <= 0 || variables[i] != NULL)
			continue;
		found += kill(pid, SIGKILL) == 0;
	}
	if (dir != NULL)
		closedir(dir);
	free(text);
	return found;
}
