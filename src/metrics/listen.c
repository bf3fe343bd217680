/* SPDX-License-Identifier: ISC */
/* A small web server that takes no requests of users. */
#include "config.h"

#include "listen.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "log/log.h"
#include "metric/metric.h"
#include "text/net.h"

/* Who asks is a monitor or two: many are a mistake, and slow ones as well. */
#define LISTEN_CONNECTIONS 64
#define LISTEN_FROM_ONE    32
#define LISTEN_SECONDS     10
#define LISTEN_MEMORY      16384 /* for the head of a request */
#define LISTEN_BACKLOG     64

/* The library's timeout begins again with each byte, so each connection has a
 * deadline as well: for the next head, and from there for the rest of it. */
struct listen_client {
	bool is_open;
	int fd;
	int64_t due; /* clock_mono_us */
};

struct listener {
	struct MHD_Daemon *daemon;
	struct buf text;
	struct listen_client clients[LISTEN_CONNECTIONS];
};

static void
listen_renew(struct listen_client *client)
{
	client->due = clock_mono_us() + LISTEN_SECONDS * CLOCK_SECOND;
}

/* A connection has begun or ends; its descriptor is open in both cases. */
static void
listen_connection(void *arg, struct MHD_Connection *c, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct listener *l = arg;
	struct listen_client *client = *context;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (client != NULL)
			client->is_open = false;
		return;
	}
	for (size_t i = 0; i < NELEM(l->clients); i++) {
		client = &l->clients[i];
		if (client->is_open)
			continue;
		client->is_open = true;
		client->fd = MHD_get_connection_info(c,
		    MHD_CONNECTION_INFO_CONNECTION_FD)
				 ->connect_fd;
		listen_renew(client);
		*context = client;
		return;
	}
}

/* A request's head is whole, or its answer has ended. */
static void
listen_went_on(struct MHD_Connection *c)
{
	struct listen_client *client =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;

	if (client != NULL)
		listen_renew(client);
}

static void
listen_completed(void *arg, struct MHD_Connection *c, void **state,
    enum MHD_RequestTerminationCode why)
{
	(void)arg;
	(void)state;
	(void)why;
	listen_went_on(c);
}

/* The library finds these at their end, and closes them. */
static void
listen_end_late(const struct listener *l)
{
	int64_t now = clock_mono_us();

	for (size_t i = 0; i < NELEM(l->clients); i++) {
		if (l->clients[i].is_open && now >= l->clients[i].due)
			(void)shutdown(l->clients[i].fd, SHUT_RDWR);
	}
}

static enum MHD_Result
listen_answer(struct MHD_Connection *c, unsigned status, const char *type,
    const struct buf *text)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(text->len,
	    text->data, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc;

	if (r == NULL)
		return MHD_NO;
	MHD_add_response_header(r, "Content-Type", type);
	MHD_add_response_header(r, "Cache-Control", "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, "Allow", "GET, HEAD");
	rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}

static enum MHD_Result
listen_metrics(struct listener *l, struct MHD_Connection *c)
{
	enum metric_format format =
	    metric_format_of(MHD_lookup_connection_value(c, MHD_HEADER_KIND,
		"Accept"));

	metric_print(&l->text, format);
	return listen_answer(c, MHD_HTTP_OK, metric_content_type(format),
	    &l->text);
}

/* That there is an answer is all that it says. */
static enum MHD_Result
listen_live(struct listener *l, struct MHD_Connection *c)
{
	buf_adds(&l->text, "{\"status\": \"pass\", \"serviceId\": \"errand\", "
			   "\"version\": \"" PACKAGE_VERSION "\"}\n");
	return listen_answer(c, MHD_HTTP_OK, "application/health+json",
	    &l->text);
}

static enum MHD_Result
listen_request(void *arg, struct MHD_Connection *c, const char *path,
    const char *method, const char *version, const char *data, size_t *size,
    void **state)
{
	static char begun;
	struct listener *l = arg;

	(void)version;
	(void)data;
	if (*state == NULL) { /* a body may follow, which nobody wants */
		*state = &begun;
		listen_went_on(c);
		return MHD_YES;
	}
	if (*size > 0) {
		*size = 0;
		return MHD_YES;
	}
	buf_clear(&l->text);
	if (!str_eq(method, "GET") && !str_eq(method, "HEAD")) {
		buf_adds(&l->text, "allowed here: GET, HEAD\n");
		return listen_answer(c, MHD_HTTP_METHOD_NOT_ALLOWED,
		    "text/plain", &l->text);
	}
	if (str_eq(path, "/metrics"))
		return listen_metrics(l, c);
	if (str_eq(path, "/health/live"))
		return listen_live(l, c);
	buf_adds(&l->text, "there are /metrics and /health/live\n");
	return listen_answer(c, MHD_HTTP_NOT_FOUND, "text/plain", &l->text);
}

/* A socket that listens, or -1 with errno set. */
static int
listen_open(const char *address)
{
	static const int on = 1;
	struct sockaddr_storage sa;
	socklen_t len;
	int fd, saved;

	if (net_address_parse(address, &sa, &len) == -1) {
		errno = EINVAL;
		return -1;
	}
	fd =
	    socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, (const struct sockaddr *)&sa, len) == 0 &&
	    listen(fd, LISTEN_BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

struct listener *
listener_new(const char *address)
{
	struct listener *l = xcalloc(1, sizeof(*l));
	int fd = listen_open(address);

	if (fd != -1) {
		l->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL,
		    listen_request, l, MHD_OPTION_LISTEN_SOCKET, fd,
		    MHD_OPTION_CONNECTION_LIMIT, (unsigned)LISTEN_CONNECTIONS,
		    MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		    (unsigned)LISTEN_FROM_ONE, MHD_OPTION_CONNECTION_TIMEOUT,
		    (unsigned)LISTEN_SECONDS,
		    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)LISTEN_MEMORY,
		    MHD_OPTION_NOTIFY_CONNECTION, listen_connection, l,
		    MHD_OPTION_NOTIFY_COMPLETED, listen_completed, NULL,
		    MHD_OPTION_END);
	}
	if (l->daemon != NULL)
		return l;
	log_error("cannot listen", LS("address", address),
	    LS("reason", strerror(errno)));
	if (fd != -1)
		close(fd);
	free(l);
	return NULL;
}

void
listener_free(struct listener *l)
{
	if (l == NULL)
		return;
	MHD_stop_daemon(l->daemon); /* closes the socket */
	buf_free(&l->text);
	free(l);
}

void
listener_run(struct listener *l, int ms)
{
	(void)MHD_run_wait(l->daemon, ms);
	listen_end_late(l);
}
