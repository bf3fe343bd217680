/* SPDX-License-Identifier: ISC */
/* The memory that processes count in: a file, or none but their own. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "metric_own.h"

#define METRIC_MODE 0660

/* What this process counts in.  Without a file it is memory of its own. */
static struct {
	struct metric_file *file;
	struct metric_process *row; /* NULL: there was none left */
	struct metric_process spare;
	char socket[METRIC_SOCKET];
	int fd; /* of the file; holds the lock on our row; 0: none */
	dev_t dev;
	ino_t ino;
} own;

static volatile sig_atomic_t generation = 1, shared;

const struct metric_header metric_expected = {
	.magic = METRIC_MAGIC,
	.format = METRIC_FORMAT,
	.sizes = { sizeof(struct metric_family), METRIC_FAMILIES,
	    sizeof(struct metric_series), METRIC_SERIES,
	    sizeof(struct metric_process), METRIC_PROCESSES, METRIC_VALUES },
};

_Static_assert(sizeof(struct metric_header) % 8 == 0 &&
		   sizeof(struct metric_family) % 8 == 0 &&
		   sizeof(struct metric_series) % 8 == 0 &&
		   sizeof(struct metric_process) % 8 == 0,
    "counters have to be aligned");

/* Memory of our own takes the place of the file's.  0 or -1. */
static int
metric_part(void)
{
	if (mmap(own.file, sizeof(*own.file), PROT_READ | PROT_WRITE,
		MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		return -1;
	shared = 0;
	generation++;
	return 0;
}

/* Somebody has made the file shorter. */
static void
metric_on_bus(int sig, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr, from = (uintptr_t)own.file;
	int saved = errno;

	(void)context;
	if (!shared || at - from >= sizeof(*own.file) || metric_part() == -1)
		signal(sig, SIG_DFL); /* the next try ends the process */
	errno = saved;
}

static struct metric_file *
metric_map(int fd)
{
	void *p = mmap(NULL, sizeof(*own.file), PROT_READ | PROT_WRITE,
	    fd == -1 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

struct metric_file *
metric_memory(void)
{
	if (own.file == NULL)
		own.file = metric_map(-1);
	if (own.file == NULL)
		abort(); /* without memory the process ends */
	return own.file;
}

struct metric_process *
metric_process(void)
{
	return own.row != NULL ? own.row : &own.spare;
}

unsigned
metric_generation(void)
{
	return (unsigned)generation;
}

bool
metric_is_shared(void)
{
	return shared;
}

/* --- the file --- */

/* A new file gets its name when it is whole, unless there is one by then.  0,
 * or -1 with errno set. */
static int
metric_make(const char *path)
{
	size_t len = strlen(path) + 8;
	char *name = xcalloc(len, 1);
	int fd, rc = -1, err;

	snprintf(name, len, "%s.XXXXXX", path);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd == -1) {
		free(name);
		return -1;
	}
	/* A file without its room would end us later, at a first touch. */
	errno = posix_fallocate(fd, 0, (off_t)sizeof(*own.file));
	if (errno == 0 && fchmod(fd, METRIC_MODE) == 0 &&
	    pwrite(fd, &metric_expected, sizeof(metric_expected), 0) ==
		(ssize_t)sizeof(metric_expected) &&
	    (link(name, path) == 0 || errno == EEXIST))
		rc = 0;
	err = errno;
	unlink(name);
	close(fd);
	free(name);
	errno = err;
	return rc;
}

/* What is wrong with the families, or NULL.  Only the states are looked at:
 * whoever reads a row looks at the rest of it. */
static const char *
metric_judge_rows(int fd)
{
	const size_t size = sizeof(own.file->families);
	struct metric_family *has = xcalloc(1, size);
	const char *why = NULL;

	if (pread(fd, has, size, offsetof(struct metric_file, families)) !=
	    (ssize_t)size)
		why = "it cannot be read";
	for (size_t i = 0; i < METRIC_FAMILIES && why == NULL; i++) {
		if (atomic_load(&has[i].state) > METRIC_WHOLE)
			why = "its rows are damaged";
	}
	free(has);
	return why;
}

/* NULL if it is a file to count in, else what is wrong with it.  *ours: it was
 * one, or is none of anybody, so another can take its place. */
static const char *
metric_judge(int fd, struct stat *st, bool *ours)
{
	static const struct metric_header zeros;
	struct metric_header has = { 0 };

	*ours = false;
	if (fstat(fd, st) == -1)
		return strerror(errno);
	if (!S_ISREG(st->st_mode))
		return "it is no file";
	if (pread(fd, &has, sizeof(has), 0) == -1)
		return strerror(errno);
	*ours = memcmp(&has, &metric_expected, sizeof(has)) == 0 ||
		memcmp(&has, &zeros, sizeof(has)) == 0 ||
		(own.fd > 0 && st->st_dev == own.dev && st->st_ino == own.ino);
	if (st->st_size < (off_t)sizeof(*own.file))
		return "it is too short";
	if (memcmp(&has, &metric_expected, sizeof(has)) != 0)
		return "it is not of this release: remove it, or name another";
	return metric_judge_rows(fd);
}

static struct flock
metric_lock(size_t process)
{
	return (struct flock){ .l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = (off_t)process,
		.l_len = 1 };
}

/* Removes the file at the path if it is still the one that fd has.  The lock is
 * behind those of all rows: of many that find it spoilt, one removes it, and
 * nobody what has come after. */
static void
metric_remove(const char *path, int fd, const struct stat *st)
{
	struct flock lock = metric_lock(METRIC_PROCESSES);
	struct stat now;

	if (fcntl(fd, F_OFD_SETLK, &lock) == 0 && lstat(path, &now) == 0 &&
	    now.st_dev == st->st_dev && now.st_ino == st->st_ino)
		(void)unlink(path);
}

/* A descriptor, or -1 with the reason in *why. */
static int
metric_reach(const char *path, struct stat *st, const char **why)
{
	int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

	for (int tries = 2; tries > 0; tries--) {
		int fd = open(path, flags);
		bool ours;

		if (fd == -1 && errno == ENOENT && metric_make(path) == 0)
			fd = open(path, flags);
		if (fd == -1) {
			*why = strerror(errno);
			return -1;
		}
		*why = metric_judge(fd, st, &ours);
		if (*why == NULL)
			return fd;
		if (ours)
			metric_remove(path, fd, st);
		close(fd);
		if (!ours)
			return -1;
	}
	return -1;
}

/* --- the row of the process --- */

void
metric_claim(void)
{
	own.row = NULL;
	own.spare = (struct metric_process){ 0 };
	for (size_t i = 0; i < METRIC_PROCESSES && own.row == NULL; i++) {
		struct flock lock = metric_lock(i);

		if (!shared || fcntl(own.fd, F_OFD_SETLK, &lock) == 0)
			own.row = &metric_memory()->processes[i];
		else if (errno != EAGAIN && errno != EACCES)
			break;
	}
	if (own.row == NULL)
		return;
	/* What the one before had is gone. */
	memcpy(own.row->socket, own.socket, sizeof(own.socket));
	for (size_t i = 0; i < METRIC_LEVELS; i++) {
		atomic_store(&own.row->levels[i].series, 0);
		atomic_store(&own.row->levels[i].value, 0);
	}
}

struct metric_source
metric_source(void)
{
	return (struct metric_source){ .file = metric_memory(),
		.fd = shared ? own.fd : 0,
		.own = own.row };
}

bool
metric_alive(const struct metric_source *from, const struct metric_process *p)
{
	struct flock lock = metric_lock((size_t)(p - from->file->processes));

	if (p == from->own || from->fd == 0)
		return p == from->own;
	return fcntl(from->fd, F_OFD_GETLK, &lock) == 0 &&
	       lock.l_type != F_UNLCK;
}

/* --- opening --- */

void
metric_leave(void)
{
	if (own.file != NULL)
		munmap(own.file, sizeof(*own.file));
	if (own.fd > 0)
		close(own.fd);
	own.file = NULL;
	own.row = NULL;
	own.fd = 0;
	shared = 0;
	generation++;
}

int
metric_enter(const char *path, const char **why)
{
	struct metric_file *file;
	struct stat st;
	int fd = metric_reach(path, &st, why);

	if (fd == -1)
		return -1;
	file = metric_map(fd);
	if (file == NULL) {
		*why = strerror(errno);
		close(fd);
		return -1;
	}
	metric_leave();
	own.file = file;
	own.fd = fd;
	own.dev = st.st_dev;
	own.ino = st.st_ino;
	shared = 1;
	sigaction(SIGBUS,
	    &(const struct sigaction){ .sa_sigaction = metric_on_bus,
		.sa_flags = SA_SIGINFO | SA_NODEFER },
	    NULL);
	metric_claim();
	return 0;
}

bool
metric_is_at(const char *path)
{
	struct stat st;

	return shared && stat(path, &st) == 0 && st.st_dev == own.dev &&
	       st.st_ino == own.ino;
}

const char *
metric_spoilt(void)
{
	const char *why;
	struct stat st;
	bool ours;

	if (!shared) /* with a descriptor: a touch has found it out */
		return own.fd > 0 ? "it is too short" : NULL;
	why = metric_judge(own.fd, &st, &ours);
	if (why == NULL &&
	    atomic_load(&own.file->families[0].state) == METRIC_FREE)
		why = "its rows are gone";
	if (why == NULL || metric_part() == -1)
		return why;
	metric_claim();
	return why;
}

void
metric_drop(void)
{
	own.row = NULL;
	own.spare = (struct metric_process){ 0 };
	own.socket[0] = '\0';
	generation++;
}

void
metric_listens(const char *name)
{
	snprintf(own.socket, sizeof(own.socket), "%s", name);
	memcpy(metric_process()->socket, own.socket, sizeof(own.socket));
}
