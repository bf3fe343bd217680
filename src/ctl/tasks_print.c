/* SPDX-License-Identifier: ISC */
/* Tasks on standard output: tables for people, JSON for programs. */
#include "config.h"

#include "tasks_print.h"

#include <stdio.h>
#include <string.h>

#include "base/uuid.h"
#include "term_print.h"
#include "text/member.h"

#define ID      (UUID_TEXT - 1)
#define STATUS  11
#define DAY     10
#define PERSON  16
#define GAP     2
#define TITLE   30 /* what a title wants before another column is shown */
#define SECOND  19 /* of a time as text: where its decimals begin */
#define AT_ONCE (ID + GAP + STATUS + GAP)

static bool
has_day(const struct tasks_print *p)
{
	return p->columns == 0 || p->columns >= AT_ONCE + DAY + GAP + TITLE;
}

static bool
has_person(const struct tasks_print *p)
{
	return p->columns == 0 ||
	       p->columns >= AT_ONCE + DAY + PERSON + 2 * GAP + TITLE;
}

void
tasks_print_head(struct tasks_print *p, bool json)
{
	*p = (struct tasks_print){
		.json = json, .begun = true, .columns = term_columns()
	};
	if (json) {
		fputs("{\"data\":[", stdout);
		return;
	}
	printf("%-*s  %-*s  ", ID, "ID", STATUS, "STATUS");
	if (has_day(p))
		printf("%-*s  ", DAY, "UPDATED");
	if (has_person(p))
		printf("%-*s  ", PERSON, "CREATED BY");
	puts("TITLE");
}

static void
print_value(struct json_object *v)
{
	const char *text =
	    json_object_to_json_string_ext(v, JSON_C_TO_STRING_NOSLASHESCAPE);

	term_json(text, strlen(text));
}

void
tasks_print_json(struct json_object *v)
{
	print_value(v);
	putchar('\n');
}

void
tasks_print_row(struct tasks_print *p, struct json_object *task)
{
	const char *title = member_string(task, "title");
	int left = p->columns - AT_ONCE;

	if (p->json) {
		fputs(p->some ? ",\n" : "\n", stdout);
		print_value(task);
		p->some = true;
		return;
	}
	term_cell(member_string(task, "id"), ID, true);
	term_cell(member_string(task, "status"), STATUS, true);
	if (has_day(p)) {
		term_cell(member_string(task, "updated_at"), DAY, false);
		left -= DAY + GAP;
	}
	if (has_person(p)) {
		term_cell(member_string(task, "created_by"), PERSON, false);
		left -= PERSON + GAP;
	}
	if (title == NULL)
		title = "-";
	term_text(stdout, title, p->columns == 0 ? 0 : left > DAY ? left : DAY);
	putchar('\n');
}

void
tasks_print_end(struct tasks_print *p)
{
	if (p->json)
		puts("\n]}");
}

static void
print_member(struct json_object *task, const char *name, const char *member)
{
	const char *text = member_string(task, member);

	if (text == NULL)
		return;
	printf("%-8s  ", name);
	term_text(stdout, text, 0);
	putchar('\n');
}

static void
print_time(struct json_object *task, const char *name, const char *member)
{
	const char *text = member_string(task, member);

	if (text != NULL && strlen(text) > SECOND)
		printf("%-8s  %.10s %.8s UTC\n", name, text, text + DAY + 1);
}

void
tasks_print_one(struct json_object *task, const char *etag, bool json)
{
	const char *text = member_string(task, "description");
	struct json_object *extra = member_object(task, "extra");

	if (json) {
		if (etag != NULL)
			json_object_object_add(task, "etag",
			    json_object_new_string(etag));
		tasks_print_json(task);
		return;
	}
	print_member(task, "id", "id");
	print_member(task, "status", "status");
	print_member(task, "title", "title");
	print_time(task, "created", "created_at");
	print_member(task, "by", "created_by");
	print_time(task, "updated", "updated_at");
	if (extra != NULL) {
		printf("%-8s  ", "extra");
		print_value(extra);
		putchar('\n');
	}
	if (etag != NULL) {
		printf("%-8s  ", "tag");
		term_text(stdout, etag, 0);
		putchar('\n');
	}
	if (text != NULL && text[0] != '\0') {
		putchar('\n');
		term_lines(text, "  ");
	}
}
