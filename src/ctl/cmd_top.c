/* SPDX-License-Identifier: ISC */
/* errandctl top: what all processes of this host do, once or each second. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "cmd.h"
#include "conf/conf.h"
#include "setup/setup.h"
#include "top.h"
#include "top_screen.h"

#define NAME         "errandctl top"
#define INTERVAL     1 /* seconds */
#define INTERVAL_MAX 3600

static void
complain(const char *why)
{
	fprintf(stderr, NAME ": %s: %s\n", settings.metrics_file, why);
}

/* --- once --- */

static int
print_once(void)
{
	struct arena *a = arena_new();
	const struct metric_look *look;
	struct buf table = { 0 };
	const char *why;

	look = metric_read(settings.metrics_file, a, &why);
	if (look == NULL) {
		complain(why);
	} else {
		top_print(&table, a, &(struct top_table){ .now = look });
		fputs(table.data, stdout);
	}
	buf_free(&table);
	arena_free(a);
	return look == NULL ? CMD_FAILED : CMD_OK;
}

/* --- again and again --- */

/* What is looked at on the screen. */
struct live {
	struct arena *arenas[2];       /* of this look and of the one before */
	const struct metric_look *now; /* NULL: there is none, and */
	const char *why;
	const struct metric_look *grown; /* since the one before, or NULL */
	int64_t us;                      /* from that to this */
	struct buf table, frame;
	int interval;
	char host[64];
};

/* Who makes the file may come back. */
static void
live_look(struct live *l)
{
	const struct metric_look *before = l->now;
	struct arena *a = l->arenas[0];

	l->arenas[0] = l->arenas[1];
	l->arenas[1] = a;
	arena_reset(a);
	l->now = metric_read(settings.metrics_file, a, &l->why);
	l->grown = NULL;
	if (l->now == NULL || before == NULL)
		return;
	l->grown = top_growth(a, l->now, before);
	l->us = l->now->mono - before->mono;
}

static int
live_draw(struct live *l)
{
	char time[CLOCK_TEXT];
	int rows, columns;

	screen_size(&rows, &columns);
	clock_format(clock_wall_us(), time);
	buf_clear(&l->table);
	buf_printf(&l->table, NAME "  %s  %.8s UTC  each %d s, q ends\n",
	    l->host, time + strlen("2026-11-22T"), l->interval);
	if (l->now == NULL)
		buf_printf(&l->table, "%s: %s\n", settings.metrics_file,
		    l->why);
	else
		top_print(&l->table, l->arenas[1],
		    &(struct top_table){ l->now, l->grown, l->us, rows });
	buf_clear(&l->frame);
	top_fit(&l->frame, l->table.data, rows, columns);
	return screen_show(l->frame.data, l->frame.len);
}

static void
live_run(struct live *l)
{
	const int64_t step = l->interval * CLOCK_SECOND;
	enum screen_event event = SCREEN_TIME;
	int64_t next = clock_mono_us();

	while (event != SCREEN_QUIT) {
		if (event == SCREEN_TIME) {
			live_look(l);
			/* Looks that were missed are not made up for. */
			next += step;
			if (next < clock_mono_us())
				next = clock_mono_us() + step;
		}
		if (live_draw(l) == -1)
			return;
		event = screen_wait(next);
	}
}

/* Before the screen is taken, the file is looked at as without one: what is
 * wrong with it would go with the screen. */
static int
show(int interval)
{
	struct live l = { { arena_new(), arena_new() }, .interval = interval };
	const char *why;
	int rc = CMD_FAILED;

	if (gethostname(l.host, sizeof(l.host) - 1) == -1)
		l.host[0] = '\0';
	if (metric_read(settings.metrics_file, l.arenas[0], &why) == NULL) {
		complain(why);
	} else if (screen_open() == -1) {
		fprintf(stderr, NAME ": the terminal: %s\n", strerror(errno));
	} else {
		live_run(&l);
		rc = CMD_OK;
	}
	buf_free(&l.table);
	buf_free(&l.frame);
	arena_free(l.arenas[0]);
	arena_free(l.arenas[1]);
	screen_close();
	return rc;
}

static int
run(const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "interval", required_argument, NULL, 'i' },
		{ "once", no_argument, NULL, '1' },
		{ 0 },
	};
	int64_t interval = INTERVAL;
	bool once = false;
	int c, rc = CMD_FAILED;

	while ((c = getopt_long(argc, argv, "1i:", longs, NULL)) != -1) {
		if (c == '1')
			once = true;
		else if (c != 'i')
			return cmd_misused(&cmd_top, NULL);
		else if (str_to_int(optarg, 1, INTERVAL_MAX, &interval) == -1)
			return cmd_misused(&cmd_top,
			    "the interval is a number of seconds from 1 to "
			    "%d, and not \"%s\"",
			    INTERVAL_MAX, optarg);
	}
	if (optind != argc)
		return cmd_misused(&cmd_top, "it takes no \"%s\"",
		    argv[optind]);
	if (setup_load_or_say("errandctl", ctl->conf) == -1)
		return CMD_FAILED;
	if (settings.metrics_file[0] == '\0')
		fprintf(stderr,
		    NAME ": [metrics] file is empty: each process counts for "
			 "itself\n");
	else if (once || !screen_can())
		rc = print_once();
	else
		rc = show((int)interval);
	conf_free();
	return rc;
}

const struct cmd cmd_top = {
	.name = "top",
	.summary = "Shows what the processes of this host do",
	.usage = "[--once] [--interval SECONDS]",
	.options =
	    "  -1, --once              print one table, of all since the file "
	    "was made,\n"
	    "                          as without a terminal\n"
	    "  -i, --interval SECONDS  look so often (default: 1); q ends it\n",
	.run = run,
};
