/* SPDX-License-Identifier: ISC */
/* Logs lines as a program of Errand does, for what no program would say:
 *
 *	log_say SETTINGS COUNT LEVEL MESSAGE [KEY=VALUE|KEY:NUMBER|KEY@FILE]...
 *
 * Says that many of them, each with n=, as fast as it can, and waits until all
 * have gone out, for a minute at most.  Status 1: they have not. */
#include "config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "log/log.h"
#include "setup/setup.h"

#define FIELDS   20
#define PATIENCE (60 * CLOCK_SECOND)

/* What stood in files, until the end. */
static char *contents[FIELDS];
static size_t ncontents;

static struct log_field
field(char *text)
{
	char *mark = text + strcspn(text, "=:@"), kind = *mark, *content;
	int64_t n = 0;
	size_t len;

	assert(kind != '\0');
	*mark++ = '\0';
	if (kind == '=')
		return LS(text, mark);
	if (kind == ':') {
		if (str_to_int(mark, INT64_MIN, INT64_MAX, &n) == -1)
			abort();
		return LI(text, n);
	}
	if (str_read_file(mark, SIZE_MAX / 2, &content, &len) == -1)
		abort();
	contents[ncontents++] = content;
	return LS(text, content);
}

int
main(int argc, char **argv)
{
	struct log_field f[FIELDS + 1] = { { 0 } };
	int64_t count, until, left;
	int level = 0, i;

	assert(argc >= 5 && argc - 5 < FIELDS);
	if (setup_load_or_say(argv[0], argv[1]) == -1 ||
	    str_to_int(argv[2], 1, 1000000, &count) == -1)
		return 2;
	while (level < LOGL__MAX - 1 && !str_eq(log_levels[level], argv[3]))
		level++;
	for (i = 5; i < argc; i++)
		f[i - 4] = field(argv[i]);
	if (log_open("log-say") == -1)
		return 2;
	until = clock_mono_us() + PATIENCE;
	for (i = 1; i <= count; i++) {
		f[0] = LI("n", i);
		log_write((enum log_level)level, argv[4], f);
	}
	while ((left = log_chores()) >= 0 && clock_mono_us() < until)
		usleep(left > 20000 ? 20000 : (useconds_t)left);
	log_close();
	conf_free();
	return left >= 0;
}
