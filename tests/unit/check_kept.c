/* SPDX-License-Identifier: ISC */
/* Which connections are kept, and who has them after they were handed over. */
#include "config.h"

#include "lib/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/longwait.h"
#include "serve/hand.h"
#include "serve/kept.h"

static struct sockaddr_un at = { .sun_family = AF_UNIX };
static const socklen_t at_len = sizeof(sa_family_t) + 1 + 20;
static int listening;

/* A name without a file. */
static void
set_up(void)
{
	snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "check_kept/%09d",
	    (int)getpid());
	listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&at, at_len), 0);
	ck_assert_int_eq(listen(listening, 64), 0);
}

static void
tear_down(void)
{
	close(listening);
}

/* A web server's end of a new connection, with a request of one byte. */
static int
call(char request)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, at_len), 0);
	ck_assert_int_eq(write(fd, &request, 1), 1);
	return fd;
}

/* The connection that comes next, with that request. */
static int
serve(struct kept *k, char request)
{
	char got;
	int fd;

	while ((fd = kept_next(k, 1000)) == -1)
		ck_assert(errno == EAGAIN || errno == EINTR);
	ck_assert_int_eq(read(fd, &got, 1), 1);
	ck_assert_int_eq(got, request);
	return fd;
}

static void
expect_count(struct kept *k, size_t n)
{
	while (kept_count(k) != n) {
		ck_assert_int_eq(kept_next(k, 1000), -1);
		ck_assert_int_eq(errno, EAGAIN);
	}
}

/* n connections that are kept; out are their other ends. */
static void
keep(struct kept *k, int *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		out[i] = call('k');
		serve(k, 'k');
		ck_assert(kept_room(k));
		kept_done(k);
	}
}

static bool
is_closed(int fd)
{
	char byte;

	return recv(fd, &byte, 1, 0) <= 0;
}

static bool
is_open(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN;
}

START_TEST(a_connection_is_used_again)
{
	struct kept *k = kept_new(listening, 8);
	int peer, first;

	peer = call('a');
	first = serve(k, 'a');
	kept_done(k);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(write(peer, "b", 1), 1);
		ck_assert_int_eq(serve(k, 'b'), first);
		ck_assert(kept_room(k));
		kept_done(k);
		ck_assert_uint_eq(kept_count(k), 1);
	}
	ck_assert_int_eq(write(peer, "c", 1), 1);
	ck_assert_int_eq(serve(k, 'c'), first);
	kept_gone(k);
	close(first);
	ck_assert_uint_eq(kept_count(k), 0);
	ck_assert(is_closed(peer));
	kept_free(k);
	close(peer);
}
END_TEST

START_TEST(what_the_web_server_closes_is_gone)
{
	struct kept *k = kept_new(listening, 8);
	int peers[2];

	keep(k, peers, 2);
	close(peers[0]);
	expect_count(k, 1);
	ck_assert_int_eq(write(peers[1], "b", 1), 1);
	serve(k, 'b');
	kept_done(k);
	kept_free(k);
	close(peers[1]);
}
END_TEST

/* One process stands still; what it has read stays, all others go. */
START_TEST(others_get_what_would_wait)
{
	struct kept *a = kept_new(listening, 8), *b = kept_new(listening, 8);
	int peers[4];

	keep(a, peers, 4);
	ck_assert_int_eq(write(peers[1], "s", 1), 1);
	serve(a, 's');
	ck_assert_int_eq(write(peers[2], "w", 1), 1); /* waits already */
	kept_pass(a);
	ck_assert_uint_eq(kept_count(a), 1);
	ck_assert_uint_eq(kept_handed(a), 3);
	serve(b, 'w');
	kept_done(b);
	ck_assert_uint_eq(kept_count(b), 3);
	ck_assert_int_eq(write(peers[0], "x", 1), 1);
	serve(b, 'x');
	kept_done(b);
	kept_done(a);
	ck_assert_int_eq(write(peers[1], "y", 1), 1);
	serve(a, 'y');
	kept_done(a);
	ck_assert_uint_eq(kept_count(a), 1);
	for (size_t i = 0; i < NELEM(peers); i++)
		ck_assert(is_open(peers[i]));
	kept_free(b);
	kept_free(a);
}
END_TEST

START_TEST(a_new_connection_in_hand_stays)
{
	struct kept *a = kept_new(listening, 8), *b = kept_new(listening, 8);
	int peers[2], peer;

	keep(a, peers, 2);
	peer = call('n');
	serve(a, 'n');
	kept_pass(a);
	ck_assert_uint_eq(kept_count(a), 0);
	expect_count(b, 2);
	kept_done(a);
	ck_assert_uint_eq(kept_count(a), 1);
	ck_assert(is_open(peer));
	kept_free(b);
	kept_free(a);
}
END_TEST

START_TEST(who_ends_leaves_its_connections)
{
	struct kept *a = kept_new(listening, 500), *b;
	int peers[300];

	keep(a, peers, NELEM(peers)); /* more than one message has room for */
	kept_free(a);
	/* They wait for a process that comes later. */
	b = kept_new(listening, 500);
	expect_count(b, NELEM(peers));
	for (size_t i = 0; i < NELEM(peers); i++)
		ck_assert(is_open(peers[i]));
	kept_free(b);
}
END_TEST

START_TEST(a_full_process_hands_half_over)
{
	struct kept *a = kept_new(listening, 4), *b = kept_new(listening, 4);
	int peers[5];

	keep(a, peers, 5);
	ck_assert_uint_eq(kept_count(a), 3);
	ck_assert_uint_eq(kept_handed(a), 2);
	expect_count(b, 2);
	for (size_t i = 0; i < NELEM(peers); i++)
		ck_assert(is_open(peers[i]));
	kept_free(b);
	kept_free(a);
}
END_TEST

/* Without the setting nothing is kept; what others hand over is served. */
START_TEST(none_is_kept_with_0)
{
	struct kept *a = kept_new(listening, 4), *b = kept_new(listening, 0);
	int peers[2], fd;

	keep(a, peers, 2);
	kept_free(a);
	expect_count(b, 2);
	ck_assert_int_eq(write(peers[1], "x", 1), 1);
	fd = serve(b, 'x');
	ck_assert(!kept_room(b));
	kept_gone(b);
	close(fd);
	ck_assert(is_closed(peers[1]));
	ck_assert(is_open(peers[0]));
	kept_free(b);
}
END_TEST

START_TEST(who_sends_nothing_is_forgotten)
{
	struct hand_way way;
	struct kept *k = kept_new(listening, 4);
	int by;

	ck_assert_ptr_null(hand_open(&way, listening));
	by = hand_connect(&way);
	ck_assert_int_ne(by, -1);
	ck_assert_int_eq(kept_next(k, 1000), -1); /* accepts it */
	ck_assert_uint_eq(kept_count(k), 1);
	close(by);
	expect_count(k, 0);
	kept_free(k);
}
END_TEST

/* The connections arrive after their bearer was accepted, and who has it is
 * about to wait itself. */
START_TEST(what_is_under_way_is_handed_on)
{
	struct hand_way way;
	struct kept *a = kept_new(listening, 4), *b = kept_new(listening, 4);
	int by, pair[2], peer;

	ck_assert_ptr_null(hand_open(&way, listening));
	by = hand_connect(&way);
	ck_assert_int_eq(kept_next(a, 1000), -1);
	peer = call('n');
	serve(a, 'n');
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(hand_send(by, &pair[0], 1), 0);
	close(pair[0]);
	close(by);
	kept_pass(a);
	ck_assert_int_eq(write(pair[1], "x", 1), 1);
	serve(b, 'x');
	kept_done(b);
	kept_done(a);
	ck_assert(is_open(peer));
	kept_free(b);
	kept_free(a);
}
END_TEST

static const struct bearer {
	const char *name; /* of the peer; NULL: none */
	bool is;
} bearers[] = {
	{ NULL, false },
	{ "", false },
	{ "errand.fcgi", false },
	{ "errand.fcgi/", false },
	{ "errand.fcgX/0123456789abcdef", false },
	{ "errand.fcgi/0123456789abcdef", true },
};

START_TEST(only_our_own_may_hand_over)
{
	const struct bearer *b = &bearers[_i];
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(sa);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), got;

	if (b->name != NULL) {
		memcpy(sa.sun_path + 1, b->name, strlen(b->name));
		ck_assert_int_eq(bind(fd, (struct sockaddr *)&sa,
				     (socklen_t)(sizeof(sa_family_t) + 1 +
						 strlen(b->name))),
		    0);
	}
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, at_len), 0);
	got = accept(listening, (struct sockaddr *)&sa, &len);
	ck_assert_int_ne(got, -1);
	ck_assert_int_eq(hand_is(got, &sa, len), b->is);
	close(got);
	close(fd);
}
END_TEST

START_TEST(a_way_needs_a_unix_socket_with_a_name)
{
	struct hand_way way;
	int tcp = socket(AF_INET, SOCK_STREAM, 0);
	int nameless = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_str_eq(hand_open(&way, tcp), "it is no unix socket");
	ck_assert_str_eq(hand_open(&way, nameless), "it has no name");
	close(tcp);
	close(nameless);
}
END_TEST

static void
count_long(void *arg)
{
	++*(int *)arg;
}

START_TEST(a_long_wait_is_told_once)
{
	struct pollfd p = { .events = POLLIN };
	int pipes[2], told = 0;

	ck_assert_int_eq(pipe(pipes), 0);
	p.fd = pipes[0];
	longwait_set(count_long, &told);
	ck_assert_int_eq(longwait_poll(&p, 1), 0);
	ck_assert_int_eq(told, 0);
	ck_assert_int_eq(longwait_poll(&p, 10), 0);
	ck_assert_int_eq(told, 1);
	ck_assert_int_eq(write(pipes[1], "x", 1), 1);
	ck_assert_int_eq(longwait_poll(&p, 10), 1);
	ck_assert_int_eq(told, 1);
	longwait_set(NULL, NULL);
	longwait_begin();
	ck_assert_int_eq(told, 1);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_connection_is_used_again, 0, 0 },
		{ what_the_web_server_closes_is_gone, 0, 0 },
		{ others_get_what_would_wait, 0, 0 },
		{ a_new_connection_in_hand_stays, 0, 0 },
		{ who_ends_leaves_its_connections, 0, 0 },
		{ a_full_process_hands_half_over, 0, 0 },
		{ none_is_kept_with_0, 0, 0 },
		{ who_sends_nothing_is_forgotten, 0, 0 },
		{ what_is_under_way_is_handed_on, 0, 0 },
		{ only_our_own_may_hand_over, NELEM(bearers), 0 },
		{ a_way_needs_a_unix_socket_with_a_name, 0, 0 },
		{ a_long_wait_is_told_once, 0, 0 },
	};

	return harness_run_in("kept", set_up, tear_down, tests, NELEM(tests));
}
