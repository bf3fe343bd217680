/* SPDX-License-Identifier: ISC */
/* Lines for another process: bounded, kept until they are there, told of. */
#include "config.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>

#include "lib/harness.h"
#include "lib/later.h"

#include "base/buf.h"
#include "conf/conf.h"
#include "log/log_net.h"
#include "log/log_own.h"

#define MAX   ((size_t)65536)
#define TRIES 20000

static struct sockaddr_in at;

/* A socket on the port that is in use, or on a free one. */
static int
bound(int type)
{
	socklen_t len = sizeof(at);
	const int on = 1;
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	at.sin_family = AF_INET;
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 5), 0);
	return fd;
}

/* A port where nobody is. */
static void
nobody(int type)
{
	at.sin_port = 0;
	close(bound(type));
}

static struct log_net *
net_to(enum log_net_way way, log_net_read answer)
{
	const struct log_net_to to = { .way = way,
		.host = "127.0.0.1",
		.port = ntohs(at.sin_port),
		.place = "here",
		.answer = answer,
		.max = MAX };

	return log_net_new(&to);
}

static void
add(struct log_net *net, const char *line)
{
	uint32_t size = (uint32_t)strlen(line);

	(void)log_net_add(net, line, &size, 1);
}

static int
accepted(struct log_net *net, int listener)
{
	int fd, i;

	for (i = 0; i < TRIES; i++) {
		log_net_flush(net);
		fd = accept(listener, NULL, NULL);
		if (fd != -1) {
			fcntl(fd, F_SETFL, O_NONBLOCK);
			return fd;
		}
		usleep(500);
	}
	ck_abort_msg("nobody has called");
	return -1;
}

/* Reads until the text is there, with flushes in between; more than that is a
 * failure. */
static void
expect(struct log_net *net, int fd, const char *text)
{
	char got[4096] = "";
	size_t len = 0;
	ssize_t n;
	int i;

	for (i = 0; i < TRIES && strcmp(got, text) != 0; i++) {
		log_net_flush(net);
		n = read(fd, got + len, sizeof(got) - 1 - len);
		if (n > 0)
			len += (size_t)n;
		else
			usleep(500);
		got[len] = '\0';
	}
	ck_assert_str_eq(got, text);
}

/* Until nothing waits any more. */
static void
settled(struct log_net *net)
{
	int i;

	for (i = 0; i < TRIES && log_net_chores(net, 0) != -1; i++) {
		log_net_flush(net);
		usleep(500);
	}
	ck_assert_int_eq(log_net_chores(net, 0), -1);
}

/* All that there is to say, joined by "|"; a number behind "=". */
static const char *
news(struct log_net *net)
{
	static char text[1024];
	struct log_news n;
	size_t len = 0;

	text[0] = '\0';
	while (log_net_news(net, &n)) {
		ck_assert_str_eq(n.fields[0].key, "server");
		ck_assert_str_eq(n.fields[0].text, "here");
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
		    n.msg);
		if (n.fields[1].key != NULL && n.fields[1].text == NULL)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "=%d", (int)n.fields[1].number);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "|");
	}
	return text;
}

START_TEST(a_server_that_comes_later_gets_all)
{
	struct log_net *net;
	int listener, fd;

	nobody(SOCK_STREAM);
	net = net_to(LOG_NET_TCP, NULL);
	ck_assert_int_eq(log_net_chores(net, 0), -1);
	add(net, "one;");
	log_net_flush(net);
	log_net_flush(net);
	ck_assert_str_eq(news(net), "log server cannot be reached|");
	add(net, "two;");
	log_net_flush(net);
	ck_assert_str_eq(news(net), "");
	listener = bound(SOCK_STREAM);
	log_net_flush(net);
	ck_assert_int_eq(accept(listener, NULL, NULL), -1);
	later(1100);
	fd = accepted(net, listener);
	expect(net, fd, "one;two;");
	settled(net);
	ck_assert_str_eq(news(net), "log server is back|");
	ck_assert_uint_eq(log_net_lost(net), 0);
	log_net_free(net);
	close(fd);
	close(listener);
}
END_TEST

/* Whoever ends within the pause after a failure tries once more. */
START_TEST(a_server_that_came_back_gets_what_is_left_at_the_end)
{
	struct log_net *net;
	int listener, fd;

	nobody(SOCK_STREAM);
	net = net_to(LOG_NET_TCP, NULL);
	add(net, "one;");
	log_net_flush(net);
	log_net_flush(net);
	ck_assert_str_eq(news(net), "log server cannot be reached|");
	listener = bound(SOCK_STREAM);
	log_net_finish(net, 500);
	ck_assert_uint_eq(log_net_lost(net), 0);
	fd = accept(listener, NULL, NULL);
	expect(net, fd, "one;");
	log_net_free(net);
	close(fd);
	close(listener);
}
END_TEST

START_TEST(what_does_not_fit_is_counted_and_told)
{
	static char line[1001];
	struct log_net *net;
	int listener, fd, i;

	memset(line, 'x', sizeof(line) - 1);
	nobody(SOCK_STREAM);
	net = net_to(LOG_NET_TCP, NULL);
	for (i = 0; i < 70; i++)
		add(net, line);
	log_net_flush(net);
	log_net_flush(net);
	ck_assert_str_eq(news(net),
	    "log server cannot be reached|log lines are being lost|");
	add(net, line);
	ck_assert_str_eq(news(net), "");
	listener = bound(SOCK_STREAM);
	later(1100);
	fd = accepted(net, listener);
	settled(net);
	ck_assert_str_eq(news(net),
	    "log server is back|log lines were lost=6|");
	ck_assert_str_eq(news(net), "");
	ck_assert_uint_eq(log_net_lost(net), 6);
	log_net_free(net);
	close(fd);
	close(listener);
}
END_TEST

/* How the peer ends, and whether another is there at once. */
static const struct linger ends[] = { { 0, 0 }, { 1, 0 } };

START_TEST(a_closed_connection_is_noticed_before_a_line_is_lost)
{
	int listener, fd;
	struct log_net *net;

	at.sin_port = 0;
	listener = bound(SOCK_STREAM);
	net = net_to(LOG_NET_TCP, NULL);
	add(net, "one;");
	fd = accepted(net, listener);
	expect(net, fd, "one;");
	settled(net);
	later(2000);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &ends[_i], sizeof(ends[_i]));
	close(fd);
	add(net, "two;");
	fd = accepted(net, listener);
	expect(net, fd, "two;");
	settled(net);
	ck_assert_str_eq(news(net), "");
	log_net_free(net);
	close(fd);
	close(listener);
}
END_TEST

/* What the peer's host has not confirmed goes out again, from the beginning of
 * a line. */
START_TEST(what_was_on_its_way_is_sent_again)
{
	const int small = 1024;
	char line[64], got[65536];
	int listener, fd, i, next;
	struct log_net *net;
	size_t len = 0;
	ssize_t n;

	at.sin_port = 0;
	listener = bound(SOCK_STREAM);
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	net = net_to(LOG_NET_TCP, NULL);
	for (i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "%031d\n", i);
		add(net, line);
	}
	fd = accepted(net, listener);
	log_net_flush(net);
	later(2000);
	log_net_flush(net);
	close(fd);
	fd = accepted(net, listener);
	for (i = 0; i < TRIES && log_net_chores(net, 0) != -1; i++) {
		log_net_flush(net);
		n = read(fd, got + len, sizeof(got) - len);
		if (n > 0)
			len += (size_t)n;
		else
			usleep(500);
	}
	while ((n = read(fd, got + len, sizeof(got) - len)) > 0)
		len += (size_t)n;
	ck_assert_uint_gt(len, 0);
	ck_assert_uint_eq(len % 32, 0);
	next = 1000 - (int)(len / 32);
	ck_assert_int_gt(next, 0);
	for (i = 0; i < (int)(len / 32); i++)
		ck_assert_int_eq(atoi(got + (size_t)i * 32), next + i);
	log_net_free(net);
	close(fd);
	close(listener);
}
END_TEST

/* Some receivers close their side at once, and read what comes. */
START_TEST(a_peer_that_only_reads_gets_each_line_once)
{
	struct log_net *net;
	int listener, fd;
	char got[16];

	at.sin_port = 0;
	listener = bound(SOCK_STREAM);
	net = net_to(LOG_NET_TCP, NULL);
	for (int i = 0; i < 3; i++) {
		add(net, "one;");
		fd = accepted(net, listener);
		ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
		expect(net, fd, "one;");
		later(500);
		add(net, "two;");
		expect(net, fd, "two;");
		later(600);
		settled(net);
		ck_assert_int_eq(read(fd, got, sizeof(got)), 0);
		close(fd);
	}
	ck_assert_int_eq(accept(listener, NULL, NULL), -1);
	ck_assert_str_eq(news(net), "");
	ck_assert_uint_eq(log_net_lost(net), 0);
	log_net_free(net);
	close(listener);
}
END_TEST

/* As a proxy does whose own peer is away: it may have read, or not. */
START_TEST(a_peer_that_takes_and_goes_at_once_has_nothing)
{
	struct log_net *net;
	int listener, fd;
	char got[16];

	at.sin_port = 0;
	listener = bound(SOCK_STREAM);
	net = net_to(LOG_NET_TCP, NULL);
	add(net, "one;");
	fd = accepted(net, listener);
	if (_i == 1)
		ck_assert_int_eq(read(fd, got, sizeof(got)), 4);
	close(fd);
	add(net, "two;");
	for (int i = 0; i < TRIES && news(net)[0] == '\0'; i++) {
		log_net_flush(net);
		usleep(500);
	}
	later(1100);
	fd = accepted(net, listener);
	expect(net, fd, "one;two;");
	settled(net);
	ck_assert_str_eq(news(net), "log server is back|");
	ck_assert_uint_eq(log_net_lost(net), 0);
	log_net_free(net);
	close(fd);
	close(listener);
}
END_TEST

/* Reads whole lines of 32 bytes, which have numbers that rise by one. */
static void
read_numbers(struct log_net *net, int fd, int *next)
{
	char got[32];
	size_t len = 0;

	for (int i = 0; i < TRIES; i++) {
		ssize_t n = read(fd, got + len, sizeof(got) - len);

		log_net_flush(net);
		if (n == 0 || (n == -1 && *next == 1000))
			break;
		if (n == -1) {
			usleep(500);
			continue;
		}
		len += (size_t)n;
		if (len < sizeof(got))
			continue;
		ck_assert_int_eq(atoi(got), (*next)++);
		len = 0;
	}
	ck_assert_uint_eq(len, 0); /* none was cut */
}

/* It has closed its side, and reads on slowly what was already on its way. */
START_TEST(a_slow_peer_that_closes_its_side_gets_each_line_once)
{
	const int small = 1024;
	int listener, fd, next = 0;
	struct log_net *net;
	char line[64];

	at.sin_port = 0;
	listener = bound(SOCK_STREAM);
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	net = net_to(LOG_NET_TCP, NULL);
	for (int i = 0; i < 1000; i++) {
		snprintf(line, sizeof(line), "%031d\n", i);
		add(net, line);
	}
	fd = accepted(net, listener);
	log_net_flush(net);
	later(2000);
	ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	read_numbers(net, fd, &next);
	close(fd);
	if (next < 1000) {
		fd = accepted(net, listener);
		read_numbers(net, fd, &next);
		close(fd);
	}
	ck_assert_int_eq(next, 1000);
	ck_assert_str_eq(news(net), "");
	log_net_free(net);
	close(listener);
}
END_TEST

START_TEST(refused_datagrams_are_sent_again)
{
	struct log_net *net;
	char got[32];
	ssize_t n;
	int fd, i;

	nobody(SOCK_DGRAM);
	net = net_to(LOG_NET_UDP, NULL);
	add(net, "one;");
	add(net, "two;");
	for (i = 0; i < 4; i++) {
		log_net_flush(net);
		later(1100);
	}
	ck_assert_str_eq(news(net), "log server cannot be reached|");
	fd = bound(SOCK_DGRAM);
	later(1100);
	settled(net);
	n = recv(fd, got, sizeof(got), 0);
	ck_assert_int_eq(n, 4);
	ck_assert_int_eq(memcmp(got, "one;", 4), 0);
	n = recv(fd, got, sizeof(got), 0);
	ck_assert_int_eq(n, 4);
	ck_assert_int_eq(memcmp(got, "two;", 4), 0);
	ck_assert_int_eq(recv(fd, got, sizeof(got), 0), -1);
	ck_assert_str_eq(news(net), "log server is back|");
	log_net_free(net);
	close(fd);
}
END_TEST

/* A line of three datagrams is one line. */
START_TEST(lines_may_have_several_datagrams)
{
	static char large[70000];
	const uint32_t sizes[] = { 1 | LOG_NET_MORE, 2 | LOG_NET_MORE, 3 };
	const uint32_t too_large[] = { 30000 | LOG_NET_MORE, 40000 };
	struct log_net *net;
	char got[32];
	int fd;

	at.sin_port = 0;
	fd = bound(SOCK_DGRAM);
	net = net_to(LOG_NET_UDP, NULL);
	ck_assert(!log_net_add(net, "abbccc", sizes, NELEM(sizes)));
	ck_assert(!log_net_add(net, large, too_large, NELEM(too_large)));
	ck_assert_uint_eq(log_net_lost(net), 1);
	settled(net);
	ck_assert_int_eq(recv(fd, got, sizeof(got), 0), 1);
	ck_assert_int_eq(recv(fd, got, sizeof(got), 0), 2);
	ck_assert_int_eq(recv(fd, got, sizeof(got), 0), 3);
	log_net_free(net);
	close(fd);
	net = net_to(LOG_NET_UDP, NULL);
	(void)log_net_add(net, "abbccc", sizes, NELEM(sizes));
	log_net_finish(net, 50);
	ck_assert_uint_eq(log_net_lost(net), 1);
	log_net_free(net);
}
END_TEST

static enum log_net_answer
answer(const struct buf *in, size_t *len, const char **why)
{
	if (in->len < 2)
		return LOG_NET_NONE;
	*len = 2;
	*why = "it said no";
	return in->data[0] == '+'   ? LOG_NET_TAKEN
	       : in->data[0] == '-' ? LOG_NET_REFUSED
	       : in->data[0] == '?' ? LOG_NET_FAILED
				    : LOG_NET_NOT_NOW;
}

START_TEST(answers_tell_what_is_there)
{
	struct log_net *net;
	int listener, fd;

	at.sin_port = 0;
	listener = bound(SOCK_STREAM);
	net = net_to(LOG_NET_TCP, answer);
	add(net, "one;");
	add(net, "two;");
	add(net, "three;");
	fd = accepted(net, listener);
	expect(net, fd, "one;two;three;");
	ck_assert_int_ne(log_net_chores(net, 0), -1);
	ck_assert_int_eq(write(fd, "+\n-\n!\n", 6), 6);
	close(fd);
	while (strcmp(news(net), "") == 0)
		log_net_flush(net);
	later(1100);
	fd = accepted(net, listener);
	expect(net, fd, "three;");
	ck_assert_int_eq(write(fd, "+", 1), 1);
	log_net_flush(net);
	ck_assert_int_ne(log_net_chores(net, 0), -1);
	ck_assert_int_eq(write(fd, "\n", 1), 1);
	settled(net);
	ck_assert_str_eq(news(net),
	    "log server is back|log lines were lost=1|");
	log_net_free(net);
	close(fd);
	close(listener);
}
END_TEST

/* One that takes lines and never answers is no better than none. */
START_TEST(a_mute_server_is_left)
{
	struct log_net *net;
	int listener, fd, other;

	at.sin_port = 0;
	listener = bound(SOCK_STREAM);
	net = net_to(LOG_NET_TCP, answer);
	add(net, "one;");
	fd = accepted(net, listener);
	expect(net, fd, "one;");
	later(9000);
	log_net_flush(net);
	ck_assert_str_eq(news(net), "");
	later(1100);
	log_net_flush(net);
	ck_assert_str_eq(news(net), "log server cannot be reached|");
	later(1100);
	other = accepted(net, listener);
	expect(net, other, "one;");
	ck_assert_int_eq(write(other, "+\n", 2), 2);
	settled(net);
	ck_assert_str_eq(news(net), "log server is back|");
	add(net, "two;");
	expect(net, other, "two;");
	log_net_finish(net, 50);
	ck_assert_uint_eq(log_net_lost(net), 1);
	log_net_free(net);
	close(fd);
	close(other);
	close(listener);
}
END_TEST

/* A line that is at fault itself does not hold up all others for ever. */
START_TEST(a_line_fails_so_often_only)
{
	struct log_net *net;
	int listener, fd, i;
	char got[16];

	at.sin_port = 0;
	listener = bound(SOCK_STREAM);
	net = net_to(LOG_NET_TCP, answer);
	add(net, "odd;");
	add(net, "two;");
	for (i = 0; i < 4; i++) {
		fd = accepted(net, listener);
		expect(net, fd, "odd;two;");
		ck_assert_int_eq(write(fd, "?\n", 2), 2);
		while (read(fd, got, sizeof(got)) != 0) { /* it is left */
			log_net_flush(net);
			usleep(500);
		}
		close(fd);
		later(1100);
	}
	ck_assert_uint_eq(log_net_lost(net), 0);
	fd = accepted(net, listener);
	expect(net, fd, "odd;two;");
	ck_assert_int_eq(write(fd, "?\n+\n", 4), 4);
	settled(net);
	ck_assert_uint_eq(log_net_lost(net), 1);
	log_net_free(net);
	close(fd);
	close(listener);
}
END_TEST

START_TEST(a_child_sends_nothing_of_its_parent)
{
	struct log_net *net;
	int listener, fd, status;
	pid_t pid;

	at.sin_port = 0;
	listener = bound(SOCK_STREAM);
	net = net_to(LOG_NET_TCP, NULL);
	add(net, "one;");
	fd = accepted(net, listener);
	expect(net, fd, "one;");
	add(net, "two;");
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		log_net_forget(net);
		log_net_finish(net, 100);
		log_net_free(net);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	expect(net, fd, "two;");
	log_net_free(net);
	close(fd);
	close(listener);
}
END_TEST

START_TEST(the_end_waits_for_a_moment_only)
{
	struct log_net *net;
	int listener, fd;
	char got[32];

	at.sin_port = 0;
	listener = bound(SOCK_STREAM);
	net = net_to(LOG_NET_TCP, NULL);
	add(net, "one;");
	log_net_finish(net, 1000);
	ck_assert_str_eq(news(net), "");
	log_net_free(net);
	fd = accept(listener, NULL, NULL);
	ck_assert_int_eq(read(fd, got, sizeof(got)), 4);
	close(fd);
	net = net_to(LOG_NET_TCP, answer); /* and none comes */
	add(net, "one;");
	log_net_finish(net, 30);
	ck_assert_str_eq(news(net), "log lines were lost=1|");
	log_net_free(net);
	close(listener);
	net = net_to(LOG_NET_TCP, NULL);
	add(net, "one;");
	log_net_finish(net, 500);
	add(net, "two;");
	ck_assert_str_eq(news(net),
	    "log server cannot be reached|log lines were lost=1|");
	log_net_free(net);
}
END_TEST

/* In place of the C library's: a name server that never answers. */
int
getaddrinfo_a(int mode, struct gaicb *list[], int n, struct sigevent *how)
{
	(void)mode;
	(void)how;
	while (n > 0)
		list[--n]->__return = EAI_INPROGRESS;
	return 0;
}

START_TEST(a_silent_name_server_is_told)
{
	const struct log_net_to to = { .way = LOG_NET_TCP,
		.host = "nobody.invalid",
		.port = 1,
		.place = "here",
		.max = MAX };
	struct log_net *net = log_net_new(&to);
	const char *told = "";
	int i;

	add(net, "one;");
	for (i = 0; i < 60 && told[0] == '\0'; i++) { /* six seconds */
		log_net_flush(net);
		told = news(net);
		later(100);
	}
	ck_assert_str_eq(told, "log server cannot be reached|");
	log_net_finish(net, 20);
	ck_assert_uint_eq(log_net_lost(net), 1);
	log_net_free(net);
}
END_TEST

START_TEST(a_unix_socket_takes_lines)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct log_net_to to = { .way = LOG_NET_PATH,
		.host = sa.sun_path,
		.place = "here",
		.max = MAX };
	char dir[HARNESS_DIR], got[32];
	struct log_net *net;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	harness_dir(dir);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/log", dir);
	net = log_net_new(&to);
	add(net, "one;");
	log_net_flush(net);
	ck_assert_str_eq(news(net), "log server cannot be reached|");
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	log_net_retry(net);
	settled(net);
	ck_assert_int_eq(recv(fd, got, sizeof(got), 0), 4);
	ck_assert_str_eq(news(net), "log server is back|");
	log_net_free(net);
	close(fd);
	unlink(sa.sun_path);
	rmdir(dir);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_server_that_comes_later_gets_all, 0, 0 },
		{ a_server_that_came_back_gets_what_is_left_at_the_end, 0, 0 },
		{ what_does_not_fit_is_counted_and_told, 0, 0 },
		{ a_closed_connection_is_noticed_before_a_line_is_lost,
		    NELEM(ends), 0 },
		{ what_was_on_its_way_is_sent_again, 0, 0 },
		{ a_peer_that_only_reads_gets_each_line_once, 0, 0 },
		{ a_peer_that_takes_and_goes_at_once_has_nothing, 2, 0 },
		{ a_slow_peer_that_closes_its_side_gets_each_line_once, 0, 0 },
		{ refused_datagrams_are_sent_again, 0, 0 },
		{ lines_may_have_several_datagrams, 0, 0 },
		{ answers_tell_what_is_there, 0, 0 },
		{ a_mute_server_is_left, 0, 0 },
		{ a_line_fails_so_often_only, 0, 0 },
		{ a_child_sends_nothing_of_its_parent, 0, 0 },
		{ the_end_waits_for_a_moment_only, 0, 0 },
		{ a_silent_name_server_is_told, 0, 0 },
		{ a_unix_socket_takes_lines, 0, 0 },
	};

	return harness_run("log_net", tests, NELEM(tests));
}
