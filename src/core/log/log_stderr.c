/* SPDX-License-Identifier: ISC */
/* The sink that is always there: standard error. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "log_own.h"

static struct log_file log_stderr = { .fd = STDERR_FILENO };

static bool log_stderr_journal; /* the journal reads what we write */

/* The journal says in JOURNAL_STREAM which file it reads; a parent may have
 * sent standard error elsewhere since. */
bool
log_stderr_is_journal(void)
{
	const char *want = getenv("JOURNAL_STREAM");
	char is[64];
	struct stat st;

	if (want == NULL || fstat(STDERR_FILENO, &st) == -1)
		return false;
	snprintf(is, sizeof(is), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(is, want) == 0;
}

/* The journal takes a priority of syslog(3) from the front of a line. */
static bool
log_stderr_put(struct log_sink *s, struct log_event *e)
{
	struct log_file *f = s->own;

	if (log_stderr_journal) {
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
	log_stderr_journal = log_stderr_is_journal();
	if (log_stderr_journal && log_speaker.journal)
		s->level = -1; /* it has them already */
	return log_file_open(s->own, NULL);
}

/* Before log_open, what an administrator must see is seen. */
static void
log_stderr_close(struct log_sink *s)
{
	log_file_close(s->own);
	log_stderr.fd = STDERR_FILENO;
	log_stderr_journal = false;
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
