/* SPDX-License-Identifier: ISC */
/* No exchange with Redis is longer than its time-out, whatever the server does
 * or does not do, and however often a signal comes. */
#include "config.h"

#include "lib/harness.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/xalloc.h"
#include "redis/kv.h"
#include "text/kv_url.h"

#define TIMEOUT_MS 300
#define TICK_MS    20
#define LARGE      (8 * 1024 * 1024) /* more than any socket keeps */

#define INFO "$18\r\nrun_id:0123456789\n\r\n"

/* What the server does with its first connection. */
static const struct {
	bool tcp;
	bool full;          /* accepts nobody, and others wait already, */
	const char *says;   /* at once */
	const char *adds;   /* and then one byte of it for each tick */
	bool takes_all;     /* reads what it is sent */
	size_t size;        /* of the word that it is sent */
	int wakes;          /* full only until so many ms have passed */
	const char *scheme; /* of a tcp address; NULL: redis */
} cases[] = {
	{ true, true, "", "", false, 1, 0, NULL },
	{ false, true, "", "", false, 1, 0, NULL },
	/* connected, with hardly any time left */
	{ false, true, "", "", false, 1, TIMEOUT_MS - 40, NULL },
	{ false, true, "", "", false, 1, TIMEOUT_MS - 30, NULL },
	{ false, true, "", "", false, 1, TIMEOUT_MS - 20, NULL },
	{ true, false, "", "", true, 1, 0, NULL },
	{ false, false, "", "", true, 1, 0, NULL },
	{ false, false, "", "$9000\r\nrun_id:", true, 1, 0, NULL },
	{ false, false, "$9000\r\n", "0123456789", true, 1, 0, NULL },
	{ false, false, INFO, "", true, 1, 0, NULL },
	{ true, false, INFO, "", true, 1, 0, NULL },
	{ false, false, INFO, "$9000\r\n0123456789", true, 1, 0, NULL },
	{ true, false, INFO, "*3\r\n$9000\r\n0", true, 1, 0, NULL },
	{ false, false, INFO, "", false, LARGE, 0, NULL },
	{ true, false, INFO, "", false, LARGE, 0, NULL },
	{ false, false, INFO, "$9000\r\n0123456789", false, LARGE, 0, NULL },
	{ true, true, "", "", false, 1, 0, "rediss" },
	{ true, false, "", "", true, 1, 0, "rediss" },
	{ true, false, "", "", false, 1, 0, "rediss" },
	/* a record that does not end */
	{ true, false, "\x16\x03\x03\x40\x01", "\x02", true, 1, 0, "rediss" },
	{ true, true, "", "", false, 1, 0, "sentinel" },
	{ true, false, "", "", true, 1, 0, "sentinel" },
	{ true, false, "*2\r\n$9000\r\n", "0123456789", true, 1, 0,
	    "sentinel" },
	{ true, false, "", "", true, 1, 0, "rediss+sentinel" },
};

static char dir[HARNESS_DIR], url[128];
static int listener, others[8];
static pid_t server;

static void
on_tick(int sig)
{
	(void)sig;
}

/* Never ends by itself. */
static void
serve(int row)
{
	const char *adds = cases[row].adds;
	char taken[4096];
	int fd = accept(listener, NULL, NULL);
	struct pollfd p = { .fd = fd,
		.events = cases[row].takes_all ? POLLIN : 0 };

	ck_assert_int_ne(fd, -1);
	ck_assert_int_ge(send(fd, cases[row].says, strlen(cases[row].says), 0),
	    0);
	for (;;) {
		if (poll(&p, 1, TICK_MS) > 0 &&
		    read(fd, taken, sizeof(taken)) <= 0)
			_exit(0);
		if (adds[0] == '\0')
			continue;
		if (send(fd, adds, 1, MSG_NOSIGNAL) != 1)
			_exit(0);
		if (adds[1] != '\0')
			adds++;
	}
}

/* Never ends by itself, and says nothing. */
static void
wake(int row)
{
	poll(NULL, 0, cases[row].wakes == 0 ? -1 : cases[row].wakes);
	for (;;)
		(void)!accept(listener, NULL, NULL);
}

static void
listen_at(int row)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr *sa = (struct sockaddr *)&un;
	socklen_t len = sizeof(un);

	if (cases[row].tcp) {
		sa = (struct sockaddr *)&in;
		len = sizeof(in);
	}
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/s", dir);
	listener = socket(sa->sa_family, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(listener, sa, len), 0);
	ck_assert_int_eq(listen(listener, cases[row].full ? 0 : 4), 0);
	ck_assert_int_eq(getsockname(listener, sa, &len), 0);
	if (cases[row].tcp)
		snprintf(url, sizeof(url), "%s://127.0.0.1:%d",
		    cases[row].scheme == NULL ? "redis" : cases[row].scheme,
		    ntohs(in.sin_port));
	else
		snprintf(url, sizeof(url), "unix://%s/s", dir);
	for (size_t i = 0; cases[row].full && i < NELEM(others); i++) {
		others[i] =
		    socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(others[i], sa, len);
	}
}

static void
tick_begin(void)
{
	const struct timeval t = { .tv_usec = TICK_MS * 1000 };
	struct sigaction sa = { .sa_handler = on_tick, .sa_flags = SA_RESTART };

	sigaction(SIGALRM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	setitimer(ITIMER_REAL, &(struct itimerval){ t, t }, NULL);
}

START_TEST(a_wait_ends)
{
	char *word = xcalloc(1, cases[_i].size);
	struct arena *a = arena_new();
	struct kv_url parsed;
	struct kv *kv;

	memset(word, 'x', cases[_i].size);
	harness_dir(dir);
	listen_at(_i);
	server = fork();
	ck_assert_int_ne(server, -1);
	if (server == 0 && !cases[_i].full)
		serve(_i);
	if (server == 0)
		wake(_i);
	tick_begin();
	ck_assert_int_eq(kv_url_parse(url, &parsed), 0);
	kv_url_clear(&parsed);
	kv = kv_new(&(struct kv_options){ .name = "redis",
	    .url = url,
	    .username = "",
	    .password = "",
	    .timeout = TIMEOUT_MS,
	    .retry = 3600 * 1000 });
	ck_assert_ptr_null(kv_run(kv, a, 2,
	    (struct kv_word[]){ KV("ECHO"), KVN(word, cases[_i].size) }));
	ck_assert_int_eq(kv_live(kv), 0);
	ck_assert(!kv_denied(kv));
	ck_assert(!kv_up(kv));
	kv_free(kv);
	arena_free(a);
	free(word);
	kill(server, SIGKILL);
	while (waitpid(server, NULL, 0) == -1 && errno == EINTR)
		;
	unlink(url + strlen("unix://"));
	rmdir(dir);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_wait_ends, NELEM(cases), 0 },
	};

	return harness_run("kv_wait", tests, NELEM(tests));
}
