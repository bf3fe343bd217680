/* SPDX-License-Identifier: ISC */
/* Metrics: many processes, their file whatever became of it, and its text. */
#include "config.h"

#include "lib/harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "metric/metric.h"
#include "metric/metric_own.h"

static char dir[HARNESS_DIR];
static char path[HARNESS_DIR + 16];

static void
set_up(void)
{
	harness_dir(dir);
	snprintf(path, sizeof(path), "%s/metrics", dir);
}

static void
tear_down(void)
{
	metric_close();
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0); /* nothing half made is left */
}

/* --- the text --- */

static struct buf text;

static const char *
print(enum metric_format format)
{
	buf_clear(&text);
	metric_print(&text, format);
	return text.data;
}

/* The value behind a series, or -1 if it is not there. */
static long long
value(const char *series)
{
	const char *at = print(METRIC_TEXT);
	size_t len = strlen(series);

	for (; at != NULL; at = strchr(at, '\n')) {
		at += *at == '\n' ? 1 : 0;
		if (strncmp(at, series, len) == 0 && at[len] == ' ')
			return strtoll(at + len + 1, NULL, 10);
	}
	return -1;
}

static bool
says(enum metric_format format, const char *part)
{
	return strstr(print(format), part) != NULL;
}

START_TEST(counters_are_there_before_they_count)
{
	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	ck_assert(says(METRIC_TEXT,
	    "# TYPE errand_cache_requests_total counter\n"));
	ck_assert_int_eq(
	    value("errand_cache_requests_total{kind=\"task\",result=\"hit\"}"),
	    0);
	metric_count(METRIC_cache, METRIC_entry_task, METRIC_read_hit);
	metric_add(METRIC_cache, METRIC_AT(METRIC_entry_task, METRIC_read_hit),
	    41);
	ck_assert_int_eq(
	    value("errand_cache_requests_total{kind=\"task\",result=\"hit\"}"),
	    42);
	ck_assert_int_eq(
	    value("errand_cache_requests_total{kind=\"list\",result=\"hit\"}"),
	    0);
	ck_assert_int_eq(value("errand_metrics_shared"), 1);
	/* Durations are only there once there was one. */
	ck_assert(!says(METRIC_TEXT, "errand_mail_duration_seconds"));
}
END_TEST

/* What stands between the quotes in the end. */
static const struct {
	const char *word, *expect;
} escapes[] = {
	{ "mail", "mail" },
	{ "a\"b", "a\\\"b" },
	{ "a\\b", "a\\\\b" },
	{ "a\nb", "a\\nb" },
	{ "a\\nb", "a\\\\nb" },
	{ "\xc3\xa4", "\xc3\xa4" },
	{ "\xc3", "?" },
	{ "a\xff"
	  "b",
	    "a?b" },
	{ "} 5\n", "} 5\\n" },
	{ "", "" },
	{ NULL, "other" },
};

START_TEST(words_are_escaped)
{
	char expect[128];

	metric_words(METRIC_SET_queue, &escapes[_i].word, 1);
	metric_set(METRIC_queue, METRIC_AT(0), 7);
	snprintf(expect, sizeof(expect),
	    "\nerrand_queue_messages{queue=\"%s\"} 7\n", escapes[_i].expect);
	ck_assert(says(METRIC_TEXT, expect));
	ck_assert(says(METRIC_OPENMETRICS, expect));
}
END_TEST

/* Where a duration is counted: in the first bucket that is not below it. */
static const struct {
	int64_t us;
	const char *in, *below; /* below NULL: it is the lowest bucket */
} durations[] = {
	{ -5, "0.00025", NULL },
	{ 0, "0.00025", NULL },
	{ 250, "0.00025", NULL },
	{ 251, "0.0005", "0.00025" },
	{ 1000, "0.001", "0.0005" },
	{ 999999, "1.0", "0.5" },
	{ 1000000, "1.0", "0.5" },
	{ 1000001, "2.5", "1.0" },
	{ 10000000, "10.0", "5.0" },
	{ 10000001, "+Inf", "10.0" },
	{ INT64_C(90000000000), "+Inf", "10.0" },
};

#define DB "{db_system_name=\"redis\",server=\"broker\""

START_TEST(durations_go_into_buckets)
{
	const struct metric_at *at =
	    METRIC_AT(METRIC_system_redis, METRIC_server_broker);
	char series[128];

	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	metric_time(METRIC_db, at, durations[_i].us, NULL);
	snprintf(series, sizeof(series),
	    "db_client_operation_duration_seconds_bucket" DB ",le=\"%s\"}",
	    durations[_i].in);
	ck_assert_int_eq(value(series), 1);
	if (durations[_i].below != NULL) {
		snprintf(series, sizeof(series),
		    "db_client_operation_duration_seconds_bucket" DB
		    ",le=\"%s\"}",
		    durations[_i].below);
		ck_assert_int_eq(value(series), 0);
	}
	ck_assert_int_eq(value("db_client_operation_duration_seconds_bucket" DB
			       ",le=\"+Inf\"}"),
	    1);
	ck_assert_int_eq(value("db_client_operation_duration_seconds_count" DB
			       "}"),
	    1);
}
END_TEST

START_TEST(sums_are_seconds)
{
	const struct metric_at *at =
	    METRIC_AT(METRIC_system_redis, METRIC_server_broker);

	metric_time(METRIC_db, at, 1250000, NULL);
	metric_time(METRIC_db, at, 7, NULL);
	ck_assert(says(METRIC_TEXT,
	    "db_client_operation_duration_seconds_sum" DB "} 1.250007\n"));
}
END_TEST

#define TRACE "0af7651916cd43dd8448eb211c80319c"

START_TEST(openmetrics_has_examples)
{
	metric_time(METRIC_mail_time, METRIC_AT(0), 1500, TRACE "-rest");
	metric_time(METRIC_mail_time, METRIC_AT(0), 15000, NULL);
	metric_count(METRIC_log_lost, METRIC_sink_gelf);
	ck_assert(says(METRIC_OPENMETRICS,
	    "le=\"0.005\"} 1 # {trace_id=\"" TRACE "\"} 0.001500 "));
	ck_assert(says(METRIC_OPENMETRICS, "le=\"0.001\"} 0\n"));
	ck_assert(says(METRIC_OPENMETRICS, "le=\"0.01\"} 1\n"));
	ck_assert(!says(METRIC_TEXT, "trace_id"));
	/* The family of a counter goes without its end. */
	ck_assert(says(METRIC_OPENMETRICS,
	    "# TYPE errand_log_lost_lines counter\n"
	    "errand_log_lost_lines_total{sink=\"gelf\"} 1\n"));
	ck_assert_str_eq(print(METRIC_OPENMETRICS) + text.len - 6, "# EOF\n");
	ck_assert(!says(METRIC_TEXT, "# EOF"));
	metric_time(METRIC_mail_time, METRIC_AT(0), 1501, "no trace");
	ck_assert(says(METRIC_OPENMETRICS, "0.001500 "));
}
END_TEST

static const struct {
	const char *accept;
	enum metric_format format;
} accepts[] = {
	{ NULL, METRIC_TEXT },
	{ "", METRIC_TEXT },
	{ "*/*", METRIC_TEXT },
	{ "text/plain;version=0.0.4", METRIC_TEXT },
	{ "application/openmetrics-text;version=1.0.0,"
	  "application/openmetrics-text;version=0.0.1;q=0.75,"
	  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
	    METRIC_OPENMETRICS },
	{ "application/vnd.google.protobuf;proto=x;q=0.6,"
	  " application/openmetrics-text;version=1.0.0;q=0.5",
	    METRIC_OPENMETRICS },
	{ "Application/OpenMetrics-Text", METRIC_OPENMETRICS },
	{ "application/openmetrics-text;q=0", METRIC_TEXT },
	{ "application/openmetrics-text;q=0.0, text/plain", METRIC_TEXT },
	{ "application/openmetrics-text;q=0.1", METRIC_OPENMETRICS },
	{ "application/openmetrics-text; q=0, text/plain", METRIC_TEXT },
	{ "application/openmetrics-text ;\tQ=0.000", METRIC_TEXT },
	{ "application/openmetrics-text; q=0.001", METRIC_OPENMETRICS },
	{ "text/plain;q=1,application/openmetrics-text;q=0.1", METRIC_TEXT },
	{ "application/openmetrics-text;q=0.1,*/*", METRIC_TEXT },
	{ "application/openmetrics-text;q=0.5,text/plain;q=0.2,*/*;q=0.9",
	    METRIC_OPENMETRICS },
	{ "application/openmetrics-text;q=0.5, text/plain;q=0",
	    METRIC_OPENMETRICS },
	{ "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;"
	  "q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
	  "text/plain;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.2,"
	  "*/*;q=0.1",
	    METRIC_OPENMETRICS },
	{ "application/openmetrics-text;version=2.0.0,text/plain;q=0.1",
	    METRIC_TEXT },
	{ "application/openmetrics-text;version=2.0.0, */*;q=0.1",
	    METRIC_TEXT },
	{ "application/openmetrics-text;version=2.0.0", METRIC_OPENMETRICS },
	{ "application/openmetrics-text;version=2.0.0,text/plain;q=0",
	    METRIC_OPENMETRICS },
	{ "application/openmetrics-text;version=2.0.0,"
	  "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3",
	    METRIC_OPENMETRICS },
	{ "application/openmetrics-text;=;q;q=;version", METRIC_OPENMETRICS },
	{ "application/openmetrics-texts", METRIC_TEXT },
	{ "text/plain, application/openmetrics-text", METRIC_OPENMETRICS },
	{ ",,,", METRIC_TEXT },
};

START_TEST(the_format_is_what_was_asked_for)
{
	ck_assert_int_eq(metric_format_of(accepts[_i].accept),
	    accepts[_i].format);
}
END_TEST

/* --- processes --- */

/* Waits for whoever ends next. */
static void
reap(pid_t pid, int signal)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WIFSIGNALED(status) ? WTERMSIG(status) : 0, signal);
	if (signal == 0)
		ck_assert_int_eq(WEXITSTATUS(status), 0);
}

/* A process that counts n times, from when the gate is shut on, and then ends,
 * in good order or not. */
static pid_t
counter(int n, int signal, const int gate[2])
{
	pid_t pid = fork();
	char c;

	if (pid != 0)
		return pid;
	close(gate[1]);
	if (read(gate[0], &c, 1) != 0)
		_exit(1);
	metric_forked(METRIC_role_child);
	metric_set(METRIC_db_connections, METRIC_AT(METRIC_server_redis), 1);
	for (int i = 0; i < n; i++)
		metric_count(METRIC_published, 0);
	metric_time(METRIC_mail_time, METRIC_AT(0), 5, TRACE);
	if (signal != 0)
		raise(signal);
	_exit(0);
}

START_TEST(processes_count_together)
{
	pid_t pids[4];
	int gate[2];

	ck_assert_int_eq(pipe(gate), 0);
	ck_assert_int_eq(metric_open(path, METRIC_role_pool), 0);
	for (size_t i = 0; i < NELEM(pids); i++)
		pids[i] = counter(500000, i % 2 == 0 ? 0 : SIGKILL, gate);
	close(gate[0]);
	close(gate[1]);
	for (size_t i = 0; i < NELEM(pids); i++)
		reap(pids[i], i % 2 == 0 ? 0 : SIGKILL);
	metric_count(METRIC_published, 0);
	ck_assert_int_eq(value("errand_relay_published_jobs_total"), 2000001);
	ck_assert_int_eq(value("errand_mail_duration_seconds_count"), 4);
	ck_assert_int_eq(value("errand_process_starts_total{role=\"child\"}"),
	    4);
	/* What they had went with them. */
	ck_assert_int_eq(value("errand_db_connections{server=\"redis\"}"), 0);
	ck_assert_int_eq(
	    value("errand_processes{role=\"child\",state=\"idle\"}"), 0);
	ck_assert_int_eq(
	    value("errand_processes{role=\"pool\",state=\"idle\"}"), 1);
}
END_TEST

/* A process that lives until it is told to end; it counts by then. */
static pid_t
sleeper(void)
{
	int ready[2];
	char c;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		metric_forked(METRIC_role_child);
		metric_busy(true);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

START_TEST(a_killed_process_is_not_alive)
{
	static const char busy[] =
	    "errand_processes{role=\"child\",state=\"busy\"}";
	pid_t a, b;

	ck_assert_int_eq(metric_open(path, METRIC_role_pool), 0);
	a = sleeper();
	b = sleeper();
	ck_assert_int_eq(value(busy), 2);
	kill(a, SIGSTOP); /* who stands still lives */
	ck_assert_int_eq(value(busy), 2);
	kill(a, SIGKILL);
	reap(a, SIGKILL);
	ck_assert_int_eq(value(busy), 1);
	a = sleeper(); /* it takes the row of the dead one */
	ck_assert_int_eq(value(busy), 2);
	kill(a, SIGKILL);
	kill(b, SIGKILL);
	reap(a, SIGKILL);
	reap(b, SIGKILL);
	ck_assert_int_eq(value(busy), 0);
}
END_TEST

START_TEST(counters_outlive_all_processes)
{
	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	metric_add(METRIC_published, METRIC_AT(0), 5);
	metric_close();
	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	metric_add(METRIC_published, METRIC_AT(0), 6);
	ck_assert_int_eq(value("errand_relay_published_jobs_total"), 11);
	ck_assert_int_eq(
	    value("errand_processes{role=\"fcgi\",state=\"idle\"}"), 1);
}
END_TEST

START_TEST(another_release_counts_in_the_same_file)
{
	static const int64_t bounds[] = { 100, 200 };
	static const struct metric_row newer = {
		.name = "errand_newer_total",
		.help = "What only the other release knows.",
		.type = METRIC_COUNTER,
	};
	/* The same name in another form cannot be added up. */
	static const struct metric_row other = {
		.name = "errand_mail_duration_seconds",
		.help = "In other buckets.",
		.type = METRIC_HISTOGRAM,
		.unit = METRIC_US,
		.bounds = bounds,
		.nbounds = NELEM(bounds),
	};
	struct metric_file *f;
	int family, series;

	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	metric_time(METRIC_mail_time, METRIC_AT(0), 5, NULL);
	f = metric_memory();
	family = metric_family_find(f, &newer);
	series = metric_series_find(f, (uint32_t)family, "a=\"b\"");
	ck_assert_int_ge(series, 0);
	ck_assert_int_eq(metric_series_find(f, (uint32_t)family, "a=\"b\""),
	    series);
	atomic_store(&f->series[series].v[0], 3);
	family = metric_family_find(f, &other);
	series = metric_series_find(f, (uint32_t)family, "");
	ck_assert_int_ge(series, 0);
	atomic_store(&f->series[series].v[1], 3);
	ck_assert_int_eq(value("errand_newer_total{a=\"b\"}"), 3);
	ck_assert(says(METRIC_TEXT, "# HELP errand_newer_total What only the "
				    "other release knows.\n"));
	ck_assert_int_eq(value("errand_mail_duration_seconds_count"), 1);
}
END_TEST

START_TEST(rows_that_were_made_twice_count_as_one)
{
	struct metric_file *f;
	int series;

	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	metric_add(METRIC_published, METRIC_AT(0), 2);
	f = metric_memory();
	/* Two that came at the same time, and one that died in between. */
	for (series = 0; atomic_load(&f->series[series].state) != METRIC_FREE;
	     series++)
		continue;
	atomic_store(&f->series[series].state, METRIC_BEGUN);
	for (int i = 0; i < METRIC_SERIES; i++) {
		if (atomic_load(&f->series[i].v[0]) == 2)
			f->series[series + 1] = f->series[i];
	}
	ck_assert_int_eq(value("errand_relay_published_jobs_total"), 4);
}
END_TEST

START_TEST(what_has_no_room_is_counted)
{
	struct metric_file *f;
	char labels[32];

	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	f = metric_memory();
	for (int i = 0; i < METRIC_SERIES; i++) {
		snprintf(labels, sizeof(labels), "n=\"%d\"", i);
		if (metric_series_find(f, 0, labels) == -1)
			break;
	}
	metric_time(METRIC_mail_time, METRIC_AT(0), 5, NULL);
	metric_time(METRIC_mail_time, METRIC_AT(0), 5, NULL);
	ck_assert_int_eq(value("errand_metrics_uncounted_total"), 2);
	ck_assert_int_eq(value("errand_mail_duration_seconds_count"), -1);
}
END_TEST

/* --- files that cannot be used --- */

enum spoil {
	FOREIGN_SHORT,
	LONG_BEFORE, /* another format */
	FOREIGN,
	FOLDER,
	LINK,
	FIFO,
	SPOIL__MAX
};

static void
spoil(enum spoil how)
{
	static char letters[sizeof(struct metric_file)];
	struct metric_header header = { .magic = METRIC_MAGIC,
		.format = METRIC_FORMAT + 1 };
	int fd = -1;

	if (how == FOLDER) {
		ck_assert_int_eq(mkdir(path, 0700), 0);
		return;
	}
	if (how == LINK) {
		ck_assert_int_eq(symlink("/dev/null", path), 0);
		return;
	}
	if (how == FIFO) {
		ck_assert_int_eq(mkfifo(path, 0600), 0);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	memset(letters, 'a', sizeof(letters));
	ck_assert_int_eq(write(fd, letters,
			     how == FOREIGN_SHORT ? 100 : sizeof(letters)),
	    how == FOREIGN_SHORT ? 100 : (int)sizeof(letters));
	if (how == LONG_BEFORE)
		ck_assert_int_eq(pwrite(fd, &header, sizeof(header), 0),
		    (int)sizeof(header));
	close(fd);
}

START_TEST(a_file_of_others_stays_as_it_is)
{
	struct stat before, after;

	spoil((enum spoil)_i);
	ck_assert_int_eq(lstat(path, &before), 0);
	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), -1);
	metric_count(METRIC_published, 0);
	ck_assert_int_eq(value("errand_relay_published_jobs_total"), 1);
	ck_assert_int_eq(value("errand_metrics_shared"), 0);
	ck_assert_int_eq(
	    value("errand_processes{role=\"fcgi\",state=\"idle\"}"), 1);
	ck_assert_int_eq(lstat(path, &after), 0);
	ck_assert_int_eq(before.st_size, after.st_size);
	ck_assert_int_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	if (_i == FOLDER)
		ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_not_made)
{
	char nowhere[sizeof(path) + 16];

	snprintf(nowhere, sizeof(nowhere), "%s/no/metrics", dir);
	ck_assert_int_eq(metric_open(nowhere, METRIC_role_fcgi), -1);
	metric_count(METRIC_published, 0);
	ck_assert_int_eq(value("errand_relay_published_jobs_total"), 1);
	ck_assert_int_eq(metric_open("", METRIC_role_fcgi), 0);
	ck_assert_int_eq(value("errand_metrics_shared"), 0);
}
END_TEST

START_TEST(who_makes_it_shorter_ends_nobody)
{
	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	metric_add(METRIC_published, METRIC_AT(0), 5);
	metric_busy(true);
	ck_assert_int_eq(truncate(path, _i), 0);
	metric_add(METRIC_published, METRIC_AT(0), 6);
	metric_add(METRIC_published, METRIC_AT(0), 1);
	metric_busy(false);
	ck_assert_int_eq(value("errand_metrics_shared"), 0);
	ck_assert_int_ge(value("errand_relay_published_jobs_total"), 1);
}
END_TEST

/* What may become of a file that is counted in: bytes of another value from an
 * offset on, and its size (0: as it was). */
static const struct {
	int byte; /* -1: none */
	off_t from, size;
} spoilt[] = {
	{ -1, 0, sizeof(struct metric_file) - 30 },
	{ -1, 0, 500000 },
	{ -1, 0, 10 },
	{ -1, 0, -1 }, /* nothing is left */
	{ 0, 0, 0 },   /* as if it was cut and grew again */
	{ 0, sizeof(struct metric_header), 0 },
	{ 0xff, 0, 0 },
	{ 0xff, 200, 0 },
	{ 0x5a, 200, 0 },
};

static void
spoil_own(size_t i)
{
	static char bytes[sizeof(struct metric_file)];
	size_t n = sizeof(bytes) - (size_t)spoilt[i].from;
	int fd = open(path, O_WRONLY);

	ck_assert_int_ge(fd, 0);
	memset(bytes, spoilt[i].byte, sizeof(bytes));
	if (spoilt[i].byte != -1)
		ck_assert_int_eq(pwrite(fd, bytes, n, spoilt[i].from), (int)n);
	if (spoilt[i].size != 0)
		ck_assert_int_eq(ftruncate(fd,
				     spoilt[i].size == -1 ? 0 : spoilt[i].size),
		    0);
	close(fd);
}

START_TEST(a_file_that_was_spoilt_is_replaced)
{
	struct stat before, after;

	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	metric_busy(true);
	metric_look();
	ck_assert_int_eq(stat(path, &before), 0);
	spoil_own((size_t)_i);
	metric_look();
	metric_count(METRIC_published, 0);
	ck_assert_int_eq(value("errand_metrics_shared"), 1);
	ck_assert_int_eq(value("errand_relay_published_jobs_total"), 1);
	ck_assert_int_eq(
	    value("errand_processes{role=\"fcgi\",state=\"busy\"}"), 1);
	ck_assert_int_eq(stat(path, &after), 0);
	ck_assert_int_eq(after.st_size, sizeof(struct metric_file));
	metric_look(); /* it is well, and stays */
	ck_assert_int_eq(stat(path, &before), 0);
	ck_assert_int_eq(before.st_ino, after.st_ino);
	ck_assert_int_eq(value("errand_relay_published_jobs_total"), 1);
}
END_TEST

/* The folder takes no other: the process goes on for itself. */
START_TEST(who_cannot_replace_it_counts_alone)
{
	char aside[sizeof(path) + 8];

	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	metric_busy(true);
	spoil_own((size_t)_i);
	snprintf(aside, sizeof(aside), "%s.aside", path);
	ck_assert_int_eq(rename(path, aside), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	metric_count(METRIC_uncounted, 0); /* may be what finds it out */
	metric_look();
	metric_look();
	metric_count(METRIC_published, 0);
	ck_assert_int_eq(value("errand_metrics_shared"), 0);
	ck_assert_int_eq(value("errand_relay_published_jobs_total"), 1);
	ck_assert_int_eq(
	    value("errand_processes{role=\"fcgi\",state=\"busy\"}"), 1);
	ck_assert_int_eq(rmdir(path), 0);
	metric_look();
	ck_assert_int_eq(value("errand_metrics_shared"), 1);
	ck_assert_int_eq(unlink(aside), 0);
}
END_TEST

/* A damaged name can still be one. */
static bool
is_metric_line(const char *line)
{
	size_t name = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return line[0] == '#' ||
	       (name > 0 && (line[name] == '{' || line[name] == ' '));
}

/* Whatever is in the file, what is printed of it has the form of metrics. */
START_TEST(garbage_is_not_printed)
{
	struct metric_file *f;
	uint32_t seed = (uint32_t)_i + 1;
	uint8_t *bytes;

	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	metric_time(METRIC_mail_time, METRIC_AT(0), 5, TRACE);
	f = metric_memory();
	bytes = (uint8_t *)f;
	for (int i = 0; i < 20000; i++) {
		size_t at = sizeof(f->header);

		seed = seed * 1664525 + 1013904223;
		at += (seed >> 8) % (_i % 2 == 0 ? 60000 : sizeof(*f) - at);
		bytes[at] = (uint8_t)(seed >> 24);
	}
	print(METRIC_OPENMETRICS);
	ck_assert_int_ne(str_utf8_count(text.data, text.len), -1);
	for (const char *line = text.data; line[0] != '\0';
	     line = strchr(line, '\n') + 1)
		ck_assert_msg(is_metric_line(line), "%.80s", line);
}
END_TEST

/* What is wrong with a row makes it one that is not there. */
enum damage {
	DAMAGE_BOUNDS,
	DAMAGE_TYPE,
	DAMAGE_UNIT,
	DAMAGE_NAME,
	DAMAGE_NAME_END,
	DAMAGE_HELP,
	DAMAGE_FAMILY,
	DAMAGE_LABELS,
	DAMAGE_LABELS_END,
	DAMAGE_LEVEL,
	DAMAGE__MAX
};

START_TEST(a_damaged_row_is_left_out)
{
	static const struct metric_row row = {
		.name = "errand_damaged",
		.help = "Soon.",
		.type = METRIC_LEVEL,
	};
	struct metric_series *s;
	struct metric_family *f;
	struct metric_file *file;
	int family, series;

	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	file = metric_memory();
	family = metric_family_find(file, &row);
	series = metric_series_find(file, (uint32_t)family, "");
	f = &file->families[family];
	s = &file->series[series];
	ck_assert(says(METRIC_TEXT, "errand_damaged 0\n"));
	switch ((enum damage)_i) {
	case DAMAGE_BOUNDS:
		f->type = METRIC_HISTOGRAM;
		f->nbounds = 100000;
		atomic_store(&s->v[1], 1);
		break;
	case DAMAGE_TYPE:
		f->type = METRIC_TYPE__MAX;
		break;
	case DAMAGE_UNIT:
		f->unit = METRIC_UNIT__MAX;
		break;
	case DAMAGE_NAME:
		f->name[1] = ' ';
		break;
	case DAMAGE_NAME_END:
		memset(f->name, 'a', sizeof(f->name));
		break;
	case DAMAGE_HELP:
		f->help[1] = '\n';
		break;
	case DAMAGE_FAMILY:
		s->family = UINT32_MAX;
		break;
	case DAMAGE_LABELS:
		memcpy(s->labels, "\xff", 2);
		break;
	case DAMAGE_LABELS_END:
		memset(s->labels, 'a', sizeof(s->labels));
		break;
	default: /* of a process; the row itself is fine */
		atomic_store(&metric_process()->levels[5].series, UINT32_MAX);
		ck_assert(says(METRIC_TEXT, "errand_damaged 0\n"));
		return;
	}
	ck_assert(!says(METRIC_TEXT, "damaged"));
	ck_assert_int_eq(value("errand_metrics_shared"), 1);
}
END_TEST

/* --- the listen queue --- */

static const char unix_table[] =
    "Num       RefCount Protocol Flags    Type St Inode Path\n"
    "00000000a: 00000002 00000000 00010000 0001 01 12 /run/a.sock\n"
    "00000000b: 00000002 00000000 00000000 0001 02 13 /run/a.sock\n"
    "00000000b: 00000002 00000000 00000000 0001 02 14 /run/a.sock\n"
    "00000000b: 00000003 00000000 00000000 0001 03 15 /run/a.sock\n"
    "00000000b: 00000002 00000000 00000000 0001 02 16 /run/a.sock2\n"
    "00000000b: 00000002 00000000 00000000 0001 02 17\n"
    "00000000b: 00000002 00000000 00000000 0001 02 18 /run/b c.sock\n";

static const char tcp_table[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n"
    "   0: 0100007F:2710 00000000:0000 0A 00000000:0000001A 00:00000000 0\n"
    "   1: 0100007F:2711 00000000:0000 0A 00000000:00000001 00:00000000 0\n"
    "   2: 0100007F:2710 0100007F:8000 01 00000000:00000009 00:00000000 0\n"
    "   0: 00000000000000000000000000000000:2710 "
    "00000000000000000000000000000000:0000 0A 00000000:00000002 00:0 0\n";

START_TEST(the_listen_queue_is_read)
{
	ck_assert_int_eq(metric_queue_unix(unix_table, "/run/a.sock"), 2);
	ck_assert_int_eq(metric_queue_unix(unix_table, "/run/a.sock2"), 1);
	ck_assert_int_eq(metric_queue_unix(unix_table, "/run/b c.sock"), 1);
	ck_assert_int_eq(metric_queue_unix(unix_table, "/run/c.sock"), 0);
	ck_assert_int_eq(metric_queue_unix("", "/run/c.sock"), 0);
	ck_assert_int_eq(metric_queue_tcp(tcp_table, 10000), 28);
	ck_assert_int_eq(metric_queue_tcp(tcp_table, 10001), 1);
	ck_assert_int_eq(metric_queue_tcp(tcp_table, 1), 0);
	ck_assert_int_eq(metric_queue_tcp("", 1), 0);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ counters_are_there_before_they_count, 0, 0 },
		{ words_are_escaped, NELEM(escapes), 0 },
		{ durations_go_into_buckets, NELEM(durations), 0 },
		{ sums_are_seconds, 0, 0 },
		{ openmetrics_has_examples, 0, 0 },
		{ the_format_is_what_was_asked_for, NELEM(accepts), 0 },
		{ processes_count_together, 0, 0 },
		{ a_killed_process_is_not_alive, 0, 0 },
		{ counters_outlive_all_processes, 0, 0 },
		{ another_release_counts_in_the_same_file, 0, 0 },
		{ rows_that_were_made_twice_count_as_one, 0, 0 },
		{ what_has_no_room_is_counted, 0, 0 },
		{ a_file_of_others_stays_as_it_is, SPOIL__MAX, 0 },
		{ a_folder_that_is_not_there_is_not_made, 0, 0 },
		{ who_makes_it_shorter_ends_nobody, 2, 0 },
		{ a_file_that_was_spoilt_is_replaced, NELEM(spoilt), 0 },
		{ who_cannot_replace_it_counts_alone, NELEM(spoilt), 0 },
		{ garbage_is_not_printed, 8, 0 },
		{ a_damaged_row_is_left_out, DAMAGE__MAX, 0 },
		{ the_listen_queue_is_read, 0, 0 },
	};

	return harness_run_in("metric", set_up, tear_down, tests, NELEM(tests));
}
