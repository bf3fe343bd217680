/* SPDX-License-Identifier: ISC */
/* Reads what errandctl tasks export has written. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "import_own.h"
#include "text/csv.h"
#include "text/member.h"

#define COLUMNS 64

/* What the service sets by itself. */
static const char *const its_own[] = { "created_at", "updated_at",
	"created_by" };

/* The place of the column, or n. */
static size_t
column(const char *const *head, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (head[i] != NULL && str_case_eq(head[i], name))
			break;
	}
	return i;
}

int
import_csv(const char *text, size_t len, struct import_set *set,
    const char **why)
{
	struct csv c = csv_begin(text, len);
	struct import_item item;
	const char **head, **row;
	size_t n, width, title, description, status, extra;
	int rc = csv_next(&c, set->arena, &head, &width, why);

	if (rc != 1)
		width = 0;
	title = column(head, width, "title");
	description = column(head, width, "description");
	status = column(head, width, "status");
	extra = column(head, width, "extra");
	if (rc == 1 && title == width) {
		*why = "the first line has no column \"title\"";
		rc = -1;
	}
	while (rc == 1 && (rc = csv_next(&c, set->arena, &row, &n, why)) == 1) {
		if (n != width) {
			*why = "a line has not as many cells as the first";
			rc = -1;
			break;
		}
		item =
		    (struct import_item){ .at = c.line, .title = row[title] };
		if (extra < n && row[extra] != NULL && row[extra][0] != '\0') {
			item.extra = import_tree(set, row[extra],
			    strlen(row[extra]), &item.why);
			if (item.why != NULL) {
				import_break(set, &item, "extra is no JSON");
				continue;
			}
		}
		item.description = description < n ? row[description] : NULL;
		item.status = status < n ? row[status] : NULL;
		import_add(set, &item);
		for (size_t i = 0; i < NELEM(its_own); i++) {
			size_t at = column(head, width, its_own[i]);

			if (at < n && row[at] != NULL)
				import_leave(set, its_own[i]);
		}
	}
	if (rc == -1)
		*why = arena_printf(set->arena, "line %u: %s", c.next, *why);
	return rc;
}

static void
import_one(struct import_set *set, unsigned at, struct json_object *v)
{
	if (json_object_get_type(v) != json_type_object) {
		import_skip(set, at, NULL, "it is no object");
		return;
	}
	import_add(set, &(struct import_item){ .at = at,
			    .title = member_string(v, "title"),
			    .description = member_string(v, "description"),
			    .status = member_string(v, "status"),
			    .extra = member_object(v, "extra") });
	for (size_t i = 0; i < NELEM(its_own); i++)
		import_leave_member(set, v, its_own[i], its_own[i]);
	if (member_object(v, "extra") == NULL)
		import_leave_member(set, v, "extra", "extra that is no object");
}

int
import_ndjson(const char *text, size_t len, struct import_set *set,
    const char **why)
{
	const char *end = text + len;
	struct json_object *v;
	unsigned at = 0;
	size_t n;

	for (; text < end; text += n + 1) {
		n = strcspn(text, "\n");
		at++;
		if (strspn(text, " \t\r") >= n)
			continue;
		v = import_tree(set, text, n, why);
		if (v == NULL) {
			*why =
			    arena_printf(set->arena, "line %u: %s", at, *why);
			return -1;
		}
		import_one(set, at, v);
	}
	return 0;
}

int
import_json(const char *text, size_t len, struct import_set *set,
    const char **why)
{
	struct json_object *v = import_tree(set, text, len, why);

	if (v != NULL && json_object_get_type(v) == json_type_object)
		v = member_array(v, "data");
	if (v == NULL || json_object_get_type(v) != json_type_array) {
		if (*why == NULL)
			*why = "there is no array of tasks";
		return -1;
	}
	for (size_t i = 0; i < json_object_array_length(v); i++)
		import_one(set, (unsigned)i + 1,
		    json_object_array_get_idx(v, i));
	return 0;
}
