/* SPDX-License-Identifier: ISC */
/* Passes requests on, so that each is answered by one process. */
#include "config.h"

#include "pass.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/longwait.h"
#include "conf/conf.h"
#include "hand.h"
#include "log/log.h"

#define PASS_MAGIC   0x45525731u           /* of both sides' version, "ERW1" */
#define PASS_MAX     ((uint32_t)64 * 1024) /* bytes of parameters */
#define PASS_MS      1000                  /* to wait until it is taken */
#define PASS_REST_US (5 * CLOCK_SECOND)    /* after nobody took one */
#define PASS_READ    4096
#define PASS_LONG    0x80000000u /* of a length: it has four bytes */

/* Goes before the parameters.  Both sides are of one machine. */
struct pass_head {
	uint32_t magic;
	uint32_t len; /* of the parameters */
	uint32_t id;
};

/* --- errand.fcgi --- */

static void
pass_length(struct buf *b, size_t n)
{
	uint32_t word = htobe32((uint32_t)n | PASS_LONG);

	buf_add(b, &word, sizeof(word));
}

/* The parameters as FastCGI has them, out of "NAME=value".  False if there are
 * too many. */
static bool
pass_params(struct buf *b, char **env)
{
	for (; *env != NULL && b->len <= PASS_MAX; env++) {
		const char *equals = strchr(*env, '=');

		if (equals == NULL)
			continue;
		pass_length(b, (size_t)(equals - *env));
		pass_length(b, strlen(equals + 1));
		buf_add(b, *env, (size_t)(equals - *env));
		buf_adds(b, equals + 1);
	}
	return b->len <= PASS_MAX;
}

static bool
pass_send(int by, const FCGX_Request *r)
{
	struct buf params = { 0 }, all = { 0 };
	bool sent = false;

	if (pass_params(&params, r->envp)) {
		const struct pass_head head = { PASS_MAGIC,
			(uint32_t)params.len, (uint32_t)r->requestId };

		buf_add(&all, &head, sizeof(head));
		buf_add(&all, params.data, params.len);
		sent = hand_send(by, &r->ipcFd, 1) == 0 &&
		       send(by, all.data, all.len,
			   MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)all.len;
	}
	buf_free(&params);
	buf_free(&all);
	return sent;
}

/* Whether it was taken.  Who closes its side for reading first, and looks then,
 * knows: what the other side says later does not arrive, and it is told so. */
static bool
pass_is_taken(int by)
{
	const int64_t until = clock_mono_us() + PASS_MS * 1000;
	struct pollfd p = { .fd = by, .events = POLLIN };
	int64_t left = PASS_MS;
	char byte;

	while (left > 0 && longwait_poll(&p, (int)left) == -1 && errno == EINTR)
		left = (until - clock_mono_us()) / 1000;
	shutdown(by, SHUT_RD);
	return recv(by, &byte, 1, MSG_DONTWAIT) == 1;
}

bool
pass_request(const FCGX_Request *r)
{
	static int64_t rest_until;
	const int64_t now = clock_mono_us();
	struct hand_way way;
	bool taken;
	int by;

	if (now < rest_until || hand_to(&way, settings.stream_socket) == -1)
		return false;
	by = hand_connect(&way);
	if (by == -1)
		return false;
	taken = pass_send(by, r) && pass_is_taken(by);
	close(by);
	if (!taken && clock_mono_us() - now >= PASS_MS * 1000) {
		log_warning("errand-stream takes no request that waits");
		rest_until = clock_mono_us() + PASS_REST_US;
	}
	return taken;
}

/* --- errand-stream --- */

/* The connection comes first.  1: it is there. */
static int
pass_read_fd(int by, struct passed *p)
{
	int fds[HAND_MAX], n = hand_take(by, fds);

	if (n == -1)
		return 0;
	while (n > 1)
		close(fds[--n]);
	p->fd = n == 1 ? fds[0] : -1;
	return n == 1 ? 1 : -1;
}

/* 1: all of it is there. */
static int
pass_whole(struct passed *p)
{
	struct pass_head head;

	if (p->data.len < sizeof(head))
		return 0;
	memcpy(&head, p->data.data, sizeof(head));
	if (head.magic != PASS_MAGIC || head.len > PASS_MAX ||
	    head.id > UINT16_MAX || p->data.len > sizeof(head) + head.len)
		return -1;
	if (p->data.len < sizeof(head) + head.len)
		return 0;
	p->id = (uint16_t)head.id;
	p->params = p->data.data + sizeof(head);
	p->len = head.len;
	return 1;
}

int
pass_read(int by, struct passed *p)
{
	char data[PASS_READ];
	ssize_t n;
	int rc = p->fd == -1 ? pass_read_fd(by, p) : 1;

	if (rc != 1)
		return rc;
	while ((rc = pass_whole(p)) == 0) {
		n = recv(by, data, sizeof(data), MSG_DONTWAIT);
		if (n > 0)
			buf_add(&p->data, data, (size_t)n);
		else if (n == 0 || errno != EINTR)
			return n == -1 && errno == EAGAIN ? 0 : -1;
	}
	return rc;
}

bool
pass_take(int by)
{
	return send(by, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

void
pass_clear(struct passed *p)
{
	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
	buf_free(&p->data);
}
