/* SPDX-License-Identifier: ISC */
/* Looks through what is in the broker, a page at a time. */
#include "config.h"

#include "queue_own.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum { LOOK_TAKEN, LOOK_LISTS, LOOK_TAKEN_AGAIN, LOOK_END };

/* What a page has, as it is returned. */
struct look_page {
	struct queue_text *texts;
	size_t n;
};

static void
look_add(struct look_page *page, const char *text, size_t len)
{
	page->texts[page->n++] = (struct queue_text){ text, len };
}

/* Entries, which are scanned in no order. */
static int
look_taken(struct queue *q, struct arena *a, struct queue_look *look,
    struct look_page *page)
{
	const struct kv_word words[] = { KV("HSCAN"),
		KV(queue_key(a, "unacked", "")),
		KV(look->cursor[0] == '\0' ? "0" : look->cursor), KV("COUNT"),
		KV(arena_printf(a, "%zu", look->page)) };
	const redisReply *s = kv_run(q->kv, a, NELEM(words), words), *pairs;

	if (!kv_fits(s, "sa", "HSCAN"))
		return -1;
	pairs = s->element[1];
	page->texts =
	    arena_alloc(a, (pairs->elements + 1) * sizeof(*page->texts));
	for (size_t i = 1; i < pairs->elements; i += 2) {
		struct queue_entry e = { .value = pairs->element[i]->str,
			.len = pairs->element[i]->len };

		queue_entry_parse(a, &e);
		if (e.text != NULL)
			look_add(page, e.text, e.text_len);
	}
	snprintf(look->cursor, sizeof(look->cursor), "%s", s->element[0]->str);
	if (str_eq(look->cursor, "0")) {
		look->cursor[0] = '\0';
		look->part++;
	}
	return 1;
}

/* From the end where messages come in: those that come meanwhile only make us
 * see some again, and those that go do not move what we have not seen. */
static int
look_list(struct queue *q, struct arena *a, const char *list,
    struct queue_look *look, struct look_page *page)
{
	const struct kv_word words[] = { KV("LRANGE"), KV(list),
		KV(arena_printf(a, "%zu", look->from)),
		KV(arena_printf(a, "%zu", look->from + look->page - 1)) };
	const redisReply *r = kv_run(q->kv, a, NELEM(words), words);

	if (!kv_fits(r, "*", "LRANGE"))
		return -1;
	page->texts = arena_alloc(a, (r->elements + 1) * sizeof(*page->texts));
	for (size_t i = 0; i < r->elements; i++)
		look_add(page, r->element[i]->str, r->element[i]->len);
	look->from += look->page;
	if (r->elements < look->page) {
		look->from = 0;
		look->list++;
	}
	return 1;
}

int
queue_look(struct queue *q, struct arena *a, const char *const *names, size_t n,
    struct queue_look *look, struct queue_text **texts, size_t *found)
{
	struct look_page page = { 0 };
	int rc;

	if (look->part == LOOK_LISTS && look->list >= n * QUEUE_STEPS)
		look->part++;
	if (look->part == LOOK_END)
		return 0;
	if (look->part == LOOK_LISTS)
		rc = look_list(q, a,
		    queue_list(a, names[look->list / QUEUE_STEPS],
			3 * (int)(look->list % QUEUE_STEPS)),
		    look, &page);
	else
		rc = look_taken(q, a, look, &page);
	*texts = page.texts;
	*found = page.n;
	return rc;
}
