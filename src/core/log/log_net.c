/* SPDX-License-Identifier: ISC */
/* Lines for another process: kept, bounded, and sent without waiting. */
#include "config.h"

#include "log_net.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/resolve.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "log_tls.h"

#define NET_RETRY   CLOCK_SECOND       /* from one attempt to the next */
#define NET_CONNECT (5 * CLOCK_SECOND) /* to connect, greeting and all */
#define NET_SILENT  60000              /* ms until a peer counts as gone */
#define NET_ASK     ((int64_t)100000)  /* us between questions for a name */
#define NET_SOON    ((int64_t)10000)   /* us until it is worth another look */
#define NET_BURST   32 /* datagrams at once: more would not fit at the peer */
#define NET_PORTION ((size_t)262144) /* bytes of a stream at once */
#define NET_ANSWERS ((size_t)65536)  /* bytes of answers at once */

enum net_state { NET_IDLE, NET_CONNECTING, NET_GREETING, NET_UP };

struct log_net {
	struct log_net_to to; /* its texts are ours */
	enum net_state state;
	int fd;
	struct log_tls *tls;
	struct addrinfo *list, *at; /* where we try it */
	int64_t until; /* the name, then the connection has to be there */
	int64_t up_at; /* since when it is */
	int64_t retry_at;
	int64_t send_at; /* not before: datagrams are paced */
	int64_t since;   /* the oldest line that was not tried came */
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

static bool
net_is_stream(const struct log_net *net)
{
	return net->to.way == LOG_NET_TCP || net->to.way == LOG_NET_TLS;
}

struct log_net *
log_net_new(const struct log_net_to *to)
{
	struct log_net *net = xcalloc(1, sizeof(*net));

	net->to = *to;
	net->to.host = xstrdup(to->host);
	net->to.place = xstrdup(to->place);
	net->to.ca_file = xstrdup(to->ca_file == NULL ? "" : to->ca_file);
	net->fd = -1;
	return net;
}

static void
net_disconnect(struct log_net *net)
{
	log_tls_free(net->tls);
	net->tls = NULL;
	if (net->fd != -1)
		close(net->fd);
	net->fd = -1;
	if (net->list != NULL)
		freeaddrinfo(net->list);
	net->list = net->at = NULL;
	net->state = NET_IDLE;
	net->until = 0;
	net->sent = 0;
	buf_clear(&net->in);
}

void
log_net_free(struct log_net *net)
{
	if (net == NULL)
		return;
	if (net->tls != NULL)
		log_tls_end(net->tls);
	net_disconnect(net);
	buf_free(&net->data);
	buf_free(&net->sizes);
	buf_free(&net->in);
	free((char *)(uintptr_t)net->to.host);
	free((char *)(uintptr_t)net->to.place);
	free((char *)(uintptr_t)net->to.ca_file);
	free(net);
}

/* --- what waits --- */

/* The size of message i with its flag, or 0 behind the last one. */
static uint32_t
net_size(const struct log_net *net, size_t i)
{
	uint32_t size = 0;

	if (i < net->sizes.len / sizeof(size))
		memcpy(&size, net->sizes.data + i * sizeof(size), sizeof(size));
	return size;
}

static void
net_cut(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	b->len -= n;
	memmove(b->data, b->data + n, b->len);
	b->data[b->len] = '\0';
	if (b->len == 0)
		buf_clear(b);
}

/* Removes the messages that lie within the first len bytes.  Returns how many
 * lines these were. */
static uint64_t
net_remove(struct log_net *net, size_t len)
{
	size_t done = 0, n = 0, size;
	uint64_t lines = 0;

	for (;; n++) {
		size = net_size(net, n) & ~LOG_NET_MORE;
		if (size == 0 || done + size > len)
			break;
		done += size;
		lines += (net_size(net, n) & LOG_NET_MORE) == 0;
	}
	net_cut(&net->data, done);
	net_cut(&net->sizes, n * sizeof(uint32_t));
	net->sent -= done < net->sent ? done : net->sent;
	return lines;
}

void
log_net_lose(struct log_net *net, uint64_t lines)
{
	net->lost += lines;
	net->lost_ever += lines;
	log_lost_counts(lines);
}

/* The first len bytes are there. */
static void
net_arrived(struct log_net *net, size_t len)
{
	if (net_remove(net, len) == 0)
		return;
	net->useful = true;
	net->back = net->down_said;
	net->down = false;
}

bool
log_net_add(struct log_net *net, const char *data, const uint32_t *sizes,
    size_t n)
{
	size_t len = 0, i;

	if (net->ended && net->state != NET_UP)
		return false; /* it would be told for ever that it is lost */
	for (i = 0; i < n; i++)
		len += sizes[i] & ~LOG_NET_MORE;
	if (net->data.len + len > net->to.max) {
		log_net_lose(net, 1);
		return false;
	}
	if (net->data.len == net->sent)
		net->since = clock_mono_us();
	buf_add(&net->data, data, len);
	buf_add(&net->sizes, sizes, n * sizeof(*sizes));
	return net->data.len - net->sent >= net->to.max / 16;
}

/* --- the connection --- */

/* What the other host has confirmed need not be sent again.  Where it is
 * encrypted, more bytes are on their way than we count, so that we take too
 * much for unconfirmed rather than too little. */
static void
net_confirm(struct log_net *net)
{
	int left = 0;

	if (net->sent == 0 || net->to.answer != NULL)
		return;
	if (net_is_stream(net) && ioctl(net->fd, SIOCOUTQ, &left) == -1)
		return;
	if ((size_t)left < net->sent)
		net_arrived(net, net->sent - (size_t)left);
}

/* True if the connection has been there for more than a moment.  Something
 * between us and the peer may take connections, and lines, for a peer that is
 * not there. */
static bool
net_is_proven(const struct log_net *net)
{
	if (net->to.answer != NULL)
		return net->useful;
	return clock_mono_us() - net->up_at > NET_RETRY;
}

static void
net_fail(struct log_net *net, const char *why)
{
	if (net_is_stream(net) && net->state == NET_UP && net_is_proven(net))
		net_confirm(net);
	if (!net_is_stream(net))
		net->turn++;
	net_disconnect(net);
	snprintf(net->why, sizeof(net->why), "%s", why);
	net->down = true;
	net->retry_at = clock_mono_us() + NET_RETRY;
}

/* The peer has closed.  If the connection was of use, another one may be had
 * at once: the peer was started again, or had nothing from us for long. */
static void
net_hung_up(struct log_net *net)
{
	if (!net_is_proven(net)) {
		net_fail(net, "the connection was closed");
		return;
	}
	net_confirm(net);
	net_disconnect(net);
}

/* Begins to connect to an address.  0, or errno. */
static int
net_dial(struct log_net *net, const struct sockaddr *sa, socklen_t len)
{
	int type = net_is_stream(net) ? SOCK_STREAM : SOCK_DGRAM;
	const int on = 1, silent = NET_SILENT;

	if (net->fd != -1)
		close(net->fd);
	net->fd = socket(sa->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (net->fd == -1)
		return errno;
	net->state = NET_CONNECTING;
	net->until = clock_mono_us() + NET_CONNECT;
	if (type == SOCK_STREAM) {
		setsockopt(net->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(net->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
		setsockopt(net->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent,
		    sizeof(silent));
	}
	if (connect(net->fd, sa, len) == 0 || errno == EINPROGRESS)
		return 0;
	return errno;
}

/* Dials the address at, or the next that is not refused at once. */
static void
net_dial_list(struct log_net *net)
{
	int err = 0;

	for (; net->at != NULL; net->at = net->at->ai_next) {
		err = net_dial(net, net->at->ai_addr, net->at->ai_addrlen);
		if (err == 0)
			return;
	}
	net_fail(net, strerror(err));
}

/* Where nobody answers, another address may be the one. */
static struct addrinfo *
net_first(const struct log_net *net)
{
	struct addrinfo *at = net->list;
	unsigned i;

	for (i = 0; i < net->turn; i++)
		at = at->ai_next == NULL ? net->list : at->ai_next;
	return at;
}

/* The name is looked up by a thread of the C library; until it has an answer
 * each call asks for it again. */
static void
net_begin(struct log_net *net)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int64_t now = clock_mono_us();
	int rc;

	if (net->to.way == LOG_NET_PATH) {
		snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", net->to.host);
		rc = net_dial(net, (const struct sockaddr *)&sa, sizeof(sa));
		if (rc != 0)
			net_fail(net, strerror(rc));
		return;
	}
	rc = resolve(net->to.host, net->to.port, 0, &net->list);
	if (rc == 0) {
		net->at = net_first(net);
		net_dial_list(net);
		return;
	}
	net->list = NULL;
	if (net->until == 0)
		net->until = now + NET_CONNECT;
	if (rc == EAI_AGAIN && now < net->until)
		net->retry_at = now + NET_ASK;
	else
		net_fail(net,
		    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
}

static void
net_connected(struct log_net *net)
{
	const char *why;

	net->up_at = clock_mono_us();
	net->useful = false;
	net->state = NET_UP;
	if (net->to.way != LOG_NET_TLS)
		return;
	net->state = NET_GREETING;
	net->tls = log_tls_new(net->fd, net->to.host, net->to.ca_file,
	    net->to.any_name, &why);
	if (net->tls == NULL)
		net_fail(net, why);
}

/* True if it is known whether the connection is there. */
static bool
net_go_on(struct log_net *net)
{
	struct pollfd p = { .fd = net->fd, .events = POLLOUT };
	socklen_t len = sizeof(int);
	int err = 0;

	if (poll(&p, 1, 0) == 0) {
		if (clock_mono_us() < net->until)
			return false;
		err = ETIMEDOUT;
	} else if (getsockopt(net->fd, SOL_SOCKET, SO_ERROR, &err, &len) ==
		   -1) {
		err = errno;
	}
	if (err == 0) {
		net_connected(net);
	} else if (net->at != NULL && net->at->ai_next != NULL) {
		net->at = net->at->ai_next;
		net_dial_list(net);
	} else {
		net_fail(net, strerror(err));
	}
	return true;
}

static bool
net_greet(struct log_net *net)
{
	const char *why = "no answer in time";
	int rc = log_tls_greet(net->tls, &why);

	if (rc == 1) {
		net->state = NET_UP;
		return true;
	}
	if (rc == 0 && clock_mono_us() < net->until)
		return false;
	net_fail(net, why);
	return true;
}

/* True if there is a connection. */
static bool
net_reach(struct log_net *net)
{
	bool on = true;

	while (on && net->state != NET_UP) {
		switch (net->state) {
		case NET_IDLE:
			if (clock_mono_us() < net->retry_at)
				return false;
			net_begin(net);
			on = net->state != NET_IDLE;
			break;
		case NET_CONNECTING:
			on = net_go_on(net);
			break;
		case NET_GREETING:
			on = net_greet(net);
			break;
		case NET_UP:
			break;
		}
	}
	return net->state == NET_UP;
}

/* --- what comes back --- */

/* Reads what is there.  0, or -1 at the end; *why is set if that is a
 * failure. */
static int
net_read(struct log_net *net, const char **why)
{
	const size_t portion = 4096;
	ssize_t n = 0;

	*why = NULL;
	while (net->in.len < NET_ANSWERS) {
		char *to = buf_reserve(&net->in, portion);

		if (net->tls != NULL)
			n = log_tls_recv(net->tls, to, portion, why);
		else
			n = recv(net->fd, to, portion, MSG_DONTWAIT);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		net->in.len += (size_t)n;
		to[n] = '\0';
		if (net->to.answer == NULL)
			buf_clear(&net->in);
	}
	if (n == -1 && errno == EAGAIN)
		return 0;
	if (n == -1 && *why == NULL)
		*why = strerror(errno);
	return n <= 0 ? -1 : 0;
}

/* Gives each answer to its line. */
static void
net_answers(struct log_net *net)
{
	enum log_net_answer a = LOG_NET_TAKEN;
	const char *why = "an answer that belongs to nothing";
	size_t len, size;

	while (net->in.len > 0 && net->state == NET_UP) {
		a = net->to.answer(&net->in, &len, &why);
		if (a == LOG_NET_NONE && net->in.len < NET_ANSWERS)
			return;
		size = net_size(net, 0);
		if (a == LOG_NET_NONE || a == LOG_NET_NOT_NOW || size == 0 ||
		    size > net->sent) {
			net_fail(net, why);
			return;
		}
		net_cut(&net->in, len);
		if (a == LOG_NET_REFUSED)
			log_net_lose(net, 1);
		net_arrived(net, size);
	}
}

/* Notices before anything is sent that nobody is there any more. */
static void
net_look(struct log_net *net)
{
	struct pollfd p = { .fd = net->fd, .events = POLLIN | POLLRDHUP };
	socklen_t len = sizeof(int);
	const char *why = NULL;
	int err = 0, rc;

	rc = poll(&p, 1, 0);
	if (!net_is_stream(net)) {
		if (rc == 1)
			getsockopt(net->fd, SOL_SOCKET, SO_ERROR, &err, &len);
		if (err != 0)
			net_fail(net, strerror(err));
		else
			net_confirm(net);
		return;
	}
	if (rc == 1) {
		rc = net_read(net, &why);
		if (net->to.answer != NULL)
			net_answers(net);
		if (net->state != NET_UP)
			return;
		if (rc == -1 || (p.revents & ~POLLIN) != 0) {
			net_hung_up(net);
			return;
		}
	}
	net_confirm(net);
}

/* --- what goes out --- */

static void
net_send_stream(struct log_net *net)
{
	size_t end = net->sent + NET_PORTION;
	const char *why = NULL;
	ssize_t n;

	if (end > net->data.len)
		end = net->data.len;
	while (net->sent < end) {
		const char *from = net->data.data + net->sent;
		size_t len = end - net->sent;

		if (net->tls != NULL)
			n = log_tls_send(net->tls, from, len, &why);
		else
			n = send(net->fd, from, len,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			net->sent += (size_t)n;
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR) {
			net_fail(net, why == NULL ? strerror(errno) : why);
			return;
		}
	}
}

/* The message at the front is larger than the system lets through. */
static void
net_send_refused(struct log_net *net)
{
	bool more;

	do {
		more = (net_size(net, 0) & LOG_NET_MORE) != 0;
		net_remove(net, net_size(net, 0) & ~LOG_NET_MORE);
	} while (more);
	log_net_lose(net, 1);
}

static int
net_send_datagram(struct log_net *net, const char *data, size_t len)
{
	if (send(net->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
		return 0;
	if (errno != EMSGSIZE || net->to.large == NULL)
		return -1;
	return net->to.large(net->fd, data, len);
}

static void
net_send_datagrams(struct log_net *net)
{
	int64_t now = clock_mono_us();
	size_t n, size;

	if (now < net->send_at)
		return;
	for (n = 0; n < NET_BURST; n++) {
		size = net_size(net, n) & ~LOG_NET_MORE;
		if (size == 0)
			return;
		if (net_send_datagram(net, net->data.data + net->sent, size) ==
		    0) {
			net->sent += size;
			continue;
		}
		if (errno == EMSGSIZE && n == 0)
			net_send_refused(net);
		else if (errno != EAGAIN && errno != EINTR &&
			 errno != ENOBUFS && errno != EMSGSIZE) {
			net_fail(net, strerror(errno));
			return;
		}
		break;
	}
	net->send_at = now + NET_SOON;
}

void
log_net_flush(struct log_net *net)
{
	net->since = clock_mono_us();
	if (net->state == NET_UP)
		net_look(net);
	if (net->data.len == 0 || !net_reach(net))
		return;
	if (net_is_stream(net))
		net_send_stream(net);
	else
		net_send_datagrams(net);
}

void
log_net_finish(struct log_net *net, int64_t ms)
{
	int64_t until = clock_mono_us() + ms * 1000;
	struct pollfd p;

	while (net->data.len > 0 && clock_mono_us() < until) {
		log_net_flush(net);
		if (net->data.len == 0 ||
		    (net->state == NET_IDLE && net->retry_at >= until))
			break;
		p = (struct pollfd){ .fd = net->fd, .events = POLLIN };
		if (net->state == NET_CONNECTING)
			p.events = POLLOUT;
		poll(&p, net_is_stream(net) ? 1 : 0, 1);
	}
	/* What the system has taken goes on without us. */
	net_remove(net, net->sent);
	log_net_lose(net, net_remove(net, net->data.len));
	net->ended = true;
}

int64_t
log_net_chores(const struct log_net *net, int64_t now)
{
	int64_t due = net->since + settings.log_flush * 1000;

	if (net->data.len == 0)
		return -1;
	if (net->state == NET_CONNECTING || net->state == NET_GREETING)
		return 0;
	if (net->state == NET_IDLE && net->retry_at > due)
		due = net->retry_at;
	if (net->state == NET_UP && net->sent > 0 && net->sent < net->data.len)
		due = net->send_at; /* the beginning is out */
	if (net->state == NET_UP && net->send_at > now)
		due = net->send_at; /* the peer had no room */
	return due > now ? due - now : 0;
}

void
log_net_forget(struct log_net *net)
{
	net_disconnect(net);
	buf_clear(&net->data);
	buf_clear(&net->sizes);
	net->lost = 0;
	net->down = net->down_said = net->losing_said = net->back = false;
}

void
log_net_retry(struct log_net *net)
{
	net->retry_at = 0;
}

bool
log_net_news(struct log_net *net, struct log_news *news)
{
	*news = (struct log_news){ .level = LOGL_WARNING,
		.fields = { LS("server", net->to.place) } };
	if (net->down && !net->down_said) {
		news->msg = "log server cannot be reached";
		news->fields[1] = LS("reason", net->why);
		net->down_said = true;
		return true;
	}
	if (!net->down && net->back) {
		news->msg = "log server is back";
		news->level = LOGL_INFO;
		net->down_said = net->back = false;
		return true;
	}
	if (net->ended || (!net->down && net->data.len <= net->to.max / 2)) {
		if (net->lost == 0)
			return false;
		news->msg = "log lines were lost";
		news->fields[1] = LI("lines", (int64_t)net->lost);
		net->lost = 0;
		net->losing_said = false;
		return true;
	}
	if (net->lost > 0 && !net->losing_said) {
		news->msg = "log lines are being lost";
		net->losing_said = true;
		return true;
	}
	return false;
}

uint64_t
log_net_lost(const struct log_net *net)
{
	return net->lost_ever;
}
