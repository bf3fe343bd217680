/* SPDX-License-Identifier: ISC */
/* errandctl tasks: what is asked and what is made of answers, a task as a file,
 * and text of others on a terminal. */
#include "config.h"

#include "lib/harness.h"

#include "base/str.h"
#include "ctl/api.h"
#include "ctl/cmd.h"
#include "ctl/tasks_editor.h"
#include "ctl/term_print.h"
#include "lib/loopback.h"

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

static struct api
open_api(const char *url)
{
	const struct api_where where = { .url = url, .timeout_ms = 60000 };
	struct api api;

	setenv("ERRAND_TOKEN", " a.b-c_d~e+f/g== \n", 1);
	ck_assert_int_eq(api_open(&api, &where), CMD_OK);
	api.arena = arena;
	return api;
}

START_TEST(a_question_has_all_that_belongs_to_it)
{
	struct loopback *lb = loopback_start(false);
	struct api api =
	    open_api(arena_printf(arena, "%s//", loopback_url(lb)));
	struct buf body = { 0 }, path = { 0 };
	struct api_answer answer;
	char *last;

	loopback_set(lb, "/tasks?title=a%20%26%C3%A4&limit=5", 200, "{\"a\":1}",
	    7);
	buf_adds(&path, "/tasks");
	api_add_query(&path, "status", NULL);
	api_add_query(&path, "title", "a &\xc3\xa4");
	api_add_query(&path, "limit", "5");
	buf_adds(&body, "{}");
	ck_assert(api_ask(&api,
	    &(struct api_ask){
		"PATCH", path.data, &body, "\"1-a, b\"", "k%,", 7 },
	    &answer));
	ck_assert_ptr_nonnull(answer.json);
	ck_assert_ptr_null(answer.etag);
	last = loopback_last(lb, path.data);
	ck_assert_ptr_nonnull(strstr(last,
	    "\r\nAuthorization: Bearer a.b-c_d~e+f/g==\r\n"));
	ck_assert_ptr_nonnull(strstr(last, "\r\nIf-Match: \"1-a, b\"\r\n"));
	ck_assert_ptr_nonnull(strstr(last, "\r\nIdempotency-Key: \"k%,\"\r\n"));
	ck_assert_ptr_nonnull(strstr(last, "\r\nPrefer: wait=7\r\n"));
	ck_assert_ptr_nonnull(strstr(last, "\r\n\r\n{}"));
	free(last);
	buf_free(&path);
	buf_free(&body);
	api_close(&api);
	loopback_stop(lb);
}
END_TEST

/* Which exit status an answer leads to, and whether it is a success. */
static const struct {
	int status;
	const char *body;
	bool good;
	int rc;
} answers[] = {
	{ 200, "{}", true, 0 },
	{ 200, "", true, 0 },
	{ 200, "<html>", false, CMD_FAILED },
	{ 302, "", false, CMD_FAILED },
	{ 401, "{\"detail\":\"x\"}", false, API_DENIED },
	{ 401, "<html>", false, API_DENIED },
	{ 403, "{\"detail\":\"x\"}", false, API_DENIED },
	{ 404, "{\"detail\":\"x\"}", false, API_ABSENT },
	{ 404, "<html>", false, CMD_FAILED }, /* some web server's */
	{ 404, "{\"detail\":7}", false, CMD_FAILED },
	{ 412, "{\"detail\":\"x\"}", false, API_CONFLICT },
	{ 415, "{\"detail\":\"x\"}", false, CMD_FAILED },
	{ 422, "{\"detail\":\"x\",\"errors\":[7,{\"loc\":[\"body\",8]},{}]}",
	    false, CMD_FAILED },
	{ 429, "", false, API_AWAY },
	{ 502, "<html>", false, API_AWAY },
	{ 503, "{\"detail\":\"x\",\"request_id\":\"y\"}", false, API_AWAY },
	{ LOOPBACK_RUDE, "", false, API_AWAY },
};

START_TEST(answers_have_exit_statuses)
{
	struct loopback *lb = loopback_start(false);
	struct api api = open_api(loopback_url(lb));
	struct api_answer answer;
	bool good;

	loopback_set(lb, "/x", answers[_i].status, answers[_i].body,
	    strlen(answers[_i].body));
	good = api_ask(&api, &(struct api_ask){ .method = "GET", .path = "/x" },
	    &answer);
	ck_assert_int_eq(good, answers[_i].good);
	if (!good)
		ck_assert_int_eq(api_say(&answer, "x"), answers[_i].rc);
	api_close(&api);
	loopback_stop(lb);
}
END_TEST

/* Where no question is sent, and why. */
static const struct {
	const char *url, *token;
	bool open;
	int rc;
} places[] = {
	{ "https://a", "t", false, CMD_OK },
	{ "http://localhost:1", "t", false, CMD_OK },
	{ "http://a", "t", false, CMD_USAGE },
	{ "http://a", "t", true, CMD_OK },
	{ "ftp://a", "t", true, CMD_USAGE },
	{ "https://a?b", "t", false, CMD_USAGE },
	{ "https://me@a", "t", false, CMD_USAGE },
	{ "", "t", false, CMD_USAGE },
	{ "https://a", "", false, API_DENIED },
	{ "https://a", " ", false, API_DENIED },
	{ "https://a", "t\r\nX: y", false, API_DENIED },
	{ "https://a", "\xc3\xa4", false, API_DENIED },
};

START_TEST(no_token_goes_astray)
{
	const struct api_where where = { .url = places[_i].url,
		.open = places[_i].open };
	struct api api;

	unsetenv("ERRAND_TOKEN_FILE");
	unsetenv("ERRAND_URL");
	setenv("XDG_STATE_HOME", "/nonexistent", 1);
	setenv("ERRAND_TOKEN", places[_i].token, 1);
	ck_assert_int_eq(api_open(&api, &where), places[_i].rc);
	api_close(&api);
}
END_TEST

/* A file of the editor; NULL as a title: it cannot be read. */
static const struct {
	const char *text, *title, *status, *description;
} texts[] = {
	{ "Title: a\nStatus: b\n\nc\n", "a", "b", "c" },
	{ "Title:a  b \r\nStatus:\tb\r\n\r\nc\r\n", "a  b", "b", "c" },
	{ "Status: b\nTitle: a\n", "a", "b", NULL },
	{ "Title: a\nStatus: b", "a", "b", NULL },
	{ "Title: a\nStatus: b\n\n\n c\n\nTitle: d\n\n\n", "a", "b",
	    "\n c\n\nTitle: d" },
	{ "Title:\nStatus: b\n\nc", "", "b", "c" },
	{ "Title: a\n\nStatus: b\n", NULL, NULL, NULL },
	{ "Title: a\nHello\nStatus: b\n", NULL, NULL, NULL },
	{ "", NULL, NULL, NULL },
};

static void
is_text(const char *got, const char *want)
{
	if (want == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_str_eq(got, want);
}

START_TEST(the_file_of_a_task_is_read)
{
	struct tasks_text t;
	const char *why;
	int rc =
	    tasks_text_parse(arena_strdup(arena, texts[_i].text), &t, &why);

	ck_assert_int_eq(rc, texts[_i].title == NULL ? -1 : 0);
	if (rc == -1)
		return;
	is_text(t.title, texts[_i].title);
	is_text(t.status, texts[_i].status);
	is_text(t.description, texts[_i].description);
}
END_TEST

START_TEST(the_file_of_a_task_is_written)
{
	struct tasks_text t = { "a\nb", "c\n\nd", "e" };
	struct buf b = { 0 };

	tasks_text_format(&b, &t);
	ck_assert_str_eq(b.data, "Title: a b\nStatus: e\n\nc\n\nd\n");
	buf_free(&b);
}
END_TEST

/* What reaches a terminal of so many columns, and how many it takes. */
static const struct {
	const char *text;
	int width;
	const char *printed;
	int columns;
} shown[] = {
	{ "plain", 0, "plain", 5 }, { "plain", 3, "pla", 3 },
	{ "a\tb\033[31m\x7f", 0, "a b [31m ", 9 },
	{ "a\xc2\x9b"
	  "b",
	    0, "a b", 3 }, /* a C1 control */
	{ "a\xe2\x80\xae"
	  "b",
	    0, "a b", 3 },          /* turns the direction */
	{ "\xff\xc3", 0, "  ", 2 }, /* no UTF-8 */
	{ "\xc3\xa4\xe6\xbc\xa2", 0, "\xc3\xa4\xe6\xbc\xa2", 3 },
	{ "\xe6\xbc\xa2\xe6\xbc\xa2", 3, "\xe6\xbc\xa2", 2 },
	{ "e\xcc\x81x", 2, "e\xcc\x81x", 2 }, /* an accent over the e */
};

START_TEST(text_does_not_steer_a_terminal)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(term_text(out, shown[_i].text, shown[_i].width),
	    shown[_i].columns);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_str_eq(text, shown[_i].printed);
	free(text);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_question_has_all_that_belongs_to_it, 0, 0 },
		{ answers_have_exit_statuses, NELEM(answers), 0 },
		{ no_token_goes_astray, NELEM(places), 0 },
		{ the_file_of_a_task_is_read, NELEM(texts), 0 },
		{ the_file_of_a_task_is_written, 0, 0 },
		{ text_does_not_steer_a_terminal, NELEM(shown), 0 },
	};

	return harness_run_in("tasks", set_up, tear_down, tests, NELEM(tests));
}
