/* SPDX-License-Identifier: ISC */
/* Filter and order as text: what the pages of one list have in common. */
#include "config.h"

#include "list_own.h"

void
page_filter_params(struct buf *b, const struct page *p, bool unbound)
{
	const struct list *list = p->list;
	size_t i;

	for (i = 0; i < list->nparams; i++)
		if (((list->params[i].flags & LIST_UNBOUND) != 0) == unbound)
			list->params[i].add(b, p);
}

void
page_filter_add(struct buf *b, const struct page *p)
{
	page_filter_params(b, p, false);
	if (p->list->order != NULL)
		list_add(b, "sort", p->list->order);
}
