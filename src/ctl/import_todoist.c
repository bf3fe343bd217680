/* SPDX-License-Identifier: ISC */
/* Reads a project that Todoist has exported as CSV. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "import_own.h"
#include "text/csv.h"

#define WHERE 16

enum todoist_column {
	TYPE,
	CONTENT,
	DESCRIPTION,
	PRIORITY,
	INDENT,
	AUTHOR,
	RESPONSIBLE,
	DATE,
	DURATION,
	DEADLINE,
	TODOIST__MAX
};
static const char *const names[TODOIST__MAX] = { "TYPE", "CONTENT",
	"DESCRIPTION", "PRIORITY", "INDENT", "AUTHOR", "RESPONSIBLE", "DATE",
	"DURATION", "DEADLINE" };

struct todoist {
	struct import_set *set;
	size_t at[TODOIST__MAX]; /* SIZE_MAX: there is no such column */
	struct import_item task; /* its notes may follow */
	bool open;
};

static const char *
todoist_cell(const struct todoist *t, enum todoist_column c, const char **row,
    size_t n)
{
	const char *text = t->at[c] < n ? row[t->at[c]] : NULL;

	return text == NULL || text[0] == '\0' ? NULL : text;
}

static void
todoist_close(struct todoist *t)
{
	if (t->open)
		import_add(t->set, &t->task);
	t->open = false;
}

/* What stands beside a task; 4 is no priority, 1 no indent. */
static void
todoist_leave(struct todoist *t, const char **row, size_t n)
{
	static const struct {
		enum todoist_column column;
		const char *nothing, *what;
	} rows[] = {
		{ PRIORITY, "4", "priority" },
		{ INDENT, "1", "place below another task" },
		{ RESPONSIBLE, "", "who is responsible" },
		{ DATE, "", "date" },
		{ DURATION, "None", "duration" },
		{ DEADLINE, "None", "deadline" },
	};

	for (size_t i = 0; i < NELEM(rows); i++) {
		const char *text = todoist_cell(t, rows[i].column, row, n);

		if (text != NULL && !str_eq(text, rows[i].nothing))
			import_leave(t->set, rows[i].what);
	}
}

/* A note, which Todoist calls a comment, goes to the end of the description. */
static void
todoist_note(struct todoist *t, const char *text)
{
	if (text == NULL || !t->open)
		return;
	t->task.description = t->task.description == NULL
				  ? text
				  : arena_printf(t->set->arena, "%s\n\n%s",
					t->task.description, text);
}

static void
todoist_row(struct todoist *t, unsigned line, const char **row, size_t n)
{
	const char *type = todoist_cell(t, TYPE, row, n);
	const char *content = todoist_cell(t, CONTENT, row, n);

	if (type == NULL)
		return;
	if (str_case_eq(type, "task")) {
		todoist_close(t);
		/* "* " stands before those that cannot be completed. */
		if (content != NULL && str_starts(content, "* "))
			content += 2;
		t->task = (struct import_item){ .at = line,
			.title = content,
			.description = todoist_cell(t, DESCRIPTION, row, n) };
		t->open = true;
		todoist_leave(t, row, n);
	} else if (str_case_eq(type, "note")) {
		todoist_note(t, content);
	} else if (str_case_eq(type, "section")) {
		todoist_close(t);
		import_leave(t->set, "section");
	}
}

int
import_todoist(const char *text, size_t len, struct import_set *set,
    const char **why)
{
	struct todoist t = { .set = set };
	struct csv c = csv_begin(text, len);
	const char **row;
	size_t n;
	int rc = csv_next(&c, set->arena, &row, &n, why);

	for (size_t i = 0; i < TODOIST__MAX; i++) {
		t.at[i] = SIZE_MAX;
		for (size_t k = 0; rc == 1 && k < n; k++) {
			if (row[k] != NULL && str_case_eq(row[k], names[i]))
				t.at[i] = k;
		}
	}
	if (rc == 1 && (t.at[TYPE] == SIZE_MAX || t.at[CONTENT] == SIZE_MAX)) {
		*why = "the first line has no columns TYPE and CONTENT";
		return -1;
	}
	while (rc == 1 && (rc = csv_next(&c, set->arena, &row, &n, why)) == 1)
		todoist_row(&t, c.line, row, n);
	todoist_close(&t);
	if (rc == -1)
		*why = arena_printf(set->arena, "line %u: %s", c.next, *why);
	return rc;
}
