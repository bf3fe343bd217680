/* SPDX-License-Identifier: ISC */
/* Serves one request at a time from the socket on standard input. */
#include "config.h"

#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "linger.h"
#include "log/log.h"
#include "metric/metric.h"
#include "router.h"
#include "span.h"
#include "tally.h"

#define SERVE_TICK_S   1
#define SERVE_PAUSE_MS 50

/*
 * The connection is accepted here and then given to the library, which would
 * otherwise poll before its first read, linger after its last write, and wait
 * without end for a web server that stalls.  So that nothing stalls us, a
 * tick every second counts how long the connection in hand has been read or
 * written, and cuts it off when that is too long; a blocked read then ends.
 */
static volatile sig_atomic_t serve_stop, serve_reopen;
static volatile sig_atomic_t serve_fd = -1; /* being read or written */
static volatile sig_atomic_t serve_ticks, serve_ticks_max;
static bool serve_tcp;

static void
serve_on_stop(int sig)
{
	(void)sig;
	serve_stop = 1;
}

static void
serve_on_hup(int sig)
{
	(void)sig;
	serve_reopen = 1;
}

static void
serve_on_tick(int sig)
{
	int saved = errno;

	(void)sig;
	if (serve_fd != -1 && ++serve_ticks > serve_ticks_max)
		shutdown((int)serve_fd, SHUT_RDWR);
	errno = saved;
}

static void
serve_handle(int sig, void (*fn)(int))
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = SA_RESTART };

	sigemptyset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

static int
serve_fail(const char *reason)
{
	log_error("cannot serve", LS("reason", reason));
	/* Who starts us by hand reads standard error, whatever the log is. */
	if (settings.log_stderr_level == CONF_stderr_level_off)
		fprintf(stderr, "errand.fcgi: cannot serve: %s\n", reason);
	return -1;
}

/* accept then returns each second, and at once after a signal: the kernel
 * restarts no accept on a socket with a time-out. */
static int
serve_prepare_socket(void)
{
	const struct timeval tick = { .tv_sec = SERVE_TICK_S };
	int listening = 0, flags = fcntl(0, F_GETFL);
	socklen_t len = sizeof(listening);
	struct sockaddr_storage sa;

	if (getsockopt(0, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == -1 ||
	    !listening)
		return serve_fail("standard input is no listening socket: "
				  "see errand.fcgi(8) on spawn-fcgi and "
				  "systemd");
	len = sizeof(sa);
	if (getsockname(0, (struct sockaddr *)&sa, &len) == -1)
		return serve_fail(strerror(errno));
	serve_tcp = sa.ss_family != AF_UNIX;
	tally_socket(&sa, len);
	if (getenv("FCGI_WEB_SERVER_ADDRS") != NULL)
		return serve_fail("FCGI_WEB_SERVER_ADDRS is not supported: "
				  "use a unix socket or a firewall");
	if (fcntl(0, F_SETFL, flags & ~O_NONBLOCK) == -1 ||
	    fcntl(0, F_SETFD, FD_CLOEXEC) == -1 ||
	    setsockopt(0, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick)) == -1)
		return serve_fail(strerror(errno));
	return 0;
}

int
serve_open(void)
{
	const struct itimerval timer = { { SERVE_TICK_S, 0 },
		{ SERVE_TICK_S, 0 } };

	if (serve_prepare_socket() == -1)
		return -1;
	serve_ticks_max =
	    (sig_atomic_t)(settings.http_io_timeout / (SERVE_TICK_S * 1000));
	serve_handle(SIGTERM, serve_on_stop);
	serve_handle(SIGINT, serve_on_stop);
	serve_handle(SIGUSR1, serve_on_stop); /* what multiwatch sends */
	serve_handle(SIGHUP, serve_on_hup);
	serve_handle(SIGALRM, serve_on_tick);
	signal(SIGPIPE, SIG_IGN);
	setitimer(ITIMER_REAL, &timer, NULL);
	setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 0);
	return FCGX_Init() == 0 ? 0 : serve_fail("FCGX_Init failed");
}

/* The line of a request; what there is none of is left out. */
static void
serve_log(const struct call *c, int64_t start)
{
	const struct request *req = c->req;
	struct log_field f[10] = {
		LS("method", req->method_name),
		LS("route", c->route == NULL ? "-" : c->route->pattern),
		LS("path", req->path),
		LI("status", c->res->status),
		LI("duration_us", clock_mono_us() - start),
		LS("remote", req->remote_addr),
	};
	size_t n = 6;

	if (!settings.log_requests)
		return;
	if (c->who != NULL)
		f[n++] = LS("user", c->who->username);
	if (c->cache_result != NULL)
		f[n++] = LS("cache", c->cache_result);
	if (req->traceparent != NULL)
		f[n++] = LS("traceparent", req->traceparent);
	log_write(LOGL_INFO, "request", f);
}

/* Ends the request.  Where all was read, closing at once loses nothing of the
 * answer; else the connection lingers. */
static void
serve_finish(struct lingering *l, struct request *req, FCGX_Request *r)
{
	int fd = -1;

	request_skip(req, r);
	if (req->body_state != REQUEST_BODY_WHOLE)
		fd = fcntl(r->ipcFd, F_DUPFD_CLOEXEC, 0);
	/* Without another descriptor the library itself has to linger. */
	if (req->body_state == REQUEST_BODY_WHOLE || fd != -1)
		FCGX_Detach(r);
	FCGX_Finish_r(r);
	if (fd != -1)
		linger_add(l, fd);
}

/* Answers the request whose parameters the library has read.  Nobody waits for
 * a body before it is known that it is wanted, and from whom. */
static void
serve_request(struct deps *deps, FCGX_Request *r, struct arena *a,
    struct response *res, struct lingering *l)
{
	int64_t start = clock_mono_us();
	struct request req;
	struct trace_span span;
	struct call c = { .deps = deps, .arena = a, .req = &req, .res = res };

	metric_busy(true);
	request_read(&req, r, a);
	serve_fd = -1;
	span_begin(&span, &req, a, start);
	log_context(req.id, req.trace_id);
	response_reset(res);
	if (router_admit(&c)) {
		if (router_wants_body(&c)) {
			serve_fd = r->ipcFd; /* the time goes on */
			request_body(&req, r, a);
			serve_fd = -1;
		}
		router_run(&c);
	}
	serve_ticks = 0;
	serve_fd = r->ipcFd;
	span_tell(&c, start);
	if (response_write(res, &req, r) == -1)
		log_debug("web server gone before the answer");
	serve_finish(l, &req, r);
	serve_fd = -1;
	serve_log(&c, start);
	span_end(&span, &c);
	tally_request(&c, clock_mono_us() - start);
	metric_busy(false);
	log_context(NULL, NULL);
	arena_reset(a);
}

/* Lets the library read from a connection that we accepted: it does so when
 * it believes in a connection kept alive. */
static bool
serve_adopt(FCGX_Request *r, int fd)
{
	static const struct timeval never = { 0 };
	static const int on = 1;

	if (serve_tcp) { /* such sockets inherit the listener's time-out */
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &never, sizeof(never));
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	r->ipcFd = fd;
	r->keepConnection = 1;
	serve_ticks = 0;
	serve_fd = fd;
	if (FCGX_Accept_r(r) == 0) {
		r->keepConnection = 0;
		return true;
	}
	serve_fd = -1;
	log_debug("connection without a request");
	return false;
}

/* Work between requests, when it is due. */
static void
serve_chores(struct deps *deps, int64_t *auth_due)
{
	if (serve_reopen) {
		serve_reopen = 0;
		log_reopen();
	}
	log_chores();
	metric_follow();
	if (clock_mono_us() >= *auth_due)
		*auth_due = auth_chores(deps->auth) + clock_mono_us();
}

/* Whether Redis is still what it was is answered while nobody calls. */
static void
serve_watch(struct cache *cache)
{
	struct pollfd fds[2] = { { .fd = 0, .events = POLLIN } };

	cache_watch(cache);
	if (cache_watching(cache, &fds[1]) &&
	    poll(fds, NELEM(fds), SERVE_TICK_S * 1000) > 0 &&
	    fds[0].revents == 0)
		cache_watch(cache);
}

static int
serve_loop(struct deps *deps, struct arena *a, struct response *res)
{
	struct lingering linger = { 0 };
	FCGX_Request r;
	int64_t auth_due = 0;
	int fd;

	FCGX_InitRequest(&r, -1, 0); /* the library never accepts itself */
	pg_use(deps->pg, a);
	queue_use(deps->broker, a);
	while (!serve_stop) {
		serve_chores(deps, &auth_due);
		serve_watch(deps->cache);
		if (serve_stop)
			break;
		if (linger.n > 0 && !linger_wait(&linger, 0))
			continue;
		fd = accept4(0, NULL, NULL, SOCK_CLOEXEC);
		if (fd != -1) {
			if (serve_adopt(&r, fd))
				serve_request(deps, &r, a, res, &linger);
		} else if (errno == EBADF || errno == EINVAL ||
			   errno == ENOTSOCK || errno == EOPNOTSUPP) {
			linger_clear(&linger);
			return serve_fail(strerror(errno));
		} else if (errno != EINTR && errno != EAGAIN &&
			   errno != ECONNABORTED) {
			poll(NULL, 0, SERVE_PAUSE_MS); /* out of files */
		}
	}
	linger_clear(&linger);
	return 0;
}

int
serve_run(struct deps *deps)
{
	struct arena *a = arena_new();
	struct response res = { 0 };
	int rc;

	deps->stopping = &serve_stop;
	log_info("serving", LS("version", PACKAGE_VERSION));
	rc = serve_loop(deps, a, &res);
	log_info("stopped");
	response_free(&res);
	arena_free(a);
	return rc;
}
