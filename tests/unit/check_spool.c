/* SPDX-License-Identifier: ISC */
/* Long texts on their way, and turns. */
#include "config.h"

#include "lib/harness.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "wire/spool.h"
#include "wire/turn.h"

/* How often a piece is added, and how long it is. */
static const struct {
	size_t n, len;
} texts[] = {
	{ 0, 0 },
	{ 1, 1 },
	{ 1, 256 * 1024 - 1 },
	{ 1, 256 * 1024 },
	{ 2, 256 * 1024 },
	{ 3, 200 * 1024 },
	{ 700, 1021 },
	{ 9, 300 * 1024 + 7 },
};

START_TEST(it_comes_out_as_it_went_in)
{
	struct arena *a = arena_new();
	struct spool *s = spool_new(a, "/tmp");
	size_t len = texts[_i].len;
	struct buf in = { 0 }, out = { 0 };
	char text[8192];
	ssize_t n;

	for (size_t i = 0; i < texts[_i].n; i++) {
		char *piece = buf_reserve(&in, len);

		for (size_t k = 0; k < len; k++)
			piece[k] = (char)('a' + (i + k) % 23);
		in.len += len;
		ck_assert_int_eq(spool_add(s, piece, len), 0);
		ck_assert_int_eq(spool_len(s), (int64_t)in.len);
	}
	while ((n = spool_next(s, text, sizeof(text))) > 0)
		buf_add(&out, text, (size_t)n);
	ck_assert_int_eq(n, 0);
	ck_assert_uint_eq(out.len, in.len);
	if (in.len > 0)
		ck_assert_int_eq(memcmp(out.data, in.data, in.len), 0);
	buf_free(&in);
	buf_free(&out);
	arena_free(a);
}
END_TEST

START_TEST(a_long_one_needs_the_folder)
{
	struct arena *a = arena_new();
	struct spool *s = spool_new(a, "/there/is/no/such/folder");
	char text[1024] = { 0 };
	int n = 0;

	while (n < 1024 && spool_add(s, text, sizeof(text)) == 0)
		n++;
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(n, 255);
	arena_free(a);
}
END_TEST

START_TEST(turns_are_given_back)
{
	struct arena *a = arena_new(), *b = arena_new();
	int status;
	pid_t pid;

	/* Another process that runs this test has other words. */
	char *what = arena_printf(b, "check-%lld", (long long)getpid());

	ck_assert_int_eq(turn_take(a, what, 2), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		_exit(turn_take(b, what, 2) == 0 &&
			      turn_take(b, what, 2) == -1 && errno == EADDRINUSE
			  ? 0
			  : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	/* Its end has given it back. */
	ck_assert_int_eq(turn_take(b, what, 2), 0);
	ck_assert_int_eq(turn_take(b, what, 2), -1);
	arena_reset(a);
	ck_assert_int_eq(turn_take(b, what, 2), 0);
	arena_free(a);
	arena_free(b);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ it_comes_out_as_it_went_in, NELEM(texts), 0 },
		{ a_long_one_needs_the_folder, 1, 0 },
		{ turns_are_given_back, 1, 0 },
	};

	return harness_run("spool", tests, NELEM(tests));
}
