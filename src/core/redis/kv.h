/* SPDX-License-Identifier: ISC */
/* What is said over a Redis connection: commands, scripts, messages. */
#ifndef KV_H
#define KV_H

#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "base/base.h"
#include "kv_conn.h"

/* Sends one command and waits for its answer, which belongs to the arena.
 * NULL if Redis cannot be reached in time, or left alone because it could not
 * be a moment ago (logged when that begins and ends), or if it answers with
 * an error (logged). */
const redisReply *kv_run(struct kv *kv, struct arena *a, size_t n,
    const struct kv_word *words);

/* Sets and deletes the key of the options that is for this.  False if Redis
 * cannot be reached, or refuses. */
bool kv_writes(struct kv *kv, struct arena *a) MUSTCHECK;

/* Looks whether the server of the broker throws away what it has, or grows
 * without a limit beside the cache.  *words says so, or is NULL.  False if it
 * does not tell. */
bool kv_memory(struct kv *cache, struct kv *broker, struct arena *a,
    const char **words) MUSTCHECK;

/* Sends one more command in the same piece as the next one of kv_run or
 * kv_eval on this connection, behind it; its reply is discarded.  The words
 * stay as they are until kv_also_sent, which ends that: true if the command
 * has arrived, false if it has not or there was none. */
void kv_also(struct kv *kv, size_t n, const struct kv_word *words);
bool kv_also_sent(struct kv *kv);

/* The same as kv_run for a command that may block for ms milliseconds at the
 * server. */
const redisReply *kv_run_slow(struct kv *kv, struct arena *a, size_t n,
    const struct kv_word *words, int ms);

/* For a connection that has subscribed (by kv_run): waits at most ms for the
 * next message.  NULL if none came, if a signal came, or if the connection
 * was lost: then kv_live says so, and the subscription is gone.  kv_run on
 * such a connection must be a SUBSCRIBE again, or PING. */
const redisReply *kv_listen(struct kv *kv, struct arena *a, int ms);

/* True if r is an array that begins with these elements: s is a text, i a
 * number, a an array of texts; * at the end: all others are texts.  Anything
 * but NULL that is not is logged, with the name of what was asked. */
bool kv_fits(const redisReply *r, const char *shape, const char *name)
    MUSTCHECK;

/* A Lua script; its digest is filled in at first use. */
struct kv_script {
	const char *text;
	char sha1[41];
};

/* The keys of a script, and behind them its other arguments. */
struct kv_args {
	size_t nkeys; /* of the n words */
	size_t n;
	const struct kv_word *words;
};

/* Runs a script by its digest (and by its text if Redis does not know it).  As
 * kv_run. */
const redisReply *kv_eval(struct kv *kv, struct arena *a,
    struct kv_script *script, const struct kv_args *args);

#endif
