/* SPDX-License-Identifier: ISC */
/* A line that tells how far something is, on a terminal only. */
#include "config.h"

#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define EACH (CLOCK_SECOND / 5)

void
progress_begin(struct progress *p, int64_t total)
{
	*p = (struct progress){ .shown = isatty(STDERR_FILENO) == 1,
		.total = total,
		.began = clock_mono_us() };
}

static void
add_time(struct buf *b, int64_t seconds)
{
	if (seconds >= 3600)
		buf_printf(b, "%lld h %lld min", (long long)(seconds / 3600),
		    (long long)(seconds / 60 % 60));
	else if (seconds >= 60)
		buf_printf(b, "%lld min %lld s", (long long)(seconds / 60),
		    (long long)(seconds % 60));
	else
		buf_printf(b, "%lld s", (long long)seconds);
}

void
progress_format(struct buf *b, int64_t done, int64_t total, int64_t us)
{
	double rate = us > 0 ? (double)done * CLOCK_SECOND / (double)us : 0;

	buf_printf(b, "%lld", (long long)done);
	if (total > 0)
		buf_printf(b, " of %lld, %lld %%", (long long)total,
		    (long long)(done * 100 / total));
	buf_printf(b, ", %.0f/s", rate);
	if (total <= done || rate <= 0)
		return;
	buf_adds(b, ", ");
	add_time(b, (int64_t)((double)(total - done) / rate + 0.5));
	buf_adds(b, " left");
}

void
progress_step(struct progress *p, int64_t done)
{
	int64_t now = clock_mono_us();
	struct buf b = { 0 };

	if (!p->shown || (p->drawn && now - p->last < EACH))
		return;
	progress_format(&b, done, p->total, now - p->began);
	fprintf(stderr, "\r%s\033[K", b.data);
	buf_free(&b);
	p->drawn = true;
	p->last = now;
}

void
progress_clear(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
}
