/* SPDX-License-Identifier: ISC */
/* Lines for another process: sent without waiting, and told of. */
#include "config.h"

#include "log_net.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <sys/socket.h>

#include "base/xalloc.h"
#include "conf/conf.h"
#include "log_net_own.h"

#define NET_BURST   32 /* datagrams at once: more would not fit at the peer */
#define NET_PORTION ((size_t)262144) /* bytes of a stream at once */
#define NET_ANSWERS ((size_t)65536)  /* bytes of answers at once */

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

void
log_net_free(struct log_net *net)
{
	if (net == NULL)
		return;
	if (net->tls != NULL)
		tls_end(net->tls);
	log_net_disconnect(net);
	buf_free(&net->data);
	buf_free(&net->sizes);
	buf_free(&net->in);
	free((char *)(uintptr_t)net->to.host);
	free((char *)(uintptr_t)net->to.place);
	free((char *)(uintptr_t)net->to.ca_file);
	free(net);
}

void
log_net_lose(struct log_net *net, uint64_t lines)
{
	net->lost += lines;
	net->lost_ever += lines;
	log_lost_counts(net->to.goal, lines);
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
			n = tls_recv(net->tls, to, portion, why);
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
		size = log_net_size(net, 0);
		if (a == LOG_NET_FAILED && size != 0 &&
		    ++net->tries == NET_TRIES)
			a = LOG_NET_REFUSED;
		if (a == LOG_NET_NONE || a == LOG_NET_NOT_NOW ||
		    a == LOG_NET_FAILED || size == 0 || size > net->sent) {
			log_net_fail(net, why);
			return;
		}
		log_net_cut(&net->in, len);
		if (a == LOG_NET_REFUSED)
			log_net_lose(net, 1);
		log_net_arrived(net, size);
	}
}

/* The peer has closed its side: for good, or it still reads.  Over a new
 * connection of the latter sort lines go on, since the peer may be one that
 * only reads, and one that is gone would refuse them; what has not been refused
 * until the connection is proven is there.  Over one that is older nothing more
 * goes out but the end of a line, and it is left when the other host has
 * that. */
static void
net_closed(struct log_net *net, bool for_good)
{
	int64_t now = clock_mono_us();

	if (net->half_at == 0)
		net->half_at = now;
	if (for_good || net->to.answer != NULL) {
		log_net_hung_up(net);
		return;
	}
	if (!log_net_is_proven(net))
		return;
	log_net_confirm(net);
	if (net->sent == 0 || now - net->half_at > NET_MUTE)
		log_net_hung_up(net);
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
	if (!log_net_is_stream(net)) {
		if (rc == 1)
			getsockopt(net->fd, SOL_SOCKET, SO_ERROR, &err, &len);
		if (err != 0)
			log_net_fail(net, strerror(err));
		else
			log_net_confirm(net);
		return;
	}
	if (rc == 1) {
		rc = net_read(net, &why);
		if (net->to.answer != NULL)
			net_answers(net);
		if (net->state != NET_UP)
			return;
		if (rc == -1 || (p.revents & ~POLLIN) != 0) {
			net_closed(net,
			    why != NULL ||
				(p.revents & (POLLERR | POLLHUP)) != 0);
			return;
		}
	}
	log_net_confirm(net);
	if (net->to.answer != NULL && net->sent > 0 &&
	    clock_mono_us() >= net->mute_at)
		log_net_fail(net, "it does not answer");
}

/* --- what goes out --- */

/* Where to stop this time. */
static size_t
net_end(const struct log_net *net)
{
	size_t end = 0;

	if (net->half_at == 0 || !log_net_is_proven(net)) {
		end = net->sent + NET_PORTION;
		return end < net->data.len ? end : net->data.len;
	}
	for (size_t i = 0; end < net->sent; i++)
		end += log_net_size(net, i) & ~LOG_NET_MORE;
	return end;
}

static void
net_send_stream(struct log_net *net)
{
	size_t end = net_end(net);
	const char *why = NULL;
	ssize_t n;

	if (net->sent == 0)
		net->mute_at = clock_mono_us() + NET_MUTE;
	while (net->sent < end) {
		const char *from = net->data.data + net->sent;
		size_t len = end - net->sent;

		if (net->tls != NULL)
			n = tls_send(net->tls, from, len, &why);
		else
			n = send(net->fd, from, len,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			net->sent += (size_t)n;
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR) {
			log_net_fail(net, why == NULL ? strerror(errno) : why);
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
		more = (log_net_size(net, 0) & LOG_NET_MORE) != 0;
		log_net_remove(net, log_net_size(net, 0) & ~LOG_NET_MORE);
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
		size = log_net_size(net, n) & ~LOG_NET_MORE;
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
			log_net_fail(net, strerror(errno));
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
	if (net->data.len == 0 || !log_net_reach(net))
		return;
	if (log_net_is_stream(net))
		net_send_stream(net);
	else
		net_send_datagrams(net);
}

void
log_net_finish(struct log_net *net, int64_t ms)
{
	int64_t until = clock_mono_us() + ms * 1000;
	bool again = false;
	struct pollfd p;

	while (net->data.len > 0 && clock_mono_us() < until) {
		log_net_flush(net);
		if (net->data.len == 0)
			break;
		if (net->state == NET_IDLE && net->retry_at >= until) {
			if (again)
				break;
			again = true; /* it may be back */
			log_net_retry(net);
		}
		p = (struct pollfd){ .fd = net->fd, .events = POLLIN };
		if (net->state == NET_CONNECTING)
			p.events = POLLOUT;
		poll(&p, log_net_is_stream(net) ? 1 : 0, 1);
	}
	/* What the system has taken goes on without us; of lines that get no
	 * answer nobody knows. */
	if (net->to.answer == NULL)
		log_net_remove(net, net->sent);
	log_net_lose(net, log_net_remove(net, net->data.len));
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
	log_net_disconnect(net);
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
