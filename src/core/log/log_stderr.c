/* SPDX-License-Identifier: ISC */
/* The sink that is always there: standard error. */
#include "config.h"

#include <unistd.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "log_own.h"

static struct log_file log_stderr = { .fd = STDERR_FILENO };

static bool
log_stderr_put(struct log_sink *s, struct log_event *e)
{
	struct log_file *f = s->own;

	if (f->marked) {
		if (f->lines.len == 0)
			f->since = clock_mono_us();
		buf_addc(&f->lines, '<');
		buf_addint(&f->lines, log_severities[e->level]);
		buf_addc(&f->lines, '>');
	}
	return log_sink_put(s, e);
}

static int
log_stderr_open(struct log_sink *s, const char *program)
{
	(void)program;
	s->level = log_level_of(settings.log_stderr_level);
	if (log_stderr_is_journal() && log_speaker.journal)
		s->level = -1; /* it has them already */
	if (log_file_open(s->own, NULL) == -1)
		return -1;
	log_stderr.marked = log_stderr_is_journal();
	return 0;
}

/* Before log_open, what an administrator must see is seen. */
static void
log_stderr_close(struct log_sink *s)
{
	log_file_close(s->own);
	log_stderr.fd = STDERR_FILENO;
	log_stderr.marked = false;
	s->level = LOGL_WARNING;
}

struct log_sink log_stderr_sink = {
	.level = LOGL_WARNING,
	.own = &log_stderr,
	.open = log_stderr_open,
	.put = log_stderr_put,
	.follow = log_sink_follow,
	.flush = log_sink_flush,
	.chores = log_sink_chores,
	.forget = log_sink_forget,
	.close = log_stderr_close,
};
