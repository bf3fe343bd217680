/* SPDX-License-Identifier: ISC */
/* How many connections wait at a socket, as the system tells of all sockets. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "metric_own.h"

#define QUEUE_TEXT ((size_t)8 << 20)
#define QUEUE_STEP 65536
#define QUEUE_TCP  "tcp:"

#define UNIX_CONNECTING 2   /* column St: it waits to be accepted */
#define TCP_LISTEN      0xa /* column st */

static const char *
queue_next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end == NULL ? NULL : end + 1;
}

/* Num RefCount Protocol Flags Type St Inode Path */
int64_t
metric_queue_unix(const char *text, const char *path)
{
	size_t len = strlen(path);
	int64_t n = 0;

	for (; text != NULL; text = queue_next_line(text)) {
		unsigned state;
		int at = 0;

		if (sscanf(text, "%*x: %*x %*x %*x %*x %x %*u %n", &state,
			&at) == 1 &&
		    at > 0 && state == UNIX_CONNECTING &&
		    strncmp(text + at, path, len) == 0 &&
		    (text[at + (int)len] == '\n' ||
			text[at + (int)len] == '\0'))
			n++;
	}
	return n;
}

/* sl local_address rem_address st tx_queue:rx_queue ...; what listens has the
 * number of those who wait as rx_queue. */
int64_t
metric_queue_tcp(const char *text, unsigned port)
{
	int64_t n = 0;

	for (; text != NULL; text = queue_next_line(text)) {
		unsigned at, state, waiting;

		if (sscanf(text,
			" %*u: %*32[0-9A-Fa-f]:%x %*[0-9A-Fa-f:] %x "
			"%*x:%x",
			&at, &state, &waiting) == 3 &&
		    at == port && state == TCP_LISTEN)
			n += waiting;
	}
	return n;
}

/* 0, or -1 if it cannot be read. */
static int
queue_read(struct buf *b, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	if (fd == -1)
		return -1;
	while (b->len < QUEUE_TEXT) {
		n = read(fd, buf_reserve(b, QUEUE_STEP), QUEUE_STEP);
		if (n <= 0)
			break;
		b->len += (size_t)n;
	}
	close(fd);
	buf_addc(b, '\0');
	return n == -1 ? -1 : 0;
}

/* The sockets that processes accept from, each once. */
struct queue_names {
	size_t n;
	char v[8][METRIC_SOCKET];
};

static void
queue_note(struct queue_names *names, const struct metric_process *p)
{
	char name[METRIC_SOCKET];
	size_t i;

	snprintf(name, sizeof(name), "%.*s", METRIC_SOCKET - 1, p->socket);
	for (i = 0; i < names->n && !str_eq(names->v[i], name); i++)
		continue;
	if (i == names->n && i < NELEM(names->v))
		memcpy(names->v[names->n++], name, sizeof(name));
}

int64_t
metric_queue(const struct metric_source *from)
{
	const struct metric_process *all = from->file->processes;
	struct queue_names names = { 0 };
	struct buf local = { 0 }, tcp = { 0 };
	int64_t n = -1, port;

	for (size_t i = 0; i < METRIC_PROCESSES; i++) {
		if (all[i].socket[0] != '\0' && metric_alive(from, &all[i]))
			queue_note(&names, &all[i]);
	}
	if (names.n == 0 || queue_read(&local, "/proc/net/unix") == -1 ||
	    queue_read(&tcp, "/proc/net/tcp") == -1)
		goto out;
	tcp.len--; /* its end */
	(void)queue_read(&tcp, "/proc/net/tcp6");
	n = 0;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.v[i];

		if (!str_starts(name, QUEUE_TCP))
			n += metric_queue_unix(local.data, name);
		else if (str_to_int(name + strlen(QUEUE_TCP), 1, 65535,
			     &port) == 0)
			n += metric_queue_tcp(tcp.data, (unsigned)port);
	}
out:
	buf_free(&local);
	buf_free(&tcp);
	return n;
}
