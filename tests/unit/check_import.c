/* SPDX-License-Identifier: ISC */
/* Tasks out of files of ours and of other programs, CSV, and how far it is. */
#include "config.h"

#include "lib/harness.h"

#include "base/clock.h"
#include "base/str.h"
#include "ctl/import.h"
#include "ctl/progress.h"
#include "text/csv.h"

static struct arena *arena;

static void
set_up(void)
{
	arena = arena_new();
}

static void
tear_down(void)
{
	arena_free(arena);
}

static void
is_text(const char *got, const char *want)
{
	if (want == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_str_eq(got, want);
}

/* --- CSV --- */

/* Rows as text: a cell in brackets, and a row in a line; NULL: refused. */
static const struct {
	const char *csv, *rows;
} csvs[] = {
	{ "", "" },
	{ "\r\n\n", "" },
	{ "a,b\r\nc,d\r\n", "1[a][b]\n2[c][d]\n" },
	{ "a,b\nc,d", "1[a][b]\n2[c][d]\n" },
	{ "a\rb", "1[a]\n2[b]\n" },
	{ "\xef\xbb\xbf"
	  "a,",
	    "1[a]-\n" },
	{ ",", "1--\n" },
	{ "\"\",", "1[]-\n" },
	{ "\"a\"\"b\",\" c\n,\"\nd", "1[a\"b][ c\n,]\n3[d]\n" },
	{ "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18",
	    "1[1][2][3][4][5][6][7][8][9][10][11][12][13][14][15][16][17][18]\n" },
	{ "\"a", NULL },
	{ "\"a\"b", NULL },
	{ "a\"b", NULL },
	{ "\"a\" ,b", NULL },
};

START_TEST(csv_is_read)
{
	char *text = harness_exact(csvs[_i].csv, strlen(csvs[_i].csv));
	struct csv c = csv_begin(text, strlen(csvs[_i].csv));
	struct buf b = { 0 };
	const char **row, *why;
	size_t n;
	int rc;

	buf_adds(&b, "");
	while ((rc = csv_next(&c, arena, &row, &n, &why)) == 1) {
		buf_printf(&b, "%u", c.line);
		for (size_t i = 0; i < n; i++) {
			if (row[i] == NULL)
				buf_addc(&b, '-');
			else
				buf_printf(&b, "[%s]", row[i]);
		}
		buf_addc(&b, '\n');
	}
	if (csvs[_i].rows == NULL) {
		ck_assert_int_eq(rc, -1);
		ck_assert_str_ne(why, "");
	} else {
		ck_assert_int_eq(rc, 0);
		ck_assert_str_eq(b.data, csvs[_i].rows);
	}
	buf_free(&b);
	free(text);
}
END_TEST

static const char *const cells[] = { NULL, "", "a", " a", "a ", "a,b", "\"",
	"a\nb", "a\r\n",
	"\xef\xbb\xbf"
	"a",
	"=1+1", "\xc3\xa4" };

START_TEST(cells_come_back_as_they_were)
{
	struct buf b = { 0 };
	const char **row, *why;
	struct csv c;
	size_t n;

	csv_add(&b, cells[_i], true);
	csv_add(&b, cells[_i], false);
	buf_adds(&b, "\r\n");
	c = csv_begin(b.data, b.len);
	ck_assert_int_eq(csv_next(&c, arena, &row, &n, &why), 1);
	ck_assert_uint_eq(n, 2);
	is_text(row[0], cells[_i]);
	is_text(row[1], cells[_i]);
	ck_assert_int_eq(csv_next(&c, arena, &row, &n, &why), 0);
	buf_free(&b);
}
END_TEST

/* --- the formats --- */

/* Each task as a line, and behind them what has no place; why is what the
 * refusal has in it, or NULL. */
static const struct {
	const char *format, *file, *text, *tasks, *why;
} imports[] = {
	{ "csv", NULL,
	    "id,Title,description,status,created_at\r\n"
	    "7,a,\"b\nc\",completed,2026-11-22\r\n8,\" d \",,,\r\n"
	    "9,e,\"\",pending,\r\n,,x,,\r\n",
	    "2 a|b\nc|completed\n4  d |-|pending\n5 e||pending\n"
	    "6 : it has no title\ncreated_at 1\n",
	    NULL },
	{ "csv", NULL, "title\na,b\n", NULL, "line 3: a line has not" },
	{ "csv", NULL, "name\na\n", NULL, "no column \"title\"" },
	{ "csv", NULL, "", "", NULL },
	{ "ndjson", NULL,
	    "{\"title\":\"a\",\"status\":\"completed\",\"created_by\":\"x\"}\n\n"
	    "{\"title\":\"b\",\"description\":\"\"}\n[]\n{\"title\":7}",
	    "1 a|-|completed\n3 b||pending\n4 : it is no object\n"
	    "5 : it has no title\ncreated_by 1\n",
	    NULL },
	{ "ndjson", NULL, "{}\n{", NULL, "line 2: line 1, column 2" },
	{ "json", NULL, "[{\"title\":\"a\"}]", "1 a|-|pending\n", NULL },
	{ "json", NULL, "{\"data\":[{\"title\":\"a\"}]}", "1 a|-|pending\n",
	    NULL },
	{ "json", NULL, "[\n{\"status\":\"x\",\"title\":\"a\"}\n]\n",
	    "1 a|-|x\n", NULL },
	{ "json", NULL, "{\"data\":7}", NULL, "no array" },
	{ "todoist", "import-todoist.csv", NULL,
	    "3 Buy milk @shop|2 litres, whole\r\n\"the blue one\"\n\n"
	    "They close at 8\n\nOr 9, on Saturdays|pending\n"
	    "7 Ask which|-|pending\n9 Rules of the house|-|pending\n"
	    "10 : it has no title\n"
	    "section 1\npriority 1\ndate 1\nplace below another task 1\n"
	    "who is responsible 1\n",
	    NULL },
	{ "taskwarrior", "import-taskwarrior.json", NULL,
	    "1 Pay the rent|-|pending\n"
	    "2 Write the report|https://example.org/report\n"
	    "chapter 2 is missing|in-progress\n3 Call Grace|-|completed\n"
	    "4 Never mind: it was deleted\n"
	    "5 Water the plants: it is a pattern of others that recur\n"
	    "6 \xc3\x9c"
	    "berraschung \xf0\x9f\x8e\x89|-|pending\n"
	    "project 1\ntags 1\ndue 1\npriority 1\nwait 1\n",
	    NULL },
	{ "taskwarrior", NULL,
	    "{\"description\":\"a\",\"status\":\"pending\",\"entry\":\"x\"},\n"
	    "{\"description\":\"b\",\"status\":\"completed\"}\n",
	    "1 a|-|pending\n2 b|-|completed\n", NULL },
	{ "trello", "import-trello.json", NULL,
	    "1 New shelves|Oak, *not* pine\n\nSteps:\n\n- [x] Measure\n"
	    "- [ ] Order|pending\n2 Paint the wall|-|in-progress\n"
	    "3 Hang the lamp|Tools:\n\n- [ ] Drill|completed\n"
	    "4 Old card: it is archived\n5 A sauna: it is archived\n"
	    "6 Order tiles|-|completed\n"
	    "due 2\nlabels 1\nmembers 1\ncomments 1\n",
	    NULL },
	{ "trello", NULL, "{}", NULL, "no cards" },
	{ "trello", NULL, "{\"cards\":[7,{}]}",
	    "1 : it has no title\n2 : it has no title\n", NULL },
	{ "vikunja", "import-vikunja.json", NULL,
	    "1 Renew the passport|At the town hall, room 3 & 4\n- photo\n"
	    "- old one|pending\n2 Plain & old|a < b\nc|completed\n"
	    "3 Insulate the roof|-|in-progress\n4 Plant a tree|-|pending\n"
	    "due_date 1\npriority 1\nlabels 1\ncomments 1\n",
	    NULL },
	{ "vikunja", NULL, "[{\"title\":\"a\",\"done\":true},7]",
	    "1 a|-|completed\n", NULL },
	{ "vikunja", NULL, "{}", NULL, "no array" },
	{ "vikunja", NULL, "[", NULL, "line 1, column 2" },
	{ "other", NULL, "", NULL, "no such format" },
};

static char *
sample(const char *name, size_t *len)
{
	const char *dir = getenv("srcdir");
	char *text;

	ck_assert_int_eq(str_read_file(arena_printf(arena, "%s/tests/data/%s",
					   dir == NULL ? "." : dir, name),
			     1u << 20, &text, len),
	    0);
	return text;
}

static void
show(struct buf *b, const struct import_set *set)
{
	buf_adds(b, "");
	for (size_t i = 0; i < set->n; i++) {
		const struct import_item *v = &set->v[i];

		if (v->why != NULL)
			buf_printf(b, "%u %s: %s\n", v->at, v->title, v->why);
		else
			buf_printf(b, "%u %s|%s|%s\n", v->at, v->title,
			    v->description == NULL ? "-" : v->description,
			    v->status);
	}
	for (size_t i = 0; i < set->nleft; i++)
		buf_printf(b, "%s %u\n", set->left[i].what, set->left[i].n);
}

START_TEST(formats_are_read)
{
	struct import_set set = { .arena = arena };
	size_t len = imports[_i].text == NULL ? 0 : strlen(imports[_i].text);
	char *text = imports[_i].file != NULL
			 ? sample(imports[_i].file, &len)
			 : harness_exact(imports[_i].text, len + 1);
	const char *why;
	struct buf b = { 0 };
	int rc = import_read(imports[_i].format, text, len, &set, &why);

	if (imports[_i].why != NULL) {
		ck_assert_int_eq(rc, -1);
		ck_assert_msg(strstr(why, imports[_i].why) != NULL, "%s", why);
	} else {
		ck_assert_int_eq(rc, 0);
		show(&b, &set);
		ck_assert_str_eq(b.data, imports[_i].tasks);
		if (len > 0)
			ck_assert_str_eq(import_guess(text, len),
			    imports[_i].format);
	}
	buf_free(&b);
	free(text);
}
END_TEST

/* What no task may be as long as, or has to be. */
START_TEST(long_texts_are_cut)
{
	struct import_set set = { .arena = arena };
	struct buf b = { 0 };
	const char *why;

	buf_adds(&b, "title,description\n");
	for (int i = 0; i < 256; i++)
		buf_adds(&b, "\xc3\xa4");
	buf_adds(&b, ",rest\nb,");
	for (int i = 0; i < 10001; i++)
		buf_adds(&b, "\xc3\xb6");
	buf_adds(&b, "\nc\xff,d\n");
	ck_assert_int_eq(import_read("csv", b.data, b.len, &set, &why), 0);
	ck_assert_uint_eq(set.n, 3);
	ck_assert_int_eq(str_utf8_count(set.v[0].title, strlen(set.v[0].title)),
	    255);
	ck_assert_ptr_nonnull(strstr(set.v[0].title, "\xa4..."));
	ck_assert_int_eq(str_utf8_count(set.v[0].description,
			     strlen(set.v[0].description)),
	    256 + 6);
	ck_assert_int_eq(str_utf8_count(set.v[1].description,
			     strlen(set.v[1].description)),
	    10000);
	ck_assert_str_eq(set.v[2].why, "it is not UTF-8");
	ck_assert(set.v[2].broken && !set.v[1].broken);
	ck_assert_uint_eq(set.nleft, 2);
	buf_free(&b);
}
END_TEST

/* --- how far it is --- */

static const struct {
	int64_t done, total, us;
	const char *line;
} lines[] = {
	{ 0, 0, 0, "0, 0/s" },
	{ 10, 0, CLOCK_SECOND, "10, 10/s" },
	{ 10, 100, CLOCK_SECOND, "10 of 100, 10 %, 10/s, 9 s left" },
	{ 10, 7300, CLOCK_SECOND, "10 of 7300, 0 %, 10/s, 12 min 9 s left" },
	{ 1, 7260, CLOCK_SECOND, "1 of 7260, 0 %, 1/s, 2 h 0 min left" },
	{ 100, 100, CLOCK_SECOND, "100 of 100, 100 %, 100/s" },
};

START_TEST(progress_is_a_line)
{
	struct buf b = { 0 };

	progress_format(&b, lines[_i].done, lines[_i].total, lines[_i].us);
	ck_assert_str_eq(b.data, lines[_i].line);
	buf_free(&b);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ csv_is_read, NELEM(csvs), 0 },
		{ cells_come_back_as_they_were, NELEM(cells), 0 },
		{ formats_are_read, NELEM(imports), 0 },
		{ long_texts_are_cut, 0, 0 },
		{ progress_is_a_line, NELEM(lines), 0 },
	};

	return harness_run_in("import", set_up, tear_down, tests, NELEM(tests));
}
