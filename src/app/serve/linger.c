/* SPDX-License-Identifier: ISC */
/* Reads what nobody wants, without ever waiting for it alone. */
#include "config.h"

#include "linger.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "conf/conf.h"

#define LINGER_TICK_MS 1000
#define LINGER_READS   64 /* from one connection in a row */

static void
linger_drop(struct lingering *l, size_t i)
{
	close(l->v[i].fd);
	l->n--;
	memmove(&l->v[i], &l->v[i + 1], (l->n - i) * sizeof(l->v[0]));
}

void
linger_add(struct lingering *l, int fd)
{
	if (l->n == LINGER_MAX)
		linger_drop(l, 0);
	shutdown(fd, SHUT_WR);
	l->v[l->n].fd = fd;
	l->v[l->n].until = clock_mono_us() + settings.http_io_timeout * 1000;
	l->n++;
}

/* False if there will be nothing more. */
static bool
linger_read(int fd)
{
	char waste[16384];
	ssize_t n = 0;

	for (int i = 0; i < LINGER_READS; i++) {
		n = recv(fd, waste, sizeof(waste), MSG_DONTWAIT);
		if (n <= 0)
			break;
	}
	return n > 0 || (n == -1 && (errno == EAGAIN || errno == EINTR));
}

bool
linger_wait(struct lingering *l, int listening)
{
	struct pollfd fds[LINGER_MAX + 1];
	size_t n = l->n;
	int ready;

	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = l->v[i].fd, .events = POLLIN };
	fds[n] = (struct pollfd){ .fd = listening, .events = POLLIN };
	ready = poll(fds, n + 1, LINGER_TICK_MS);
	for (size_t i = n; i-- > 0;) {
		if ((ready > 0 && fds[i].revents != 0 &&
			!linger_read(l->v[i].fd)) ||
		    clock_mono_us() >= l->v[i].until)
			linger_drop(l, i);
	}
	return ready > 0 && fds[n].revents != 0;
}

void
linger_clear(struct lingering *l)
{
	while (l->n > 0)
		linger_drop(l, l->n - 1);
}
