/* SPDX-License-Identifier: ISC */
/* Looks through what is in the broker, a page at a time. */
#include "config.h"

#include "queue_own.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum { LOOK_TAKEN, LOOK_LISTS, LOOK_TAKEN_AGAIN, LOOK_END };

static void
look_add(struct queue_look *look, const char *text, size_t len)
{
	look->texts[look->n++] = (struct queue_text){ text, len };
}

/* What is longer cannot be a message of ours, and would take too long.  KEYS:
 * hash, or list.  ARGV: cursor and how many; or from and to. */
#define LOOK_LONG "2097152"
static struct kv_script look_taken_script = {
	.text = "local s = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT',"
		" ARGV[2])\n"
		"for i = 2, #s[2], 2 do\n"
		"  if #s[2][i] > " LOOK_LONG " then s[2][i] = '' end\n"
		"end\n"
		"return s\n"
};
static struct kv_script look_list_script = {
	.text = "local r = redis.call('LRANGE', KEYS[1], ARGV[1], ARGV[2])\n"
		"for i = 1, #r do\n"
		"  if #r[i] > " LOOK_LONG " then r[i] = '' end\n"
		"end\n"
		"return r\n"
};

/* Entries, which are scanned in no order. */
static int
look_taken(struct queue *q, struct queue_look *look)
{
	const struct kv_word words[] = { KV(queue_key(q->arena, "unacked", "")),
		KV(look->cursor[0] == '\0' ? "0" : look->cursor),
		KV(arena_printf(q->arena, "%zu", look->page)) };
	const redisReply *s = kv_eval(q->kv, q->arena, &look_taken_script,
			     &(struct kv_args){ 1, NELEM(words), words }),
			 *pairs;

	if (!kv_fits(s, "sa", "HSCAN"))
		return -1;
	pairs = s->element[1];
	look->texts =
	    arena_alloc(q->arena, (pairs->elements + 1) * sizeof(*look->texts));
	for (size_t i = 1; i < pairs->elements; i += 2) {
		struct queue_entry e = { .value = pairs->element[i]->str,
			.len = pairs->element[i]->len };

		queue_entry_parse(q->arena, &e);
		if (e.text != NULL)
			look_add(look, e.text, e.text_len);
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
look_list(struct queue *q, struct queue_look *look)
{
	const char *list =
	    queue_list_at(q->arena, look->names[look->list / queue_steps()],
		look->list % queue_steps());
	const struct kv_word words[] = {
		KV(list), KV(arena_printf(q->arena, "%zu", look->from)),
		KV(arena_printf(q->arena, "%zu", look->from + look->page - 1))
	};
	const redisReply *r = kv_eval(q->kv, q->arena, &look_list_script,
	    &(struct kv_args){ 1, NELEM(words), words });

	if (!kv_fits(r, "*", "LRANGE"))
		return -1;
	look->texts =
	    arena_alloc(q->arena, (r->elements + 1) * sizeof(*look->texts));
	for (size_t i = 0; i < r->elements; i++)
		look_add(look, r->element[i]->str, r->element[i]->len);
	look->from += look->page;
	if (r->elements < look->page) {
		look->from = 0;
		look->list++;
	}
	return 1;
}

int
queue_look(struct queue *q, struct queue_look *look)
{
	look->n = 0;
	if (look->part == LOOK_LISTS &&
	    look->list >= look->nnames * queue_steps())
		look->part++;
	if (look->part == LOOK_END)
		return 0;
	return look->part == LOOK_LISTS ? look_list(q, look)
					: look_taken(q, look);
}

const char *
queue_look_skip(struct queue_look *look)
{
	size_t name = look->list / queue_steps();

	if (look->part != LOOK_LISTS)
		return NULL;
	look->list = (name + 1) * queue_steps();
	look->from = 0;
	return look->names[name];
}
