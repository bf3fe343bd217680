/* SPDX-License-Identifier: ISC */
/* What the files of this folder share: the inside of a connection. */
#ifndef REDIS_OWN_H
#define REDIS_OWN_H

#include <hiredis/hiredis.h>

#include "base/tls.h"
#include "kv_conn.h"
#include "metric/metric.h"
#include "text/kv_url.h"

#define KV_RUN_ID 64
#define KV_RIGHT  48
#define KV_ODD    128
#define KV_ASK_US                                                              \
	((int64_t)3000000) /* from one question to sentinels to the next */
#define KV_NO_RUN "-"      /* the run id that we have no right to see */

struct addrinfo;

/* Where a server listens: a unix socket, or a host and a port. */
struct kv_place {
	const char *path; /* or NULL */
	const char *host;
	int port;
};

/* A server that sentinels name. */
struct kv_at {
	char host[256]; /* "": none was named yet */
	int port;
};

/* A socket to a server, with TLS on it or without. */
struct kv_link {
	redisContext *ctx; /* NULL: there is none */
	struct tls *tls;
	const char *why;  /* there is none */
	char text[160];   /* what why may point to */
	int64_t deadline; /* of the exchange under way */
	int64_t armed;    /* when a wait in the kernel ends, in microseconds */
	bool late;        /* the deadline has passed */
};

struct kv {
	struct kv_options o;
	enum metric_word server; /* what the metrics call it */
	bool counted;            /* as a connection, by the metrics */
	struct kv_url url;
	struct kv_link link;
	struct tls_trust *trust; /* NULL: the files were not read yet */
	char why[256];           /* a reason that was put together */
	size_t turn;             /* the sentinel that is asked first */
	struct kv_at at;         /* whom they have named last */
	int64_t ask_at;          /* they are asked again, of clock_mono_us */
	int64_t sure_at;         /* the last question began that named it; of
				  * clock_awake_us */
	unsigned connections;
	char run_id[KV_RUN_ID];
	char last_run[KV_RUN_ID]; /* kept when the connection is gone */
	int64_t retry_at; /* leave Redis alone until then; 0: circuit closed */
	int64_t back_since;
	bool down;   /* said in the log, and not taken back yet */
	bool denied; /* the last that failed: by an error of its own */
	int64_t refusal_said_at;
	char right[KV_RIGHT]; /* that was missing at right_at; 0: none was */
	int64_t right_at;
	char odd[KV_ODD]; /* the key of another type at odd_at; 0: none was */
	int64_t odd_at, odd_said_at;
	bool no_run_said;
	const struct kv_word *also; /* to be sent as well; or NULL */
	size_t also_n;
	bool also_sent; /* it has arrived */
};

/* Closes what there is, and connects until the deadline (clock_mono_us),
 * whatever the circuit says.  0, or -1 with an open circuit. */
int kv_connect(struct kv *kv, int64_t deadline) MUSTCHECK;

/* What the setting and the address say about TLS.  NULL, or why it cannot be
 * spoken; else trust is set until kv_distrust, after which the files are read
 * again. */
const char *kv_trust(struct kv *kv);
void kv_distrust(struct kv *kv);

/* True if there is a certificate of ours to be shown. */
bool kv_has_cert(const struct kv *kv);

/* A descriptor that is connected to a place, by TCP or by a unix socket; or -1,
 * and *why is a constant text, or belongs to the C library. */
int kv_dial(const struct kv_place *place, int64_t deadline, const char **why)
    MUSTCHECK;

/* Begins to connect to a unix socket, or to that address of a host, without a
 * wait.  The descriptor, or -1: if *why is unchanged, it is too early. */
int kv_dial_begin(const struct kv_place *place, const struct addrinfo *at,
    const char **why) MUSTCHECK;

/* --- kv_link.c --- */

/* Connects, and greets by TLS if trust is not NULL, until the deadline, which
 * then is that of the link.  0, or -1 with l->why. */
int kv_link_open(struct kv_link *l, const struct kv_place *place,
    const struct tls_trust *trust, int64_t deadline) MUSTCHECK;

/* The same over a descriptor that is being connected to host, without any wait.
 * kv_link_greet goes on with TLS: 1: done, 0: later, -1: kv_link_reason says
 * why.  The descriptor belongs to the link, or is closed. */
int kv_link_begin(struct kv_link *l, int fd, const char *host,
    const struct tls_trust *trust) MUSTCHECK;
int kv_link_greet(struct kv_link *l) MUSTCHECK;

void kv_link_close(struct kv_link *l);

/* As redisBufferWrite and redisBufferRead.  With TLS neither waits. */
int kv_link_write(struct kv_link *l, int *done) MUSTCHECK;
int kv_link_read(struct kv_link *l) MUSTCHECK;

/* What poll waits for until there is more to do. */
short kv_link_events(const struct kv_link *l, bool sent);

/* Why the link is of no use. */
const char *kv_link_reason(const struct kv_link *l);

/* --- kv_sentinel.c --- */

/* True if sentinels know the server. */
static inline bool
kv_has_sentinels(const struct kv *kv)
{
	return kv->url.nsentinels > 0;
}

/* Asks one after the other until the deadline, and leaves time for a connection
 * to whom most of them name, which goes to *at.  For what has no probe key one
 * is enough if the others do not tell.  NULL, or why it is not known. */
const char *kv_ask(struct kv *kv, struct kv_at *at, int64_t deadline);

/* Why a server does not count that only a few of them name: one that is cut off
 * from the others still names the master of before. */
#define KV_TOO_FEW "too few sentinels name the same master"

/* Whom they have named so far; zeros: nobody. */
struct kv_poll {
	struct kv_at *told;
	size_t n;
};

/* True if at is named by as many as are needed: most, or one of two. */
bool kv_poll_add(const struct kv *kv, struct kv_poll *p,
    const struct kv_at *at);
void kv_poll_clear(struct kv_poll *p);

/* What it says to one of them, as kv_hello_put does to a server; and the
 * judgement of an answer, after the last of which *at is set. */
int kv_ask_put(const struct kv *kv, redisContext *ctx) MUSTCHECK;
const char *kv_ask_judge(struct kv *kv, const redisReply *r, struct kv_at *at);

/* Another one is asked first from now on; the one behind that which does not
 * tell. */
void kv_turn(struct kv *kv);
void kv_turn_from(struct kv *kv, size_t i);

/* The server, and a sentinel. */
struct kv_place kv_place(const struct kv *kv);
struct kv_place kv_sentinel_place(const struct kv *kv, size_t i);

/* --- kv_hello.c --- */

/* Puts what a session begins with behind what ctx has to send.  The number of
 * answers, or -1 without memory. */
int kv_hello_put(const struct kv *kv, redisContext *ctx) MUSTCHECK;

/* Judges one of these answers, and reads the run id if it is in there: of a
 * server that sentinels name, the id of its history, which is another one each
 * time that it becomes master.  NULL, or what is wrong: a constant, or the
 * answer's. */
const char *kv_hello_judge(const struct kv *kv, const redisReply *r,
    char run_id[KV_RUN_ID]);

/* Opens the circuit: one line when the trouble begins, none while it lasts. */
void kv_fail(struct kv *kv, const char *reason);

/* Takes down which right is missing if that is why Redis refused; script: the
 * text of one that was run, or NULL.  True if it was. */
bool kv_note_right(struct kv *kv, const char *reason, const char *script);

/* The same of a key that is of another type than we need: out of those of a
 * script, or the one of a command.  That key, or NULL if it was something else.
 */
const char *kv_note_key(struct kv *kv, const char *reason, const char *script,
    const struct kv_word *keys, size_t nkeys);

/* --- kv_wire.c --- */

/* Until then (clock_mono_us) the exchanges that follow have to be done. */
void kv_start(struct kv_link *l, int64_t deadline);

/* Sends words and reads the answer, which the caller frees; NULL if the
 * connection is broken or the deadline has passed.  kv_append only puts them
 * behind what is still to be sent, REDIS_OK or REDIS_ERR; kv_reply sends that,
 * and reads one answer. */
redisReply *kv_exchange(struct kv_link *l, size_t n,
    const struct kv_word *words);
int kv_append(redisContext *ctx, size_t n, const struct kv_word *words)
    MUSTCHECK;
redisReply *kv_reply(struct kv_link *l);

#endif
