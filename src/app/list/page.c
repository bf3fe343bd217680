/* SPDX-License-Identifier: ISC */
/* Reads the query of a list; each parameter is a row of a table. */
#include "config.h"

#include "page.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "page_cursor.h"
#include "page_query.h"
#include "task/task.h"
#include "text/near.h"

#define DAY_US   INT64_C(86400000000)
#define KIND_MAX 255 /* code points */

struct reader;

struct param {
	const char *name;
	void (*take)(struct reader *r, const char *value);
	bool repeats;
};

struct reader {
	const struct param *params;
	size_t nparams;
	struct arena *arena;
	struct page *p;
	struct faults *f;
	const char *cursor;
	bool has_offset;
};

static void
fault(struct reader *r, const char *name, const char *type, const char *msg)
{
	faults_add(r->f, FAULT_QUERY, name, type, msg);
}

static void
take_status(struct reader *r, const char *value)
{
	enum task_status status;
	size_t len;

	for (;; value += len + 1) {
		len = strcspn(value, ",");
		if (task_status_parse(value, len, &status) == 0)
			r->p->statuses |= 1U << status;
		else
			fault(r, "status", "enum",
			    "status must be pending, in-progress or completed; "
			    "for several put commas between them");
		if (value[len] == '\0')
			return;
	}
}

static void
take_title(struct reader *r, const char *value)
{
	if (value[0] == '\0')
		fault(r, "title", "string_too_short",
		    "title must have at least 1 character");
	else if (str_utf8_count(value, strlen(value)) > TASK_TITLE_MAX)
		fault(r, "title", "string_too_long",
		    "title must have at most 255 characters");
	else
		r->p->title = value;
}

/* A time, or a fault and false. */
static bool
take_time(struct reader *r, const char *name, const char *value, int64_t *us)
{
	const char *hint = "";

	if (clock_parse(value, us) == 0)
		return true;
	if (strchr(value, ' ') != NULL)
		hint = "; write + as %2B";
	fault(r, name, "datetime_from_date_parsing",
	    arena_printf(r->arena,
		"%s must be a date such as 2026-11-22 or an RFC 3339 time such "
		"as 2026-11-22T11:05:00Z%s",
		name, hint));
	return false;
}

static void
take_created_from(struct reader *r, const char *value)
{
	r->p->has_from = take_time(r, "created_from", value, &r->p->from);
}

static void
take_created_to(struct reader *r, const char *value)
{
	r->p->has_to = take_time(r, "created_to", value, &r->p->to);
	if (r->p->has_to && strlen(value) == strlen("2026-11-22"))
		r->p->to += DAY_US - 1; /* that day included */
}

static void
take_sort(struct reader *r, const char *value)
{
	int i;

	r->p->descending = value[0] == '-';
	for (i = 0; i < PAGE_EVENT; i++) {
		if (str_eq(value + r->p->descending, page_sorts[i])) {
			r->p->sort = (enum page_sort)i;
			return;
		}
	}
	fault(r, "sort", "enum",
	    "sort must be created_at, updated_at, title or status, with - "
	    "before it for descending order");
}

/* A whole number from min to max, or a fault and min. */
static int64_t
take_int(struct reader *r, const char *name, const char *value, int64_t min,
    int64_t max)
{
	const char *digits = value + (value[0] == '-');
	const char *type = "greater_than_equal";
	int64_t n;

	if (str_to_int(value, min, max, &n) == 0)
		return n;
	if (digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0')
		type = "int_parsing";
	else if (value[0] != '-' &&
		 str_to_int(value, INT64_MIN, min - 1, &n) == -1)
		type = "less_than_equal";
	fault(r, name, type,
	    arena_printf(r->arena,
		"%s must be a whole number from %lld to %lld", name,
		(long long)min, (long long)max));
	return min;
}

static void
take_limit(struct reader *r, const char *value)
{
	r->p->limit = (int)take_int(r, "limit", value, 1, PAGE_LIMIT_MAX);
}

static void
take_offset(struct reader *r, const char *value)
{
	r->has_offset = true;
	r->p->offset = take_int(r, "offset", value, 0, PAGE_OFFSET_MAX);
}

static void
take_cursor(struct reader *r, const char *value)
{
	r->cursor = value; /* read when filter and order are known */
}

static void
take_count(struct reader *r, const char *value)
{
	r->p->count = str_eq(value, "exact");
	if (!r->p->count)
		fault(r, "count", "enum", "count can only be exact");
}

static void
take_state(struct reader *r, const char *value)
{
	enum job_state state;
	size_t len;

	for (;; value += len + 1) {
		len = strcspn(value, ",");
		if (job_state_parse(value, len, &state) == 0)
			r->p->states |= 1U << state;
		else
			fault(r, "state", "enum",
			    "state must be queued, published, running, "
			    "retrying, succeeded, failed or cancelled; for "
			    "several put commas between them");
		if (value[len] == '\0')
			return;
	}
}

static void
take_kind(struct reader *r, const char *value)
{
	if (value[0] == '\0')
		fault(r, "kind", "string_too_short",
		    "kind must have at least 1 character");
	else if (str_utf8_count(value, strlen(value)) > KIND_MAX)
		fault(r, "kind", "string_too_long",
		    "kind must have at most 255 characters");
	else
		r->p->kind = value;
}

static void
take_task_id(struct reader *r, const char *value)
{
	r->p->has_task = uuid_parse(value, &r->p->task_id) == 0;
	if (!r->p->has_task)
		fault(r, "task_id", "uuid_parsing", "task_id must be a UUID");
}

/* What a history takes, and behind it what only tasks take. */
static const struct param task_params[] = {
	{ "limit", take_limit, false },
	{ "cursor", take_cursor, false },
#define EVENT_PARAMS 2
	{ "status", take_status, true },
	{ "title", take_title, false },
	{ "created_from", take_created_from, false },
	{ "created_to", take_created_to, false },
	{ "sort", take_sort, false },
	{ "offset", take_offset, false },
	{ "count", take_count, false },
};

static const struct param job_params[] = {
	{ "limit", take_limit, false },
	{ "cursor", take_cursor, false },
	{ "state", take_state, true },
	{ "kind", take_kind, false },
	{ "task_id", take_task_id, false },
};

static void
refuse_unknown(struct reader *r, const char *name)
{
	struct near near;
	size_t i;

	near_init(&near, name);
	for (i = 0; i < r->nparams; i++)
		near_offer(&near, r->params[i].name);
	fault(r, name, "extra_forbidden",
	    near_best(&near) == NULL
		? "there is no such parameter"
		: arena_printf(r->arena,
		      "there is no such parameter; did you mean %s?",
		      near_best(&near)));
}

/* The row of a parameter; if it has none, NULL and a fault. */
static const struct param *
find_param(struct reader *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->nparams; i++) {
		if (str_eq(name, r->params[i].name))
			return &r->params[i];
	}
	refuse_unknown(r, name);
	return NULL;
}

static void
read_params(struct reader *r, const char *query)
{
	const struct param *row;
	struct page_param param;
	unsigned seen = 0;
	unsigned bit;

	while (page_query_next(r->arena, &query, &param)) {
		if (param.fault != NULL) {
			fault(r, param.name, "value_error", param.fault);
			continue;
		}
		row = find_param(r, param.name);
		if (row == NULL)
			continue;
		bit = 1U << (row - r->params);
		if ((seen & bit) != 0 && !row->repeats)
			fault(r, row->name, "value_error",
			    arena_printf(r->arena, "%s may be given only once",
				row->name));
		else
			row->take(r, param.value);
		seen |= bit;
	}
}

/* What no parameter alone can tell. */
static void
judge_whole(struct reader *r)
{
	struct page *p = r->p;
	const char *why;

	if (p->statuses == (1U << TASK_STATUS__MAX) - 1)
		p->statuses = 0; /* all of them is no filter */
	if (p->states == (1U << JOB_STATE__MAX) - 1)
		p->states = 0;
	if (p->has_from && p->has_to && p->from > p->to)
		fault(r, "created_to", "value_error",
		    "created_to must not be before created_from");
	if (r->cursor != NULL && r->has_offset)
		fault(r, "offset", "value_error",
		    "offset and cursor exclude each other");
	if (r->cursor == NULL || r->f->n > 0)
		return; /* a fault in the filter would be told twice */
	why = page_cursor_parse(r->arena, p, r->cursor);
	if (why != NULL)
		fault(r, "cursor", "value_error", why);
}

/* Reads all; p has its order already. */
static void
parse(struct reader *r, const char *query)
{
	r->p->descending = true;
	r->p->limit = PAGE_LIMIT_DEFAULT;
	read_params(r, query);
	judge_whole(r);
}

void
page_parse_tasks(struct arena *a, const char *query, struct page *p,
    struct faults *f)
{
	struct reader r = { task_params, NELEM(task_params), .arena = a, .p = p,
		.f = f };

	*p = (struct page){ .sort = PAGE_CREATED_AT };
	parse(&r, query);
}

void
page_parse_events(struct arena *a, const char *query, struct page *p,
    struct faults *f)
{
	struct reader r = { task_params, EVENT_PARAMS, .arena = a, .p = p,
		.f = f };

	*p = (struct page){ .sort = PAGE_EVENT };
	parse(&r, query);
}

void
page_parse_jobs(struct arena *a, const char *query, struct page *p,
    struct faults *f)
{
	struct reader r = { job_params, NELEM(job_params), .arena = a, .p = p,
		.f = f };

	*p = (struct page){ .sort = PAGE_JOB };
	parse(&r, query);
}
