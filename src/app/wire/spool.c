/* SPDX-License-Identifier: ISC */
/* Keeps a long text in a file that nobody else sees. */
#include "config.h"

#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

#define SPOOL_ROOM ((size_t)256 * 1024)

struct spool {
	const char *folder;
	int fd;          /* -1: all of it is in b */
	struct buf b;    /* what is not in the file yet */
	int64_t written; /* to the file */
	int64_t read;
};

static void
spool_free(void *arg)
{
	struct spool *s = arg;

	buf_free(&s->b);
	if (s->fd != -1)
		close(s->fd);
}

struct spool *
spool_new(struct arena *a, const char *folder)
{
	struct spool *s = arena_alloc(a, sizeof(*s));

	*s = (struct spool){ .folder = folder, .fd = -1 };
	arena_defer(a, spool_free, s);
	return s;
}

/* A file that is gone with its descriptor. */
static int
spool_open(const char *folder)
{
	char name[1200];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd != -1 ||
	    (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
	/* Not all file systems have that. */
	snprintf(name, sizeof(name), "%s/errand-XXXXXX", folder);
	fd = mkostemp(name, O_CLOEXEC);
	if (fd != -1)
		(void)unlink(name);
	return fd;
}

static int
spool_flush(struct spool *s)
{
	size_t done = 0;

	if (s->fd == -1)
		s->fd = spool_open(s->folder);
	if (s->fd == -1)
		return -1;
	while (done < s->b.len) {
		ssize_t n = write(s->fd, s->b.data + done, s->b.len - done);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		done += (size_t)n;
	}
	s->written += (int64_t)done;
	buf_clear(&s->b);
	return 0;
}

int
spool_add(struct spool *s, const char *text, size_t len)
{
	buf_add(&s->b, text, len);
	return s->b.len < SPOOL_ROOM ? 0 : spool_flush(s);
}

int64_t
spool_len(const struct spool *s)
{
	return s->written + (int64_t)s->b.len;
}

ssize_t
spool_next(struct spool *s, char *to, size_t size)
{
	size_t at;
	ssize_t n;

	if (s->read < s->written) {
		do
			n = pread(s->fd, to, size, s->read);
		while (n == -1 && errno == EINTR);
		if (n == 0)
			errno = EIO; /* somebody has cut it off */
		if (n <= 0)
			return -1;
		/* What is in memory follows by itself. */
		s->read += n;
		return n;
	}
	at = (size_t)(s->read - s->written);
	if (size > s->b.len - at)
		size = s->b.len - at;
	if (size > 0)
		memcpy(to, s->b.data + at, size);
	s->read += (int64_t)size;
	return (ssize_t)size;
}
