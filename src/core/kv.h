/* SPDX-License-Identifier: ISC */
/* The Redis connection: deadlines, a circuit that opens, scripts. */
#ifndef KV_H
#define KV_H

#include <hiredis/hiredis.h>

#include "arena.h"
#include "base.h"

struct kv;

/* Reads [redis]; connects at first use. */
struct kv *kv_new(void);
void kv_free(struct kv *kv);

/* A command as words; binary safe. */
struct kv_word {
	const char *data;
	size_t len;
};
#define KV(s)     ((struct kv_word){ (s), strlen(s) })
#define KVN(p, n) ((struct kv_word){ (p), (n) })

/* Sends one command and waits for its answer, which belongs to the arena.
 * NULL if Redis cannot be reached in time, or left alone because it could not
 * be a moment ago (logged when that begins and ends), or if it answers with
 * an error (logged). */
const redisReply *kv_run(struct kv *kv, struct arena *a, size_t n,
    const struct kv_word *words);

/* A Lua script; its digest is filled in at first use. */
struct kv_script {
	const char *text;
	char sha1[41];
};

/* Runs a script by its digest (and by its text if Redis does not know it):
 * the first nkeys words are its keys.  As kv_run. */
const redisReply *kv_eval(struct kv *kv, struct arena *a,
    struct kv_script *script, size_t nkeys, size_t n,
    const struct kv_word *words);

/* Connects if need be, unless Redis is being left alone.  True if there is a
 * connection. */
bool kv_up(struct kv *kv);

/* Leaves Redis alone no longer: for whoever keeps pauses of his own. */
void kv_retry(struct kv *kv);

/* The run id of the server at the other end: changes with every restart of
 * Redis.  "" without a connection. */
const char *kv_run_id(const struct kv *kv);

/* When Redis last came back after it had been unreachable, or another run of it
 * was found in its place (clock_mono_us); 0 if neither ever happened. */
int64_t kv_back_since(const struct kv *kv);

#endif
