/* SPDX-License-Identifier: ISC */
/* errandctl jobs schedule: when jobs are made by themselves. */
#include "config.h"

#include "jobs_schedule.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cmd.h"
#include "jobs/schedule.h"
#include "term_print.h"

static void
print_row(const struct schedule *s)
{
	const int64_t at[] = { s->next_at, s->last_at };
	char text[CLOCK_TEXT];

	for (size_t i = 0; i < NELEM(at); i++) {
		clock_format(at[i], text);
		memcpy(text + strlen("2026-11-22T11:05:00"), "Z", 2);
		term_cell(at[i] == 0 ? NULL : text, 20, true);
	}
	term_cell(s->kind->name, 30, false);
	term_text(stdout, s->kind->schedule, 60);
	putchar(' ');
	term_text(stdout, s->kind->schedule_zone, 0);
	if (s->overdue)
		fputs(" (overdue: see the log)", stdout);
	putchar('\n');
}

static void
print_json(const struct schedule_set *set)
{
	struct buf b = { 0 };
	struct json_write w = json_write(&b);

	json_open_object(&w, NULL);
	json_open_array(&w, "data");
	for (size_t i = 0; i < set->n; i++) {
		const struct schedule *s = &set->v[i];

		json_break_line(&w);
		json_open_object(&w, NULL);
		json_put_text(&w, "kind", s->kind->name);
		json_put_text(&w, "schedule", s->kind->schedule);
		json_put_text(&w, "zone", s->kind->schedule_zone);
		json_put_raw(&w, "kwargs", s->kind->schedule_kwargs);
		json_put_text(&w, "catch_up", s->kind->catch_up);
		json_put_time_or_null(&w, "next_at", s->next_at);
		json_put_time_or_null(&w, "last_at", s->last_at);
		json_put_bool(&w, "overdue", s->overdue);
		json_close_object(&w);
	}
	json_close_array(&w);
	json_close_object(&w);
	json_write_end(&w);
	buf_addc(&b, '\n');
	term_json(b.data, b.len);
	buf_free(&b);
}

int
jobs_schedule_print(struct pg *pg, bool json)
{
	struct arena *a = arena_new(), *was = pg_use(pg, a);
	struct schedule_set set;
	int rc = schedule_list(pg, &set) == PG_OK ? CMD_OK : CMD_FAILED;

	if (rc == CMD_OK && json) {
		print_json(&set);
	} else if (rc == CMD_OK) {
		printf("%-20s  %-20s  %-30s  %s\n", "NEXT", "LAST", "KIND",
		    "SCHEDULE");
		for (size_t i = 0; i < set.n; i++)
			print_row(&set.v[i]);
	}
	pg_use(pg, was);
	arena_free(a);
	return rc;
}
