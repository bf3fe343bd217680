/* SPDX-License-Identifier: ISC */
/* Log lines: whole, escaped, in order, and never in anybody's way. */
#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>

#include <json-c/json_tokener.h>

#include "lib/harness.h"

#include "base/buf.h"
#include "base/str.h"
#include "conf/conf.h"
#include "log/log.h"
#include "log/log_own.h"
#include "setup/setup.h"

static const struct {
	const char *text;
	const char *expect; /* in a text line */
} values[] = {
	{ "plain", "plain" },
	{ "", "\"\"" },
	{ "a b", "\"a b\"" },
	{ "a=b", "\"a=b\"" },
	{ "/tasks?x", "/tasks?x" },
	{ "say \"hi\"", "\"say \\\"hi\\\"\"" },
	{ "back\\slash", "\"back\\\\slash\"" },
	{ "a\nb\r\tc", "\"a\\nb\\r\\tc\"" },
	{ "\x1b[31m\x7f", "\"\\x1b[31m\\x7f\"" },
	{ "na\xc3\xafve", "\"na\xc3\xafve\"" },
	{ "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
	{ "\xff\xc3", "\"\\xff\\xc3\"" },
	{ "\xc2\x85", "\"\\xc2\\x85\"" },
	{ "\xe2\x80\xa8", "\"\\xe2\\x80\\xa8\"" },
	{ "\xe2\x80\xae", "\"\\xe2\\x80\\xae\"" },
	{ "\xd8\x9c", "\"\\xd8\\x9c\"" },
	{ "\xed\xa0\x80", "\"\\xed\\xa0\\x80\"" },
};

static void
format(struct buf *b, bool json, const char *text, const char *request_id)
{
	const struct log_event e = { .us = 1795401000123456,
		.level = LOGL_INFO,
		.program = "errand.fcgi",
		.pid = 123,
		.msg = "something happened",
		.fields = (const struct log_field[]){ LS("key", text),
		    LI("n", -5), { 0 } },
		.request_id = request_id,
		.trace_id = request_id == NULL ? NULL : "4bf9" };

	if (json)
		log_line_json(b, &e);
	else
		log_line_text(b, &e);
}

START_TEST(text_lines_are_escaped)
{
	struct buf b = { 0 };
	char expect[200];

	format(&b, false, values[_i].text, NULL);
	snprintf(expect, sizeof(expect),
	    "2026-11-23T02:30:00.123456Z info "
	    "errand.fcgi[123] something happened key=%s n=-5\n",
	    values[_i].expect);
	ck_assert_str_eq(b.data, expect);
	buf_free(&b);
}
END_TEST

START_TEST(json_lines_are_one_object)
{
	struct json_object *o, *v;
	struct buf b = { 0 };

	format(&b, true, values[_i].text, "r-1");
	ck_assert_ptr_eq(strchr(b.data, '\n'), b.data + b.len - 1);
	ck_assert_int_ge(str_utf8_count(b.data, b.len), 0);
	o = json_tokener_parse(b.data);
	ck_assert_ptr_nonnull(o);
	ck_assert(json_object_object_get_ex(o, "ts", &v));
	ck_assert_str_eq(json_object_get_string(v),
	    "2026-11-23T02:30:00.123456Z");
	ck_assert(json_object_object_get_ex(o, "level", &v));
	ck_assert_str_eq(json_object_get_string(v), "info");
	ck_assert(json_object_object_get_ex(o, "program", &v));
	ck_assert_str_eq(json_object_get_string(v), "errand.fcgi");
	ck_assert(json_object_object_get_ex(o, "pid", &v));
	ck_assert_int_eq(json_object_get_int(v), 123);
	ck_assert(json_object_object_get_ex(o, "msg", &v));
	ck_assert_str_eq(json_object_get_string(v), "something happened");
	ck_assert(json_object_object_get_ex(o, "n", &v));
	ck_assert_int_eq(json_object_get_int(v), -5);
	ck_assert(json_object_object_get_ex(o, "request_id", &v));
	ck_assert_str_eq(json_object_get_string(v), "r-1");
	ck_assert(json_object_object_get_ex(o, "trace_id", &v));
	ck_assert_str_eq(json_object_get_string(v), "4bf9");
	ck_assert(json_object_object_get_ex(o, "key", &v));
	if (str_utf8_count(values[_i].text, strlen(values[_i].text)) >= 0)
		ck_assert_str_eq(json_object_get_string(v), values[_i].text);
	json_object_put(o);
	buf_free(&b);
}
END_TEST

/* The cut must not split the character that stands over the limit. */
START_TEST(long_texts_are_cut_between_characters)
{
	struct buf text = { 0 }, b = { 0 };
	int i;

	for (i = 0; i < _i; i++)
		buf_addc(&text, 'x');
	for (i = 0; i < 1000000; i++)
		buf_adds(&text, "\xe2\x82\xac");
	format(&b, false, text.data, NULL);
	ck_assert_uint_lt(b.len, 2500);
	ck_assert_ptr_nonnull(strstr(b.data, "\xe2\x82\xac...\" n=-5\n"));
	buf_clear(&b);
	format(&b, true, text.data, NULL);
	ck_assert_uint_lt(b.len, 2500);
	ck_assert_ptr_null(strstr(b.data, "\xef\xbf\xbd"));
	buf_free(&b);
	buf_free(&text);
}
END_TEST

/* Settings for a log into a new folder; the path is static. */
static char dir[HARNESS_DIR], path[HARNESS_DIR + 8], other[HARNESS_DIR + 8];

static void
settle(const char *ini)
{
	char *conf = harness_file(ini, strlen(ini));

	ck_assert_int_eq(setup_load_or_say("check", conf), 0);
	unlink(conf);
	free(conf);
	harness_dir(dir);
	snprintf(path, sizeof(path), "%s/log", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	settings.log_file = path;
}

static void
tidy(void)
{
	log_close();
	unlink(path);
	unlink(other);
	rmdir(dir);
	conf_free();
}

/* The file's lines with time and pid taken out, joined by "|". */
static char *
lines_of(const char *file)
{
	static char out[8192];
	char line[4096], *from, *end;
	FILE *fp = fopen(file, "r");

	out[0] = '\0';
	if (fp == NULL)
		return out;
	while (fgets(line, sizeof(line), fp) != NULL) {
		end = strchr(line, '\n');
		ck_assert_ptr_nonnull(end);
		*end = '\0';
		from = strstr(line, "Z ");
		end = strchr(line, '[');
		ck_assert_ptr_nonnull(from);
		ck_assert_ptr_nonnull(end);
		snprintf(out + strlen(out), sizeof(out) - strlen(out),
		    "%.*s%s|", (int)(end - from) - 2, from + 2,
		    strchr(end, ' '));
	}
	fclose(fp);
	return out;
}

#define QUIET "[log]\nstderr_level = off\n"

START_TEST(warnings_take_what_waits_with_them)
{
	settle(QUIET "flush = 10s\n");
	ck_assert_int_eq(log_open("x"), 0);
	ck_assert_int_eq(log_chores(), -1);
	log_info("one", LI("n", 1));
	log_debug("never seen");
	ck_assert_str_eq(lines_of(path), "");
	ck_assert_int_gt(log_chores(), 0);
	ck_assert_int_le(log_chores(), 10000000);
	ck_assert_str_eq(lines_of(path), "");
	log_context("r-1", NULL);
	log_warning("two");
	log_context("r-2", "4bf9");
	log_warning("three");
	log_context(NULL, NULL);
	ck_assert_str_eq(lines_of(path),
	    "info x one n=1|warning x two request_id=r-1|"
	    "warning x three request_id=r-2 trace_id=4bf9|");
	ck_assert_int_eq(log_chores(), -1);
	tidy();
}
END_TEST

START_TEST(nothing_waits_longer_than_it_may)
{
	settle(QUIET "flush = 0\n");
	ck_assert_int_eq(log_open("x"), 0);
	log_info("one");
	ck_assert_int_eq(log_chores(), -1);
	ck_assert_str_eq(lines_of(path), "info x one|");
	tidy();
}
END_TEST

START_TEST(many_lines_do_not_wait)
{
	struct stat st;
	int i;

	settle(QUIET "flush = 10s\n");
	ck_assert_int_eq(log_open("x"), 0);
	for (i = 0; i < 1000; i++)
		log_info("one more line of quite some length");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_gt(st.st_size, 32768);
	tidy();
}
END_TEST

START_TEST(levels_are_per_sink)
{
	settle(QUIET "file_level = error\n");
	ck_assert_int_eq(log_open("x"), 0);
	ck_assert(log_enabled(LOGL_ERROR));
	ck_assert(!log_enabled(LOGL_WARNING));
	log_warning("no");
	log_error("yes");
	ck_assert_str_eq(lines_of(path), "error x yes|");
	tidy();
}
END_TEST

START_TEST(a_file_moved_away_is_opened_again)
{
	settle(QUIET);
	ck_assert_int_eq(log_open("x"), 0);
	log_warning("one");
	ck_assert_int_eq(rename(path, other), 0);
	log_reopen();
	log_warning("two");
	ck_assert_str_eq(lines_of(other), "warning x one|");
	ck_assert_str_eq(lines_of(path), "warning x two|");
	tidy();
}
END_TEST

/* The sink looks at most once a second: move the time of its last look
 * instead of waiting. */
START_TEST(a_file_moved_away_is_noticed)
{
	struct log_file file;

	settle(QUIET);
	ck_assert_int_eq(log_file_open(&file, path), 0);
	ck_assert_int_eq(rename(path, other), 0);
	file.checked = INT64_MAX;
	ck_assert_int_eq(log_file_follow(&file, false), 0);
	ck_assert_int_eq(access(path, F_OK), -1);
	file.checked = -1000001;
	ck_assert_int_eq(log_file_follow(&file, false), 0);
	ck_assert_int_eq(access(path, F_OK), 0);
	log_file_close(&file);
	tidy();
}
END_TEST

START_TEST(a_lost_folder_is_told_once_and_forgotten_when_back)
{
	struct log_file file;

	settle(QUIET);
	ck_assert_int_eq(log_file_open(&file, path), 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_int_eq(log_file_follow(&file, true), -1);
	ck_assert_int_eq(log_file_follow(&file, true), 0);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_int_eq(log_file_follow(&file, true), 0);
	ck_assert_int_eq(access(path, F_OK), 0);
	log_file_close(&file);
	tidy();
}
END_TEST

START_TEST(a_full_disk_loses_lines_and_counts_them)
{
	settle(QUIET);
	ck_assert_int_eq(symlink("/dev/full", path), 0);
	ck_assert_int_eq(log_open("x"), 0);
	log_info("one");
	log_warning("two");
	log_warning("three");
	ck_assert_int_eq(unlink(path), 0);
	log_reopen();
	log_info("four");
	log_warning("five");
	log_warning("six");
	ck_assert_str_eq(lines_of(path),
	    "warning x log lines were lost lines=3|info x four|"
	    "warning x five|warning x six|");
	tidy();
}
END_TEST

/* A pipe that takes only a part tears a line; the next one starts afresh. */
START_TEST(a_torn_line_is_ended_and_counted)
{
	char chunk[4096], *text;
	struct log_file file;
	int fd, size;
	size_t len;

	settle(QUIET);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(log_file_open(&file, path), 0);
	size = fcntl(file.fd, F_GETPIPE_SZ);
	for (len = 0; len < (size_t)size + 10; len++)
		buf_addc(&file.lines, len % 100 == 99 ? '\n' : 'x');
	buf_adds(&file.lines, "\n");
	log_file_flush(&file);
	ck_assert(file.torn);
	ck_assert_uint_eq(file.lost, 1);
	ck_assert_uint_eq(file.lines.len, 0);
	ck_assert_int_eq(read(fd, chunk, sizeof(chunk)), sizeof(chunk));
	ck_assert_int_eq(read(fd, chunk, sizeof(chunk)), sizeof(chunk));
	while (read(fd, chunk, sizeof(chunk)) > 0)
		continue;
	file.lost = 0;
	buf_adds(&file.lines, "next\n");
	log_file_flush(&file);
	memset(chunk, 0, sizeof(chunk));
	ck_assert_int_gt(read(fd, chunk, sizeof(chunk) - 1), 0);
	text = chunk;
	if (strlen(text) == 1) /* the end of the torn line came alone */
		ck_assert_int_gt(read(fd, chunk + 1, sizeof(chunk) - 2), 0);
	ck_assert_str_eq(text, "\nnext\n");
	log_file_close(&file);
	close(fd);
	tidy();
}
END_TEST

START_TEST(a_fork_does_not_write_twice)
{
	int status;
	pid_t pid;

	settle(QUIET "flush = 10s\n");
	ck_assert_int_eq(log_open("x"), 0);
	log_info("parent");
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		log_warning("child");
		log_close();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_str_eq(lines_of(path), "warning x child|");
	log_close();
	ck_assert_str_eq(lines_of(path), "warning x child|info x parent|");
	tidy();
}
END_TEST

/* Runs fn with standard error in a file and returns what was written. */
static char *
stderr_of(void (*fn)(void))
{
	char *file = harness_file("", 0), *text;
	int fd = open(file, O_WRONLY | O_APPEND), saved = dup(STDERR_FILENO);
	size_t len;

	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	fn();
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	close(fd);
	close(saved);
	ck_assert_int_eq(str_read_file(file, 65536, &text, &len), 0);
	unlink(file);
	free(file);
	return text;
}

static void
log_without_open(void)
{
	log_info("nobody asked");
	log_warning("careful", LS("why", "so"));
}

static void
log_open_fails(void)
{
	settings.log_file = "/no/such/folder/log";
	ck_assert_int_eq(log_open("x"), -1);
}

START_TEST(standard_error_before_and_without_a_file)
{
	char *text = stderr_of(log_without_open);

	ck_assert_ptr_null(strstr(text, "nobody"));
	ck_assert_ptr_nonnull(strstr(text, "] careful why=so\n"));
	free(text);
	settle("");
	text = stderr_of(log_open_fails);
	ck_assert_str_eq(text,
	    "x: /no/such/folder/log: No such file or directory\n");
	free(text);
	tidy();
}
END_TEST

static uint64_t counted[LOGL__MAX], lost[LOG_TO__MAX];

static void
on_line(enum log_level level, uint64_t lines)
{
	counted[level] += lines;
}

static void
on_lost(enum log_goal goal, uint64_t lines)
{
	lost[goal] += lines;
}

static void
log_resumed(void)
{
	ck_assert_int_eq(log_resume("x"), -1);
	log_warning("one");
	log_warning("two");
}

/* A process that is replaced while the folder is gone goes on. */
START_TEST(a_log_is_resumed_without_its_file)
{
	char *text;

	settle("");
	ck_assert_int_eq(rmdir(dir), 0);
	text = stderr_of(log_resumed);
	ck_assert_ptr_nonnull(strstr(text, "No such file or directory\n"));
	ck_assert_ptr_nonnull(strstr(text, "] two\n"));
	free(text);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	log_reopen();
	log_count(on_line, on_lost);
	log_warning("three");
	log_count(NULL, NULL);
	ck_assert_str_eq(lines_of(path),
	    "warning x log lines were lost lines=2|warning x three|");
	/* Those of before somebody counted, and the log's own. */
	ck_assert_uint_eq(counted[LOGL_WARNING], 4);
	ck_assert_uint_eq(lost[LOG_TO_FILE], 2);
	ck_assert_uint_eq(lost[LOG_TO_STDERR], 0);
	tidy();
}
END_TEST

static void
log_at_three_levels(void)
{
	ck_assert_int_eq(log_open("x"), 0);
	log_debug("one");
	log_info("two");
	log_warning("three");
	log_close();
}

START_TEST(each_sink_takes_what_its_level_says)
{
	char *text;

	settle("[log]\nfile_level = info\nstderr_level = warning\n");
	text = stderr_of(log_at_three_levels);
	ck_assert_str_eq(lines_of(path), "info x two|warning x three|");
	ck_assert_ptr_null(strstr(text, "two"));
	ck_assert_ptr_nonnull(strstr(text, "] three\n"));
	free(text);
	settings.log_file_level = CONF_file_level_error;
	settings.log_stderr_level = CONF_stderr_level_debug;
	text = stderr_of(log_at_three_levels);
	ck_assert_str_eq(lines_of(path), "info x two|warning x three|");
	ck_assert_ptr_nonnull(strstr(text, "] one\n"));
	ck_assert_ptr_nonnull(strstr(text, "] three\n"));
	free(text);
	tidy();
}
END_TEST

static void
log_to_the_journal(void)
{
	struct stat st;
	char stream[64];

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	settings.log_file = "/no/such/folder/log";
	ck_assert_int_eq(log_open("x"), -1);
	settings.log_file = path;
	ck_assert_int_eq(log_open("x"), 0);
	log_debug("one");
	log_info("two");
	log_warning("three");
	log_error("four");
	log_close();
	unsetenv("JOURNAL_STREAM");
}

static void
log_beside_the_journal(void)
{
	setenv("JOURNAL_STREAM", "1:1", 1);
	ck_assert_int_eq(log_open("x"), 0);
	log_error("four");
	log_close();
	unsetenv("JOURNAL_STREAM");
}

START_TEST(the_journal_is_told_priorities)
{
	char *text, *line;
	const char *c;
	static const char expect[] = "<3><7><6><4><3>";
	char found[64] = "";

	settle("[log]\nstderr_level = debug\n");
	text = stderr_of(log_to_the_journal);
	for (line = strtok(text, "\n"); line != NULL;
	     line = strtok(NULL, "\n")) {
		c = strchr(line, '>');
		ck_assert_ptr_nonnull(c);
		strncat(found, line, (size_t)(c - line) + 1);
	}
	ck_assert_str_eq(found, expect);
	ck_assert_str_eq(lines_of(path),
	    "info x two|warning x three|error x four|");
	free(text);
	text = stderr_of(log_beside_the_journal);
	ck_assert_int_ne(text[0], '<');
	free(text);
	tidy();
}
END_TEST

START_TEST(a_sleeping_reader_of_standard_error_does_not_stop_us)
{
	int saved = dup(STDERR_FILENO), p[2], i;
	struct log_file file;

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_ge(dup2(p[1], STDERR_FILENO), 0);
	ck_assert_int_eq(log_file_open(&file, NULL), 0);
	for (i = 0; i < 40; i++) {
		size_t n;

		for (n = 0; n < 8192; n++)
			buf_addc(&file.lines, n % 64 == 63 ? '\n' : 'x');
		if (file.lost > 0)
			break;
		log_file_flush(&file);
	}
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	ck_assert_uint_gt(file.lost, 0);
	ck_assert(file.stuck);
	ck_assert(!file.torn);
	log_file_close(&file);
	close(p[0]);
	close(p[1]);
	close(saved);
}
END_TEST

START_TEST(closed_standard_error_is_not_taken_by_another)
{
	int saved = dup(STDERR_FILENO), fd;

	settle("");
	close(STDERR_FILENO);
	ck_assert_int_eq(log_open("x"), 0);
	fd = open("/dev/null", O_RDONLY);
	ck_assert_int_gt(fd, STDERR_FILENO);
	close(fd);
	tidy();
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	close(saved);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ text_lines_are_escaped, NELEM(values), 0 },
		{ json_lines_are_one_object, NELEM(values), 0 },
		{ long_texts_are_cut_between_characters, 3, 0 },
		{ warnings_take_what_waits_with_them, 0, 0 },
		{ nothing_waits_longer_than_it_may, 0, 0 },
		{ many_lines_do_not_wait, 0, 0 },
		{ levels_are_per_sink, 0, 0 },
		{ a_file_moved_away_is_opened_again, 0, 0 },
		{ a_file_moved_away_is_noticed, 0, 0 },
		{ a_lost_folder_is_told_once_and_forgotten_when_back, 0, 0 },
		{ a_full_disk_loses_lines_and_counts_them, 0, 0 },
		{ a_torn_line_is_ended_and_counted, 0, 0 },
		{ a_fork_does_not_write_twice, 0, 0 },
		{ standard_error_before_and_without_a_file, 0, 0 },
		{ a_log_is_resumed_without_its_file, 0, 0 },
		{ each_sink_takes_what_its_level_says, 0, 0 },
		{ the_journal_is_told_priorities, 0, 0 },
		{ a_sleeping_reader_of_standard_error_does_not_stop_us, 0, 0 },
		{ closed_standard_error_is_not_taken_by_another, 0, 0 },
	};

	return harness_run("log", tests, NELEM(tests));
}
