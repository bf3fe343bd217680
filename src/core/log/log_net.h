/* SPDX-License-Identifier: ISC */
/* Lines for another process: kept, bounded, and sent without waiting. */
#ifndef LOG_NET_H
#define LOG_NET_H

#include "base/base.h"
#include "base/buf.h"
#include "log_own.h"

enum log_net_way {
	LOG_NET_UDP,
	LOG_NET_TCP,
	LOG_NET_TLS, /* over TCP */
	LOG_NET_PATH /* a unix socket that takes datagrams */
};

/* What the peer says to a line that was sent; see log_net_to. */
enum log_net_answer {
	LOG_NET_NONE,    /* the answer is not whole yet */
	LOG_NET_TAKEN,   /* the line is there */
	LOG_NET_REFUSED, /* it never will be: it is lost */
	LOG_NET_NOT_NOW  /* try again later, over a new connection */
};

/* Reads the answer at the front of in, and sets *len to its length; for
 * LOG_NET_NOT_NOW *why, which lives on. */
typedef enum log_net_answer (*log_net_read)(const struct buf *in, size_t *len,
    const char **why);

/* Where lines go.  Texts are copied. */
struct log_net_to {
	enum log_net_way way;
	const char *host; /* or the path of the socket */
	int port;
	const char *place;   /* for messages: what the setting says */
	const char *ca_file; /* TLS: "" means the system's authorities */
	bool any_name;       /* TLS: nobody is asked who he is */
	/* NULL: a line is there as soon as the other host has it.  Else each
	 * line gets an answer, in order. */
	log_net_read answer;
	/* NULL, or: sends a message that is too large for a datagram in another
	 * way.  0, or -1 with errno set. */
	int (*large)(int fd, const char *data, size_t len);
	size_t max; /* bytes that wait at most */
};

/* A line that goes out as several datagrams: this is not the last of them. */
#define LOG_NET_MORE (UINT32_C(1) << 31)

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

/* The operations of a sink whose own is a struct log_net, or NULL. */
int log_net_sink_follow(struct log_sink *s, bool force) MUSTCHECK;
void log_net_sink_flush(struct log_sink *s);
int64_t log_net_sink_chores(const struct log_sink *s, int64_t now);
bool log_net_sink_news(struct log_sink *s, struct log_news *news);
void log_net_sink_finish(struct log_sink *s);
void log_net_sink_forget(struct log_sink *s);
void log_net_sink_close(struct log_sink *s);

/* Lines that were lost since the start. */
uint64_t log_net_lost(const struct log_net *net);

#endif
