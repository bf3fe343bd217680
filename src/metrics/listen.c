/* SPDX-License-Identifier: ISC */
/* A small web server that takes no requests of users. */
#include "config.h"

#include "listen.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "log/log.h"
#include "metric/metric.h"
#include "text/net.h"

/* Who asks is a monitor or two: many are a mistake, and slow ones as well.  The
 * library takes some more connections than there may be, so that it is here
 * that one is chosen to go. */
#define LISTEN_CONNECTIONS 64
#define LISTEN_SPARE       16
#define LISTEN_FROM_ONE    32
#define LISTEN_SECONDS     10
#define LISTEN_MEMORY      16384 /* for the head of a request */
#define LISTEN_BACKLOG     64

/* In the order in which they go when there are too many connections; one that
 * is answered is left alone. */
enum listen_state { LISTEN_IDLE, LISTEN_HEAD, LISTEN_ANSWER };

/* The library's timeout begins again with each byte, so each connection has a
 * deadline as well: for the next head, and from there for the rest of it. */
struct listen_client {
	bool is_open;
	bool ended; /* shut down: the library will find it at its end */
	enum listen_state state;
	int fd;
	struct sockaddr_storage from;
	int64_t due; /* clock_mono_us */
};

struct listener {
	struct MHD_Daemon *daemon;
	struct buf text;
	struct listen_client clients[LISTEN_CONNECTIONS + LISTEN_SPARE];
};

/* It is in that state from now on. */
static void
listen_renew(struct listen_client *client, enum listen_state state)
{
	client->state = state;
	client->due = clock_mono_us() + LISTEN_SECONDS * CLOCK_SECOND;
}

/* The library finds it at its end, and closes it. */
static void
listen_end(struct listen_client *client)
{
	client->ended = true;
	(void)shutdown(client->fd, SHUT_RDWR);
}

static bool
listen_same_host(const struct sockaddr_storage *a,
    const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET6)
		return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
			   &((const struct sockaddr_in6 *)b)->sin6_addr,
			   sizeof(struct in6_addr)) == 0;
	return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
	       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

/* Where there are too many connections, from the address of the new one or in
 * all, one of these goes: that which has waited longest for a request, else for
 * the rest of a head, else the new one itself. */
static void
listen_make_room(struct listener *l, struct listen_client *new)
{
	struct listen_client *old[] = { new, new }; /* in all, of the address */
	size_t n[] = { 0, 0 }, scopes;

	for (size_t i = 0; i < NELEM(l->clients); i++) {
		struct listen_client *c = &l->clients[i];

		if (!c->is_open || c->ended)
			continue;
		scopes = listen_same_host(&c->from, &new->from) ? 2 : 1;
		for (size_t of = 0; of < scopes; of++) {
			n[of]++;
			if (c->state != LISTEN_ANSWER &&
			    (c->state < old[of]->state ||
				(c->state == old[of]->state &&
				    c->due < old[of]->due)))
				old[of] = c;
		}
	}
	if (n[1] > LISTEN_FROM_ONE)
		listen_end(old[1]);
	else if (n[0] > LISTEN_CONNECTIONS)
		listen_end(old[0]);
}

static struct listen_client *
listen_client_of(struct MHD_Connection *c)
{
	return MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	    ->socket_context;
}

/* A connection has begun or ends; its descriptor is open in both cases. */
static void
listen_connection(void *arg, struct MHD_Connection *c, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	struct listener *l = arg;
	struct listen_client *client = *context;
	socklen_t len = sizeof(client->from);

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (client != NULL)
			client->is_open = false;
		return;
	}
	for (size_t i = 0; i < NELEM(l->clients); i++) {
		client = &l->clients[i];
		if (client->is_open)
			continue;
		*client = (struct listen_client){ .is_open = true };
		client->fd = MHD_get_connection_info(c,
		    MHD_CONNECTION_INFO_CONNECTION_FD)
				 ->connect_fd;
		(void)getpeername(client->fd, (struct sockaddr *)&client->from,
		    &len);
		listen_renew(client, LISTEN_HEAD);
		listen_make_room(l, client);
		client->state = LISTEN_IDLE;
		*context = client;
		return;
	}
}

/* The first line of a request has come. */
static void *
listen_begun(void *arg, const char *uri, struct MHD_Connection *c)
{
	struct listen_client *client = listen_client_of(c);

	(void)arg;
	(void)uri;
	if (client != NULL)
		client->state = LISTEN_HEAD;
	return NULL;
}

/* A request's head is whole, or its answer has ended. */
static void
listen_went_on(struct MHD_Connection *c, enum listen_state state)
{
	struct listen_client *client = listen_client_of(c);

	if (client != NULL)
		listen_renew(client, state);
}

static void
listen_completed(void *arg, struct MHD_Connection *c, void **state,
    enum MHD_RequestTerminationCode why)
{
	(void)arg;
	(void)state;
	(void)why;
	listen_went_on(c, LISTEN_IDLE);
}

static void
listen_end_late(struct listener *l)
{
	int64_t now = clock_mono_us();

	for (size_t i = 0; i < NELEM(l->clients); i++) {
		if (l->clients[i].is_open && now >= l->clients[i].due)
			listen_end(&l->clients[i]);
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

/* The path of a target that may be a whole address, as a proxy is asked; "" if
 * that has none. */
static const char *
listen_path(const char *target)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < NELEM(schemes); i++) {
		size_t len = strlen(schemes[i]);

		if (strncasecmp(target, schemes[i], len) == 0)
			return target + len + strcspn(target + len, "/");
	}
	return target;
}

/* A zero byte would end the path for us, but not for whoever let it pass. */
static size_t
listen_unescape(void *arg, struct MHD_Connection *c, char *text)
{
	(void)arg;
	(void)c;
	return strstr(text, "%00") != NULL ? strlen(text)
					   : MHD_http_unescape(text);
}

static enum MHD_Result
listen_request(void *arg, struct MHD_Connection *c, const char *target,
    const char *method, const char *version, const char *data, size_t *size,
    void **state)
{
	static char begun;
	struct listener *l = arg;
	const char *path = listen_path(target);

	(void)version;
	(void)data;
	if (*state == NULL) { /* a body may follow, which nobody wants */
		*state = &begun;
		listen_went_on(c, LISTEN_ANSWER);
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
		    MHD_OPTION_CONNECTION_LIMIT,
		    (unsigned)(LISTEN_CONNECTIONS + LISTEN_SPARE),
		    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)LISTEN_SECONDS,
		    MHD_OPTION_URI_LOG_CALLBACK, listen_begun, NULL,
		    MHD_OPTION_UNESCAPE_CALLBACK, listen_unescape, NULL,
		    MHD_OPTION_STRICT_FOR_CLIENT, 1,
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
