/* SPDX-License-Identifier: ISC */
/* The sink that is a file: lines whole, in order, and waiting for nobody. */
#include "config.h"

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
#include "conf/conf.h"
#include "log_own.h"

#define LOG_FILE_CHECK_US 1000000 /* how often we look for a file moved away */
#define LOG_FILE_WAIT_MS  100 /* how long a full pipe may hold us up, once */
#define LOG_FILE_MODE     0640
#define LOG_FILE_GATHER   ((size_t)16384) /* bytes that wait at most */

/* Takes the file's identity; 0 or -1. */
static int
log_file_reopen(struct log_file *f)
{
	struct stat st;
	int fd = open(f->path,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
	    LOG_FILE_MODE);

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1) {
		close(fd);
		return -1;
	}
	if (f->fd != -1)
		close(f->fd);
	f->fd = fd;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->torn = false;
	return 0;
}

int
log_file_open(struct log_file *f, const char *path)
{
	*f = (struct log_file){ .fd = -1 };
	if (path == NULL) {
		f->fd = STDERR_FILENO;
		return 0;
	}
	f->path = xstrdup(path);
	f->checked = clock_mono_us();
	f->stranded = log_file_reopen(f) == -1;
	return f->stranded ? -1 : 0;
}

void
log_file_close(struct log_file *f)
{
	if (f->path != NULL && f->fd != -1)
		close(f->fd);
	free(f->path);
	buf_free(&f->lines);
	*f = (struct log_file){ .fd = -1 };
}

static uint64_t
log_file_count(const char *s, size_t len)
{
	uint64_t n = 0;

	for (; len > 0; s++, len--)
		n += *s == '\n';
	return n;
}

/* The longest run of whole lines of at most PIPE_BUF bytes, but at least one
 * line: a pipe with room takes that without waiting. */
static size_t
log_file_piece(const char *s, size_t len)
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
log_file_ready(struct log_file *f)
{
	struct pollfd p = { .fd = f->fd, .events = POLLOUT };
	int n;

	do
		n = poll(&p, 1, f->stuck ? 0 : LOG_FILE_WAIT_MS);
	while (n == -1 && errno == EINTR);
	f->stuck = n == 0;
	return n == 1 && (p.revents & POLLOUT) != 0 &&
	       (p.revents & (POLLERR | POLLNVAL)) == 0;
}

/* Writes len bytes, whole lines; returns how many went out. */
static size_t
log_file_write(struct log_file *f, const char *s, size_t len)
{
	size_t done = 0, piece;
	ssize_t n;

	while (done < len) {
		piece = len - done;
		if (f->path == NULL) {
			piece = log_file_piece(s + done, piece);
			if (!log_file_ready(f))
				break;
		}
		n = write(f->fd, s + done, piece);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

/* Before the first lines after a failure: ends what was torn and tells what
 * was lost.  False if there is still no way out. */
static bool
log_file_recover(struct log_file *f)
{
	struct log_event e;
	struct buf b = { 0 };
	const struct buf *line;
	size_t done;

	if (f->torn)
		buf_addc(&b, '\n');
	if (f->lost > 0) {
		log_event_init(&e, LOGL_WARNING, "log lines were lost",
		    (const struct log_field[]){
			LI("lines", (int64_t)f->lost), { 0 } });
		if (f->marked)
			buf_printf(&b, "<%d>", log_severities[e.level]);
		line = log_event_line(&e);
		buf_add(&b, line->data, line->len);
	}
	done = log_file_write(f, b.data, b.len);
	if (done == b.len && f->lost > 0) {
		log_line_counts(LOGL_WARNING);
		f->lost = 0;
	}
	if (done > 0)
		f->torn = b.data[done - 1] != '\n';
	buf_free(&b);
	return f->lost == 0 && !f->torn;
}

/* A line of which only the beginning went out is lost, and has to be ended
 * before the next. */
void
log_file_flush(struct log_file *f)
{
	struct buf *b = &f->lines;
	size_t done = 0;
	uint64_t lost;

	if (b->len == 0)
		return;
	if ((f->lost == 0 && !f->torn) || log_file_recover(f))
		done = log_file_write(f, b->data, b->len);
	if (done > 0)
		f->torn = b->data[done - 1] != '\n';
	lost = log_file_count(b->data + done, b->len - done);
	f->lost += lost;
	log_lost_counts(f->path == NULL ? LOG_TO_STDERR : LOG_TO_FILE, lost);
	buf_clear(b);
}

int
log_file_follow(struct log_file *f, bool force)
{
	int64_t now = clock_mono_us();
	struct stat st;
	bool was = f->stranded;

	if (f->path == NULL || (!force && now - f->checked < LOG_FILE_CHECK_US))
		return 0;
	f->checked = now;
	if (!force && stat(f->path, &st) == 0 && st.st_dev == f->dev &&
	    st.st_ino == f->ino) {
		f->stranded = false;
		return 0;
	}
	f->stranded = log_file_reopen(f) == -1;
	return f->stranded && !was ? -1 : 0;
}

bool
log_sink_put(struct log_sink *s, struct log_event *e)
{
	const struct buf *line = log_event_line(e);
	struct log_file *f = s->own;

	if (f->lines.len == 0)
		f->since = clock_mono_us();
	buf_add(&f->lines, line->data, line->len);
	return f->lines.len >= LOG_FILE_GATHER;
}

int
log_sink_follow(struct log_sink *s, bool force)
{
	return log_file_follow(s->own, force);
}

void
log_sink_flush(struct log_sink *s)
{
	log_file_flush(s->own);
}

int64_t
log_sink_chores(const struct log_sink *s, int64_t now)
{
	const struct log_file *f = s->own;
	int64_t left;

	if (f->lines.len == 0)
		return -1;
	left = f->since + settings.log_flush * 1000 - now;
	return left > 0 ? left : 0;
}

void
log_sink_forget(struct log_sink *s)
{
	struct log_file *f = s->own;

	buf_clear(&f->lines);
}

static struct log_file log_file = { .fd = -1 };

static int
log_file_sink_open(struct log_sink *s, const char *program)
{
	int rc;

	if (settings.log_file[0] == '\0')
		return 0;
	rc = log_file_open(s->own, settings.log_file);
	if (rc == -1) {
		const char *why = strerror(errno);

		fprintf(stderr, "%s%s: %s: %s\n", log_stderr_mark(LOGL_ERROR),
		    program, settings.log_file, why);
	}
	s->level = log_level_of(settings.log_file_level);
	s->place = log_file.path;
	return rc;
}

static void
log_file_sink_close(struct log_sink *s)
{
	log_file_close(s->own);
	s->level = -1;
	s->place = NULL;
}

struct log_sink log_file_sink = {
	.level = -1,
	.own = &log_file,
	.open = log_file_sink_open,
	.put = log_sink_put,
	.follow = log_sink_follow,
	.flush = log_sink_flush,
	.chores = log_sink_chores,
	.forget = log_sink_forget,
	.close = log_file_sink_close,
};
