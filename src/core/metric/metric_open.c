/* SPDX-License-Identifier: ISC */
/* The process among all that count: it comes, goes on, forks and leaves. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "log/log.h"
#include "metric_own.h"

#define METRIC_FOLLOW (5 * CLOCK_SECOND)

static struct {
	char *path; /* NULL: it counts for itself */
	enum metric_word role;
	int64_t followed;
	bool told; /* that the file cannot be used */
} self;

/* Where there is no such folder nobody has asked for it. */
static void
metric_tell(const char *why)
{
	if (!self.told)
		log_write(str_eq(why, strerror(ENOENT)) ? LOGL_INFO
							: LOGL_WARNING,
		    "metrics are of this process alone",
		    (const struct log_field[]){
			LS("file", self.path), LS("reason", why), { 0 } });
	self.told = true;
}

/* Counters that nobody has counted in yet are shown as 0. */
static void
metric_show_all(void)
{
	for (int m = 0; m < METRIC__MAX; m++) {
		bool closed = metric_rows[m].type == METRIC_COUNTER;

		for (size_t i = 0; i < METRIC_LABELS; i++) {
			enum metric_set set = metric_rows[m].sets[i];

			if (set != METRIC_SET_NONE &&
			    metric_set_at(set)->first == 0)
				closed = false;
		}
		if (closed)
			metric_show((enum metric)m);
	}
}

void
metric_busy(bool busy)
{
	metric_set(METRIC_processes, METRIC_AT(self.role, METRIC_state_idle),
	    !busy);
	metric_set(METRIC_processes, METRIC_AT(self.role, METRIC_state_busy),
	    busy);
}

static void
metric_begin_as(enum metric_word role)
{
	if (role != self.role) /* else its settings were read again */
		metric_count(METRIC_starts, role);
	self.role = role;
	metric_busy(false);
}

static void
metric_on_line(enum log_level level, uint64_t lines)
{
	static const enum metric_word words[LOGL__MAX] = {
		[LOGL_ERROR] = METRIC_level_error,
		[LOGL_WARNING] = METRIC_level_warning,
		[LOGL_INFO] = METRIC_level_info,
		[LOGL_DEBUG] = METRIC_level_debug,
	};

	metric_add(METRIC_log_lines, METRIC_AT(words[level]), lines);
}

static void
metric_on_lost(enum log_goal goal, uint64_t lines)
{
	static const enum metric_word words[LOG_TO__MAX] = {
		[LOG_TO_FILE] = METRIC_sink_file,
		[LOG_TO_STDERR] = METRIC_sink_stderr,
		[LOG_TO_JOURNAL] = METRIC_sink_journal,
		[LOG_TO_GELF] = METRIC_sink_gelf,
		[LOG_TO_SYSLOG] = METRIC_sink_syslog,
	};

	metric_add(METRIC_log_lost, METRIC_AT(words[goal]), lines);
	metric_set(METRIC_log_lost_at, METRIC_AT(words[goal]), clock_wall_us());
}

int
metric_open(const char *path, enum metric_word role)
{
	const char *why = NULL;
	int rc = 0;

	metric_close();
	if (path != NULL && path[0] != '\0') {
		self.path = xstrdup(path);
		rc = metric_enter(path, &why);
	}
	if (!metric_is_shared())
		metric_claim();
	if (rc == -1)
		metric_tell(why);
	self.followed = clock_mono_us();
	metric_show_all();
	metric_begin_as(role);
	log_count(metric_on_line, metric_on_lost);
	return rc;
}

void
metric_forked(enum metric_word role)
{
	const char *why;

	metric_levels(false);
	metric_drop();
	if (self.path != NULL)
		(void)metric_enter(self.path, &why); /* else no row */
	metric_begin_as(role);
}

void
metric_look(void)
{
	const char *why = metric_spoilt();

	if (why != NULL && !self.told) {
		log_warning("the file of metrics is damaged",
		    LS("file", self.path), LS("reason", why));
		self.told = true;
		metric_show_all();
		metric_levels(true);
	}
	if (metric_is_at(self.path))
		return;
	if (metric_enter(self.path, &why) == -1) {
		metric_tell(why);
		return;
	}
	self.told = false;
	log_info("metrics are counted in another file", LS("file", self.path));
	metric_show_all();
	metric_levels(true);
}

void
metric_follow(void)
{
	int64_t now = clock_mono_us();

	if (self.path == NULL || now - self.followed < METRIC_FOLLOW)
		return;
	self.followed = now;
	metric_look();
}

void
metric_close(void)
{
	log_count(NULL, NULL);
	metric_leave();
	free(self.path);
	self.path = NULL;
	self.told = false;
}
