/* SPDX-License-Identifier: ISC */
/* The connection that lines go over: nobody waits for it. */
#include "config.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/resolve.h"
#include "log_net_own.h"

#define NET_CONNECT (5 * CLOCK_SECOND) /* to connect, greeting and all */
#define NET_SILENT  60000              /* ms until a peer counts as gone */
#define NET_ASK     ((int64_t)100000)  /* us between questions for a name */

void
log_net_disconnect(struct log_net *net)
{
	tls_free(net->tls);
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

/* Where it is encrypted, more bytes are on their way than we count, so that we
 * take too much for unconfirmed rather than too little. */
void
log_net_confirm(struct log_net *net)
{
	int left = 0;

	if (net->sent == 0 || net->to.answer != NULL)
		return;
	if (log_net_is_stream(net) && ioctl(net->fd, SIOCOUTQ, &left) == -1)
		return;
	if ((size_t)left < net->sent)
		log_net_arrived(net, net->sent - (size_t)left);
}

bool
log_net_is_proven(const struct log_net *net)
{
	if (net->to.answer != NULL)
		return net->useful;
	return clock_mono_us() - net->up_at > NET_RETRY;
}

/* What is sent again over another connection is not to come over this one as
 * well, out of what the system still keeps for it. */
static void
net_abort(const struct log_net *net)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (net->sent > 0 && log_net_is_stream(net))
		setsockopt(net->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

void
log_net_fail(struct log_net *net, const char *why)
{
	if (log_net_is_stream(net) && net->state == NET_UP &&
	    log_net_is_proven(net))
		log_net_confirm(net);
	if (!log_net_is_stream(net))
		net->turn++;
	net_abort(net);
	log_net_disconnect(net);
	snprintf(net->why, sizeof(net->why), "%s", why);
	net->down = true;
	net->retry_at = clock_mono_us() + NET_RETRY;
}

void
log_net_hung_up(struct log_net *net)
{
	if (!log_net_is_proven(net)) {
		log_net_fail(net, "the connection was closed");
		return;
	}
	log_net_confirm(net);
	net_abort(net);
	log_net_disconnect(net);
}

/* Begins to connect to an address.  0, or errno. */
static int
net_dial(struct log_net *net, const struct sockaddr *sa, socklen_t len)
{
	int type = log_net_is_stream(net) ? SOCK_STREAM : SOCK_DGRAM;
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
	log_net_fail(net, strerror(err));
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
			log_net_fail(net, strerror(rc));
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
		log_net_fail(net,
		    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
}

static void
net_connected(struct log_net *net)
{
	const struct tls_options options = { .ca_file = net->to.ca_file,
		.verify =
		    net->to.any_name ? TLS_VERIFY_NONE : TLS_VERIFY_NAME };
	struct tls_trust *trust;
	const char *why;

	net->up_at = clock_mono_us();
	net->half_at = 0;
	net->useful = false;
	net->state = NET_UP;
	if (net->to.way != LOG_NET_TLS)
		return;
	net->state = NET_GREETING;
	trust = tls_trust_new(&options, &why);
	if (trust != NULL)
		net->tls = tls_new(trust, net->fd, net->to.host, &why);
	tls_trust_free(trust);
	if (net->tls == NULL)
		log_net_fail(net, why);
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
		log_net_fail(net, strerror(err));
	}
	return true;
}

static bool
net_greet(struct log_net *net)
{
	const char *why = "no answer in time";
	int rc = tls_greet(net->tls, &why);

	if (rc == 1) {
		net->state = NET_UP;
		return true;
	}
	if (rc == 0 && clock_mono_us() < net->until)
		return false;
	log_net_fail(net, why);
	return true;
}

bool
log_net_reach(struct log_net *net)
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
