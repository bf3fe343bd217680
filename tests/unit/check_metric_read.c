/* SPDX-License-Identifier: ISC */
/* Metrics as somebody reads them who does not count. */
#include "config.h"

#include "lib/harness.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "metric/metric.h"
#include "metric/metric_own.h"
#include "metric/metric_read.h"

static char dir[HARNESS_DIR];
static char path[HARNESS_DIR + 16];
static struct arena *arena;

static void
set_up(void)
{
	harness_dir(dir);
	snprintf(path, sizeof(path), "%s/metrics", dir);
	arena = arena_new();
}

static void
tear_down(void)
{
	arena_free(arena);
	metric_close();
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0); /* reading has made nothing */
}

static const struct metric_look *
look(void)
{
	const char *why = NULL;
	const struct metric_look *l = metric_read(path, arena, &why);

	ck_assert_ptr_nonnull(l);
	ck_assert_ptr_null(why);
	return l;
}

/* The first series of that metric with that text at its first label; NULL: of
 * any. */
static const struct metric_seen *
seen(const struct metric_look *l, enum metric m, const char *text)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->seen[i].metric == m &&
		    (text == NULL || str_eq(l->seen[i].texts[0], text)))
			return &l->seen[i];
	}
	return NULL;
}

/* --- the same as /metrics --- */

/* The text of each series that was read, but for the sum of a histogram. */
static void
print_seen(struct buf *b, const struct metric_look *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct metric_seen *s = &l->seen[i];
		const struct metric_row *row = &metric_rows[s->metric];
		bool none = s->labels[0] == '\0';
		uint64_t count = 0;

		for (size_t k = 0; k <= s->nbounds && s->nbounds > 0; k++)
			count += s->buckets[k];
		buf_printf(b, "%s%s%s%s%s ", row->name,
		    s->nbounds > 0 ? "_count" : "", none ? "" : "{", s->labels,
		    none ? "" : "}");
		if (s->nbounds > 0)
			buf_printf(b, "%llu\n", (unsigned long long)count);
		else if (row->unit == METRIC_US)
			buf_printf(b, "%lld.%06lld\n",
			    (long long)(s->value / CLOCK_SECOND),
			    (long long)(s->value % CLOCK_SECOND));
		else
			buf_printf(b, "%lld\n", (long long)s->value);
	}
}

/* What /metrics has of the same series. */
static void
print_served(struct buf *b)
{
	struct buf text = { 0 };

	metric_print(&text, METRIC_TEXT);
	for (const char *line = text.data; *line != '\0';) {
		const char *next = strchr(line, '\n') + 1;
		const char *name_end = line + strcspn(line, "{ ");

		if (*line != '#' && !str_starts(line, "errand_build_info") &&
		    !str_starts(line, "errand_metrics_shared") &&
		    !str_starts(line, "errand_listen_queue") &&
		    strncmp(name_end - 4, "_sum", 4) != 0 &&
		    strncmp(name_end - 7, "_bucket", 7) != 0)
			buf_add(b, line, (size_t)(next - line));
		line = next;
	}
	buf_free(&text);
}

START_TEST(it_is_what_is_served)
{
	static const char *const routes[] = { "/tasks", "/tasks/{id}" };
	static const char *const queues[] = { "a\"b\\", "\nn\\n" };
	struct buf read = { 0 }, served = { 0 };

	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	metric_words(METRIC_SET_route, routes, NELEM(routes));
	metric_words(METRIC_SET_queue, queues, NELEM(queues));
	metric_time(METRIC_requests, METRIC_AT(0, 0, 0), 700, NULL);
	metric_time(METRIC_requests, METRIC_AT(0, 1, 0), 70000000, NULL);
	metric_add(METRIC_cache, METRIC_AT(METRIC_entry_task, METRIC_read_hit),
	    41);
	metric_set(METRIC_queue, METRIC_AT(0), 7);
	metric_set(METRIC_queue, METRIC_AT(1), 8);
	metric_set(METRIC_due_age, METRIC_AT(0), 1500000);
	metric_set(METRIC_relayed_at, METRIC_AT(0), 1700000000000001);
	metric_busy(true);
	print_seen(&read, look());
	print_served(&served);
	ck_assert_str_eq(read.data, served.data);
	ck_assert_ptr_nonnull(strstr(read.data,
	    "errand_processes{role=\"fcgi\",state=\"busy\"} 1"));
	buf_free(&read);
	buf_free(&served);
}
END_TEST

START_TEST(labels_are_words_again)
{
	static const char *const queues[] = { "a\"b\\", "\nn\\n", "" };
	const struct metric_look *l;
	const struct metric_seen *s;

	ck_assert_int_eq(metric_open(path, METRIC_role_relay), 0);
	metric_words(METRIC_SET_queue, queues, NELEM(queues));
	for (unsigned i = 0; i <= NELEM(queues); i++)
		metric_set(METRIC_queue, METRIC_AT(i), 10 + i);
	metric_add(METRIC_cache,
	    METRIC_AT(METRIC_entry_list, METRIC_read_bypass), 3);
	l = look();
	for (unsigned i = 0; i <= NELEM(queues); i++) {
		s = seen(l, METRIC_queue,
		    i < NELEM(queues) ? queues[i] : "other");
		ck_assert_ptr_nonnull(s);
		ck_assert_int_eq(s->value, 10 + i);
		ck_assert_int_eq(s->words[0], METRIC_WORD_NONE);
		ck_assert_ptr_null(s->texts[1]);
		ck_assert(!s->rises);
	}
	for (size_t i = 0; i < l->n; i++) {
		s = &l->seen[i];
		if (s->metric == METRIC_cache && s->value == 3) {
			ck_assert_int_eq(s->words[0], METRIC_entry_list);
			ck_assert_int_eq(s->words[1], METRIC_read_bypass);
			ck_assert_str_eq(s->texts[1], "bypass");
			ck_assert(s->rises);
			return;
		}
	}
	ck_abort_msg("the counter was not read");
}
END_TEST

START_TEST(when_and_which_file_is_known)
{
	const struct metric_look *first, *second, *other;

	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	first = look();
	second = look();
	ck_assert_int_ge(second->mono, first->mono);
	ck_assert_int_le(first->made, first->wall);
	ck_assert_uint_eq(second->file, first->file);
	/* Its file is there still, so that the next has another number. */
	ck_assert_int_eq(unlink(path), 0);
	metric_look();
	other = look();
	ck_assert(other->file != first->file || other->device != first->device);
}
END_TEST

/* --- it is no part --- */

START_TEST(a_reader_changes_nothing)
{
	struct metric_file before;
	const struct metric_seen *s;
	pid_t pid;
	int status;

	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	metric_set(METRIC_db_connections, METRIC_AT(METRIC_server_postgresql),
	    2);
	memcpy(&before, metric_memory(), sizeof(before));
	ck_assert_int_eq(chmod(path, 0400), 0);
	pid = fork();
	if (pid == 0) {
		/* Not even the processes that it sees count it. */
		s = seen(look(), METRIC_db_connections, "postgresql");
		_exit(s != NULL && s->value == 2 && metric_is_shared() ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	s = seen(look(), METRIC_db_connections, "postgresql");
	ck_assert_int_eq(s->value, 2);
	ck_assert_int_eq(memcmp(&before, metric_memory(), sizeof(before)), 0);
}
END_TEST

START_TEST(who_is_gone_has_nothing)
{
	const struct metric_look *l;
	int status, ready[2];
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		if (metric_open(path, METRIC_role_fcgi) == -1)
			_exit(1);
		metric_set(METRIC_db_connections,
		    METRIC_AT(METRIC_server_redis), 5);
		metric_count(METRIC_reloads, METRIC_done_done);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	l = look();
	ck_assert_int_eq(seen(l, METRIC_db_connections, "redis")->value, 5);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	l = look();
	ck_assert_int_eq(seen(l, METRIC_db_connections, "redis")->value, 0);
	ck_assert_int_eq(seen(l, METRIC_reloads, "done")->value, 1);
	close(ready[0]);
	close(ready[1]);
}
END_TEST

START_TEST(what_is_old_is_left_out)
{
	struct metric_file *f;

	ck_assert_int_eq(metric_open(path, METRIC_role_relay), 0);
	metric_set(METRIC_due, METRIC_AT(0), 77);
	ck_assert_ptr_nonnull(seen(look(), METRIC_due, NULL));
	f = metric_memory();
	for (int i = 0; i < METRIC_SERIES; i++) {
		if (atomic_load(&f->series[i].v[0]) == 77)
			atomic_fetch_sub(&f->series[i].v[1],
			    (uint64_t)(60 * CLOCK_SECOND));
	}
	ck_assert_ptr_null(seen(look(), METRIC_due, NULL));
}
END_TEST

/* --- what cannot be read --- */

enum wrong {
	WRONG_NONE_THERE,
	WRONG_NO_FOLDER,
	WRONG_EMPTY,
	WRONG_TEXT,
	WRONG_RELEASE,
	WRONG_SIZES,
	WRONG_SHORT,
	WRONG_FOLDER,
	WRONG_LINK,
	WRONG_FIFO,
	WRONG__MAX
};

static const char *const complaints[WRONG__MAX] = {
	[WRONG_NONE_THERE] = "it is not there: no process of Errand counts in "
			     "it",
	[WRONG_NO_FOLDER] = "it is not there: no process of Errand counts in "
			    "it",
	[WRONG_EMPTY] = "it is no file of metrics",
	[WRONG_TEXT] = "it is no file of metrics",
	[WRONG_RELEASE] = "it is of another release: use its errandctl",
	[WRONG_SIZES] = "it is of another release: use its errandctl",
	[WRONG_SHORT] = "it is too short",
	[WRONG_FOLDER] = "it is no file",
	[WRONG_LINK] = "it is a symbolic link",
	[WRONG_FIFO] = "it is no file",
};

static void
make_file(const void *data, size_t len, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	close(fd);
}

static void
make_wrong(enum wrong wrong)
{
	struct metric_header h = metric_expected;
	size_t whole = sizeof(struct metric_file);

	switch (wrong) {
	case WRONG_NO_FOLDER:
		snprintf(path, sizeof(path), "%s/no/metrics", dir);
		break;
	case WRONG_EMPTY:
		make_file("", 0, 0);
		break;
	case WRONG_TEXT:
		make_file("# settings\n", 11, whole);
		break;
	case WRONG_RELEASE:
		h.format++;
		make_file(&h, sizeof(h), whole * 2);
		break;
	case WRONG_SIZES:
		h.sizes[1]--;
		make_file(&h, sizeof(h), whole - 1);
		break;
	case WRONG_SHORT:
		make_file(&h, sizeof(h), whole - 1);
		break;
	case WRONG_FOLDER:
		ck_assert_int_eq(mkdir(path, 0700), 0);
		break;
	case WRONG_LINK:
		ck_assert_int_eq(symlink("/etc/passwd", path), 0);
		break;
	case WRONG_FIFO:
		ck_assert_int_eq(mkfifo(path, 0600), 0);
		break;
	default:
		break;
	}
}

START_TEST(what_cannot_be_read_is_named)
{
	const char *why = NULL;

	make_wrong((enum wrong)_i);
	ck_assert_ptr_null(metric_read(path, arena, &why));
	ck_assert_str_eq(why, complaints[_i]);
	rmdir(path);
}
END_TEST

START_TEST(who_may_not_read_is_told_who_may)
{
	const char *why = NULL;
	int status = 0;
	pid_t pid;

	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	ck_assert_int_eq(chmod(path, 0), 0);
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && setuid(65534) == -1)
			_exit(2);
		_exit(metric_read(path, arena, &why) == NULL &&
			      strstr(why, "this user may not read it") != NULL
			  ? 0
			  : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ it_is_what_is_served, 0, 0 },
		{ labels_are_words_again, 0, 0 },
		{ when_and_which_file_is_known, 0, 0 },
		{ a_reader_changes_nothing, 0, 0 },
		{ who_is_gone_has_nothing, 0, 0 },
		{ what_is_old_is_left_out, 0, 0 },
		{ what_cannot_be_read_is_named, WRONG__MAX, 0 },
		{ who_may_not_read_is_told_who_may, 0, 0 },
	};

	return harness_run_in("metric_read", set_up, tear_down, tests,
	    NELEM(tests));
}
