/* SPDX-License-Identifier: ISC */
/* Tasks that were read, and what had no place in them. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "import_own.h"
#include "text/json.h"
#include "text/member.h"

#define TITLE       255 /* characters */
#define DESCRIPTION 10000
#define DEPTH       64

static void
import_push(struct import_set *set, const struct import_item *item)
{
	if (set->n == set->size) {
		size_t size = set->size == 0 ? 64 : set->size * 2;
		struct import_item *v =
		    arena_alloc(set->arena, size * sizeof(*v));

		if (set->n > 0)
			memcpy(v, set->v, set->n * sizeof(*v));
		set->v = v;
		set->size = size;
	}
	set->v[set->n++] = *item;
}

void
import_skip(struct import_set *set, unsigned at, const char *title,
    const char *why)
{
	import_push(set,
	    &(struct import_item){ .at = at,
		.title = arena_strdup(set->arena, title == NULL ? "" : title),
		.why = why });
}

void
import_break(struct import_set *set, const struct import_item *item,
    const char *why)
{
	import_skip(set, item->at, item->title, why);
	set->v[set->n - 1].broken = true;
}

void
import_leave(struct import_set *set, const char *what)
{
	size_t i;

	for (i = 0; i < set->nleft; i++) {
		if (str_eq(set->left[i].what, what))
			break;
	}
	if (i == IMPORT_LEFT)
		return;
	if (i == set->nleft)
		set->left[set->nleft++].what = what;
	set->left[i].n++;
}

void
import_leave_member(struct import_set *set, struct json_object *v,
    const char *name, const char *what)
{
	struct json_object *m;
	bool some;

	if (!json_object_object_get_ex(v, name, &m))
		return;
	switch (json_object_get_type(m)) {
	case json_type_null:
		some = false;
		break;
	case json_type_array:
		some = json_object_array_length(m) > 0;
		break;
	case json_type_object:
		some = json_object_object_length(m) > 0;
		break;
	case json_type_string:
		/* Go's word for no time at all. */
		some = json_object_get_string_len(m) > 0 &&
		       !str_starts(json_object_get_string(m), "0001-01-01T");
		break;
	default:
		some = json_object_get_double(m) != 0;
	}
	if (some)
		import_leave(set, what);
}

/* Where n characters end. */
static size_t
import_cut(const char *text, long n)
{
	size_t len = 0, each;

	while (text[len] != '\0' && n-- > 0) {
		each = str_utf8_len(text + len, strlen(text + len));
		len += each == 0 ? 1 : each;
	}
	return len;
}

void
import_add(struct import_set *set, const struct import_item *item)
{
	struct import_item copy = *item;
	const char *title = item->title == NULL ? "" : item->title;
	const char *description = item->description;

	if (str_utf8_count(title, strlen(title)) == -1 ||
	    (description != NULL &&
		str_utf8_count(description, strlen(description)) == -1)) {
		import_break(set, item, "it is not UTF-8");
		return;
	}
	if (str_is_blank(title, strlen(title))) {
		import_skip(set, item->at, title, "it has no title");
		return;
	}
	if (str_utf8_count(title, strlen(title)) > TITLE) {
		import_leave(set, "the end of a long title, which the "
				  "description has");
		description = arena_printf(set->arena, "%s%s%s", title,
		    description == NULL ? "" : "\n\n",
		    description == NULL ? "" : description);
		title = arena_printf(set->arena, "%.*s...",
		    (int)import_cut(title, TITLE - 3), title);
	}
	if (description != NULL &&
	    str_utf8_count(description, strlen(description)) > DESCRIPTION) {
		import_leave(set, "the end of a long description");
		description = arena_strndup(set->arena, description,
		    import_cut(description, DESCRIPTION));
	}
	copy.title = arena_strdup(set->arena, title);
	if (description != NULL)
		copy.description = arena_strdup(set->arena, description);
	if (copy.status == NULL)
		copy.status = "pending";
	import_push(set, &copy);
}

struct json_object *
import_tree(struct import_set *set, const char *text, size_t len,
    const char **why)
{
	struct json_fault fault = { 0 };
	struct json_object *v;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	v = json_read(text, len, DEPTH, &fault);
	if (v != NULL)
		arena_defer(set->arena, json_release, v);
	else
		*why = arena_printf(set->arena, "line %u, column %u: %s",
		    fault.line, fault.column,
		    fault.msg == NULL ? "there is nothing" : fault.msg);
	return v;
}
