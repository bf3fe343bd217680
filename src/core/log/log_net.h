/* SPDX-License-Identifier: ISC */
/* Lines for another process: kept, bounded, and sent without waiting. */
#ifndef LOG_NET_H
#define LOG_NET_H

#include "base/base.h"
#include "base/buf.h"
#include "log_net_to.h"
#include "log_own.h"

struct log_net;

/* Never NULL; connects when there is something to send. */
struct log_net *log_net_new(const struct log_net_to *to);
void log_net_free(struct log_net *n);

/* Takes one line: n messages behind each other at data, with their sizes.
 * Where there is no room it is lost, and counted.  True if so much waits that
 * it should go out now. */
bool log_net_add(struct log_net *net, const char *data, const uint32_t *sizes,
    size_t n);

/* Counts lines that cannot be sent in any case. */
void log_net_lose(struct log_net *net, uint64_t lines);

/* Sends what can be sent without waiting: connects, goes on with what is under
 * way, and keeps what is not there yet for another connection. */
void log_net_flush(struct log_net *net);

/* As log_net_flush, for that long (milliseconds) or until all is there. */
void log_net_finish(struct log_net *net, int64_t ms);

/* Microseconds until a flush is due, 0 if it is, -1 if nothing waits.  now is
 * clock_mono_us. */
int64_t log_net_chores(const struct log_net *net, int64_t now);

/* After a fork, in the child: what waits and the connection are the parent's.
 */
void log_net_forget(struct log_net *net);

/* Does not wait any longer for a peer that could not be reached. */
void log_net_retry(struct log_net *net);

/* What there is to say about the peer, each once: that it cannot be reached,
 * that lines are being lost, that it is back and how many were.  True if there
 * is something; valid until the next call. */
bool log_net_news(struct log_net *net, struct log_news *news);

/* The operations of a sink whose own is a struct log_net, or NULL; of put, the
 * half behind the making of a message. */
bool log_net_sink_take(struct log_sink *s, const struct buf *message);
int log_net_sink_follow(struct log_sink *s, bool force) MUSTCHECK;
void log_net_sink_flush(struct log_sink *s);
int64_t log_net_sink_chores(const struct log_sink *s, int64_t now);
bool log_net_sink_news(struct log_sink *s, struct log_news *news);
void log_net_sink_finish(struct log_sink *s);
void log_net_sink_forget(struct log_sink *s);
void log_net_sink_close(struct log_sink *s);

/* Those that are the same in each such sink. */
#define LOG_NET_SINK                                                           \
	.follow = log_net_sink_follow, .flush = log_net_sink_flush,            \
	.chores = log_net_sink_chores, .news = log_net_sink_news,              \
	.finish = log_net_sink_finish, .forget = log_net_sink_forget

/* Lines that were lost since the start. */
uint64_t log_net_lost(const struct log_net *net);

#endif
