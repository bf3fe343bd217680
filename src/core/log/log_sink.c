/* SPDX-License-Identifier: ISC */
/* Gets log lines out: whole, in order, and without waiting for anybody. */
#include "config.h"

#include "log_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"

#define CHECK_US  1000000 /* how often we look for a file moved away */
#define WAIT_MS   100     /* how long a full pipe may hold us up, once */
#define FILE_MODE 0640

/* Takes the file's identity; 0 or -1. */
static int
log_sink_open_file(struct log_sink *sink)
{
	struct stat st;
	int fd = open(sink->path,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
	    FILE_MODE);

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1) {
		close(fd);
		return -1;
	}
	if (sink->fd != -1)
		close(sink->fd);
	sink->fd = fd;
	sink->dev = st.st_dev;
	sink->ino = st.st_ino;
	sink->torn = false;
	return 0;
}

int
log_sink_open(struct log_sink *sink, const char *path, int level)
{
	*sink = (struct log_sink){ .fd = -1, .level = level };
	if (path == NULL) {
		sink->fd = STDERR_FILENO;
		return 0;
	}
	sink->path = xstrdup(path);
	sink->checked = clock_mono_us();
	if (log_sink_open_file(sink) == 0)
		return 0;
	free(sink->path);
	*sink = (struct log_sink){ .fd = -1, .level = -1 };
	return -1;
}

void
log_sink_close(struct log_sink *sink)
{
	if (sink->path != NULL && sink->fd != -1)
		close(sink->fd);
	free(sink->path);
	buf_free(&sink->lines);
	*sink = (struct log_sink){ .fd = -1, .level = -1 };
}

static uint64_t
log_count(const char *s, size_t len)
{
	uint64_t n = 0;

	for (; len > 0; s++, len--)
		n += *s == '\n';
	return n;
}

/* The longest run of whole lines of at most PIPE_BUF bytes, but at least one
 * line: a pipe with room takes that without waiting. */
static size_t
log_piece(const char *s, size_t len)
{
	size_t n = PIPE_BUF;

	if (len <= PIPE_BUF)
		return len;
	while (n > 0 && s[n - 1] != '\n')
		n--;
	if (n > 0)
		return n;
	for (n = PIPE_BUF; n < len && s[n - 1] != '\n'; n++)
		continue;
	return n;
}

/* Standard error may be a pipe whose reader sleeps, or has gone. */
static bool
log_sink_ready(struct log_sink *sink)
{
	struct pollfd p = { .fd = sink->fd, .events = POLLOUT };
	int n;

	do
		n = poll(&p, 1, sink->stuck ? 0 : WAIT_MS);
	while (n == -1 && errno == EINTR);
	sink->stuck = n == 0;
	return n == 1 && (p.revents & POLLOUT) != 0 &&
	       (p.revents & (POLLERR | POLLNVAL)) == 0;
}

/* Writes len bytes, whole lines; returns how many went out. */
static size_t
log_sink_write(struct log_sink *sink, const char *s, size_t len)
{
	size_t done = 0, piece;
	ssize_t n;

	while (done < len) {
		piece = len - done;
		if (sink->path == NULL) {
			piece = log_piece(s + done, piece);
			if (!log_sink_ready(sink))
				break;
		}
		n = write(sink->fd, s + done, piece);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

/* Notes that only done bytes of the lines went out: a line of which only the
 * beginning did is lost, and has to be ended before the next. */
static void
log_sink_account(struct log_sink *sink, const struct buf *b, size_t done)
{
	if (done > 0)
		sink->torn = b->data[done - 1] != '\n';
	sink->lost += log_count(b->data + done, b->len - done);
}

/* Before the first lines after a failure: ends what was torn and tells what
 * was lost.  False if there is still no way out. */
static bool
log_sink_recover(struct log_sink *sink, log_notice_fn notice)
{
	struct buf b = { 0 };
	uint64_t lost = sink->lost;
	size_t done;

	if (sink->torn)
		buf_addc(&b, '\n');
	if (lost > 0)
		notice(&b, lost);
	done = log_sink_write(sink, b.data, b.len);
	if (done == b.len)
		sink->lost = 0;
	if (done > 0)
		sink->torn = b.data[done - 1] != '\n';
	buf_free(&b);
	return sink->lost == 0 && !sink->torn;
}

void
log_sink_flush(struct log_sink *sink, log_notice_fn notice)
{
	struct buf *b = &sink->lines;
	size_t done = 0;

	if (b->len == 0)
		return;
	if ((sink->lost == 0 && !sink->torn) || log_sink_recover(sink, notice))
		done = log_sink_write(sink, b->data, b->len);
	log_sink_account(sink, b, done);
	buf_clear(b);
}

int
log_sink_follow(struct log_sink *sink, bool force)
{
	int64_t now = clock_mono_us();
	struct stat st;
	bool was = sink->stranded;

	if (sink->path == NULL || (!force && now - sink->checked < CHECK_US))
		return 0;
	sink->checked = now;
	if (!force && stat(sink->path, &st) == 0 && st.st_dev == sink->dev &&
	    st.st_ino == sink->ino) {
		sink->stranded = false;
		return 0;
	}
	sink->stranded = log_sink_open_file(sink) == -1;
	return sink->stranded && !was ? -1 : 0;
}
