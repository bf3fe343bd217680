/* SPDX-License-Identifier: ISC */
/* Connects a socket to a Redis server, within a deadline. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/longwait.h"
#include "base/resolve.h"
#include "redis_own.h"

/* Waits until a connect that is under way has ended; its errno, or ETIMEDOUT
 * at the deadline. */
static int
kv_dial_wait(int fd, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int64_t left;
	int n, err = 0;

	do {
		left = deadline - clock_mono_us();
		if (left <= 0)
			return ETIMEDOUT;
		n = longwait_poll(&p, (int)(left / 1000 + 1));
	} while (n == 0 || (n == -1 && errno == EINTR));
	if (n == -1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1)
		return errno;
	return err;
}

/* A unix socket whose backlog is full says EAGAIN, and nothing tells when it
 * no longer is. */
static int
kv_dial_connect(int fd, const struct sockaddr *sa, socklen_t len,
    int64_t deadline)
{
	const int ms = 5;

	for (;;) {
		if (connect(fd, sa, len) == 0 || errno == EISCONN)
			return 0;
		if (errno == EINPROGRESS)
			return kv_dial_wait(fd, deadline);
		if (errno == EAGAIN) {
			if (clock_mono_us() >= deadline)
				return ETIMEDOUT;
			poll(NULL, 0, ms);
		} else if (errno != EINTR) {
			return errno;
		}
	}
}

/* One address.  The descriptor, or -1. */
static int
kv_dial_one(const struct sockaddr *sa, socklen_t len, int64_t deadline,
    const char **why)
{
	const int on = 1;
	int err, fd = socket(sa->sa_family,
		     SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1) {
		*why = strerror(errno);
		return -1;
	}
	err = kv_dial_connect(fd, sa, len, deadline);
	if (err == 0 && fcntl(fd, F_SETFL, 0) == -1)
		err = errno;
	if (err == 0) {
		if (sa->sa_family != AF_UNIX)
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
			    sizeof(on));
		return fd;
	}
	*why = err == ETIMEDOUT ? "no answer in time" : strerror(err);
	close(fd);
	return -1;
}

/* Each address has its share of the time: one that is silent does not keep us
 * from the next. */
static int
kv_dial_host(const struct kv_place *place, int64_t deadline, const char **why)
{
	struct addrinfo *list;
	int64_t now, n = 0;
	int fd = -1, rc = resolve(place->host, place->port, deadline, &list);

	if (rc != 0) {
		*why = rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc);
		return -1;
	}
	for (const struct addrinfo *at = list; at != NULL; at = at->ai_next)
		n++;
	for (const struct addrinfo *at = list; at != NULL && fd == -1;
	     at = at->ai_next, n--) {
		now = clock_mono_us();
		fd = kv_dial_one(at->ai_addr, at->ai_addrlen,
		    now + (deadline - now) / n, why);
	}
	freeaddrinfo(list);
	return fd;
}

/* The address of a unix socket.  0, or -1 with *why set. */
static int
kv_dial_path(const char *path, struct sockaddr_un *sa, const char **why)
{
	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(sa->sun_path)) {
		*why = "the path of the socket is too long";
		return -1;
	}
	snprintf(sa->sun_path, sizeof(sa->sun_path), "%s", path);
	return 0;
}

int
kv_dial(const struct kv_place *place, int64_t deadline, const char **why)
{
	struct sockaddr_un sa;

	if (place->path == NULL && place->host == NULL) {
		*why = "no usable address";
		return -1;
	}
	if (place->path == NULL)
		return kv_dial_host(place, deadline, why);
	if (kv_dial_path(place->path, &sa, why) == -1)
		return -1;
	return kv_dial_one((const struct sockaddr *)&sa, sizeof(sa), deadline,
	    why);
}

int
kv_dial_begin(const struct kv_place *place, const struct addrinfo *at,
    const char **why)
{
	struct sockaddr_un sa;
	bool unix_socket = place->path != NULL;
	int fd;

	if (unix_socket && kv_dial_path(place->path, &sa, why) == -1)
		return -1;
	fd = socket(unix_socket ? AF_UNIX : at->ai_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 &&
	    (connect(fd,
		 unix_socket ? (const struct sockaddr *)&sa : at->ai_addr,
		 unix_socket ? sizeof(sa) : at->ai_addrlen) == 0 ||
		errno == EINPROGRESS))
		return fd;
	if (errno != EAGAIN && errno != EINTR)
		*why = strerror(errno);
	if (fd != -1)
		close(fd);
	return -1;
}
