/* SPDX-License-Identifier: ISC */
/* Keeps connections, and hands them over when a request would hold them up. */
#include "config.h"

#include "kept.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "hand.h"
#include "log/log.h"

/* After so long without a pause others may have less to do. */
#define KEPT_BUSY_US (50 * 1000)

#define KEPT_END_US CLOCK_SECOND
#define KEPT_NAP_MS 10

/* In place of a slot's number: */
#define KEPT_LISTENING UINT32_MAX
#define KEPT_NEW       (UINT32_MAX - 1) /* not in the table yet */

struct kept_slot {
	int fd;       /* -1: free */
	uint32_t gen; /* counts those that were in this slot */
	bool hand;    /* what comes through it is connections */
};

struct kept {
	int listening, epoll;
	struct hand_way way;
	size_t max, size, used, n; /* of v: slots, ever used, taken */
	struct kept_slot *v;
	uint64_t handed;
	int64_t since; /* there was no pause, or 0 */
	int fd;        /* the connection in hand, and its slot */
	uint32_t in_hand;
};

static int
kept_watch(struct kept *k, int fd, uint32_t slot, uint32_t gen, uint32_t events)
{
	struct epoll_event e = { .events = events,
		.data.u64 = (uint64_t)gen << 32 | slot };

	return epoll_ctl(k->epoll, EPOLL_CTL_ADD, fd, &e);
}

/* How many there may be, with room for all other files of the process. */
static size_t
kept_limit(struct kept *k, size_t max)
{
	struct rlimit files;
	const char *why = max == 0 ? NULL : hand_open(&k->way, k->listening);

	if (why != NULL) {
		log_info("connections are not kept", LS("reason", why));
		return 0;
	}
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur / 2 < max)
		max = files.rlim_cur / 2;
	return max;
}

struct kept *
kept_new(int listening, size_t max)
{
	struct kept *k;
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll == -1)
		return NULL;
	k = xcalloc(1, sizeof(*k));
	k->listening = listening;
	k->epoll = epoll;
	k->in_hand = KEPT_NEW;
	k->max = kept_limit(k, max);
	/* What others hand over is taken, even if nothing is kept. */
	k->size = k->max + HAND_MAX;
	k->v = xcalloc(k->size, sizeof(k->v[0]));
	if (kept_watch(k, listening, KEPT_LISTENING, 0,
		EPOLLIN | EPOLLEXCLUSIVE) == 0)
		return k;
	kept_free(k);
	return NULL;
}

int
kept_fd(const struct kept *k)
{
	return k->epoll;
}

size_t
kept_count(const struct kept *k)
{
	return k->n;
}

uint64_t
kept_handed(const struct kept *k)
{
	return k->handed;
}

/* Owns fd.  Its slot, or -1 if there is none, and it is closed. */
static int
kept_add(struct kept *k, int fd, bool hand)
{
	size_t i = 0;

	while (i < k->used && k->v[i].fd != -1)
		i++;
	if (i == k->size ||
	    kept_watch(k, fd, (uint32_t)i, k->v[i].gen, EPOLLIN) == -1) {
		close(fd);
		return -1;
	}
	k->v[i].fd = fd;
	k->v[i].hand = hand;
	k->used = i == k->used ? i + 1 : k->used;
	k->n++;
	return (int)i;
}

/* Empties a slot.  The connection is no longer watched, which closing it would
 * not see to while another process has it, too. */
static int
kept_take(struct kept *k, size_t i)
{
	int fd = k->v[i].fd;

	epoll_ctl(k->epoll, EPOLL_CTL_DEL, fd, NULL);
	k->v[i].fd = -1;
	k->v[i].gen++;
	k->n--;
	return fd;
}

/* Takes the connections that come through a slot, if they are there. */
static void
kept_receive(struct kept *k, size_t i)
{
	int fds[HAND_MAX], n = hand_take(k->v[i].fd, fds);

	if (n == -1)
		return;
	close(kept_take(k, i));
	while (n > 0)
		(void)kept_add(k, fds[--n], false);
}

/* Hands over every step-th connection, but not the one in hand. */
static void
kept_hand(struct kept *k, size_t step)
{
	size_t slots[HAND_MAX], n = 0, nth = 0;
	int fds[HAND_MAX], by;

	for (size_t i = 0; i < k->used; i++)
		if (k->v[i].fd != -1 && k->v[i].hand)
			kept_receive(k, i);
	for (size_t i = 0; i < k->used && n < HAND_MAX; i++)
		if (k->v[i].fd != -1 && !k->v[i].hand && i != k->in_hand &&
		    nth++ % step == 0) {
			fds[n] = k->v[i].fd;
			slots[n++] = i;
		}
	by = n == 0 ? -1 : hand_connect(&k->way);
	if (by == -1)
		return;
	if (hand_send(by, fds, n) == 0) {
		k->handed += n;
		while (n > 0)
			close(kept_take(k, slots[--n]));
	}
	close(by);
}

void
kept_pass(struct kept *k)
{
	for (size_t before = SIZE_MAX; k->n > 0 && k->n < before;) {
		before = k->n;
		kept_hand(k, 1);
	}
}

static int
kept_put(struct kept *k, int fd, uint32_t slot)
{
	k->fd = fd;
	k->in_hand = slot;
	return fd;
}

static int
kept_accept(struct kept *k)
{
	struct sockaddr_un sa;
	socklen_t len = sizeof(sa);
	int fd, slot;

	fd = accept4(k->listening, (struct sockaddr *)&sa, &len, SOCK_CLOEXEC);
	if (fd == -1)
		return -1;
	if (len <= sizeof(sa_family_t) || !hand_is(fd, &sa, len))
		return kept_put(k, fd, KEPT_NEW);
	slot = kept_add(k, fd, true);
	if (slot != -1)
		kept_receive(k, (size_t)slot);
	errno = EAGAIN;
	return -1;
}

/* Something is to be read. */
static int
kept_ready(struct kept *k, const struct epoll_event *e)
{
	uint32_t slot = (uint32_t)e->data.u64;

	if (slot == KEPT_LISTENING)
		return kept_accept(k);
	errno = EAGAIN;
	if (k->v[slot].fd == -1 || k->v[slot].gen != e->data.u64 >> 32)
		return -1;
	if (!k->v[slot].hand && (e->events & EPOLLHUP) == 0)
		return kept_put(k, k->v[slot].fd, slot);
	if (k->v[slot].hand)
		kept_receive(k, slot);
	else
		close(kept_take(k, slot)); /* the web server has done so */
	errno = EAGAIN;
	return -1;
}

int
kept_next(struct kept *k, int ms)
{
	struct epoll_event e;
	int64_t now;
	int fd, n;

	/* Who keeps none can as well accept first. */
	if (k->n == 0) {
		fd = kept_accept(k);
		if (fd != -1 || errno != EAGAIN)
			return fd;
	}
	now = clock_mono_us();
	if (k->since != 0 && now - k->since > KEPT_BUSY_US) {
		kept_hand(k, 2);
		k->since = 0;
	}
	n = epoll_wait(k->epoll, &e, 1, 0);
	if (n == 0) {
		k->since = 0;
		n = epoll_wait(k->epoll, &e, 1, ms);
	} else if (k->since == 0) {
		k->since = now;
	}
	if (n == 1)
		return kept_ready(k, &e);
	errno = n == 0 ? EAGAIN : errno;
	return -1;
}

bool
kept_room(struct kept *k)
{
	size_t others = k->n - (k->in_hand == KEPT_NEW ? 0 : 1);

	if (others >= k->max && k->max > 0)
		kept_hand(k, 2);
	return k->n - (k->in_hand == KEPT_NEW ? 0 : 1) < k->max;
}

void
kept_done(struct kept *k)
{
	if (k->in_hand == KEPT_NEW)
		(void)kept_add(k, k->fd, false);
	k->in_hand = KEPT_NEW;
}

void
kept_gone(struct kept *k)
{
	if (k->in_hand != KEPT_NEW)
		kept_take(k, k->in_hand);
	k->in_hand = KEPT_NEW;
}

void
kept_free(struct kept *k)
{
	int64_t until = clock_mono_us() + KEPT_END_US;

	kept_pass(k);
	while (k->n > 0 && clock_mono_us() < until) {
		poll(NULL, 0, KEPT_NAP_MS);
		kept_pass(k);
	}
	for (size_t i = 0; i < k->used; i++)
		if (k->v[i].fd != -1)
			close(k->v[i].fd);
	close(k->epoll);
	free(k->v);
	free(k);
}
