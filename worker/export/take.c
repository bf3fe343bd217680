/* SPDX-License-Identifier: ISC */
/* One process a host has the socket: whoever holds the lock beside it. */
#include "config.h"

#include "take.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "conf/conf.h"
#include "log/log.h"

/* The file stays: whoever removes it lets two have the lock. */
static int
take_lock(void)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s.lock", settings.trace_socket);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
	if (fd == -1)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	errno = EWOULDBLOCK;
	return -1;
}

/* What is there of a socket is of somebody who is gone. */
static int
take_bind(struct take *t)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct stat st;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return -1;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", settings.trace_socket);
	unlink(at.sun_path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	    chmod(at.sun_path, 0660) == 0 && lstat(at.sun_path, &st) == 0) {
		t->dev = st.st_dev;
		t->ino = st.st_ino;
		return fd;
	}
	close(fd);
	return -1;
}

static void
take_fail(struct take *t)
{
	int saved = errno;

	take_close(t);
	if (t->told || saved == EWOULDBLOCK)
		return;
	t->told = true;
	log_warning("spans cannot be taken",
	    LS("socket", settings.trace_socket), LS("reason", strerror(saved)));
}

/* True if the path still leads to our socket. */
static bool
take_is_there(const struct take *t)
{
	struct stat st;

	return lstat(settings.trace_socket, &st) == 0 && st.st_dev == t->dev &&
	       st.st_ino == t->ino;
}

bool
take_open(struct take *t)
{
	if (t->fd != -1 && take_is_there(t))
		return true;
	if (t->fd != -1) {
		/* The lock's file may have gone with it: another one counts. */
		log_info("the socket for spans was removed",
		    LS("socket", settings.trace_socket));
		take_close(t);
	}
	if (t->lock == -1)
		t->lock = take_lock();
	if (t->lock != -1)
		t->fd = take_bind(t);
	if (t->fd == -1)
		take_fail(t);
	return t->fd != -1;
}

void
take_close(struct take *t)
{
	if (t->fd != -1) {
		if (take_is_there(t))
			unlink(settings.trace_socket);
		close(t->fd);
	}
	if (t->lock != -1)
		close(t->lock);
	t->fd = t->lock = -1;
}

void
take_all(struct take *t, struct batch *b)
{
	static char piece[BATCH_PIECE];
	ssize_t n;

	while (t->fd != -1 &&
	       (n = recv(t->fd, piece, sizeof(piece), MSG_TRUNC)) >= 0) {
		if ((size_t)n > sizeof(piece) ||
		    !batch_add(b, piece, (size_t)n))
			log_debug("what came is no span", LI("bytes", n));
	}
}
