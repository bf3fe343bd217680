/* SPDX-License-Identifier: ISC */
/* What the files of this folder share: the inside of a connection. */
#ifndef REDIS_OWN_H
#define REDIS_OWN_H

#include <sys/time.h>

#include <hiredis/hiredis.h>

#include "kv_conn.h"
#include "text/kv_url.h"

#define KV_RUN_ID 64

struct kv {
	struct kv_options o;
	struct kv_url url;
	redisContext *ctx;
	unsigned connections;
	char run_id[KV_RUN_ID];
	char last_run[KV_RUN_ID]; /* kept when the connection is gone */
	int64_t retry_at; /* leave Redis alone until then; 0: circuit closed */
	int64_t back_since;
	bool down;   /* said in the log, and not taken back yet */
	bool denied; /* the last that failed: by an error of its own */
	int64_t refusal_said_at;
	const struct kv_word *also; /* to be sent as well; or NULL */
	size_t also_n;
	bool also_sent; /* it has arrived */
};

/* Closes what there is, and connects, whatever the circuit says.  0, or -1 with
 * an open circuit. */
int kv_connect(struct kv *kv) MUSTCHECK;

/* Opens the circuit: one line when the trouble begins, none while it lasts. */
void kv_fail(struct kv *kv, const char *reason);

/* Why the connection is of no use. */
const char *kv_reason(const struct kv *kv);

/* Sends words and reads the answer, which the caller frees; NULL if the
 * connection is broken.  kv_put only puts them behind what is still to be
 * sent; REDIS_OK or REDIS_ERR. */
redisReply *kv_exchange(struct kv *kv, size_t n, const struct kv_word *words);
int kv_put(struct kv *kv, size_t n, const struct kv_word *words) MUSTCHECK;

struct timeval kv_timeval(int64_t ms);

#endif
