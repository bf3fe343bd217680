/* SPDX-License-Identifier: ISC */
/* One place where log lines go: a file, or standard error. */
#ifndef LOG_SINK_H
#define LOG_SINK_H

#include <sys/stat.h>

#include "base/base.h"
#include "base/buf.h"

struct log_sink {
	int fd;     /* -1: closed */
	int level;  /* least important level that goes here; -1: none */
	char *path; /* NULL: standard error */
	dev_t dev;  /* of the open file */
	ino_t ino;
	int64_t checked; /* when we last looked whether it was moved away */
	int64_t since;   /* when the oldest waiting line came */
	bool torn;       /* the last write ended within a line */
	bool stuck;      /* nobody took what we wrote; do not wait again */
	bool stranded;   /* there is no file at path, and none can be made */
	uint64_t lost;   /* lines that could not be written */
	struct buf lines;
};

/* path NULL: standard error.  0, or -1 with errno set. */
int log_sink_open(struct log_sink *sink, const char *path, int level) MUSTCHECK;
void log_sink_close(struct log_sink *sink);

/* Writes the waiting lines, whole lines at a time.  notice makes the line that
 * tells how many were lost before, once it can be written. */
typedef void (*log_notice_fn)(struct buf *b, uint64_t lost);
void log_sink_flush(struct log_sink *sink, log_notice_fn notice);

/* Opens the file again if it was moved away, looking at most once a second; or
 * in any case, with force.  If that fails, lines go on to the old file: the
 * first time -1 with errno set, else 0. */
int log_sink_follow(struct log_sink *sink, bool force) MUSTCHECK;

#endif
