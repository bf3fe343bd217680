/* SPDX-License-Identifier: ISC */
/* The task in the database: each change is one statement. */
#include "config.h"

#include "task.h"

#include <stdio.h>
#include <string.h>

#include "task_own.h"

/* What a change says behind the columns of the row. */
enum { COL_MATCHED = TASK_COL__MAX, COL_SUPPRESSED, COL_FITS };

/* No task has an empty owner. */
void
task_put_scope(struct pg_params *p, const struct task_scope *scope)
{
	if (scope->all)
		pg_put_null(p);
	else
		pg_put_text(p, scope->owner == NULL ? "" : scope->owner);
}

bool
task_in_scope(const struct task_scope *scope, const char *owner, size_t len)
{
	if (scope->all)
		return true;
	return owner != NULL && scope->owner != NULL &&
	       strlen(scope->owner) == len &&
	       memcmp(scope->owner, owner, len) == 0;
}

void
task_row(struct pg *pg, const PGresult *r, int row, struct task *t)
{
	char time[PG_HEX];

	*t = (struct task){ .id = pg_uuid(r, row, TASK_COL_ID) };
	t->title = pg_text(r, row, TASK_COL_TITLE, &t->title_len);
	if (!pg_null(r, row, TASK_COL_DESCRIPTION))
		t->description =
		    pg_text(r, row, TASK_COL_DESCRIPTION, &t->description_len);
	t->status_word = pg_text(r, row, TASK_COL_STATUS, &t->status_len);
	if (task_status_parse(t->status_word, t->status_len, &t->status) ==
	    -1) {
		t->status = TASK_STATUS__MAX;
		pg_unknown(pg, "tasks.status", t->status_word, t->status_len);
	}
	t->created_at = pg_time(r, row, TASK_COL_CREATED_AT);
	t->updated_at = pg_time(r, row, TASK_COL_UPDATED_AT);
	t->created_by =
	    pg_text(r, row, TASK_COL_CREATED_BY, &t->created_by_len);
	if (!pg_null(r, row, TASK_COL_OWNER))
		t->owner = pg_text(r, row, TASK_COL_OWNER, &t->owner_len);
	if (!pg_null(r, row, TASK_COL_EXTRA))
		t->extra = pg_json(r, row, TASK_COL_EXTRA, &t->extra_len);
	t->version = pg_int(r, row, TASK_COL_VERSION);
	pg_hex(r, row, TASK_COL_UPDATED_AT, time);
	if (t->extra != NULL)
		time[0] = TASK_TAG_EXTRA[0];
	snprintf(t->tag, sizeof(t->tag), "%lld-%s", (long long)t->version,
	    time);
}

enum pg_err
task_create(struct pg *pg, const struct task_input *in,
    const struct task_actor *who, struct task *t)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	*t = (struct task){ .id = uuid_new() };
	pg_params_init(&p, pg);
	pg_put_uuid(&p, &t->id);
	pg_put_text(&p, in->title);
	pg_put_text(&p, in->description);
	pg_put_text(&p, task_statuses[in->status]);
	pg_put_text(&p, who->username);
	pg_put_text(&p, who->email);
	pg_put_text(&p, who->request_id);
	pg_put_text(&p, who->traceparent);
	pg_put_text(&p, who->trace_id);
	pg_put_text(&p, who->owner);
	pg_put_text(&p, in->extra);
	err = pg_run_row(pg, &STMT_TASK_CREATE, &p, &r);
	if (err == PG_OK)
		task_row(pg, r, 0, t);
	return err;
}

enum pg_err
task_get(struct pg *pg, const struct uuid *id, enum task_found *found,
    struct task *t)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	err = pg_run(pg, &STMT_TASK_GET, &p, &r);
	if (err != PG_OK)
		return err;
	*found = TASK_ABSENT;
	if (PQntuples(r) > 0) {
		*found = TASK_FOUND;
		task_row(pg, r, 0, t);
	}
	return PG_OK;
}

/* What both changes begin with: which row, and in which versions. */
static void
put_target(struct pg_params *p, const struct task_change *ch)
{
	pg_put_uuid(p, &ch->id);
	if (ch->match.any)
		pg_put_null(p);
	else
		pg_put_texts(p, ch->match.tags, ch->match.n);
}

/* Runs a change, and tells what it found. */
static enum pg_err
run_change(struct pg *pg, const struct pg_stmt *stmt, const struct pg_params *p,
    struct task_change *ch)
{
	enum pg_err err;
	PGresult *r;

	err = pg_run(pg, stmt, p, &r);
	if (err != PG_OK)
		return err;
	ch->found = TASK_ABSENT;
	if (PQntuples(r) > 0) {
		if (pg_bool(r, 0, COL_SUPPRESSED))
			return pg_odd(stmt, "the task was not changed: a "
					    "trigger or a rule suppressed it");
		task_row(pg, r, 0, &ch->task);
		ch->found = TASK_FOUND;
		if (!pg_bool(r, 0, COL_MATCHED))
			ch->found = TASK_CONFLICT;
		else if (!pg_bool(r, 0, COL_FITS))
			ch->found = TASK_OVERFULL;
	}
	return PG_OK;
}

enum pg_err
task_update(struct pg *pg, const struct task_input *in, struct task_change *ch)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	put_target(&p, ch);
	pg_put_bool(&p, in->has_title);
	pg_put_text(&p, in->title);
	pg_put_bool(&p, in->has_description);
	pg_put_text(&p, in->description);
	pg_put_bool(&p, in->has_status);
	pg_put_text(&p, task_statuses[in->status]);
	pg_put_text(&p, ch->who.username);
	pg_put_text(&p, ch->who.request_id);
	pg_put_text(&p, ch->who.traceparent);
	pg_put_text(&p, ch->who.trace_id);
	task_put_scope(&p, &ch->scope);
	if (in->has_extra)
		pg_put_bool(&p, in->merges_extra);
	else
		pg_put_null(&p);
	pg_put_text(&p, in->extra);
	return run_change(pg, &STMT_TASK_UPDATE, &p, ch);
}

enum pg_err
task_delete(struct pg *pg, struct task_change *ch)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	put_target(&p, ch);
	pg_put_text(&p, ch->who.username);
	pg_put_text(&p, ch->who.request_id);
	pg_put_text(&p, ch->who.traceparent);
	pg_put_text(&p, ch->who.trace_id);
	task_put_scope(&p, &ch->scope);
	return run_change(pg, &STMT_TASK_DELETE, &p, ch);
}
