/* SPDX-License-Identifier: ISC */
/*
 * One exchange over a hiredis connection, until a deadline.  The socket itself
 * ends a wait (SO_RCVTIMEO), so that an exchange is one write and one read.
 * Whatever goes on after that, because a signal came or only a part of the
 * answer, has the time that is left.  With TLS nothing waits but poll.
 */
#include "config.h"

#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "redis_own.h"

#define KV_WORDS    64    /* of a usual command; more need memory */
#define KV_EXACT_US 50000 /* so much too long or too short a wait may be */

int
kv_append(redisContext *ctx, size_t n, const struct kv_word *words)
{
	const char *few[KV_WORDS] = { NULL }, **argv = few;
	size_t few_lens[KV_WORDS] = { 0 }, *lens = few_lens;
	int rc;

	if (n > KV_WORDS) {
		argv = xcalloc(n, sizeof(*argv));
		lens = xcalloc(n, sizeof(*lens));
	}
	for (size_t i = 0; i < n; i++) {
		argv[i] = words[i].data;
		lens[i] = words[i].len;
	}
	rc = redisAppendCommandArgv(ctx, (int)n, argv, lens);
	if (n > KV_WORDS) {
		free(argv);
		free(lens);
	}
	return rc;
}

/* From now on a wait in the kernel ends after us. */
static int
kv_arm(struct kv_link *l, int64_t us)
{
	const struct timeval t = { .tv_sec = us / CLOCK_SECOND,
		.tv_usec = us % CLOCK_SECOND };

	l->armed = us;
	return redisSetTimeout(l->ctx, t);
}

/* Waits until TLS can go on.  True if there is time left. */
static bool
kv_wait_tls(struct kv_link *l, int64_t left)
{
	struct pollfd p = { .fd = l->ctx->fd, .events = tls_events(l->tls) };

	(void)poll(&p, 1, (int)(left / 1000 + 1));
	l->late = clock_mono_us() >= l->deadline;
	return !l->late;
}

/* True if there is time left for one more wait, which will end in time.  TLS
 * has done what it can without a wait, unless this is the first. */
static bool
kv_has_time(struct kv_link *l, bool first)
{
	int64_t left = l->deadline - clock_mono_us();

	l->late = left <= 0;
	if (l->late)
		return false;
	if (l->tls != NULL)
		return first || kv_wait_tls(l, left);
	return (l->armed > 0 && llabs(l->armed - left) <= KV_EXACT_US) ||
	       kv_arm(l, left) == REDIS_OK;
}

void
kv_start(struct kv_link *l, int64_t deadline)
{
	l->deadline = deadline;
	l->late = false;
}

redisReply *
kv_reply(struct kv_link *l)
{
	void *r = NULL;
	int done = 0;

	for (bool first = true; done == 0; first = false)
		if (!kv_has_time(l, first) ||
		    kv_link_write(l, &done) == REDIS_ERR)
			return NULL;
	for (bool first = true;
	     redisGetReplyFromReader(l->ctx, &r) == REDIS_OK && r == NULL;
	     first = false)
		if (!kv_has_time(l, first) || kv_link_read(l) == REDIS_ERR)
			return NULL;
	return r;
}

redisReply *
kv_exchange(struct kv_link *l, size_t n, const struct kv_word *words)
{
	return kv_append(l->ctx, n, words) == REDIS_ERR ? NULL : kv_reply(l);
}
