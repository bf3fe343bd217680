/* SPDX-License-Identifier: ISC */
/* Handler of the statistics, which background jobs count. */
#include "config.h"

#include "answer/answer.h"
#include "answer/problem.h"
#include "handlers.h"
#include "task/task.h"

#define DAYS 30 /* today included */

static enum pg_err
add_statuses(struct call *c, struct json_write *w)
{
	struct pg_params params;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&params, c->arena);
	err = pg_run(c->deps->pg, STMT_STATS_STATUS, &params, c->arena, &r);
	if (err != PG_OK)
		return err;
	json_open_object(w, "by_status");
	for (int i = 0; i < TASK_STATUS__MAX; i++)
		json_put_int(w, task_statuses[i], pg_int(r, 0, i));
	json_close_object(w);
	return PG_OK;
}

static enum pg_err
add_days(struct call *c, struct json_write *w)
{
	static const char *const counts[] = { "created", "completed",
		"deleted" };
	struct pg_params params;
	enum pg_err err;
	const char *day;
	PGresult *r;
	size_t len;

	pg_params_init(&params, c->arena);
	pg_put_int(&params, DAYS);
	err = pg_run(c->deps->pg, STMT_STATS_DAYS, &params, c->arena, &r);
	if (err != PG_OK)
		return err;
	json_open_array(w, "per_day");
	for (int row = 0; row < PQntuples(r); row++) {
		json_open_object(w, NULL);
		day = pg_text(r, row, 0, &len);
		json_put_bytes(w, "day", day, len);
		for (size_t i = 0; i < NELEM(counts); i++)
			json_put_int(w, counts[i], pg_int(r, row, 1 + (int)i));
		json_close_object(w);
	}
	json_close_array(w);
	return PG_OK;
}

void
h_stats(struct call *c)
{
	struct json_write w = answer_json(c);
	enum pg_err err;

	json_open_object(&w, NULL);
	err = add_statuses(c, &w);
	if (err == PG_OK)
		err = add_days(c, &w);
	if (err != PG_OK) {
		problem_database(c, err);
		return;
	}
	json_close_object(&w);
	answer_json_end(&w);
}
