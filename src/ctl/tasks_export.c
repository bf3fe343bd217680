/* SPDX-License-Identifier: ISC */
/* errandctl tasks export: all tasks into a file, page by page. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "cmd.h"
#include "progress.h"
#include "tasks.h"
#include "tasks_extra.h"
#include "text/csv.h"
#include "text/member.h"

enum export_format { EXPORT_CSV, EXPORT_NDJSON, EXPORT_JSON, EXPORT__MAX };
static const char *const formats[EXPORT__MAX] = { "csv", "ndjson", "json" };

struct export
{
	struct tasks *t;
	enum export_format format;
	FILE *out;
	char *part; /* the file until it is whole, or NULL */
	struct progress progress;
	int64_t done;
};

/* As the option says, or as the file is called. */
static int
export_format(struct export *x)
{
	const char *name = x->t->format;

	if (name == NULL && x->t->output != NULL)
		name = strrchr(x->t->output, '.');
	else if (name == NULL)
		name = ".csv";
	if (name != NULL && name[0] == '.')
		name++;
	for (int i = 0; name != NULL && i < EXPORT__MAX; i++) {
		if (!str_eq(formats[i], name))
			continue;
		x->format = (enum export_format)i;
		return CMD_OK;
	}
	fputs(API_WHO "the format is csv, ndjson or json: say --format\n",
	    stderr);
	return CMD_USAGE;
}

/* A member as it stands in a cell: an object as JSON. */
static const char *
export_cell(struct json_object *task, const char *name)
{
	struct json_object *v = member_object(task, name);

	return v == NULL ? member_string(task, name)
			 : json_object_to_json_string_ext(v,
			       JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void
export_row(struct export *x, struct json_object *task)
{
	static const char *const names[] = { CSV_TASK_COLUMNS };
	struct buf b = { 0 };

	if (x->format == EXPORT_CSV) {
		for (size_t i = 0; i < NELEM(names); i++)
			csv_add(&b, export_cell(task, names[i]), i == 0);
		buf_adds(&b, "\r\n");
	} else {
		if (x->format == EXPORT_JSON)
			buf_adds(&b, x->done == 0 ? "[\n" : ",\n");
		buf_adds(&b, json_object_to_json_string_ext(task,
				 JSON_C_TO_STRING_NOSLASHESCAPE));
		buf_adds(&b, x->format == EXPORT_JSON ? "" : "\n");
	}
	fwrite(b.data, 1, b.len, x->out);
	buf_free(&b);
	x->done++;
}

static void
export_head(struct export *x)
{
	static const char *const names[] = { CSV_TASK_COLUMNS };

	for (size_t i = 0; x->format == EXPORT_CSV && i < NELEM(names); i++)
		fprintf(x->out, "%s%s", i == 0 ? "" : ",", names[i]);
	if (x->format == EXPORT_CSV)
		fputs("\r\n", x->out);
}

/* One page from the cursor on, which is replaced by the next. */
static int
export_page(struct export *x, char **cursor)
{
	struct tasks *t = x->t;
	struct arena *a = t->api.arena = arena_new();
	struct buf path = { 0 };
	struct api_answer answer;
	struct json_object *data;
	const char *next;
	int64_t total = 0;
	int rc = CMD_OK;

	buf_adds(&path, "/tasks?limit=100&sort=created_at");
	api_add_query(&path, "status", t->status);
	api_add_query(&path, "title", t->title);
	tasks_extra_query(t, &path);
	api_add_query(&path, "count",
	    *cursor == NULL && x->progress.shown ? "exact" : NULL);
	api_add_query(&path, "cursor", *cursor);
	free(*cursor);
	*cursor = NULL;
	if (!api_ask_patiently(&t->api,
		&(struct api_ask){ .method = "GET", .path = path.data },
		&answer)) {
		progress_clear(&x->progress);
		rc = api_say(&answer, "the export is not whole");
		goto out;
	}
	if (member_integer(answer.json, "count", 0, INT64_MAX, &total) == 1)
		x->progress.total = total;
	data = member_array(answer.json, "data");
	for (size_t i = 0; data != NULL && i < json_object_array_length(data);
	     i++)
		export_row(x, json_object_array_get_idx(data, i));
	next = member_string(answer.json, "next_cursor");
	*cursor = next == NULL ? NULL : xstrdup(next);
	progress_step(&x->progress, x->done);
out:
	buf_free(&path);
	arena_free(a);
	return rc;
}

/* What is written has another name until it is whole. */
static int
export_open(struct export *x)
{
	const char *name = x->t->output;
	struct buf part = { 0 };
	struct stat st;

	x->out = stdout;
	if (name == NULL || str_eq(name, "-"))
		return CMD_OK;
	if (stat(name, &st) == 0 && !S_ISREG(st.st_mode)) {
		x->out = fopen(name, "we"); /* a pipe, or /dev/null */
	} else {
		buf_printf(&part, "%s.part", name);
		x->part = part.data;
		x->out = fopen(x->part, "we");
	}
	if (x->out != NULL)
		return CMD_OK;
	fprintf(stderr, API_WHO "%s: %s\n", name, strerror(errno));
	return CMD_FAILED;
}

static int
export_close(struct export *x, int rc)
{
	bool bad = fflush(x->out) != 0 || ferror(x->out) != 0;

	if (x->out != stdout && fclose(x->out) != 0)
		bad = true;
	if (rc == CMD_OK && !bad && x->part != NULL)
		bad = rename(x->part, x->t->output) == -1;
	if (rc == CMD_OK && bad) {
		fprintf(stderr, API_WHO "%s: %s\n",
		    x->t->output == NULL ? "standard output" : x->t->output,
		    strerror(errno));
		rc = CMD_FAILED;
	}
	if (rc != CMD_OK && x->part != NULL)
		(void)remove(x->part);
	return rc;
}

int
tasks_export(struct tasks *t)
{
	struct export x = { .t = t };
	char *cursor = NULL;
	int rc = export_format(&x);

	if (rc == CMD_OK)
		rc = export_open(&x);
	if (rc != CMD_OK) {
		free(x.part);
		return rc;
	}
	progress_begin(&x.progress, 0);
	export_head(&x);
	do
		rc = export_page(&x, &cursor);
	while (rc == CMD_OK && cursor != NULL);
	free(cursor);
	progress_clear(&x.progress);
	if (rc == CMD_OK && x.format == EXPORT_JSON)
		fputs(x.done == 0 ? "[]\n" : "\n]\n", x.out);
	rc = export_close(&x, rc);
	if (rc == CMD_OK && x.out != stdout)
		printf("%lld tasks exported\n", (long long)x.done);
	free(x.part);
	return rc;
}
