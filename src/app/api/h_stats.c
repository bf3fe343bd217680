/* SPDX-License-Identifier: ISC */
/* Handler of the statistics, which background jobs count. */
#include "config.h"

#include "jobs/stats.h"

#include "answer/answer.h"
#include "answer/problem.h"
#include "handlers.h"
#include "task/task.h"

#define DAYS 30 /* today included */

_Static_assert(STATS_STATUSES == TASK_STATUS__MAX, "each status is counted");

static void
put_times(struct json_write *w, const struct stats_day *day)
{
	if (!day->took) {
		json_put_null(w, "seconds_to_completion");
		return;
	}
	json_open_object(w, "seconds_to_completion");
	json_put_int(w, "median", day->median);
	json_put_int(w, "p90", day->p90);
	json_close_object(w);
}

void
h_stats(struct call *c)
{
	struct json_write w = answer_json(c);
	int64_t counts[STATS_STATUSES];
	struct stats_day *days = NULL;
	const char *owner = NULL;
	enum pg_err err;

	if (!c->scope.all)
		owner = c->scope.owner == NULL ? "" : c->scope.owner;
	err = stats_by_status(c->deps->pg, owner, counts);
	if (err == PG_OK)
		err = stats_per_day(c->deps->pg, owner, DAYS, &days);
	if (err != PG_OK) {
		problem_database(c, err);
		return;
	}
	json_open_object(&w, NULL);
	json_open_object(&w, "by_status");
	for (int i = 0; i < STATS_STATUSES; i++)
		json_put_int(&w, task_statuses[i], counts[i]);
	json_close_object(&w);
	json_open_array(&w, "per_day");
	for (int i = 0; i < DAYS; i++) {
		json_open_object(&w, NULL);
		json_put_text(&w, "day", days[i].day);
		json_put_int(&w, "created", days[i].created);
		json_put_int(&w, "completed", days[i].completed);
		json_put_int(&w, "deleted", days[i].deleted);
		put_times(&w, &days[i]);
		json_close_object(&w);
	}
	json_close_array(&w);
	json_close_object(&w);
	answer_json_end(&w);
}
