/* SPDX-License-Identifier: ISC */
/* Handlers of lists: tasks, and the history of one task. */
#include "config.h"

#include <stdio.h>

#include "answer/answer.h"
#include "answer/entry.h"
#include "answer/problem.h"
#include "base/clock.h"
#include "export.h"
#include "handlers.h"
#include "task/task.h"
#include "task/task_query.h"
#include "text/accept.h"

/* From where on a reader of this list follows the changes, asked before its
 * rows are read; NULL where that cannot be known, which says nothing against
 * the list.  A later page has none: that of the first one is to be used. */
static enum pg_err
list_since(struct call *c, const struct task_query *q, const char **cursor)
{
	struct call_since *since = &c->deps->since;
	enum pg_err err = PG_OK;
	const char *now = "";

	*cursor = NULL;
	if (q->page.has_cursor || q->offset > 0)
		return PG_OK;
	if (clock_mono_us() >= since->until) {
		err = task_changes_here(c->deps->pg, &now);
		snprintf(since->cursor, sizeof(since->cursor), "%s", now);
		since->until =
		    clock_mono_us() +
		    (err == PG_OK ? CALL_SINCE_US : CALL_SINCELESS_US);
	}
	if (since->cursor[0] != '\0')
		*cursor = arena_strdup(c->arena, since->cursor);
	return err;
}

/* Reads the list from PostgreSQL into e; else it is answered. */
static bool
list_load(struct call *c, const struct task_query *q, struct cache_entry *e)
{
	const char *next = NULL, *since;
	enum pg_err err = list_since(c, q, &since);

	/* A database that does not answer is not asked a second time. */
	if (err != PG_DOWN && err != PG_TIMEOUT && err != PG_LOST)
		err = task_list(c->deps->pg, q, &c->res->body, &next);
	if (err != PG_OK) {
		problem_database(c, err);
		return false;
	}
	buf_addc(&c->res->body, '\n');
	*e = (struct cache_entry){ c->res->body.data, c->res->body.len,
		entry_tag(c->arena, &c->res->body), next, since };
	return true;
}

/* Answers with the list as lines, however many. */
static void
list_export(struct call *c, struct task_query *q, enum task_form form)
{
	const char *since;
	enum pg_err err = list_since(c, q, &since);

	if (err == PG_DOWN || err == PG_TIMEOUT || err == PG_LOST)
		problem_database(c, err);
	else
		export_answer(c, q, form, since);
}

/* Whether the client makes up what it asks for, or it is not for all, so that
 * there is no end of such lists. */
static bool
list_is_filtered(const struct task_query *q)
{
	return !q->scope.all || q->title != NULL || q->has_from || q->has_to ||
	       q->created_by != NULL || q->has_extra || q->has_offset ||
	       q->page.has_cursor;
}

/* The same list as a page of JSON. */
static void
list_answer(struct call *c, struct task_query *q)
{
	enum cache_result result;
	struct cache_slot slot;
	struct cache_entry e;

	cache_slot_list(&slot, page_canonical(c->arena, &q->page),
	    list_is_filtered(q));
	slot.begins = "{\"data\":[";
	result = entry_look(c, &slot, &e);
	if (result != CACHE_HIT) {
		if (!list_load(c, q, &e)) {
			cache_abandon(c->deps->cache, c->arena, &slot);
			return;
		}
		cache_put(c->deps->cache, c->arena, &slot, &e);
	}
	entry_answer(c, result, &e, &q->page);
}

void
h_task_list(struct call *c)
{
	static const char *const types[TASK_FORM__MAX] = {
		[TASK_FORM_JSON] = "application/json",
		[TASK_FORM_NDJSON] = "application/x-ndjson",
		[TASK_FORM_CSV] = "text/csv",
	};
	enum task_form form =
	    (enum task_form)accept_choose(c->req->accept, types, NELEM(types));
	struct faults *faults = faults_new(c->arena);
	struct task_query q;

	task_query_parse(c->arena, c->req->query, &c->scope, &q, faults);
	if (form != TASK_FORM_JSON && q.count)
		faults_add(faults, FAULT_QUERY, "count", "value_error",
		    "only application/json has the count");
	if (faults->n > 0) {
		problem_faults(c, faults);
		return;
	}
	if (form == TASK_FORM_JSON)
		list_answer(c, &q);
	else
		list_export(c, &q, form);
	if (c->res->status < 400)
		response_header(c->res, "Vary", "Accept");
}

void
h_task_events(struct call *c)
{
	struct faults *faults = faults_new(c->arena);
	struct task_history h = { .scope = c->scope, .found = TASK_ABSENT };
	struct buf *b = &c->res->body;
	struct cache_entry e;
	enum pg_err err = PG_OK;

	task_query_parse_events(c->arena, c->req->query, &h.page, faults);
	if (faults->n > 0) {
		problem_faults(c, faults);
		return;
	}
	if (uuid_parse(c->param, &h.id) == 0)
		err = task_events(c->deps->pg, &h, b);
	if (err != PG_OK) {
		problem_database(c, err);
	} else if (h.found == TASK_ABSENT) {
		problem(c, 404, "there is no such task");
	} else {
		buf_addc(b, '\n');
		e = (struct cache_entry){ .body = b->data,
			.len = b->len,
			.tag = entry_tag(c->arena, b),
			.next = h.next_cursor };
		entry_answer(c, CACHE_BYPASS, &e, &h.page);
	}
}
