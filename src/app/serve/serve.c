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
#include "base/longwait.h"
#include "conf/conf.h"
#include "kept.h"
#include "linger.h"
#include "log/log.h"
#include "metric/metric.h"
#include "pass.h"
#include "router.h"
#include "span.h"
#include "tally.h"
#include "wire/spool.h"

#define SERVE_TICK_S   1
#define SERVE_PAUSE_MS 50
#define SERVE_SENT     ((int64_t)1024 * 1024) /* in one [http] io_timeout */

/*
 * The connection is accepted here and then given to the library, which would
 * otherwise poll before its first read, linger after its last write, and wait
 * without end for a web server that stalls.  So that nothing stalls us, a
 * tick every second counts how long the connection in hand has been read or
 * written, and cuts it off when that is too long; a blocked read then ends.
 * The tick also hands the other connections over.
 */
static volatile sig_atomic_t serve_stop, serve_reopen;
static volatile sig_atomic_t serve_fd = -1; /* being read or written */
static volatile sig_atomic_t serve_ticks, serve_ticks_max;
static bool serve_tcp;
static struct kept *serve_kept; /* not in use while serve_fd is not -1 */

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
	if (serve_fd != -1) {
		if (++serve_ticks > serve_ticks_max)
			shutdown((int)serve_fd, SHUT_RDWR);
		kept_pass(serve_kept);
	}
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
		fprintf(stderr, "%serrand.fcgi: cannot serve: %s\n",
		    log_stderr_mark(LOGL_ERROR), reason);
	return -1;
}

/* The flag is that of the socket, which other processes have as well. */
static int
serve_prepare_socket(void)
{
	static const struct timeval never = { 0 };
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
	if (fcntl(0, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(0, F_SETFD, FD_CLOEXEC) == -1 ||
	    setsockopt(0, SOL_SOCKET, SO_RCVTIMEO, &never, sizeof(never)) == -1)
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

struct serving {
	struct kept *kept;
	struct lingering linger;
	FCGX_Request r;
	bool keep;      /* the web server wants to use the connection again */
	size_t counted; /* by metrics: how many are kept */
	uint64_t handed;
};

/* Ends the request.  Where all was read, the connection is kept, or closing it
 * at once loses nothing of the answer; else it lingers. */
static void
serve_finish(struct serving *s, struct request *req)
{
	FCGX_Request *r = &s->r;
	bool whole, keep;
	int fd = -1;

	request_skip(req, r);
	whole = req->body_state == REQUEST_BODY_WHOLE;
	serve_fd = -1;
	keep = s->keep && whole && kept_room(s->kept);
	if (!keep)
		kept_gone(s->kept);
	serve_fd = r->ipcFd;
	r->keepConnection = keep;
	if (!whole)
		fd = fcntl(r->ipcFd, F_DUPFD_CLOEXEC, 0);
	/* Without another descriptor the library itself has to linger. */
	if (!keep && (whole || fd != -1))
		FCGX_Detach(r);
	FCGX_Finish_r(r);
	serve_fd = -1;
	if (keep && r->ipcFd != -1)
		kept_done(s->kept);
	else if (keep) /* it could not be written, and is closed */
		kept_gone(s->kept);
	if (fd != -1)
		linger_add(&s->linger, fd);
}

/* A request that waits is errand-stream's from now on, if that takes it, and so
 * is its connection. */
static bool
serve_pass(struct serving *s, struct request *req, struct arena *a)
{
	FCGX_Request *r = &s->r;
	int fd = r->ipcFd;

	request_skip(req, r);
	if (req->body_state == REQUEST_BODY_UNREAD) { /* its end is to come */
		serve_fd = fd;
		request_body(req, r, a);
		serve_fd = -1;
	}
	if (req->body_state != REQUEST_BODY_WHOLE || !pass_request(r))
		return false;
	kept_gone(s->kept);
	FCGX_Free(r, 0);
	r->ipcFd = -1;
	close(fd);
	return true;
}

/* Sends what follows.  A client that is slow costs as much time as it has taken
 * bytes, and not more. */
static bool
serve_spool(FCGX_Request *r, struct spool *spool)
{
	char text[16 * 1024];
	int64_t sent = 0;
	ssize_t n;

	while ((n = spool_next(spool, text, sizeof(text))) > 0) {
		if (FCGX_PutStr(text, (int)n, r->out) != (int)n)
			return false;
		sent += n;
		if (sent >= SERVE_SENT) {
			sent = 0;
			serve_ticks = 0;
		}
	}
	if (n == -1)
		log_error("answer cannot be read",
		    LS("reason", strerror(errno)));
	return n == 0;
}

/* Sends the answer.  One that breaks off has no end, which is for the web
 * server to see. */
static void
serve_answer(struct serving *s, struct request *req, const struct call *c,
    int64_t start)
{
	FCGX_Request *r = &s->r;
	struct spool *spool = c->res->spool;

	serve_ticks = 0;
	serve_fd = r->ipcFd;
	span_tell(c, start);
	if (response_write(c->res, req, r) == -1 ||
	    (spool != NULL && !serve_spool(r, spool))) {
		log_debug("web server gone before the answer");
		if (spool != NULL)
			shutdown(r->ipcFd, SHUT_RDWR);
		s->keep = false;
	}
	serve_finish(s, req);
}

/* Answers the request whose parameters the library has read.  Nobody waits for
 * a body before it is known that it is wanted, and from whom. */
static void
serve_request(struct deps *deps, struct serving *s, struct arena *a,
    struct response *res)
{
	FCGX_Request *r = &s->r;
	int64_t start = clock_mono_us();
	struct request req;
	struct trace_span span;
	struct call c = { .deps = deps, .arena = a, .req = &req, .res = res };
	bool passed;

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
	passed = c.wait > 0 && serve_pass(s, &req, a);
	if (!passed) {
		serve_answer(s, &req, &c, start);
		tally_log(&c, start);
	}
	span_end(&span, &c);
	if (!passed)
		tally_request(&c, clock_mono_us() - start);
	metric_busy(false);
	log_context(NULL, NULL);
	arena_reset(a);
}

/* Lets the library read from a connection that we accepted: it does so when
 * it believes in a connection kept alive. */
static bool
serve_adopt(struct serving *s, int fd)
{
	FCGX_Request *r = &s->r;
	static const int on = 1;

	if (serve_tcp)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	r->ipcFd = fd;
	r->keepConnection = 1;
	serve_ticks = 0;
	serve_fd = fd;
	if (FCGX_Accept_r(r) == 0) {
		s->keep = r->keepConnection != 0;
		r->keepConnection = 0;
		return true;
	}
	serve_fd = -1;
	kept_gone(s->kept);
	log_debug("connection without a request");
	return false;
}

static void
serve_count(struct serving *s)
{
	size_t n = kept_count(s->kept);
	uint64_t handed = kept_handed(s->kept);

	if (n != s->counted)
		metric_set(METRIC_kept, METRIC_AT(0), (int64_t)n);
	if (handed != s->handed)
		metric_add(METRIC_handed, METRIC_AT(0), handed - s->handed);
	s->counted = n;
	s->handed = handed;
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
serve_watch(struct cache *cache, int ready)
{
	struct pollfd fds[2] = { { .fd = ready, .events = POLLIN } };

	cache_watch(cache);
	while (cache_watching(cache, &fds[1]) &&
	       poll(fds, NELEM(fds), SERVE_TICK_S * 1000) > 0 &&
	       fds[0].revents == 0)
		cache_watch(cache);
}

static int
serve_loop(struct deps *deps, struct arena *a, struct response *res)
{
	struct serving s = { .kept = serve_kept };
	int64_t auth_due = 0;
	int fd, rc = 0;

	FCGX_InitRequest(&s.r, -1, 0); /* the library never accepts itself */
	pg_use(deps->pg, a);
	queue_use(deps->broker, a);
	while (!serve_stop) {
		serve_chores(deps, &auth_due);
		serve_watch(deps->cache, kept_fd(s.kept));
		if (serve_stop)
			break;
		if (s.linger.n > 0 && !linger_wait(&s.linger, kept_fd(s.kept)))
			continue;
		serve_count(&s);
		fd = kept_next(s.kept, SERVE_TICK_S * 1000);
		if (fd != -1) {
			if (serve_adopt(&s, fd))
				serve_request(deps, &s, a, res);
		} else if (errno == EBADF || errno == EINVAL ||
			   errno == ENOTSOCK || errno == EOPNOTSUPP) {
			rc = serve_fail(strerror(errno));
			break;
		} else if (errno != EINTR && errno != EAGAIN &&
			   errno != ECONNABORTED) {
			poll(NULL, 0, SERVE_PAUSE_MS); /* out of files */
		}
	}
	linger_clear(&s.linger);
	return rc;
}

/* Nobody else waits for it. */
static void
serve_on_long_wait(void *kept)
{
	kept_pass(kept);
}

int
serve_run(struct deps *deps)
{
	struct arena *a;
	struct response res = { 0 };
	int rc;

	serve_kept = kept_new(0, (size_t)settings.http_keep_connections);
	if (serve_kept == NULL)
		return serve_fail(strerror(errno));
	a = arena_new();
	longwait_set(serve_on_long_wait, serve_kept);
	deps->stopping = &serve_stop;
	log_info("serving", LS("version", PACKAGE_VERSION));
	rc = serve_loop(deps, a, &res);
	longwait_set(NULL, NULL);
	kept_free(serve_kept);
	log_info("stopped");
	response_free(&res);
	arena_free(a);
	return rc;
}
