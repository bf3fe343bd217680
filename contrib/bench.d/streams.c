/* SPDX-License-Identifier: ISC */
/* Follows many streams at once, and makes changes.
 *
 * usage: TOKEN=... streams PORT STREAMS CHANGES SECONDS TASK
 *
 * Opens STREAMS streams of 127.0.0.1:PORT, and then has WRITERS processes make
 * CHANGES changes of the TASK a second, for SECONDS.  Prints how many changes
 * were made, how many events came, and the time from each change (as the log has
 * it) to each client: 50th and 99th percentile and the longest, in ms.  Status 1
 * if a stream ends, or if not each of them has had each change half a minute
 * later. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WRITERS   4
#define OPENING   64 /* at once */
#define PIECE     65536
#define STEP_US   100
#define STEPS     100000 /* of the longest time that is told apart: 10 s */
#define PATIENCE  30     /* seconds */
#define TIME_TEXT 27     /* 2026-11-29T11:07:27.123456Z */
#define MARK      "\"time\":\""
#define MARK_LEN  (sizeof(MARK) - 1)

struct stream {
	int fd;
	unsigned events;
	unsigned tail_len; /* of a mark or a time that is not whole yet */
	char tail[MARK_LEN + TIME_TEXT];
};

static uint64_t steps[STEPS + 1], events;
static int64_t longest;
static unsigned *made; /* changes, shared with the writers */

static void
die(const char *what)
{
	fprintf(stderr, "streams: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* All streams are told the same: it is read once. */
static int64_t
time_of(const char *text)
{
	static char last[TIME_TEXT + 1];
	static int64_t us;
	struct tm tm = { 0 };
	char *end;

	if (memcmp(last, text, TIME_TEXT) == 0)
		return us;
	memcpy(last, text, TIME_TEXT);
	end = strptime(last, "%Y-%m-%dT%H:%M:%S", &tm);
	if (end == NULL || *end != '.')
		die("a time cannot be read");
	us = (int64_t)timegm(&tm) * 1000000 + strtol(end + 1, NULL, 10);
	return us;
}

static void
count(struct stream *s, const char *time, int64_t now)
{
	int64_t us = now - time_of(time);

	if (us < 0)
		us = 0;
	if (us > longest)
		longest = us;
	steps[us / STEP_US < STEPS ? us / STEP_US : STEPS]++;
	s->events++;
	events++;
}

static void
take(struct stream *s)
{
	static char data[sizeof(s->tail) + PIECE];
	char *at = data, *end, *mark;
	int64_t now;
	ssize_t n;

	memcpy(data, s->tail, s->tail_len);
	n = read(s->fd, data + s->tail_len, PIECE);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		die("a stream has ended");
	now = now_us();
	end = data + s->tail_len + n;
	while ((mark = memmem(at, (size_t)(end - at), MARK, MARK_LEN)) !=
		   NULL &&
	       end - mark >= (ssize_t)(MARK_LEN + TIME_TEXT)) {
		count(s, mark + MARK_LEN, now);
		at = mark + MARK_LEN + TIME_TEXT;
	}
	/* What may be the beginning of another one is looked at again. */
	if (mark == NULL)
		mark = end - at < (ssize_t)MARK_LEN ? at : end - (MARK_LEN - 1);
	s->tail_len = (unsigned)(end - mark);
	memmove(s->tail, mark, s->tail_len);
}

static int
dial(int port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd == -1 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == -1)
		die("cannot connect");
	return fd;
}

/* Without chunks, whose heads could stand anywhere. */
static void
ask(int fd, const char *token)
{
	if (dprintf(fd,
		"GET /tasks/stream HTTP/1.0\r\nHost: errand.example\r\n"
		"Authorization: Bearer %s\r\n\r\n",
		token) < 0)
		die("cannot ask");
}

/* The head of the answer, and the first lines of the stream with it. */
static void
begun(int fd)
{
	char head[4096];
	size_t len = 0;
	ssize_t n;

	head[0] = '\0';
	while (strstr(head, "retry: ") == NULL && len < sizeof(head) - 1) {
		n = read(fd, head + len, sizeof(head) - 1 - len);
		if (n <= 0)
			die("no answer");
		len += (size_t)n;
		head[len] = '\0';
		if (len > 12 && memcmp(head + 9, "200", 3) != 0) {
			fprintf(stderr, "%s\n", head);
			die("no stream");
		}
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
}

static void
begin_all(struct stream *v, size_t n, int port, const char *token)
{
	for (size_t i = 0; i < n + OPENING; i++) {
		if (i >= OPENING)
			begun(v[i - OPENING].fd);
		if (i < n) {
			v[i].fd = dial(port);
			ask(v[i].fd, token);
		}
	}
}

/* One answer of a kept connection, which has a length. */
static void
answer(int fd)
{
	char data[8192], *body;
	size_t len = 0, whole = sizeof(data);
	ssize_t n;

	while (len < whole) {
		n = read(fd, data + len, sizeof(data) - 1 - len);
		if (n <= 0)
			die("no answer to a change");
		len += (size_t)n;
		data[len] = '\0';
		body = strstr(data, "\r\n\r\n");
		if (body != NULL) {
			const char *length =
			    strcasestr(data, "content-length: ");

			if (memcmp(data + 9, "200", 3) != 0 || length == NULL) {
				fprintf(stderr, "%s\n", data);
				die("no change");
			}
			whole = (size_t)(body + 4 - data) +
				strtoul(length + 16, NULL, 10);
		}
	}
}

static void
write_changes(int port, const char *token, const char *task, double rate,
    int seconds)
{
	const int64_t start = now_us(), step = (int64_t)(1e6 / rate);
	int fd = dial(port);
	char body[128];

	/* What cannot be made in time is left out: the others are late enough. */
	for (int64_t n = 0; now_us() - start < seconds * INT64_C(1000000) &&
			    n * step < seconds * INT64_C(1000000);
	     n++) {
		int64_t wait = start + n * step - now_us();
		int len = snprintf(body, sizeof(body),
		    "{\"title\": \"Change %lld of %d\"}", (long long)n,
		    (int)getpid());

		if (wait > 0)
			usleep((useconds_t)wait);
		dprintf(fd,
		    "PATCH /tasks/%s HTTP/1.1\r\nHost: errand.example\r\n"
		    "Authorization: Bearer %s\r\nContent-Type: "
		    "application/json\r\nContent-Length: %d\r\n\r\n%s",
		    task, token, len, body);
		answer(fd);
		__atomic_add_fetch(made, 1, __ATOMIC_RELAXED);
	}
	_exit(0);
}

static double
percentile(double share)
{
	uint64_t want = (uint64_t)(share * (double)events), sum = 0;
	size_t i = 0;

	while (i < STEPS && (sum += steps[i]) < want)
		i++;
	return (double)(i + 1) * STEP_US / 1000;
}

int
main(int argc, char **argv)
{
	const char *token = getenv("TOKEN");
	struct epoll_event e, ready[1024];
	size_t n, writers = WRITERS;
	int port, seconds, epoll = epoll_create1(EPOLL_CLOEXEC), status;
	int64_t until;
	struct stream *v;

	if (argc != 6 || token == NULL || epoll == -1)
		return 2;
	port = atoi(argv[1]);
	n = (size_t)atol(argv[2]);
	seconds = atoi(argv[4]);
	v = calloc(n, sizeof(*v));
	made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (v == NULL || made == MAP_FAILED)
		die("no memory");
	begin_all(v, n, port, token);
	for (size_t i = 0; i < n; i++) {
		e = (struct epoll_event){ .events = EPOLLIN,
			.data.ptr = &v[i] };
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, v[i].fd, &e) == -1)
			die("epoll");
	}
	fprintf(stderr, "streams: %zu are open\n", n);
	for (size_t i = 0; i < WRITERS; i++)
		if (fork() == 0)
			write_changes(port, token, argv[5],
			    atof(argv[3]) / WRITERS, seconds);
	until = INT64_MAX;
	while (now_us() < until &&
	       (writers > 0 || events < (uint64_t)*made * n)) {
		int m = epoll_wait(epoll, ready, 1024, 100);

		for (int i = 0; i < m; i++)
			take(ready[i].data.ptr);
		while (writers > 0 && waitpid(-1, &status, WNOHANG) > 0) {
			if (status != 0)
				die("a writer has failed");
			if (--writers == 0)
				until = now_us() + PATIENCE * INT64_C(1000000);
		}
	}
	for (size_t i = 0; i < n; i++)
		if (v[i].events != *made) {
			fprintf(stderr, "streams: %u of %u changes came\n",
			    v[i].events, *made);
			return 1;
		}
	printf("%u %llu %.1f %.1f %.1f\n", *made, (unsigned long long)events,
	    percentile(0.5), percentile(0.99), (double)longest / 1000);
	return 0;
}
