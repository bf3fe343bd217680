/* SPDX-License-Identifier: ISC */
/* A line that tells how far something is, on a terminal only. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include "base/base.h"
#include "base/buf.h"

struct progress {
	bool shown; /* standard error is a terminal */
	bool drawn;
	int64_t total; /* 0: not known */
	int64_t began, last;
};

void progress_begin(struct progress *p, int64_t total);
void progress_step(struct progress *p, int64_t done);

/* Removes the line, such as before something else is printed. */
void progress_clear(struct progress *p);

/* The line after us microseconds: done, rate and what remains. */
void progress_format(struct buf *b, int64_t done, int64_t total, int64_t us);

#endif
