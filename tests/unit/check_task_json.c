/* SPDX-License-Identifier: ISC */
/* Bodies that ask for a task: what is taken, what is refused; tasks as JSON. */
#include "config.h"

#include "lib/harness.h"

#include "conf/conf.h"
#include "task/task.h"
#include "text/json.h"

#define A10    "aaaaaaaaaa"
#define A50    A10 A10 A10 A10 A10
#define A250   A50 A50 A50 A50 A50
#define A1000  A250 A250 A250 A250
#define A10000 A1000 A1000 A1000 A1000 A1000 A1000 A1000 A1000 A1000 A1000
#define FISH5                                                                  \
	"\xf0\x9f\x90\x9f\xf0\x9f\x90\x9f\xf0\x9f\x90\x9f"                     \
	"\xf0\x9f\x90\x9f\xf0\x9f\x90\x9f"
#define FISH50  FISH5 FISH5 FISH5 FISH5 FISH5 FISH5 FISH5 FISH5 FISH5 FISH5
#define FISH255 FISH50 FISH50 FISH50 FISH50 FISH50 FISH5

static struct arena *arena;

static const char *names[] = { "due:date", "n:number", "b:boolean" };

static struct faults *
parse(const char *body, enum task_body form, struct task_input *in)
{
	struct faults *f = faults_new(arena);
	struct json_fault fault = { 0 };
	struct json_object *tree;

	settings.tasks_extra = (struct conf_list){ NELEM(names), names };
	tree = json_read(body, strlen(body), 16, &fault);
	ck_assert_msg(fault.msg == NULL, "%s", fault.msg);
	arena_defer(arena, json_release, tree);
	task_parse(tree, form, in, f);
	return f;
}

static const struct {
	const char *body;
	enum task_body form;
	struct task_input in;
} accepted[] = {
	{ "{\"title\":\"a\"}", TASK_BODY_WHOLE,
	    { true, true, true, "a", NULL, TASK_PENDING, true, false, NULL } },
	{ "{\"title\":\"a\",\"description\":null,\"status\":\"completed\"}",
	    TASK_BODY_WHOLE,
	    { true, true, true, "a", NULL, TASK_COMPLETED, true, false,
		NULL } },
	{ "{\"status\":\"in-progress\",\"description\":\"\",\"title\":\" a \"}",
	    TASK_BODY_WHOLE,
	    { true, true, true, " a ", "", TASK_IN_PROGRESS, true, false,
		NULL } },
	{ "{\"title\":\"" FISH255 "\"}", TASK_BODY_WHOLE,
	    { true, true, true, FISH255, NULL, TASK_PENDING, true, false,
		NULL } },
	{ "{\"title\":\"a\",\"description\":\"" A10000 "\"}", TASK_BODY_WHOLE,
	    { true, true, true, "a", A10000, TASK_PENDING, true, false,
		NULL } },
	{ "{\"t\\u0069tle\":\"\\u00e9\"}", TASK_BODY_WHOLE,
	    { true, true, true, "\xc3\xa9", NULL, TASK_PENDING, true, false,
		NULL } },
	{ "{}", TASK_BODY_PATCH,
	    { false, false, false, NULL, NULL, TASK_PENDING, false, true,
		NULL } },
	{ "{\"title\":\"a\"}", TASK_BODY_PATCH,
	    { true, false, false, "a", NULL, TASK_PENDING, false, true,
		NULL } },
	{ "{\"description\":null}", TASK_BODY_PATCH,
	    { false, true, false, NULL, NULL, TASK_PENDING, false, true,
		NULL } },
	{ "{\"description\":\"b\"}", TASK_BODY_PATCH,
	    { false, true, false, NULL, "b", TASK_PENDING, false, true,
		NULL } },
	{ "{\"status\":\"pending\"}", TASK_BODY_PATCH,
	    { false, false, true, NULL, NULL, TASK_PENDING, false, true,
		NULL } },
	{ "{\"extra\":{\"n\":1.50,\"due\":\"2026-12-01\",\"x\":null}}",
	    TASK_BODY_PATCH,
	    { false, false, false, NULL, NULL, TASK_PENDING, true, true,
		"{\"n\":1.50,\"due\":\"2026-12-01\",\"x\":null}" } },
	{ "{\"extra\":{\"b\":true}}", TASK_BODY_PATCH,
	    { false, false, false, NULL, NULL, TASK_PENDING, true, true,
		"{\"b\":true}" } },
	{ "{\"extra\":{\"b\":false}}", TASK_BODY_PATCH,
	    { false, false, false, NULL, NULL, TASK_PENDING, true, true,
		"{\"b\":false}" } },
	{ "{\"extra\":null}", TASK_BODY_PATCH,
	    { false, false, false, NULL, NULL, TASK_PENDING, true, true,
		NULL } },
	{ "{\"title\":\"a\",\"extra\":{}}", TASK_BODY_WHOLE,
	    { true, true, true, "a", NULL, TASK_PENDING, true, false, "{}" } },
};

START_TEST(bodies_are_taken)
{
	const struct task_input *want = &accepted[_i].in;
	struct task_input in;

	arena = arena_new();
	ck_assert_uint_eq(parse(accepted[_i].body, accepted[_i].form, &in)->n,
	    0);
	ck_assert(in.has_title == want->has_title);
	ck_assert(in.has_description == want->has_description);
	ck_assert(in.has_status == want->has_status);
	ck_assert_pstr_eq(in.title, want->title);
	ck_assert_pstr_eq(in.description, want->description);
	ck_assert_int_eq(in.status, want->status);
	ck_assert(in.has_extra == want->has_extra);
	ck_assert(in.merges_extra == want->merges_extra);
	ck_assert_pstr_eq(in.extra, want->extra);
	arena_free(arena);
}
END_TEST

static const struct {
	const char *body;
	enum task_body form;
	const char *faults; /* name:type, in order, with a space between */
	const char *msg;    /* part of the first one's */
} refused[] = {
	{ "null", TASK_BODY_WHOLE, "(body):model_attributes_type",
	    "JSON object" },
	{ "[]", TASK_BODY_WHOLE, "(body):model_attributes_type",
	    "JSON object" },
	{ "\"title\"", TASK_BODY_PATCH, "(body):model_attributes_type",
	    "JSON object" },
	{ "{}", TASK_BODY_WHOLE, "title:missing", "required" },
	{ "{\"title\":null}", TASK_BODY_WHOLE, "title:string_type", "string" },
	{ "{\"title\":null}", TASK_BODY_PATCH, "title:string_type", "string" },
	{ "{\"title\":7}", TASK_BODY_WHOLE, "title:string_type", "string" },
	{ "{\"title\":[\"a\"]}", TASK_BODY_WHOLE, "title:string_type",
	    "string" },
	{ "{\"title\":\"\"}", TASK_BODY_WHOLE, "title:string_too_short",
	    "at least 1" },
	{ "{\"title\":\"\"}", TASK_BODY_PATCH, "title:string_too_short",
	    "at least 1" },
	{ "{\"title\":\" \\t\\n\"}", TASK_BODY_WHOLE, "title:value_error",
	    "white space" },
	{ "{\"title\":\"\\u00a0\\u3000\"}", TASK_BODY_WHOLE,
	    "title:value_error", "white space" },
	{ "{\"title\":\"" A250 "aaaaaa\"}", TASK_BODY_WHOLE,
	    "title:string_too_long", "255" },
	{ "{\"title\":\"" FISH255 "a\"}", TASK_BODY_WHOLE,
	    "title:string_too_long", "255" },
	{ "{\"title\":\"a\\u0000b\"}", TASK_BODY_WHOLE, "title:value_error",
	    "U+0000" },
	{ "{\"title\":\"\\u0000\"}", TASK_BODY_WHOLE, "title:value_error",
	    "U+0000" },
	{ "{\"title\":\"a\",\"description\":false}", TASK_BODY_WHOLE,
	    "description:string_type", "string" },
	{ "{\"description\":\"\\u0000\"}", TASK_BODY_PATCH,
	    "description:value_error", "U+0000" },
	{ "{\"description\":\"" A10000 "a\"}", TASK_BODY_PATCH,
	    "description:string_too_long", "10000" },
	{ "{\"status\":\"done\"}", TASK_BODY_PATCH, "status:enum",
	    "in-progress" },
	{ "{\"status\":\"Pending\"}", TASK_BODY_PATCH, "status:enum",
	    "pending" },
	{ "{\"status\":\"pending\\u0000\"}", TASK_BODY_PATCH, "status:enum",
	    "pending" },
	{ "{\"status\":null}", TASK_BODY_PATCH, "status:enum", "pending" },
	{ "{\"status\":1}", TASK_BODY_PATCH, "status:enum", "pending" },
	{ "{\"id\":1}", TASK_BODY_PATCH, "id:extra_forbidden",
	    "set by the server" },
	{ "{\"created_at\":1,\"updated_at\":1,\"created_by\":1}",
	    TASK_BODY_PATCH,
	    "created_at:extra_forbidden updated_at:extra_forbidden "
	    "created_by:extra_forbidden",
	    "created_at is set by the server" },
	{ "{\"Titel\":1}", TASK_BODY_PATCH, "Titel:extra_forbidden",
	    "did you mean title?" },
	{ "{\"priority\":1}", TASK_BODY_PATCH, "priority:extra_forbidden",
	    "nothing else" },
	{ "{\"\":1}", TASK_BODY_PATCH, ":extra_forbidden", "nothing else" },
	{ "{\"extra\":[]}", TASK_BODY_PATCH, "extra:dict_type", "an object" },
	{ "{\"extra\":{\"n\":\"1\",\"due\":\"2026-13-01\",\"m\":1}}",
	    TASK_BODY_PATCH, "n:float_type due:date_type m:extra_forbidden",
	    "n must be a number" },
	{ "{\"extra\":{\"due\":\"2026-12-01\\u0000\"}}", TASK_BODY_PATCH,
	    "due:value_error", "U+0000" },
	{ "{\"extra\":{\"n\":1e-8192}}", TASK_BODY_PATCH, "extra:too_long",
	    "8192" },
	{ "{\"x\":1,\"status\":2,\"description\":3,\"id\":4}", TASK_BODY_WHOLE,
	    "x:extra_forbidden status:enum description:string_type "
	    "id:extra_forbidden title:missing",
	    "nothing else" },
};

START_TEST(faults_are_named)
{
	struct task_input in;
	struct faults *f;
	char all[512] = "";
	size_t i;

	arena = arena_new();
	f = parse(refused[_i].body, refused[_i].form, &in);
	for (i = 0; i < f->n; i++) {
		const char *name = f->v[i].name;
		size_t len = strlen(all);

		ck_assert_int_eq(f->v[i].in, FAULT_BODY);
		snprintf(all + len, sizeof(all) - len, "%s%s:%s",
		    i > 0 ? " " : "", name == NULL ? "(body)" : name,
		    f->v[i].type);
	}
	ck_assert_str_eq(all, refused[_i].faults);
	ck_assert_msg(strstr(f->v[0].msg, refused[_i].msg) != NULL, "%s",
	    f->v[0].msg);
	arena_free(arena);
}
END_TEST

#define DEEP7(x) "[[[[[[[" x "]]]]]]]"

static const struct {
	const char *body;
	size_t faults;
} passed[] = {
	{ "{\"extra\":{\"any\":" DEEP7("1") "}}", 0 },
	{ "{\"extra\":{\"any\":" DEEP7("{}") "}}", 1 },
	{ "{\"extra\":{\"any\":" DEEP7("\"\\u0000\"") "}}", 1 },
	{ "{\"extra\":{\"n\":" DEEP7("1") "}}", 1 },
	{ "{\"extra\":{\"n\":-1e308,\"m\":[1e308,1.5e+4]}}", 0 },
	{ "{\"extra\":{\"m\":[1e300,1E-8000]}}", 1 },
	{ "{\"extra\":{\"m\":[true,false,null,{\"e\":true}]}}", 0 },
	/* {"m": [[0.…1], {"a": 1}]} has 8192 bytes, and one more. */
	{ "{\"extra\":{\"m\":[[1e-8169],{\"a\":1}]}}", 0 },
	{ "{\"extra\":{\"m\":[[1e-8170],{\"a\":1}]}}", 1 },
};

START_TEST(other_names_are_passed)
{
	struct task_input in;

	arena = arena_new();
	settings.tasks_extra_other = CONF_extra_other_pass;
	ck_assert_uint_eq(parse(passed[_i].body, TASK_BODY_PATCH, &in)->n,
	    passed[_i].faults);
	settings.tasks_extra_other = CONF_extra_other_refuse;
	arena_free(arena);
}
END_TEST

static const struct {
	struct task task;
	const char *text;
} written[] = {
	{ { .id = { { 1, 0x93, 0x5f, 3, 4, 5, 0x76, 7, 0x88, 9, 10, 11, 12, 13,
		14, 255 } },
	      .title = "Buy \"milk\"\n and more",
	      .title_len = 10, /* borrowed: no terminator */
	      .description = NULL,
	      .status = TASK_PENDING,
	      .status_word = "pending",
	      .status_len = 7,
	      .created_at = INT64_C(1795345500123456),
	      .updated_at = INT64_C(1795345500123456),
	      .created_by = "alice",
	      .created_by_len = 5,
	      .version = 1 },
	    "{\"id\":\"01935f03-0405-7607-8809-0a0b0c0d0eff\","
	    "\"title\":\"Buy \\\"milk\\\"\",\"description\":null,"
	    "\"status\":\"pending\","
	    "\"created_at\":\"2026-11-22T11:05:00.123456Z\","
	    "\"updated_at\":\"2026-11-22T11:05:00.123456Z\","
	    "\"created_by\":\"alice\"}" },
	{ { .title = "\xc3\xa9",
	      .title_len = 2,
	      .description = "",
	      .status = TASK_STATUS__MAX, /* of a newer release */
	      .status_word = "archived+",
	      .status_len = 8,
	      .created_at = 0,
	      .updated_at = INT64_C(1795345500000000),
	      .created_by = "b\\",
	      .created_by_len = 2,
	      .extra = "{\"a\": [1, \"b \\\\\\\": \"]}+",
	      .extra_len = 22,
	      .version = 7 },
	    "{\"id\":\"00000000-0000-0000-0000-000000000000\","
	    "\"title\":\"\xc3\xa9\",\"description\":\"\","
	    "\"status\":\"archived\","
	    "\"created_at\":\"1970-01-01T00:00:00.000000Z\","
	    "\"updated_at\":\"2026-11-22T11:05:00.000000Z\","
	    "\"created_by\":\"b\\\\\","
	    "\"extra\":{\"a\":[1,\"b \\\\\\\": \"]}}" },
};

START_TEST(tasks_are_written)
{
	struct buf b = { 0 };
	struct json_write w = json_write(&b);

	task_format(&w, &written[_i].task);
	ck_assert_str_eq(b.data, written[_i].text);
	buf_free(&b);
}
END_TEST

START_TEST(statuses_have_names)
{
	enum task_status status = TASK_STATUS__MAX;

	ck_assert_int_eq(task_status_parse(task_statuses[_i],
			     strlen(task_statuses[_i]), &status),
	    0);
	ck_assert_int_eq(status, _i);
	ck_assert_int_eq(task_status_parse(task_statuses[_i],
			     strlen(task_statuses[_i]) - 1, &status),
	    -1);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ bodies_are_taken, NELEM(accepted), 0 },
		{ faults_are_named, NELEM(refused), 0 },
		{ other_names_are_passed, NELEM(passed), 0 },
		{ tasks_are_written, NELEM(written), 0 },
		{ statuses_have_names, TASK_STATUS__MAX, 0 },
	};

	return harness_run("task_json", tests, NELEM(tests));
}
