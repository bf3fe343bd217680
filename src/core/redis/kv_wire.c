/* SPDX-License-Identifier: ISC */
/*
 * One exchange over a hiredis connection, until a deadline.  The socket itself
 * ends a wait (SO_RCVTIMEO), so that an exchange is one write and one read.
 * Whatever goes on after that, because a signal came or only a part of the
 * answer, has the time that is left.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "redis_own.h"

#define KV_WORDS    64    /* of a usual command; more need memory */
#define KV_EXACT_US 50000 /* so much too long or too short a wait may be */

const char *
kv_reason(const struct kv *kv)
{
	if (kv->ctx == NULL)
		return kv->why;
	if (kv->late || (kv->ctx->err == REDIS_ERR_IO &&
			    (errno == EAGAIN || errno == EWOULDBLOCK)))
		return "no answer in time";
	return kv->ctx->errstr;
}

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
kv_arm(struct kv *kv, int64_t us)
{
	const struct timeval t = { .tv_sec = us / CLOCK_SECOND,
		.tv_usec = us % CLOCK_SECOND };

	kv->armed = us;
	return redisSetTimeout(kv->ctx, t);
}

/* True if there is time left for one more wait, which will end in time. */
static bool
kv_has_time(struct kv *kv)
{
	int64_t left = kv->deadline - clock_mono_us();

	kv->late = left <= 0;
	return !kv->late &&
	       ((kv->armed > 0 && llabs(kv->armed - left) <= KV_EXACT_US) ||
		   kv_arm(kv, left) == REDIS_OK);
}

void
kv_start(struct kv *kv, int64_t deadline)
{
	kv->deadline = deadline;
	kv->late = false;
}

redisReply *
kv_reply(struct kv *kv)
{
	void *r = NULL;
	int done = 0;

	while (done == 0)
		if (!kv_has_time(kv) ||
		    redisBufferWrite(kv->ctx, &done) == REDIS_ERR)
			return NULL;
	while (redisGetReplyFromReader(kv->ctx, &r) == REDIS_OK && r == NULL)
		if (!kv_has_time(kv) || redisBufferRead(kv->ctx) == REDIS_ERR)
			return NULL;
	return r;
}

redisReply *
kv_exchange(struct kv *kv, size_t n, const struct kv_word *words)
{
	return kv_append(kv->ctx, n, words) == REDIS_ERR ? NULL : kv_reply(kv);
}
