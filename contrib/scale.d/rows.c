/* SPDX-License-Identifier: ISC */
/*
 * Prints made-up rows of two years, for COPY:
 *
 *	rows tasks|events TASKS EVENTS NOW
 *
 * NOW is in seconds of Unix time.  A row depends on nothing but its number and
 * these, so that events know their tasks without looking.  Of each ten tasks
 * one is deleted, and left out; TASKS are left.  There are EVENTS in the order
 * of time: a creation now and then, a deletion of each tenth task, and
 * otherwise changes, most of them of young tasks.  Each event is a transaction
 * of its own.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SPAN (730LL * 86400 * 1000) /* ms */
#define USERS 5000
#define WORDS 4000
#define RARE 500 /* tasks whose title has the rare word */

static int64_t made, events, now; /* made: with the deleted ones */
static char words[WORDS][16];

/* A number that looks random, of two others. */
static uint64_t
mix(uint64_t a, uint64_t b)
{
	uint64_t x = a * 0x9e3779b97f4a7c15 + b * 0xd1b54a32d192ed03 + 1;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

/* From 0 up to, but not, 1. */
static double
part(uint64_t a, uint64_t b)
{
	return (double)(mix(a, b) >> 11) / 9007199254740992.0;
}

static void
make_words(void)
{
	static const char *const syllables[] = { "ba", "cor", "den", "fi",
		"gul", "ho", "ja", "kem", "lor", "mi", "nas", "o", "pre", "quo", "ril",
		"sta", "tun", "ve", "wix", "zé" };
	size_t i, k;

	for (i = 0; i < WORDS; i++) {
		words[i][0] = '\0';
		for (k = 0; k < 2 + i % 2; k++) {
			const char *s = syllables[mix(i, k) %
			    (i % 50 == 0 ? 20 : 19)];

			memcpy(words[i] + strlen(words[i]), s, strlen(s) + 1);
		}
	}
}

/* Some words are used much more often than others. */
static void
print_words(uint64_t seed, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		double p = part(seed, 100 + i);

		fputs(words[(size_t)(WORDS * p * p * p)], stdout);
		if (i + 1 < n)
			putchar(' ');
	}
}

static void
print_time(int64_t ms)
{
	static int64_t day = -1;
	static char text[16];
	time_t s = (time_t)(ms / 1000);
	struct tm tm;

	if (s / 86400 != day) {
		gmtime_r(&s, &tm);
		strftime(text, sizeof text, "%Y-%m-%d", &tm);
		day = s / 86400;
	}
	printf("%s %02d:%02d:%02d.%03d+00", text, (int)(s / 3600 % 24),
	    (int)(s / 60 % 60), (int)(s % 60), (int)(ms % 1000));
}

static int64_t
task_created(int64_t n)
{
	return now - SPAN + (int64_t)((double)SPAN * (double)n / (double)made);
}

static int
task_is_deleted(int64_t n)
{
	return n % 10 == 3;
}

static uint64_t
task_user(int64_t n)
{
	double p = part((uint64_t)n, 1);

	return (uint64_t)(USERS * p * p * p);
}

/* Version 7, as Errand makes them. */
static void
print_id(int64_t n)
{
	int64_t ms = task_created(n);
	uint64_t r = mix((uint64_t)n, 2);

	printf("%08" PRIx64 "-%04" PRIx64 "-7%03" PRIx64 "-a%03" PRIx64
	       "-%012" PRIx64, (uint64_t)ms >> 16, (uint64_t)ms & 0xffff,
	    r >> 52, (r >> 40) & 0xfff, mix((uint64_t)n, 3) >> 16);
}

/* The older half was made by a release that noted none. */
static void
print_owner(int64_t n)
{
	if (n < made / 2)
		fputs("\\N", stdout);
	else
		printf("sub=%08" PRIx64, mix(task_user(n), 4) >> 32);
}

static void
print_task(int64_t n)
{
	static const char *const states[] = { "pending", "pending",
		"in-progress", "completed", "completed", "completed",
		"completed", "completed", "completed", "completed" };
	uint64_t seed = (uint64_t)n;
	int64_t created = task_created(n);
	double p = part(seed, 5);

	print_id(n);
	putchar('\t');
	print_words(seed, 3 + mix(seed, 6) % 5);
	if (n % (made / RARE > 0 ? made / RARE : 1) == 1)
		fputs(" xylograph", stdout);
	putchar('\t');
	if (mix(seed, 7) % 5 < 2)
		fputs("\\N", stdout);
	else
		print_words(seed + 1, 5 + mix(seed, 8) % 25);
	printf("\t%s\t", states[mix(seed, 9) % 10]);
	print_time(created);
	putchar('\t');
	print_time(created + (int64_t)((double)(now - created) * p * p * p));
	printf("\tuser%04" PRIu64 "\t%" PRIu64 "\t", task_user(n),
	    1 + mix(seed, 10) % 18);
	print_owner(n);
	putchar('\n');
}

/* The rest of a row: what was changed, in which transaction. */
static void
print_change(int64_t e, int64_t n, const char *was, const char *is)
{
	uint64_t seed = (uint64_t)e;

	if (was == NULL) {
		fputs("{\"title\": \"", stdout);
		print_words((uint64_t)n, 3 + mix((uint64_t)n, 6) % 5);
		printf("\", \"status\": \"%s\", \"description\": null}", is);
	} else if (is == NULL) {
		fputs("\\N", stdout);
	} else if (strcmp(was, is) != 0) {
		printf("{\"status\": {\"to\": \"%s\", \"from\": \"%s\"}}", is,
		    was);
	} else {
		fputs("{\"title\": {\"to\": \"", stdout);
		print_words(seed, 2);
		fputs("\", \"from\": \"", stdout);
		print_words(seed + 1, 2);
		fputs("\"}}", stdout);
	}
	printf("\t%" PRId64 "\t%s\t%s\t", e, was != NULL ? was : "\\N",
	    is != NULL ? is : "\\N");
	print_owner(n);
	putchar('\n');
}

static void
print_event(int64_t e)
{
	static const char *const states[] = { "pending", "in-progress",
		"completed" };
	uint64_t seed = (uint64_t)e;
	int64_t each = events / made > 1 ? events / made : 1;
	int64_t newest = e / each < made ? e / each : made, n = newest;
	const char *was = NULL, *is = "pending", *action = "created";
	double p = part(seed, 13);

	if (e % each == 1 && task_is_deleted(newest - 10)) {
		n = newest - 10;
		action = "deleted";
		was = "completed";
		is = NULL;
	} else if (e % each != 0) {
		n = newest - (int64_t)((double)newest * p * p * p * p);
		n += n < 1;
		n += task_is_deleted(n) ? 1 : 0;
		action = "updated";
		was = states[mix(seed, 14) % 3];
		is = states[mix(seed, 15) % 10 < 4 ? mix(seed, 14) % 3
						   : mix(seed, 16) % 3];
	}
	printf("%" PRId64 "\t", e);
	print_id(n);
	printf("\t%" PRIu64 "\t%s\tuser%04" PRIu64 "\t",
	    was == NULL ? 1 : 2 + mix(seed, 17) % 17, action, task_user(n));
	print_time(now - SPAN + (int64_t)((double)SPAN * (double)e /
	    (double)events));
	putchar('\t');
	print_change(e, n, was, is);
}

int
main(int argc, char **argv)
{
	int64_t i;

	if (argc != 5)
		return 2;
	made = atoll(argv[2]) * 10 / 9;
	events = atoll(argv[3]);
	now = atoll(argv[4]) * 1000;
	make_words();
	if (strcmp(argv[1], "events") == 0)
		for (i = 1; i <= events; i++)
			print_event(i);
	else
		for (i = 1; i <= made; i++)
			if (!task_is_deleted(i))
				print_task(i);
	return 0;
}
