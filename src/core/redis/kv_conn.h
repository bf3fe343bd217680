/* SPDX-License-Identifier: ISC */
/* The Redis connection: where it goes, its deadlines, a circuit that opens. */
#ifndef KV_CONN_H
#define KV_CONN_H

#include <poll.h>
#include <string.h>

#include "base/base.h"
#include "base/tls.h"

struct kv;

/* Texts and name are borrowed for as long as the kv lives. */
struct kv_options {
	const char *name;       /* what the log calls it, such as "redis" */
	const char *url;        /* see kv_url.h */
	const char *username;   /* "": what the url says */
	const char *password;   /* "": what the url says */
	struct tls_options tls; /* counts where the url has TLS and does not say
				   it itself */
	const char *master; /* what sentinels call it; NULL: as the url says */
	/* For the sentinels themselves; NULL or "": they want no login. */
	const char *sentinel_username, *sentinel_password;
	int64_t timeout; /* milliseconds, for a connection or an answer */
	int64_t retry;   /* milliseconds that it is left alone when down */
	bool any_run;    /* it is of use though it does not tell its run id */
	/* A key that is set and deleted to see whether that is allowed; a
	 * server that refuses it is down.  NULL: nobody cares. */
	const char *probe_key;
};

/* Connects at first use. */
struct kv *kv_new(const struct kv_options *options);
void kv_free(struct kv *kv);

/* As [redis] says, and as [broker] says ([redis] where its url is empty). */
struct kv *kv_new_redis(void);
struct kv *kv_new_broker(void);

/* As [broker] result_url says, or NULL where results are on the broker. */
struct kv *kv_new_results(void);

/* What kv_new_redis and kv_new_broker would use. */
void kv_redis_options(struct kv_options *options);
void kv_broker_options(struct kv_options *options);

/* A command as words; binary safe. */
struct kv_word {
	const char *data;
	size_t len;
};
#define KV(s)     ((struct kv_word){ (s), strlen(s) })
#define KVN(p, n) ((struct kv_word){ (p), (n) })

/* Connects if need be, unless Redis is being left alone.  True if there is a
 * connection. */
bool kv_up(struct kv *kv);

/* After something has failed: true if Redis is there and said no, false if it
 * cannot be reached. */
bool kv_denied(const struct kv *kv);

/* What its user had no right to within the last minute, as words behind "has not
 * the right to"; or NULL. */
const char *kv_missing_right(const struct kv *kv);

/* Which key was of another type than we need within the last minute, or NULL.
 */
const char *kv_odd_key(const struct kv *kv);

/* A script has found that of this one. */
void kv_tell_odd(struct kv *kv, const char *key);

/* Closes the circuit, so that the next call tries again: for callers that pause
 * by themselves. */
void kv_retry(struct kv *kv);

/* The run id of the server at the other end: changes with every restart of
 * Redis.  "" without a connection; always the same where any_run is set and our
 * user has no right to INFO. */
const char *kv_run_id(const struct kv *kv);

/* Looks about once a second where the address leads to now, over a second
 * connection, and whether writes are taken there.  Never waits, so it is to be
 * called again and again.  Without a connection nothing is looked at. */
struct kv_look;
struct kv_look *kv_look_new(struct kv *kv); /* borrows it */
void kv_look_free(struct kv_look *l);
enum kv_seen {
	KV_SEEN_NOTHING, /* yet */
	KV_SEEN_SAME,
	KV_SEEN_OTHER, /* another run than ours */
	KV_SEEN_LOST   /* none, or it refuses: the circuit is open now */
};
enum kv_seen kv_look(struct kv_look *l);

/* True if a look is under way; then poll can wait with *p for it to go on. */
bool kv_looking(const struct kv_look *l, struct pollfd *p);

/* Closes the connection; the next call makes another. */
void kv_leave(struct kv *kv);

/* How long it counts, in milliseconds, that most sentinels named a server. */
#define KV_SURE_MS 2000

/* True if sentinels name the server. */
bool kv_is_named(const struct kv *kv);

/* True if our server was named by most of them (of two, by one) when they were
 * last asked, less than KV_SURE_MS ago.  A kv_look asks.  Always true where
 * there are no sentinels. */
bool kv_sure(const struct kv *kv);

/* When Redis last came back after it had been unreachable, or another run of it
 * was found in its place (clock_mono_us); 0 if neither ever happened. */
int64_t kv_back_since(const struct kv *kv);

/* The descriptor for poll, or -1 without a connection.  Messages that were
 * read already do not show there: call kv_listen with 0 until NULL first. */
int kv_fd(const struct kv *kv);

/* Counts connections: another number than before means that subscriptions
 * were lost.  0 without a connection; never connects. */
unsigned kv_live(const struct kv *kv);

#endif
