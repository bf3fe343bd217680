/* SPDX-License-Identifier: ISC */
/* A Redis server of a unit test's own, in a folder of its own. */
#ifndef REDIS_SERVER_H
#define REDIS_SERVER_H

#include "lib/harness.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"

/* Tries again until what is true; a test that waits in vain fails. */
#define EVENTUALLY(what)                                                       \
	do {                                                                   \
		const struct timespec t = { .tv_nsec = 5000000 };              \
		int64_t end = clock_mono_us() + 20 * 1000000;                  \
		bool is;                                                       \
		while (!(is = (what)) && clock_mono_us() < end)                \
			nanosleep(&t, NULL);                                   \
		ck_assert_msg(is, "%s", #what);                                \
	} while (0)

struct redis_server {
	char dir[HARNESS_DIR];
	char path[HARNESS_DIR + 2]; /* of its socket */
	char url[HARNESS_DIR + 16];
	char port[8]; /* on the loopback address; "0": none */
	bool sentinel;
	pid_t pid;
};

static inline bool
redis_server_up(const struct redis_server *s)
{
	redisContext *c = redisConnectUnix(s->path);
	redisReply *r = NULL;
	bool up;

	if (c != NULL && c->err == 0)
		r = redisCommand(c, "PING");
	up = r != NULL && r->type == REDIS_REPLY_STATUS;
	freeReplyObject(r);
	redisFree(c);
	return up;
}

/* True if it answers or has ended, as it does if its port is taken. */
static inline bool
redis_server_decided(struct redis_server *s)
{
	if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
		s->pid = 0;
	return s->pid == 0 || redis_server_up(s);
}

/* Starts it, and waits until it answers; false if it ends instead. */
static inline bool
redis_server_try(struct redis_server *s)
{
	s->pid = fork();
	ck_assert_int_ne(s->pid, -1);
	if (s->pid == 0) {
		ck_assert_int_eq(chdir(s->dir), 0);
		if (s->sentinel)
			execlp("redis-server", "redis-server", "conf",
			    "--sentinel", "--bind", "127.0.0.1", "--port",
			    s->port, "--unixsocket", s->path, "--logfile",
			    "log", (char *)NULL);
		execlp("redis-server", "redis-server", "--bind", "127.0.0.1",
		    "--port", s->port, "--unixsocket", s->path, "--logfile",
		    "log", "--save", "", "--dbfilename", "dump", (char *)NULL);
		_exit(127);
	}
	EVENTUALLY(redis_server_decided(s));
	return s->pid != 0;
}

/* Starts it again, and waits until it answers. */
static inline void
redis_server_start(struct redis_server *s)
{
	ck_assert(redis_server_try(s));
}

static inline void
redis_server_stop(struct redis_server *s, int sig)
{
	if (s->pid > 0) {
		kill(s->pid, sig);
		waitpid(s->pid, NULL, 0);
	}
	unlink(s->path);
}

/* Sets a port that nobody has now. */
static inline void
redis_server_port(struct redis_server *s)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	snprintf(s->port, sizeof(s->port), "%d", ntohs(sa.sin_port));
	close(fd);
}

/* The file that a sentinel writes down what it knows in. */
static inline void
redis_server_conf(const struct redis_server *s)
{
	char path[HARNESS_DIR + 8];
	FILE *f;

	snprintf(path, sizeof(path), "%s/conf", s->dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fclose(f), 0);
}

/* A new folder with a server; tcp: on some port as well.  If somebody takes
 * that meanwhile, on another. */
static inline void
redis_server_begin(struct redis_server *s, bool tcp)
{
	int tries = 0;

	harness_dir(s->dir);
	snprintf(s->path, sizeof(s->path), "%s/s", s->dir);
	snprintf(s->url, sizeof(s->url), "unix://%s", s->path);
	snprintf(s->port, sizeof(s->port), "0");
	if (s->sentinel)
		redis_server_conf(s);
	signal(SIGPIPE, SIG_IGN); /* as the programs do */
	do {
		ck_assert_int_lt(tries++, 10);
		if (tcp)
			redis_server_port(s);
	} while (!redis_server_try(s));
}

static inline void
redis_server_new(struct redis_server *s, bool tcp)
{
	s->sentinel = false;
	redis_server_begin(s, tcp);
}

/* The same, a sentinel that watches nobody yet. */
static inline void
redis_server_sentinel(struct redis_server *s)
{
	s->sentinel = true;
	redis_server_begin(s, true);
}

/* Has it name another server, "m", that is on a port. */
static inline void
redis_server_name(const struct redis_server *sentinel, const char *port)
{
	static const char *const lines[] = { "SENTINEL REMOVE m",
		"SENTINEL MONITOR m 127.0.0.1 %s 1" };
	redisContext *c = redisConnectUnix(sentinel->path);
	redisReply *r = NULL;

	ck_assert_ptr_nonnull(c);
	for (size_t i = 0; i < NELEM(lines); i++) {
		freeReplyObject(r);
		r = redisCommand(c, lines[i], port);
		ck_assert_ptr_nonnull(r);
	}
	ck_assert_int_eq(r->type, REDIS_REPLY_STATUS);
	freeReplyObject(r);
	redisFree(c);
}

/* Ends the server, and removes the folder. */
static inline void
redis_server_free(struct redis_server *s)
{
	char command[HARNESS_DIR + 8];

	redis_server_stop(s, SIGKILL);
	snprintf(command, sizeof(command), "rm -r %s", s->dir);
	ck_assert_int_eq(system(command), 0);
}

/* True, and said, if there is no such program: then no test can run. */
static inline bool
redis_server_missing(void)
{
	if (system("command -v redis-server >/dev/null") == 0)
		return false;
	puts("SKIP: no redis-server (Debian package: redis-server)");
	return true;
}

#endif
