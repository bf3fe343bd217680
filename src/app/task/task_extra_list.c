/* SPDX-License-Identifier: ISC */
/* What lists are asked for by additional data: parameters, and the conditions
 * that they become. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "task_extra.h"
#include "task_extra_own.h"
#include "text/field.h"
#include "text/json.h"

#define PARAM  "extra."
#define DAY_US INT64_C(86400000000)
#define DAYS   366 /* as many are named one by one */

static const char *const bounds[EXTRA__MAX] = {
	[EXTRA_IS] = "",
	[EXTRA_FROM] = ".from",
	[EXTRA_TO] = ".to",
};

static bool
has_range(enum field_type type)
{
	return type == FIELD_DATE || type == FIELD_NUMBER;
}

static bool
extra_says(struct arena *a, const char *text, enum field_type type)
{
	struct json_object *value;
	struct json_fault fault;
	bool fits;

	if (type == FIELD_TEXT)
		return true;
	if (type == FIELD_DATE)
		return field_is_date(text);
	value = json_read(text, strlen(text), 1, &fault);
	arena_defer(a, json_release, value);
	fits = task_extra_is(value, type);
	return fits && (type == FIELD_BOOLEAN ||
			   task_extra_digits(text) <= TASK_EXTRA_MAX);
}

/* "due.from" is what is said of due; -1: there is no such thing. */
static int
extra_named(const char *name, struct field *field, enum task_extra_bound *bound)
{
	size_t len = strcspn(name, ".");
	int i = task_extra_find(name, len, field);

	for (*bound = EXTRA_IS; *bound < EXTRA__MAX; (*bound)++)
		if (str_eq(name + len, bounds[*bound]))
			return *bound == EXTRA_IS || has_range(field->type)
				   ? i
				   : -1;
	return -1;
}

void
task_extra_take(struct list_reader *r, struct task_extra *e, const char *value)
{
	const char *name = r->name + strlen(PARAM);
	enum task_extra_bound bound;
	struct field field;
	int i = extra_named(name, &field, &bound);

	if (i == -1)
		list_fault(r, r->name, "extra_forbidden",
		    task_extra_unknown(r->arena, name,
			"the service lists no such additional data"));
	else if (e->v[i][bound] != NULL)
		list_fault(r, r->name, "value_error",
		    arena_printf(r->arena, "%s may be given only once",
			r->name));
	else if (!extra_says(r->arena, value, field.type))
		list_fault(r, r->name, task_extra_words[field.type].parsing,
		    arena_printf(r->arena, "%s must be %s", r->name,
			task_extra_words[field.type].what));
	else
		e->v[i][bound] = value;
}

/* The next of the names that are listed: false at the end. */
static bool
extra_next(size_t *i, struct field *field)
{
	const struct conf_list *list = &settings.tasks_extra;

	return *i < list->n && field_parse(list->v[*i], field) == NULL;
}

static const char *
extra_param(struct arena *a, const struct field *field, int bound)
{
	return arena_printf(a, PARAM "%.*s%s", (int)field->len, field->name,
	    bounds[bound]);
}

void
task_extra_add(struct buf *b, const struct task_extra *e)
{
	struct arena *a = arena_new();
	struct field field;

	for (size_t i = 0; extra_next(&i, &field); i++)
		for (int bound = 0; bound < EXTRA__MAX; bound++)
			if (e->v[i][bound] != NULL)
				list_add(b, extra_param(a, &field, bound),
				    e->v[i][bound]);
	arena_free(a);
}

void
task_extra_judge_bounds(struct list_reader *r, const struct task_extra *e)
{
	struct field field;
	const char *from, *to, *name;

	for (size_t i = 0; extra_next(&i, &field); i++) {
		from = e->v[i][EXTRA_FROM];
		to = e->v[i][EXTRA_TO];
		if (from == NULL || to == NULL ||
		    (field.type == FIELD_DATE
			    ? strcmp(from, to) <= 0
			    : strtod(from, NULL) <= strtod(to, NULL)))
			continue;
		name = extra_param(r->arena, &field, EXTRA_TO);
		list_fault(r, name, "value_error",
		    arena_printf(r->arena, "%s must not be before %s", name,
			extra_param(r->arena, &field, EXTRA_FROM)));
	}
}

/* A value as JSON. */
static void
add_value(struct buf *b, enum field_type type, const char *value)
{
	if (type == FIELD_TEXT || type == FIELD_DATE)
		json_add_cstring(b, value);
	else
		buf_adds(b, value);
}

static const char *
extra_done(struct arena *a, struct buf *b, const char *end)
{
	const char *text = NULL;

	if (b->len > 0) {
		buf_adds(b, end);
		text = arena_strndup(a, b->data, b->len);
	}
	buf_free(b);
	return text;
}

const char *
task_extra_filter(struct arena *a, const struct task_extra *e)
{
	struct buf b = { 0 };
	struct field field;

	for (size_t i = 0; extra_next(&i, &field); i++) {
		if (e->v[i][EXTRA_IS] == NULL)
			continue;
		buf_adds(&b, b.len == 0 ? "{" : ",");
		json_add_string(&b, field.name, field.len);
		buf_addc(&b, ':');
		add_value(&b, field.type, e->v[i][EXTRA_IS]);
	}
	return extra_done(a, &b, "}");
}

/* $."due" >= "2026-12-01" */
static void
add_condition(struct buf *b, const struct field *field, const char *op,
    const char *value)
{
	buf_adds(b, "$.");
	json_add_string(b, field->name, field->len);
	buf_printf(b, " %s ", op);
	add_value(b, field->type, value);
}

/* The days from the first to the last, if they are few. */
static bool
add_days(struct buf *b, const struct field *field, const char *from,
    const char *to)
{
	int64_t day, last;
	char text[CLOCK_TEXT];

	if (field->type != FIELD_DATE || from == NULL || to == NULL ||
	    clock_parse(from, &day) == -1 || clock_parse(to, &last) == -1 ||
	    last - day >= DAYS * DAY_US)
		return false;
	for (; day <= last; day += DAY_US) {
		clock_format(day, text);
		text[strlen("2026-12-01")] = '\0';
		add_condition(b, field, "==", text);
		if (day < last)
			buf_adds(b, " || ");
	}
	return true;
}

static void
add_bounds(struct buf *b, const struct field *field, const char *from,
    const char *to)
{
	buf_adds(b, b->len == 0 ? "(" : " && (");
	if (!add_days(b, field, from, to)) {
		if (from != NULL)
			add_condition(b, field, ">=", from);
		if (from != NULL && to != NULL)
			buf_adds(b, " && ");
		if (to != NULL)
			add_condition(b, field, "<=", to);
	}
	buf_addc(b, ')');
}

const char *
task_extra_range(struct arena *a, const struct task_extra *e)
{
	struct buf b = { 0 };
	struct field field;

	for (size_t i = 0; extra_next(&i, &field); i++)
		if (e->v[i][EXTRA_FROM] != NULL || e->v[i][EXTRA_TO] != NULL)
			add_bounds(&b, &field, e->v[i][EXTRA_FROM],
			    e->v[i][EXTRA_TO]);
	return extra_done(a, &b, "");
}
