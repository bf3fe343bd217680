/* SPDX-License-Identifier: ISC */
/* UUIDs and the random bytes below them. */
#include "config.h"

#include "lib/harness.h"

#include <sys/wait.h>

#include "base/clock.h"
#include "base/uuid.h"

START_TEST(text_goes_both_ways)
{
	static const char text[] = "0123abcd-4567-89ef-8000-fedcba987654";
	static const uint8_t bytes[] = { 0x01, 0x23, 0xab, 0xcd, 0x45, 0x67,
		0x89, 0xef, 0x80, 0x00, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54 };
	char out[UUID_TEXT];
	struct uuid u;

	ck_assert_int_eq(uuid_parse(text, &u), 0);
	ck_assert_mem_eq(u.b, bytes, sizeof(bytes));
	ck_assert_ptr_eq(uuid_format(&u, out), out);
	ck_assert_str_eq(out, text);
	ck_assert_int_eq(uuid_parse("0123ABCD-4567-89EF-8000-FEDCBA987654", &u),
	    0);
	ck_assert_str_eq(uuid_format(&u, out), text);
}
END_TEST

static const char *const refused[] = {
	"",
	"0",
	"0123abcd-4567-89ef-8000-fedcba98765",
	"0123abcd-4567-89ef-8000-fedcba9876543",
	"0123abcd-4567-89ef-8000-fedcba98765g",
	"0123abcd-4567-89ef-8000-fedcba987654 ",
	" 0123abcd-4567-89ef-8000-fedcba987654",
	"0123abcd456789ef8000fedcba987654",
	"0123abcd-456789ef-8000-fedcba987654",
	"0123abcd-4567-89ef8000-fedcba987654-",
	"0123abc-d4567-89ef-8000-fedcba987654",
	"0123abcd_4567_89ef_8000_fedcba987654",
	"{0123abcd-4567-89ef-8000-fedcba987654}",
	"urn:uuid:0123abcd-4567-89ef-8000-fedcba987654",
	"0123abcd-4567-89ef-8000-fedcba9876\xc3\xa9",
	"-0123abc-4567-89ef-8000-fedcba987654",
	"0x23abcd-4567-89ef-8000-fedcba987654",
	"0123abcd-",
};

START_TEST(other_text_is_refused)
{
	struct uuid u, before;
	char *exact = harness_exact(refused[_i], strlen(refused[_i]) + 1);

	memset(&u, 0x5a, sizeof(u));
	before = u;
	ck_assert_int_eq(uuid_parse(exact, &u), -1);
	ck_assert_mem_eq(&u, &before, sizeof(u));
	free(exact);
}
END_TEST

static int64_t
milliseconds(const struct uuid *u)
{
	int64_t ms = 0;
	int i;

	for (i = 0; i < 6; i++)
		ms = ms << 8 | u->b[i];
	return ms;
}

START_TEST(new_ones_are_version_7)
{
	int64_t before, after;
	struct uuid u;
	int i;

	for (i = 0; i < 10000; i++) {
		before = clock_wall_us() / 1000;
		u = uuid_new();
		after = clock_wall_us() / 1000;
		ck_assert_int_eq(u.b[6] >> 4, 7);
		ck_assert_int_eq(u.b[8] >> 6, 2);
		ck_assert_int_ge(milliseconds(&u), before);
		ck_assert_int_le(milliseconds(&u), after);
	}
}
END_TEST

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct uuid));
}

START_TEST(new_ones_differ)
{
	static struct uuid u[50000];
	size_t i;

	for (i = 0; i < NELEM(u); i++)
		u[i] = uuid_new();
	qsort(u, NELEM(u), sizeof(u[0]), compare);
	for (i = 1; i < NELEM(u); i++)
		if (compare(&u[i - 1], &u[i]) == 0)
			ck_abort_msg("two are the same");
}
END_TEST

START_TEST(later_ones_sort_behind)
{
	struct uuid first = uuid_new(), second;
	int64_t until = clock_wall_us() + 1000;

	while (clock_wall_us() < until)
		continue;
	second = uuid_new();
	ck_assert_int_lt(memcmp(&first, &second, sizeof(first)), 0);
}
END_TEST

static const size_t lengths[] = { 1, 7, 16, 1000, 4095, 4096, 4097, 20000 };

/* Each byte of each draw gets every bit now and then; draws never repeat. */
START_TEST(random_bytes_fill_what_was_asked)
{
	size_t n = lengths[_i], i, draw;
	uint8_t *all = calloc(1, n + 1), *out = malloc(n + 1);

	ck_assert(all != NULL && out != NULL);
	for (draw = 0; draw < 200; draw++) {
		out[n] = 0x5a;
		uuid_random(out, n);
		ck_assert_int_eq(out[n], 0x5a);
		for (i = 0; i < n; i++)
			all[i] |= out[i];
	}
	for (i = 0; i < n; i++)
		ck_assert_int_eq(all[i], 0xff);
	uuid_random(out, 0);
	free(all);
	free(out);
}
END_TEST

/* Draws in a child and hands the bytes over a pipe. */
static void
draw_in_child(uint8_t *out, size_t n)
{
	int ends[2], status;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		uuid_random(out, n);
		_exit(write(ends[1], out, n) == (ssize_t)n ? 0 : 1);
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], out, n), (ssize_t)n);
	close(ends[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(children_repeat_nothing)
{
	uint8_t a[32], b[32], parent[32];

	uuid_random(parent, sizeof(parent));
	draw_in_child(a, sizeof(a));
	draw_in_child(b, sizeof(b));
	uuid_random(parent, sizeof(parent));
	ck_assert_mem_ne(a, b, sizeof(a));
	ck_assert_mem_ne(a, parent, sizeof(a));
	ck_assert_mem_ne(b, parent, sizeof(b));
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ text_goes_both_ways, 0, 0 },
		{ other_text_is_refused, NELEM(refused), 0 },
		{ new_ones_are_version_7, 0, 0 },
		{ new_ones_differ, 0, 0 },
		{ later_ones_sort_behind, 0, 0 },
		{ random_bytes_fill_what_was_asked, NELEM(lengths), 0 },
		{ children_repeat_nothing, 0, 0 },
	};

	return harness_run("uuid", tests, NELEM(tests));
}
