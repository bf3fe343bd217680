/* SPDX-License-Identifier: ISC */
/* Jobs as text: their states, their JSON, and the query of their list. */
#include "config.h"

#include "lib/harness.h"

#include "api/job_query.h"
#include "jobs/job.h"

#define ID "0191d5a0-0000-7000-8000-00000000000a"

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

START_TEST(states_go_both_ways)
{
	const char *name = job_states[_i];
	enum job_state state = JOB_STATE__MAX;

	ck_assert_int_eq(job_state_parse(name, strlen(name), &state), 0);
	ck_assert_int_eq((int)state, _i);
	ck_assert_int_eq(job_state_parse(name, strlen(name) - 1, &state), -1);
}
END_TEST

static const char *const no_states[] = { "", "Queued", "queued ", "pending" };

START_TEST(other_words_are_no_states)
{
	enum job_state state;

	ck_assert_int_eq(job_state_parse(no_states[_i], strlen(no_states[_i]),
			     &state),
	    -1);
}
END_TEST

START_TEST(json_has_every_member)
{
	struct job job = {
		.kind = "a\"kind", .args = "{\"a\": 1}", .state_word = "queued"
	};
	struct buf b = { 0 };
	struct json_write w = json_write(&b);

	ck_assert_int_eq(uuid_parse(ID, &job.id), 0);
	job.created_at = job.run_at = 1000000;
	job_format(&w, &job);
	ck_assert_str_eq(b.data,
	    "{\"id\":\"" ID "\",\"kind\":\"a\\\"kind\",\"state\":\"queued\","
	    "\"task_id\":null,\"args\":{\"a\": 1},\"attempts\":0,\"deaths\":0,"
	    "\"last_error\":null,\"worker\":null,"
	    "\"run_at\":\"1970-01-01T00:00:01.000000Z\","
	    "\"created_at\":\"1970-01-01T00:00:01.000000Z\","
	    "\"published_at\":null,\"started_at\":null,\"finished_at\":null,"
	    "\"request_id\":null,\"trace_id\":null,"
	    "\"unique_key\":null,\"priority\":0,\"held\":false}");
	buf_clear(&b);
	w = json_write(&b);
	job.has_task = true;
	job.task_id = job.id;
	job.state = JOB_FAILED;
	job.state_word = "failed";
	job.attempts = 7;
	job.deaths = 2;
	job.last_error = "no\n";
	job.worker = "w";
	job.published_at = job.started_at = job.finished_at = 2000000;
	job.request_id = "r";
	job.trace_id = "t";
	job.unique_key = "k";
	job.priority = 9;
	job.held = true;
	job_format(&w, &job);
	ck_assert_ptr_nonnull(strstr(b.data,
	    "\"state\":\"failed\",\"task_id\":\"" ID "\""));
	ck_assert_ptr_nonnull(strstr(b.data,
	    "\"attempts\":7,\"deaths\":2,\"last_error\":\"no\\n\","
	    "\"worker\":\"w\""));
	ck_assert_ptr_nonnull(strstr(b.data,
	    "\"finished_at\":\"1970-01-01T00:00:02.000000Z\","
	    "\"request_id\":\"r\",\"trace_id\":\"t\","
	    "\"unique_key\":\"k\",\"priority\":9,\"held\":true}"));
	buf_free(&b);
}
END_TEST

static struct faults *
parse(const char *query, struct job_query *q)
{
	struct faults *f = faults_new(arena);
	char *exact = harness_exact(query, strlen(query) + 1);

	job_query_parse(arena, exact, q, f);
	free(exact);
	return f;
}

static const struct {
	const char *query;
	const char *canonical;
} accepted[] = {
	{ "", "limit=20" },
	{ "limit=7", "limit=7" },
	{ "state=failed", "state=failed&limit=20" },
	{ "state=failed,queued&state=failed", "state=queued,failed&limit=20" },
	{ "state=queued,published,running,retrying,succeeded,failed,cancelled",
	    "limit=20" },
	{ "kind=errand.purge", "kind=errand.purge&limit=20" },
	{ "kind=%C3%A9", "kind=%C3%A9&limit=20" },
	{ "task_id=" ID, "task_id=" ID "&limit=20" },
	{ "task_id=0191D5A0-0000-7000-8000-00000000000A&kind=k&state=running",
	    "state=running&kind=k&task_id=" ID "&limit=20" },
};

START_TEST(queries_have_one_canonical_form)
{
	struct job_query p, again;
	const char *text;

	ck_assert_uint_eq(parse(accepted[_i].query, &p)->n, 0);
	text = page_canonical(arena, &p.page);
	ck_assert_str_eq(text, accepted[_i].canonical);
	ck_assert_uint_eq(parse(text, &again)->n, 0);
	ck_assert_str_eq(page_canonical(arena, &again.page), text);
}
END_TEST

static const struct {
	const char *query;
	const char *name;
	const char *type;
} refused[] = {
	{ "state=", "state", "enum" },
	{ "state=failed,", "state", "enum" },
	{ "state=pending", "state", "enum" },
	{ "kind=", "kind", "string_too_short" },
	{ "kind=a&kind=a", "kind", "value_error" },
	{ "task_id=7", "task_id", "uuid_parsing" },
	{ "task_id=" ID "&task_id=" ID, "task_id", "value_error" },
	{ "offset=1", "offset", "extra_forbidden" },
	{ "status=pending", "status", "extra_forbidden" },
	{ "limit=101", "limit", "less_than_equal" },
	{ "cursor=x", "cursor", "value_error" },
};

START_TEST(faults_are_named)
{
	struct job_query p;
	struct faults *f = parse(refused[_i].query, &p);

	ck_assert_uint_eq(f->n, 1);
	ck_assert_str_eq(f->v[0].name, refused[_i].name);
	ck_assert_str_eq(f->v[0].type, refused[_i].type);
}
END_TEST

START_TEST(cursors_belong_to_their_list)
{
	struct job_query p, q;
	const char *cursor, *query;
	struct uuid id;

	ck_assert_int_eq(uuid_parse(ID, &id), 0);
	ck_assert_uint_eq(parse("state=failed&limit=3", &p)->n, 0);
	cursor = page_cursor(arena, &p.page, NULL, 1234567, &id);
	ck_assert_str_eq(cursor,
	    "AU0H1x9shXefAAAAAAAS1ocBkdWgAABwAIAAAAAAAAAK");
	ck_assert_uint_eq(parse(page_next(arena, &p.page, cursor), &q)->n, 0);
	ck_assert(q.page.has_cursor);
	ck_assert_int_eq(q.page.key_number, 1234567);
	ck_assert_mem_eq(&q.page.id, &id, sizeof(id));
	ck_assert_int_eq(q.page.limit, 3);
	query = arena_printf(arena, "state=queued&cursor=%s", cursor);
	ck_assert_uint_eq(parse(query, &q)->n, 1);
	query = arena_printf(arena, "state=failed&kind=k&cursor=%s", cursor);
	ck_assert_uint_eq(parse(query, &q)->n, 1);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ states_go_both_ways, JOB_STATE__MAX, 0 },
		{ other_words_are_no_states, NELEM(no_states), 0 },
		{ json_has_every_member, 0, 0 },
		{ queries_have_one_canonical_form, NELEM(accepted), 0 },
		{ faults_are_named, NELEM(refused), 0 },
		{ cursors_belong_to_their_list, 0, 0 },
	};

	return harness_run_in("job", set_up, tear_down, tests, NELEM(tests));
}
