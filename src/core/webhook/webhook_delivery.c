/* SPDX-License-Identifier: ISC */
/* What is sent to webhooks, as rows: begun, tried, over. */
#include "config.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "webhook_own.h"

static void
delivery_row(struct arena *a, const PGresult *r, int row, struct delivery *d)
{
	*d = (struct delivery){
		.id = pg_uuid(r, row, DELIVERY_COL_ID),
		.webhook = pg_uuid(r, row, DELIVERY_COL_WEBHOOK),
		.type = pg_text_dup(a, r, row, DELIVERY_COL_TYPE),
		.event = pg_int(r, row, DELIVERY_COL_EVENT),
		.state = pg_text_dup(a, r, row, DELIVERY_COL_STATE),
		.attempts = pg_int(r, row, DELIVERY_COL_ATTEMPTS),
		.status = pg_int(r, row, DELIVERY_COL_STATUS),
		.answer = pg_text_dup(a, r, row, DELIVERY_COL_ANSWER),
		.error = pg_text_dup(a, r, row, DELIVERY_COL_ERROR),
		.job = pg_uuid(r, row, DELIVERY_COL_JOB),
		.created_at = pg_time(r, row, DELIVERY_COL_CREATED_AT),
		.tried_at = pg_time_or_zero(r, row, DELIVERY_COL_TRIED_AT),
		.finished_at =
		    pg_time_or_zero(r, row, DELIVERY_COL_FINISHED_AT),
		.next_at = pg_time_or_zero(r, row, DELIVERY_COL_NEXT_AT),
	};
}

static void
delivery_put_number(struct json_write *w, const char *name, int64_t n)
{
	if (n == 0)
		json_put_null(w, name);
	else
		json_put_int(w, name, n);
}

void
delivery_format(struct json_write *w, const struct delivery *d)
{
	json_open_object(w, NULL);
	json_put_uuid(w, "id", &d->id);
	json_put_uuid(w, "webhook_id", &d->webhook);
	json_put_text(w, "type", d->type);
	delivery_put_number(w, "event", d->event);
	json_put_text(w, "state", d->state);
	json_put_int(w, "attempts", d->attempts);
	delivery_put_number(w, "status", d->status);
	json_put_text(w, "answer", d->answer);
	json_put_text(w, "error", d->error);
	json_put_uuid(w, "job_id", &d->job);
	json_put_time(w, "created_at", d->created_at);
	json_put_time_or_null(w, "tried_at", d->tried_at);
	json_put_time_or_null(w, "finished_at", d->finished_at);
	json_put_time_or_null(w, "next_at", d->next_at);
	json_close_object(w);
}

enum pg_err
delivery_list(struct pg *pg, const struct uuid *webhook,
    const struct webhook_page *page, struct delivery_set *set)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, webhook);
	webhook_put_page(&p, page);
	err = pg_run(pg, &STMT_WEBHOOK_DELIVERIES, &p, &r);
	if (err != PG_OK)
		return err;
	set->more = webhook_cut(r, page, &set->n);
	set->v = arena_alloc(p.arena, set->n * sizeof(*set->v));
	for (size_t i = 0; i < set->n; i++)
		delivery_row(p.arena, r, (int)i, &set->v[i]);
	return PG_OK;
}

static const char *
delivery_test_body(struct arena *a, const struct uuid *webhook,
    const struct webhook_cause *cause)
{
	struct buf b = { 0 };
	struct json_write w = json_write(&b);
	const char *text;

	json_open_object(&w, NULL);
	json_put_text(&w, "type", WEBHOOK_TEST_TYPE);
	json_put_time(&w, "timestamp", clock_wall_us());
	json_open_object(&w, "data");
	json_put_uuid(&w, "webhook_id", webhook);
	json_put_text(&w, "actor", cause->username);
	json_close_object(&w);
	json_close_object(&w);
	json_write_end(&w);
	text = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return text;
}

enum pg_err
delivery_test(struct pg *pg, const struct uuid *webhook,
    const struct webhook_cause *cause, enum webhook_found *found,
    struct delivery *d)
{
	const struct uuid id = uuid_new(), job = uuid_new();
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, webhook);
	pg_put_uuid(&p, &id);
	pg_put_uuid(&p, &job);
	pg_put_text(&p, delivery_test_body(p.arena, webhook, cause));
	pg_put_text(&p, cause->request_id);
	pg_put_text(&p, cause->traceparent);
	err = pg_run(pg, &STMT_WEBHOOK_TEST, &p, &r);
	if (err != PG_OK)
		return err;
	*found = PQntuples(r) > 0 ? WEBHOOK_FOUND : WEBHOOK_ABSENT;
	if (*found == WEBHOOK_FOUND)
		delivery_row(p.arena, r, 0, d);
	return PG_OK;
}

enum pg_err
delivery_replay(struct pg *pg, const struct uuid ids[2],
    const struct webhook_cause *cause, enum webhook_found *found,
    struct delivery *d)
{
	const struct uuid job = uuid_new();
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, &ids[0]);
	pg_put_uuid(&p, &ids[1]);
	pg_put_uuid(&p, &job);
	pg_put_text(&p, cause->request_id);
	pg_put_text(&p, cause->traceparent);
	err = pg_run(pg, &STMT_WEBHOOK_REPLAY, &p, &r);
	if (err != PG_OK)
		return err;
	*found = WEBHOOK_ABSENT;
	if (PQntuples(r) == 0)
		return PG_OK;
	delivery_row(p.arena, r, 0, d);
	*found =
	    pg_bool(r, 0, DELIVERY_COL__MAX) ? WEBHOOK_FOUND : WEBHOOK_REFUSED;
	return PG_OK;
}

/* The columns of WEBHOOK_LOAD. */
enum {
	LOAD_WEBHOOK,
	LOAD_TYPE,
	LOAD_BODY,
	LOAD_STATE,
	LOAD_LATE,
	LOAD_HAS_HOOK,
	LOAD_URL,
	LOAD_ENABLED,
	LOAD_SECRET,
	LOAD_BEFORE,
	LOAD_FAILING,
	LOAD_PAUSE
};

enum pg_err
delivery_load(struct pg *pg, const struct uuid *id, int64_t late_ms,
    struct delivery_load *load)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	*load = (struct delivery_load){ 0 };
	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	pg_put_int(&p, late_ms);
	err = pg_run(pg, &STMT_WEBHOOK_LOAD, &p, &r);
	if (err != PG_OK || PQntuples(r) == 0)
		return err;
	load->found = true;
	load->webhook = pg_uuid(r, 0, LOAD_WEBHOOK);
	load->type = pg_text_dup(p.arena, r, 0, LOAD_TYPE);
	load->body = pg_text(r, 0, LOAD_BODY, &load->body_len);
	load->pending = PQgetvalue(r, 0, LOAD_STATE)[0] != 'd';
	load->late = pg_bool(r, 0, LOAD_LATE);
	load->has_hook = pg_bool(r, 0, LOAD_HAS_HOOK);
	if (!load->has_hook)
		return PG_OK;
	load->url = pg_text_dup(p.arena, r, 0, LOAD_URL);
	load->enabled = pg_bool(r, 0, LOAD_ENABLED);
	load->secrets.now = pg_text_dup(p.arena, r, 0, LOAD_SECRET);
	load->secrets.before = pg_text_dup(p.arena, r, 0, LOAD_BEFORE);
	load->failing = pg_bool(r, 0, LOAD_FAILING);
	load->pause_ms = pg_int(r, 0, LOAD_PAUSE);
	return PG_OK;
}

enum pg_err
webhook_probe(struct pg *pg, const struct uuid *webhook, int64_t ms, bool *ours)
{
	struct pg_params p;
	enum pg_err err;
	size_t n = 0;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, webhook);
	pg_put_int(&p, ms);
	err = pg_run_change(pg, &STMT_WEBHOOK_PROBE, &p, &n);
	*ours = n > 0;
	return err;
}

enum pg_err
delivery_tried(struct pg *pg, const struct uuid *id,
    const struct delivery_tried *tried)
{
	struct pg_params p;
	size_t n;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	pg_put_text(&p, tried->state);
	if (tried->status == 0)
		pg_put_null(&p);
	else
		pg_put_int(&p, tried->status);
	pg_put_text(&p, tried->answer);
	pg_put_text(&p, tried->error);
	if (tried->pause_ms == -1)
		pg_put_null(&p);
	else
		pg_put_int(&p, tried->pause_ms);
	pg_put_bool(&p, tried->gone != NULL);
	pg_put_text(&p, tried->gone);
	return pg_run_change(pg, &STMT_WEBHOOK_TRIED, &p, &n);
}

enum pg_err
delivery_give_up(struct pg *pg, const struct uuid *id, const char *error)
{
	struct pg_params p;
	size_t n;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	pg_put_text(&p, error);
	return pg_run_change(pg, &STMT_WEBHOOK_GIVE_UP, &p, &n);
}

enum pg_err
delivery_purge(struct pg *pg, int64_t age, int64_t limit, size_t *n)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	pg_put_int(&p, age);
	pg_put_int(&p, limit);
	return pg_run_change(pg, &STMT_WEBHOOK_PURGE, &p, n);
}
