/* SPDX-License-Identifier: ISC */
/* What is noted, and until when. */
#include "config.h"

#include "lib/harness.h"

#include "auth/auth_own.h"

START_TEST(texts_are_noted_for_a_while)
{
	static struct noted a;

	ck_assert(!noted_has(&a, "k", 1, 0));
	noted_add(&a, "k", 1, 100);
	ck_assert(noted_has(&a, "k", 1, 0));
	ck_assert(noted_has(&a, "k", 1, 99));
	ck_assert(!noted_has(&a, "k", 1, 100));
	ck_assert(!noted_has(&a, "l", 1, 0));
	ck_assert(!noted_has(&a, "kk", 2, 0));
	ck_assert(!noted_has(&a, "", 0, 0));
	noted_add(&a, "k", 1, 200);
	ck_assert(noted_has(&a, "k", 1, 199));
	noted_clear(&a);
	ck_assert(!noted_has(&a, "k", 1, 0));
}
END_TEST

START_TEST(any_number_fits)
{
	static struct noted a;
	int i;

	for (i = 0; i < 1000; i++) {
		noted_add(&a, (const char *)&i, sizeof(i), 100);
		ck_assert(noted_has(&a, (const char *)&i, sizeof(i), 0));
	}
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ texts_are_noted_for_a_while, 0, 0 },
		{ any_number_fits, 0, 0 },
	};

	return harness_run("noted", tests, NELEM(tests));
}
