/* SPDX-License-Identifier: ISC */
/* The Redis connection: deadlines, a circuit that opens, scripts. */
#ifndef KV_H
#define KV_H

#include <hiredis/hiredis.h>

#include "base/arena.h"
#include "base/base.h"

struct kv;

/* Texts and name are borrowed for as long as the kv lives. */
struct kv_options {
	const char *name;     /* what the log calls it, such as "redis" */
	const char *url;      /* see kv_url.h */
	const char *username; /* "": what the url says */
	const char *password; /* "": what the url says */
	int64_t timeout;      /* milliseconds, for a connection or an answer */
	int64_t retry;        /* milliseconds that it is left alone when down */
};

/* Connects at first use. */
struct kv *kv_new(const struct kv_options *options);
void kv_free(struct kv *kv);

/* As [redis] says, and as [broker] says ([redis] where its url is empty). */
struct kv *kv_new_redis(void);
struct kv *kv_new_broker(void);

/* What kv_new_broker would use. */
void kv_broker_options(struct kv_options *options);

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

/* The words, which stay as they are until then, go along with the next command
 * of kv_run or kv_eval on this connection, behind it; nobody hears what Redis
 * says to them.  kv_rode ends that: true if they have arrived, false if they
 * have not or there were none. */
void kv_ride(struct kv *kv, size_t n, const struct kv_word *words);
bool kv_rode(struct kv *kv);

/* The same as kv_run for a command that may block for ms milliseconds at the
 * server. */
const redisReply *kv_run_slow(struct kv *kv, struct arena *a, size_t n,
    const struct kv_word *words, int ms);

/* For a connection that has subscribed (by kv_run): waits at most ms for the
 * next message.  NULL if none came, if a signal came, or if the connection
 * was lost: then kv_live says so, and the subscription is gone.  kv_run on
 * such a connection must be a SUBSCRIBE again, or PING. */
const redisReply *kv_listen(struct kv *kv, struct arena *a, int ms);

/* The descriptor for poll, or -1 without a connection.  Messages that were
 * read already do not show there: call kv_listen with 0 until NULL first. */
int kv_fd(const struct kv *kv);

/* Counts connections: another number than before means that subscriptions
 * were lost.  0 without a connection; never connects. */
unsigned kv_live(const struct kv *kv);

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
