/* SPDX-License-Identifier: ISC */
/* Reads the data.json of Vikunja's export, or what its API lists. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "import_own.h"
#include "text/member.h"

/* The character that an HTML reference means, and how long that is; 0: it is
 * none that editors write. */
static size_t
html_reference(const char *p, char *c)
{
	static const struct {
		const char *name;
		char c;
	} rows[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&quot;", '"' }, { "&#34;", '"' }, { "&#39;", '\'' },
		{ "&apos;", '\'' }, { "&nbsp;", ' ' } };

	for (size_t i = 0; i < NELEM(rows); i++) {
		if (!str_starts(p, rows[i].name))
			continue;
		*c = rows[i].c;
		return strlen(rows[i].name);
	}
	return 0;
}

/* What ends a line in HTML. */
static bool
html_breaks(const char *tag)
{
	static const char *const names[] = { "<br", "</p>", "</li>", "</h",
		"</div>", "</pre>" };

	for (size_t i = 0; i < NELEM(names); i++) {
		if (str_starts(tag, names[i]))
			return true;
	}
	return false;
}

/* Descriptions are HTML; older ones are text, which stays as it is. */
static const char *
html_text(struct arena *a, const char *html)
{
	struct buf b = { 0 };
	const char *text;
	size_t n;
	char c;

	if (html == NULL || html[0] == '\0' || html[0] != '<')
		return html != NULL && html[0] != '\0' ? html : NULL;
	while (*html != '\0') {
		if (*html == '<') {
			if (html_breaks(html))
				buf_addc(&b, '\n');
			if (str_starts(html, "<li"))
				buf_adds(&b, "- ");
			html += strcspn(html, ">");
			html += *html == '>';
		} else if (*html == '&' && (n = html_reference(html, &c)) > 0) {
			buf_addc(&b, c);
			html += n;
		} else {
			buf_addc(&b, *html++);
		}
	}
	while (b.len > 0 && strchr(" \n", b.data[b.len - 1]) != NULL)
		b.len--;
	text = b.len == 0 ? NULL : arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return text;
}

static void
vikunja_task(struct import_set *set, unsigned at, struct json_object *v)
{
	static const char *const beside[] = { "due_date", "start_date",
		"end_date", "priority", "labels", "assignees", "comments",
		"attachments", "reminders", "repeat_after" };
	struct json_object *done = NULL, *percent = NULL;
	const char *status = "pending";

	json_object_object_get_ex(v, "done", &done);
	json_object_object_get_ex(v, "percent_done", &percent);
	if (json_object_get_boolean(done))
		status = "completed";
	else if (json_object_get_double(percent) > 0)
		status = "in-progress";
	import_add(set, &(struct import_item){ .at = at,
			    .title = member_string(v, "title"),
			    .description = html_text(set->arena,
				member_string(v, "description")),
			    .status = status });
	for (size_t i = 0; i < NELEM(beside); i++)
		import_leave_member(set, v, beside[i], beside[i]);
}

static void
vikunja_all(struct import_set *set, struct json_object *all, unsigned *at,
    int depth)
{
	static const char *const below[] = { "child_projects", "lists" };

	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *v = json_object_array_get_idx(all, i);
		struct json_object *tasks = member_array(v, "tasks"), *more;

		for (size_t k = 0;
		     tasks != NULL && k < json_object_array_length(tasks); k++)
			vikunja_task(set, ++*at,
			    json_object_array_get_idx(tasks, k));
		for (size_t k = 0; depth > 0 && k < NELEM(below); k++) {
			more = member_array(v, below[k]);
			if (more != NULL)
				vikunja_all(set, more, at, depth - 1);
		}
		if (member_there(v, "done"))
			vikunja_task(set, ++*at, v);
	}
}

int
import_vikunja(const char *text, size_t len, struct import_set *set,
    const char **why)
{
	struct json_object *v = import_tree(set, text, len, why);
	unsigned at = 0;

	if (v == NULL)
		return -1;
	if (json_object_get_type(v) != json_type_array) {
		*why = "it is no array of projects";
		return -1;
	}
	vikunja_all(set, v, &at, 16);
	return 0;
}
