/* SPDX-License-Identifier: ISC */
/* Sends open connections through the listening socket of the processes. */
#include "config.h"

#include "hand.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* The sender has this name and a random one behind it, so that whoever accepts
 * knows it at once: a web server's sockets have no name. */
static const char hand_name[] = "errand.fcgi/";

#define HAND_NAME (sizeof(hand_name) - 1)

union hand_control {
	char space[CMSG_SPACE(HAND_MAX * sizeof(int))];
	struct cmsghdr align;
};

const char *
hand_open(struct hand_way *w, int listening)
{
	w->len = sizeof(w->to);
	if (getsockname(listening, (struct sockaddr *)&w->to, &w->len) == -1)
		return strerror(errno);
	if (w->to.sun_family != AF_UNIX)
		return "it is no unix socket";
	if (w->len <= offsetof(struct sockaddr_un, sun_path))
		return "it has no name";
	if (w->to.sun_path[0] != '\0' &&
	    faccessat(AT_FDCWD, w->to.sun_path, W_OK, AT_EACCESS) == -1)
		return strerror(errno);
	return NULL;
}

int
hand_to(struct hand_way *w, const char *path)
{
	const size_t len = strlen(path);

	w->to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len == 0 || len >= sizeof(w->to.sun_path))
		return -1;
	memcpy(w->to.sun_path, path, len);
	w->len = sizeof(w->to);
	return 0;
}

int
hand_connect(const struct hand_way *w)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	uint64_t random;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int n;

	if (fd == -1)
		return -1;
	/* sun_path[0] is 0: a name that is in no folder. */
	if (getrandom(&random, sizeof(random), 0) == sizeof(random) &&
	    (n = snprintf(own.sun_path + 1, sizeof(own.sun_path) - 1,
		 "%s%016" PRIx64, hand_name, random)) > 0 &&
	    bind(fd, (struct sockaddr *)&own,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			    (size_t)n)) == 0 &&
	    connect(fd, (const struct sockaddr *)&w->to, w->len) == 0)
		return fd;
	close(fd);
	return -1;
}

int
hand_send(int by, const int *fds, size_t n)
{
	union hand_control control = { 0 };
	char byte = 0;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	return sendmsg(by, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0 : -1;
}

bool
hand_is(int fd, const struct sockaddr_un *peer, socklen_t len)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	return len > offsetof(struct sockaddr_un, sun_path) + 1 + HAND_NAME &&
	       peer->sun_family == AF_UNIX && peer->sun_path[0] == '\0' &&
	       memcmp(peer->sun_path + 1, hand_name, HAND_NAME) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 &&
	       who.uid == geteuid();
}

int
hand_take(int by, int fds[HAND_MAX])
{
	union hand_control control = { 0 };
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space) };
	struct cmsghdr *c;
	size_t size;
	ssize_t n = recvmsg(by, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return -1;
	if (n != 1)
		return 0;
	c = CMSG_FIRSTHDR(&m);
	if (c == NULL || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_RIGHTS)
		return 0;
	size = c->cmsg_len - CMSG_LEN(0);
	memcpy(fds, CMSG_DATA(c), size);
	return (int)(size / sizeof(int));
}
