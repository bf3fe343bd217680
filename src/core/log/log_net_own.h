/* SPDX-License-Identifier: ISC */
/* The inside of a log_net, for the files that it is made of. */
#ifndef LOG_NET_OWN_H
#define LOG_NET_OWN_H

#include <netdb.h>

#include "base/clock.h"
#include "base/tls.h"
#include "log_net_to.h"

#define NET_RETRY CLOCK_SECOND        /* from one attempt to the next */
#define NET_MUTE  (10 * CLOCK_SECOND) /* for an answer to come */
#define NET_TRIES 5                   /* of a line that may be at fault */
#define NET_SOON  ((int64_t)10000)    /* us until it is worth another look */

enum net_state { NET_IDLE, NET_CONNECTING, NET_GREETING, NET_UP };

struct log_net {
	struct log_net_to to; /* its texts are ours */
	enum net_state state;
	int fd;
	struct tls *tls;
	struct addrinfo *list, *at; /* where we try it */
	int64_t until;   /* the name, then the connection has to be there */
	int64_t up_at;   /* since when it is */
	int64_t half_at; /* since when the peer says nothing more; 0: it may */
	int64_t retry_at;
	int64_t send_at; /* not before: datagrams are paced */
	int64_t since;   /* the oldest line that was not tried came */
	int64_t mute_at; /* the oldest line that was sent should be answered */
	int tries;       /* of the line in front that have failed */
	/* Whole messages behind each other, and their sizes.  Those in front
	 * may have been sent, but are not known to be there. */
	struct buf data, sizes;
	size_t sent; /* bytes of data */
	struct buf in;
	uint64_t lost, lost_ever;
	unsigned turn; /* which address is tried with datagrams */
	bool down, down_said, losing_said, back;
	bool useful; /* something has arrived over this connection */
	bool ended;
	char why[160];
};

static inline bool
log_net_is_stream(const struct log_net *net)
{
	return net->to.way == LOG_NET_TCP || net->to.way == LOG_NET_TLS;
}

/* --- log_net_kept.c: what waits --- */

/* The size of message i with its flag, or 0 behind the last one. */
uint32_t log_net_size(const struct log_net *net, size_t i);

/* Removes n bytes from the front. */
void log_net_cut(struct buf *b, size_t n);

/* Removes the messages that lie within the first len bytes.  Returns how many
 * lines these were. */
uint64_t log_net_remove(struct log_net *net, size_t len);

/* The same, because they are there. */
void log_net_arrived(struct log_net *net, size_t len);

/* --- log_net_dial.c: the connection --- */

/* Goes on with what it takes to have one.  True if it is there. */
bool log_net_reach(struct log_net *net);

/* What the other host has confirmed need not be sent again. */
void log_net_confirm(struct log_net *net);

/* It is of no use, for that reason: another attempt comes later. */
void log_net_fail(struct log_net *net, const char *why);

/* True if the connection has been there for more than a moment.  Something
 * between us and the peer may take connections, and lines, for a peer that is
 * not there. */
bool log_net_is_proven(const struct log_net *net);

/* The peer has closed.  If the connection was of use, another one may be had
 * at once: the peer was started again, or had nothing from us for long. */
void log_net_hung_up(struct log_net *net);

/* Closes without a word; what was sent and not confirmed waits again. */
void log_net_disconnect(struct log_net *net);

#endif
