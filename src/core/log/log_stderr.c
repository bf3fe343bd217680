/* SPDX-License-Identifier: ISC */
/* The sink that is always there: standard error. */
#include "config.h"

#include <unistd.h>

#include "conf/conf.h"
#include "log_own.h"

static struct log_file log_stderr = { .fd = STDERR_FILENO };

static int
log_stderr_open(struct log_sink *s, const char *program)
{
	static const int levels[CONF_stderr_level__MAX] = {
		[CONF_stderr_level_error] = LOGL_ERROR,
		[CONF_stderr_level_warning] = LOGL_WARNING,
		[CONF_stderr_level_info] = LOGL_INFO,
		[CONF_stderr_level_debug] = LOGL_DEBUG,
		[CONF_stderr_level_off] = -1,
	};

	(void)program;
	s->level = levels[settings.log_stderr_level];
	return log_file_open(s->own, NULL);
}

/* Before log_open, what an administrator must see is seen. */
static void
log_stderr_close(struct log_sink *s)
{
	log_file_close(s->own);
	log_stderr.fd = STDERR_FILENO;
	s->level = LOGL_WARNING;
}

struct log_sink log_stderr_sink = {
	.level = LOGL_WARNING,
	.own = &log_stderr,
	.open = log_stderr_open,
	.put = log_sink_put,
	.follow = log_sink_follow,
	.flush = log_sink_flush,
	.chores = log_sink_chores,
	.forget = log_sink_forget,
	.close = log_stderr_close,
};
