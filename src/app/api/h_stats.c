/* SPDX-License-Identifier: ISC */
/* Handler of the statistics, which background jobs count. */
#include "config.h"

#include "answer/problem.h"
#include "handlers.h"
#include "task/task.h"
#include "text/json.h"

#define DAYS 30 /* today included */

static enum pg_err
add_statuses(struct pg *pg, struct arena *a, struct buf *b)
{
	struct pg_params params;
	enum pg_err err;
	PGresult *r;
	int i;

	pg_params_init(&params, a);
	err = pg_run(pg, STMT_STATS_STATUS, &params, a, &r);
	if (err != PG_OK)
		return err;
	for (i = 0; i < TASK_STATUS__MAX; i++) {
		if (i > 0)
			buf_addc(b, ',');
		json_add_cstring(b, task_statuses[i]);
		buf_addc(b, ':');
		buf_addint(b, pg_int(r, 0, i));
	}
	return PG_OK;
}

static enum pg_err
add_days(struct pg *pg, struct arena *a, struct buf *b)
{
	static const char *const members[] = {
		",\"created\":", ",\"completed\":", ",\"deleted\":"
	};
	struct pg_params params;
	enum pg_err err;
	const char *day;
	PGresult *r;
	size_t len;

	pg_params_init(&params, a);
	pg_put_int(&params, DAYS);
	err = pg_run(pg, STMT_STATS_DAYS, &params, a, &r);
	if (err != PG_OK)
		return err;
	for (int row = 0; row < PQntuples(r); row++) {
		buf_adds(b, row > 0 ? ",{\"day\":" : "{\"day\":");
		day = pg_text(r, row, 0, &len);
		json_add_string(b, day, len);
		for (size_t i = 0; i < NELEM(members); i++) {
			buf_adds(b, members[i]);
			buf_addint(b, pg_int(r, row, 1 + (int)i));
		}
		buf_addc(b, '}');
	}
	return PG_OK;
}

void
h_stats(struct call *c)
{
	struct buf *b = &c->res->body;
	enum pg_err err;

	buf_adds(b, "{\"by_status\":{");
	err = add_statuses(c->deps->pg, c->arena, b);
	buf_adds(b, "},\"per_day\":[");
	if (err == PG_OK)
		err = add_days(c->deps->pg, c->arena, b);
	buf_adds(b, "]}\n");
	c->res->content_type = "application/json";
	if (err != PG_OK)
		problem_database(c, err);
}
