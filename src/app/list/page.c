/* SPDX-License-Identifier: ISC */
/* Reads the query of a list; each parameter is a row of a table. */
#include "config.h"

#include "page.h"

#include <assert.h>
#include <limits.h>

#include "base/str.h"
#include "list_own.h"
#include "text/near.h"

static void
page_take_limit(struct list_reader *r, const char *value)
{
	static const struct list_int limit = { "limit", 1, PAGE_LIMIT_MAX };

	r->page->has_limit = true;
	r->page->limit = (int)list_take_int(r, &limit, value);
}

static void
page_take_cursor(struct list_reader *r, const char *value)
{
	r->cursor = value; /* judged when filter and order are known */
}

/* What all lists take; some have another name for the cursor.  The way back is
 * page_text.c's. */
static const struct list_param page_params[] = {
	{ .name = "cursor", .take = page_take_cursor },
	{ .name = "limit", .take = page_take_limit },
};

const char *
page_cursor_name(const struct list *list)
{
	return list->cursor == NULL ? "cursor" : list->cursor;
}

/* The name under which this list has a parameter. */
static const char *
page_param_name(const struct list *list, const struct list_param *row)
{
	return row->take == page_take_cursor ? page_cursor_name(list)
					     : row->name;
}

static bool
page_is(const struct list *list, const struct list_param *row, const char *name)
{
	return (row->flags & LIST_BEGINS) != 0
		   ? str_starts(name, row->name)
		   : str_eq(name, page_param_name(list, row));
}

/* All parameters, counted through: those of all lists, then the list's own.
 * NULL behind the last. */
static const struct list_param *
page_param_at(const struct list *list, size_t i)
{
	const size_t common = NELEM(page_params) - (list->endless ? 1 : 0);

	if (i < common)
		return &page_params[i];
	i -= common;
	return i < list->nparams ? &list->params[i] : NULL;
}

static void
page_refuse_unknown(struct list_reader *r, const char *name)
{
	const struct list_param *row;
	struct near near;
	size_t i;

	near_init(&near, name);
	for (i = 0; (row = page_param_at(r->page->list, i)) != NULL; i++)
		if ((row->flags & LIST_BEGINS) == 0)
			near_offer(&near, page_param_name(r->page->list, row));
	list_fault(r, name, "extra_forbidden",
	    near_best(&near) == NULL
		? "there is no such parameter"
		: arena_printf(r->arena,
		      "there is no such parameter; did you mean %s?",
		      near_best(&near)));
}

static void
page_read_params(struct list_reader *r, const char *text)
{
	const struct list_param *row;
	struct page_param param;
	unsigned seen = 0;
	size_t i;

	while (page_query_next(r->arena, &text, &param)) {
		if (param.fault != NULL) {
			list_fault(r, param.name, "value_error", param.fault);
			continue;
		}
		for (i = 0; (row = page_param_at(r->page->list, i)) != NULL;
		     i++)
			if (page_is(r->page->list, row, param.name))
				break;
		if (row == NULL) {
			page_refuse_unknown(r, param.name);
			continue;
		}
		if ((seen & 1U << i) != 0 && (row->flags & LIST_REPEATS) == 0)
			list_fault(r, param.name, "value_error",
			    arena_printf(r->arena, "%s may be given only once",
				param.name));
		else {
			r->name = param.name;
			row->take(r, param.value);
		}
		seen |= 1U << i;
	}
}

void
page_parse(struct arena *a, const char *text, struct page *p, struct faults *f)
{
	struct list_reader r = { .page = p, .arena = a, .faults = f };
	const char *why;

	assert(NELEM(page_params) + p->list->nparams <
	       sizeof(unsigned) * CHAR_BIT);
	*p = (struct page){ .list = p->list,
		.query = p->query,
		.scope = p->scope,
		.limit = PAGE_LIMIT_DEFAULT };
	page_read_params(&r, text);
	if (p->list->judge != NULL)
		p->list->judge(&r);
	if (r.cursor == NULL || f->n > 0)
		return; /* a fault in the filter would be told twice */
	why = page_cursor_parse(a, p, r.cursor);
	if (why != NULL)
		list_fault(&r, page_cursor_name(p->list), "value_error", why);
}
