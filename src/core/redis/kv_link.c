/* SPDX-License-Identifier: ISC */
/* A socket to a server under a context of hiredis, with TLS between them where
 * that is wanted: hiredis has none of its own everywhere. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <hiredis/sds.h>

#include "base/clock.h"
#include "redis_own.h"

#define PORTION 16384 /* as much as one record of TLS holds */

void
kv_link_close(struct kv_link *l)
{
	if (l->tls != NULL) {
		tls_end(l->tls);
		tls_free(l->tls);
	}
	if (l->ctx != NULL)
		redisFree(l->ctx);
	l->tls = NULL;
	l->ctx = NULL;
}

/* As hiredis notes what went wrong with its own socket. */
static int
link_broken(struct kv_link *l, const char *why)
{
	l->ctx->err = REDIS_ERR_IO;
	snprintf(l->ctx->errstr, sizeof(l->ctx->errstr), "%s", why);
	errno = ECONNRESET;
	return REDIS_ERR;
}

/* Keeps why for longer than TLS does, with and without the socket. */
static int
link_fail(struct kv_link *l, const char *why)
{
	snprintf(l->text, sizeof(l->text), "%s", why);
	l->why = l->text;
	(void)link_broken(l, why);
	return -1;
}

int
kv_link_begin(struct kv_link *l, int fd, const char *host,
    const struct tls_trust *trust)
{
	const char *why = NULL;

	l->armed = 0;
	l->late = false;
	l->ctx = redisConnectFd(fd);
	if (l->ctx == NULL) {
		close(fd);
		l->why = "out of memory";
		return -1;
	}
	if (trust == NULL)
		return 0;
	l->tls = tls_new(trust, fd, host, &why);
	if (l->tls != NULL)
		return 0;
	link_fail(l, why);
	kv_link_close(l);
	return -1;
}

int
kv_link_greet(struct kv_link *l)
{
	const char *why = NULL;
	int rc = l->tls == NULL ? 1 : tls_greet(l->tls, &why);

	return rc == -1 ? link_fail(l, why) : rc;
}

/* Greets until the deadline. */
static int
link_greet(struct kv_link *l)
{
	int rc;

	while ((rc = kv_link_greet(l)) == 0) {
		struct pollfd p = { .fd = l->ctx->fd,
			.events = tls_events(l->tls) };
		int64_t left = l->deadline - clock_mono_us();

		if (left <= 0) {
			l->why = "no answer in time";
			return -1;
		}
		(void)poll(&p, 1, (int)(left / 1000 + 1));
	}
	return rc == 1 ? 0 : -1;
}

int
kv_link_open(struct kv_link *l, const struct kv_place *place,
    const struct tls_trust *trust, int64_t deadline)
{
	int fd = kv_dial(place, deadline, &l->why);

	if (fd == -1)
		return -1;
	if (trust != NULL && fcntl(fd, F_SETFL, O_NONBLOCK) == -1) {
		l->why = strerror(errno);
		close(fd);
		return -1;
	}
	if (kv_link_begin(l, fd, place->host, trust) == -1)
		return -1;
	l->deadline = deadline;
	if (link_greet(l) == -1) {
		kv_link_close(l);
		return -1;
	}
	/* Not having it only delays the notice of a silent peer. */
	if (place->path == NULL)
		redisEnableKeepAlive(l->ctx);
	return 0;
}

int
kv_link_write(struct kv_link *l, int *done)
{
	const char *why = "TLS failed";
	sds out = l->ctx->obuf;
	size_t len = sdslen(out), sent = 0;
	ssize_t n = 0;

	if (l->tls == NULL)
		return redisBufferWrite(l->ctx, done);
	if (l->ctx->err != 0)
		return REDIS_ERR;
	while (sent < len &&
	       (n = tls_send(l->tls, out + sent, len - sent, &why)) > 0)
		sent += (size_t)n;
	if (n == -1 && errno != EAGAIN)
		return link_broken(l, why);
	memmove(out, out + sent, len - sent + 1);
	sdssetlen(out, len - sent);
	*done = sent == len;
	return REDIS_OK;
}

int
kv_link_read(struct kv_link *l)
{
	const char *why = "TLS failed";
	char portion[PORTION];
	ssize_t n;

	if (l->tls == NULL)
		return redisBufferRead(l->ctx);
	if (l->ctx->err != 0)
		return REDIS_ERR;
	do {
		n = tls_recv(l->tls, portion, sizeof(portion), &why);
		if (n == -1)
			return errno == EAGAIN ? REDIS_OK : link_broken(l, why);
		if (redisReaderFeed(l->ctx->reader, portion, (size_t)n) ==
		    REDIS_ERR)
			return link_broken(l, l->ctx->reader->errstr);
	} while (tls_pending(l->tls));
	return REDIS_OK;
}

short
kv_link_events(const struct kv_link *l, bool sent)
{
	if (l->tls != NULL)
		return tls_events(l->tls);
	return sent ? POLLIN : POLLOUT;
}

const char *
kv_link_reason(const struct kv_link *l)
{
	if (l->ctx == NULL)
		return l->why;
	if (l->late || (l->ctx->err == REDIS_ERR_IO &&
			   (errno == EAGAIN || errno == EWOULDBLOCK)))
		return "no answer in time";
	return l->ctx->errstr;
}
