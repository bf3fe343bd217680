/* SPDX-License-Identifier: ISC */
/* What every unit test shares: running a list of tests, and small files. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "base/base.h"

/* A hanging test ends after this many seconds, however slow the machine. */
#define HARNESS_LIMIT 120

struct harness_test {
	const TTest *test;
	size_t
	    cases;  /* rows of its table: _i counts them; 0 for a plain test */
	int signal; /* that must end it; 0 for none */
};

/* Runs them one by one, each in a process of its own between set_up and
 * tear_down (NULL: nothing), and prints what failed.  Returns what main shall
 * return. */
static inline int
harness_run_in(const char *name, SFun set_up, SFun tear_down,
    const struct harness_test *tests, size_t n)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;
	size_t i;

	tcase_set_timeout(tcase, HARNESS_LIMIT);
	if (set_up != NULL)
		tcase_add_checked_fixture(tcase, set_up, tear_down);
	for (i = 0; i < n; i++)
		_tcase_add_test(tcase, tests[i].test, tests[i].signal, 0, 0,
		    tests[i].cases ? (int)tests[i].cases : 1);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static inline int
harness_run(const char *name, const struct harness_test *tests, size_t n)
{
	return harness_run_in(name, NULL, NULL, tests, n);
}

#define HARNESS_DIR 96 /* room for the path of harness_dir */

/* A new folder, in $TMPDIR if the path of a socket in it is short enough; the
 * caller removes it. */
static inline void
harness_dir(char path[HARNESS_DIR])
{
	const char *in = getenv("TMPDIR");

	if (in == NULL || strlen(in) > 64)
		in = "/tmp";
	snprintf(path, HARNESS_DIR, "%.64s/errand-check-XXXXXX", in);
	ck_assert_ptr_nonnull(mkdtemp(path));
}

/* A new file with that text; the caller unlinks and frees the path. */
static inline char *
harness_file(const void *text, size_t len)
{
	const char *dir = getenv("TMPDIR");
	size_t size;
	char *path;
	int fd;

	if (dir == NULL)
		dir = "/tmp";
	size = strlen(dir) + sizeof("/errand-check-XXXXXX");
	path = malloc(size);
	ck_assert_ptr_nonnull(path);
	snprintf(path, size, "%s/errand-check-XXXXXX", dir);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	ck_assert_int_eq(close(fd), 0);
	return path;
}

/* A copy without a byte to spare, so that reading past its end is noticed
 * by a sanitizer; the caller frees it. */
static inline char *
harness_exact(const void *text, size_t len)
{
	char *copy = malloc(len ? len : 1);

	ck_assert_ptr_nonnull(copy);
	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

#endif
