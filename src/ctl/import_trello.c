/* SPDX-License-Identifier: ISC */
/* Reads a board that Trello has exported as JSON. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "import_own.h"
#include "text/member.h"

/* The list that a card is in, or NULL. */
static struct json_object *
trello_list(struct json_object *board, struct json_object *card)
{
	struct json_object *lists = member_array(board, "lists");
	const char *id = member_string(card, "idList");

	for (size_t i = 0;
	     id != NULL && lists != NULL && i < json_object_array_length(lists);
	     i++) {
		struct json_object *v = json_object_array_get_idx(lists, i);

		if (member_is(v, "id", id))
			return v;
	}
	return NULL;
}

/* What the name of a list says, as boards have them. */
static const char *
trello_status(struct json_object *card, struct json_object *list)
{
	static const struct {
		const char *name, *status;
	} rows[] = {
		{ "done", "completed" },
		{ "complete", "completed" },
		{ "completed", "completed" },
		{ "finished", "completed" },
		{ "closed", "completed" },
		{ "doing", "in-progress" },
		{ "in progress", "in-progress" },
		{ "in-progress", "in-progress" },
		{ "working", "in-progress" },
	};
	const char *name = member_string(list, "name");
	struct json_object *v;

	if (json_object_object_get_ex(card, "dueComplete", &v) &&
	    json_object_get_boolean(v))
		return "completed";
	for (size_t i = 0; name != NULL && i < NELEM(rows); i++) {
		if (str_case_eq(name, rows[i].name))
			return rows[i].status;
	}
	return "pending";
}

/* Checklists go to the end of the description, as Markdown. */
static void
trello_checklists(struct json_object *board, struct json_object *card,
    struct buf *b)
{
	struct json_object *all = member_array(board, "checklists");
	const char *id = member_string(card, "id");

	for (size_t i = 0;
	     id != NULL && all != NULL && i < json_object_array_length(all);
	     i++) {
		struct json_object *list = json_object_array_get_idx(all, i);
		struct json_object *items = member_array(list, "checkItems");
		const char *name = member_string(list, "name");

		if (!member_is(list, "idCard", id) || items == NULL)
			continue;
		buf_printf(b, "%s%s:\n", b->len > 0 ? "\n\n" : "",
		    name == NULL ? "Checklist" : name);
		for (size_t k = 0; k < json_object_array_length(items); k++) {
			struct json_object *v =
			    json_object_array_get_idx(items, k);
			const char *text = member_string(v, "name");

			buf_printf(b, "\n- [%s] %s",
			    member_is(v, "state", "complete") ? "x" : " ",
			    text == NULL ? "" : text);
		}
	}
}

static void
trello_card(struct import_set *set, unsigned at, struct json_object *board,
    struct json_object *card)
{
	static const struct {
		const char *name, *what;
	} beside[] = {
		{ "due", "due" },
		{ "labels", "labels" },
		{ "idMembers", "members" },
		{ "attachments", "attachments" },
	};
	struct json_object *list = trello_list(board, card);
	const char *title = member_string(card, "name");
	const char *text = member_string(card, "desc");
	struct json_object *closed;
	struct buf b = { 0 };

	if ((json_object_object_get_ex(card, "closed", &closed) &&
		json_object_get_boolean(closed)) ||
	    (json_object_object_get_ex(list, "closed", &closed) &&
		json_object_get_boolean(closed))) {
		import_skip(set, at, title, "it is archived");
		return;
	}
	buf_adds(&b, text == NULL ? "" : text);
	trello_checklists(board, card, &b);
	import_add(set,
	    &(struct import_item){ .at = at,
		.title = title,
		.description =
		    b.len > 0 ? arena_strdup(set->arena, b.data) : NULL,
		.status = trello_status(card, list) });
	buf_free(&b);
	for (size_t i = 0; i < NELEM(beside); i++)
		import_leave_member(set, card, beside[i].name, beside[i].what);
}

int
import_trello(const char *text, size_t len, struct import_set *set,
    const char **why)
{
	struct json_object *board = import_tree(set, text, len, why), *cards;
	struct json_object *actions = member_array(board, "actions");

	if (board == NULL)
		return -1;
	cards = member_array(board, "cards");
	if (cards == NULL) {
		*why = "there are no cards";
		return -1;
	}
	for (size_t i = 0; i < json_object_array_length(cards); i++)
		trello_card(set, (unsigned)i + 1, board,
		    json_object_array_get_idx(cards, i));
	for (size_t i = 0;
	     actions != NULL && i < json_object_array_length(actions); i++) {
		if (member_is(json_object_array_get_idx(actions, i), "type",
			"commentCard"))
			import_leave(set, "comments");
	}
	return 0;
}
