/* SPDX-License-Identifier: ISC */
/* Where lines for another process go, and what it says to them. */
#ifndef LOG_NET_TO_H
#define LOG_NET_TO_H

#include "base/base.h"
#include "base/buf.h"
#include "log.h"

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
	LOG_NET_NOT_NOW, /* try again later, over a new connection */
	LOG_NET_FAILED   /* the same, but it may be this line's fault */
};

/* Reads the answer at the front of in, and sets *len to its length; for
 * LOG_NET_NOT_NOW and LOG_NET_FAILED *why, which lives on. */
typedef enum log_net_answer (*log_net_read)(const struct buf *in, size_t *len,
    const char **why);

/* Where lines go.  Texts are copied. */
struct log_net_to {
	enum log_goal goal; /* as what its losses are counted */
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

#endif
