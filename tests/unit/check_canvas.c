/* SPDX-License-Identifier: ISC */
/* What is planned when a task in a canvas has ended. */
#include "config.h"

#include "lib/celery_bed.h"

#include "celery/canvas.h"
#include "text/json_span.h"

/* Signatures: t(task, more members), each of which may be frozen. */
#define T(task, args, options)                                                 \
	"{\"task\":\"" task "\",\"args\":[" args "],\"kwargs\":{},"            \
	"\"options\":{" options "},\"subtask_type\":null,\"immutable\":false}"
#define FIXED(task, args)                                                      \
	"{\"task\":\"" task "\",\"args\":[" args "],\"immutable\":true}"
#define GROUP(options, tasks)                                                  \
	"{\"task\":\"celery.group\",\"args\":[],\"kwargs\":{\"tasks\":[" tasks \
	"]},\"options\":{" options "},"                                        \
	"\"subtask_type\":\"group\",\"immutable\":false}"
#define CHAIN(options, tasks)                                                  \
	"{\"task\":\"celery.chain\",\"args\":[],\"kwargs\":{\"tasks\":[" tasks \
	"]},\"options\":{" options "},"                                        \
	"\"subtask_type\":\"chain\",\"immutable\":false}"
#define CHORD(options, header, body)                                           \
	"{\"task\":\"celery.chord\",\"args\":[],\"kwargs\":{\"kwargs\":{},"    \
	"\"header\":" header ",\"body\":" body "},\"options\":{" options "},"  \
	"\"subtask_type\":\"chord\",\"immutable\":false}"
#define ID(id)    "\"task_id\":\"" id "\""
#define OF(group) "\"group_id\":\"" group "\""

/* In what is planned, messages are kind(args), followed by what is set of
 * =id, @queue, #group.index, <parent, and the ids of the next one in its chain
 * and of the body of its chord; ? is an id that was made.  Behind them sizes of
 * chords, failures and parts. */
static const struct {
	const char *embed;
	enum celery_state state;
	const char *plan, *children;
} plans[] = {
	{ "{}", CELERY_SUCCESS, "", "[]" },
	{ "{\"callbacks\":[" T("b", "2", "") "]}", CELERY_SUCCESS,
	    "b([7, 2])=? <i\n", "[[[?, null], null]]" },
	{ "{\"callbacks\":[" FIXED("b", "2") "]}", CELERY_SUCCESS,
	    "b([2])=? <i\n", "[[[?, null], null]]" },
	{ "{\"callbacks\":[" T("b", "", ID("x") ",\"queue\":\"q\"") "]}",
	    CELERY_SUCCESS, "b([7])=x @q <i\n", "[[[\"x\", null], null]]" },
	{ "{\"callbacks\":[" T("b", "", "") "," T("c", "", "") "]}",
	    CELERY_SUCCESS, "b([7])=? #?.0 <i\nc([7])=? #?.1 <i\n",
	    "[[[?, null], [[[?, null], null], [[?, null], null]]]]" },
	/* the callbacks of a failure are not sent, its errbacks are */
	{ "{\"callbacks\":[" T("b", "", "") "]}", CELERY_FAILURE, "", "[]" },
	{ "{\"errbacks\":[" T("b", "", ID("x")) "]}", CELERY_FAILURE,
	    "b([\"i\"])=x #?.0 <i\n", "[]" },
	{ "{\"errbacks\":[" T("b", "", "") "]}", CELERY_SUCCESS, "", "[]" },
	{ "{\"errbacks\":[" T("b", "", "") "]}", CELERY_REVOKED, "", "[]" },
	/* the last of a chain is next */
	{ "{\"chain\":[" T("c", "", ID("y")) "," T("b", "1", ID("x")) "]}",
	    CELERY_SUCCESS, "b([7, 1])=x <i chain c=y\n",
	    "[[[\"x\", null], null]]" },
	{ "{\"chain\":[" T("c", "", ID("y")) "," T("b", "", ID("x")) "]}",
	    CELERY_FAILURE, "y FAILURE\nx FAILURE\n", "[]" },
	{ "{\"chain\":[" T("c", "", ID("y")) "]}", CELERY_REVOKED,
	    "y REVOKED\n", "[]" },
	{ "{\"chain\":[" GROUP(ID("g"),
	      T("b", "", ID("x")) "," T("c", "", ID("y"))) "]}",
	    CELERY_SUCCESS, "b([7])=x #g.0 <i\nc([7])=y #g.1 <i\n",
	    "[[[\"g\", null], [[[\"x\", null], null], "
	    "[[\"y\", null], null]]]]" },
	{ "{\"chain\":[" CHAIN(ID("y"),
	      T("b", "", ID("x")) "," T("c", "", ID("y"))) "]}",
	    CELERY_SUCCESS, "b([7])=x <i chain c=y\n",
	    "[[[\"y\", null], null]]" },
	/* a chord that is next: its size, and the rest goes on with its body */
	{ "{\"chain\":[" T("d", "", ID("z")) "," CHORD("",
	      GROUP(ID("g"), T("b", "", ID("x")) "," T("c", "", ID("y"))),
	      T("e", "", ID("w"))) "]}",
	    CELERY_SUCCESS,
	    "b([7])=x #g.0 <i chord e=w#g chain d=z\n"
	    "c([7])=y #g.1 <i chord e=w#g chain d=z\ng has 2\n",
	    "[[[\"w\", null], null]]" },
	{ "{\"chain\":[" T("d", "", ID("z")) "," CHORD("",
	      GROUP(ID("g"), T("b", "", ID("x"))), T("e", "", ID("w"))) "]}",
	    CELERY_FAILURE, "z FAILURE\nx FAILURE\nw FAILURE\n", "[]" },
	/* a group before something else is a header */
	{ "{\"callbacks\":[" CHAIN("",
	      GROUP(ID("g"), T("b", "", ID("x")) "," T("c", "",
				 ID("y"))) "," T("e", "", ID("w"))) "]}",
	    CELERY_SUCCESS,
	    "b([7])=x #g.0 <i chord e=w#g\nc([7])=y #g.1 <i chord e=w#g\n"
	    "g has 2\n",
	    "[[[\"w\", null], null]]" },
	/* what counts in a header: the last of a chain, a chord's body */
	{ "{\"callbacks\":[" CHORD("",
	      GROUP(ID("g"), CHAIN("", T("b", "", ID("x")) "," T("c", "",
					   ID("y"))) "," CHORD("",
				 GROUP(ID("h"), T("d", "", ID("u"))),
				 T("f", "", ID("v")))),
	      T("e", "", ID("w"))) "]}",
	    CELERY_SUCCESS,
	    "b([7])=x <i chain c=y#g\nd([7])=u #h.0 <i chord f=v#g\n"
	    "g has 2\nh has 1\n",
	    "[[[\"w\", null], null]]" },
	/* a header without parts */
	{ "{\"callbacks\":[" CHORD("", GROUP("", ""), T("e", "", ID("w"))) "]}",
	    CELERY_SUCCESS, "e([[]])=w #?. <i\n", "[[[\"w\", null], null]]" },
	/* a part */
	{ "{\"chord\":" T("e", "", ID("w")) "}", CELERY_SUCCESS,
	    "part of G.3: [1, \"i\", \"SUCCESS\", 7]\n", "[]" },
	{ "{\"chord\":" T("e", "", ID("w")) "}", CELERY_FAILURE,
	    "part of G.3: [1, \"i\", \"FAILURE\", {\"exc_type\":\"ValueError\","
	    "\"exc_message\":[\"no\"],\"exc_module\":\"builtins\"}]\n",
	    "[]" },
	/* a part that is to come later, after one that has failed */
	{ "{\"chain\":[" T("c", "",
	      ID("y") "," OF("g") ",\"group_index\":1,"
				  "\"chord\":" T("e", "", ID("w"))) "]}",
	    CELERY_FAILURE,
	    "y FAILURE\npart of g.1: [1, \"y\", \"FAILURE\", {\"exc_type\":"
	    "\"ValueError\",\"exc_message\":[\"no\"],\"exc_module\":"
	    "\"builtins\"}]\n",
	    "[]" },
};

/* The member of that name of its options, as it is written. */
static bool
option(const struct json_span *sig, const char *name, struct json_span *v)
{
	struct json_span options;

	return json_span_get(sig, "options", &options) &&
	       json_span_get(&options, name, v);
}

static void
add_option(struct buf *b, const struct json_span *sig, const char *before,
    const char *name)
{
	struct json_span v;

	if (option(sig, name, &v))
		buf_printf(b, "%s%s", before, json_span_text(a, &v, 255));
}

/* The signature in that JSON, or the last of an array, which is next. */
static void
add_sig(struct buf *b, const char *word, const char *json)
{
	struct json_span sig, v;
	unsigned odd;

	if (json == NULL)
		return;
	ck_assert_ptr_null(json_span_read(json, strlen(json), CELERY_DEPTH,
	    &sig, &odd));
	if (json_span_is(&sig, '[') &&
	    (json_span_count(&sig) == 0 ||
		!json_span_at(&sig, json_span_count(&sig) - 1, &sig)))
		return;
	ck_assert(json_span_get(&sig, "task", &v));
	buf_printf(b, " %s %s", word, json_span_text(a, &v, 255));
	add_option(b, &sig, "=", "task_id");
	add_option(b, &sig, "#", "group_id");
	if (option(&sig, "chain", &v))
		add_sig(b, "chain", arena_strndup(a, v.p, v.len));
}

static void
add_id(struct buf *b, const char *before, const char *id)
{
	if (id != NULL)
		buf_printf(b, "%s%s", before, strlen(id) == 36 ? "?" : id);
}

static void
add_plan(struct buf *b, const struct canvas_plan *p)
{
	for (size_t i = 0; i < p->nposts; i++) {
		const struct celery_message *m = &p->posts[i].m;

		buf_printf(b, "%s(%s)", m->kind, m->args);
		add_id(b, "=", m->id);
		add_id(b, " @", p->posts[i].queue);
		add_id(b, " #", m->group);
		if (m->group != NULL)
			buf_printf(b, ".%s",
			    m->group_index == NULL ? "" : m->group_index);
		add_id(b, " <", m->parent_id);
		add_sig(b, "chord", m->chord);
		add_sig(b, "chain", m->chain);
		buf_addc(b, '\n');
	}
	for (size_t i = 0; i < p->nsizes; i++)
		buf_printf(b, "%s has %zu\n", p->sizes[i].group, p->sizes[i].n);
	for (size_t i = 0; i < p->nresults; i++)
		buf_printf(b, "%s %s\n", p->results[i].id,
		    strstr(p->results[i].text, "FAILURE") != NULL ? "FAILURE"
								  : "REVOKED");
	for (size_t i = 0; i < p->nparts; i++)
		buf_printf(b, "part of %s.%s: %s\n", p->parts[i].group,
		    p->parts[i].index, p->parts[i].text);
}

/* Ids that were made are left out. */
static const char *
without_ids(const char *text)
{
	struct buf b = { 0 };
	const char *out;

	for (; *text != '\0'; text++) {
		if (*text == '"' && strlen(text) > 37 && text[37] == '"' &&
		    text[9] == '-') {
			buf_addc(&b, '?');
			text += 37;
		} else {
			buf_addc(&b, *text);
		}
	}
	out = arena_strdup(a, b.data);
	buf_free(&b);
	return out;
}

static struct celery_message
message_with(const char *embed)
{
	struct celery_message m;
	struct buf b = { 0 };
	const char *why;
	struct shape s = { .headers =
			       "{" H ",\"group\":\"G\",\"group_index\":3}",
		.plain = arena_printf(a, "[[],{},%s]", embed) };

	add_shape(&b, &s);
	ck_assert_msg(decode(b.data, &m, &why) == CELERY_OK, "%s", b.data);
	buf_free(&b);
	return m;
}

START_TEST(what_follows_is_planned)
{
	const struct celery_message m = message_with(plans[_i].embed);
	struct canvas_end end = {
		.m = &m, .state = plans[_i].state, .value = "7", .seed = "s"
	};
	struct canvas_plan plan, again;
	struct buf b = { 0 };

	if (end.state == CELERY_FAILURE) {
		end.exc_type = "ValueError";
		end.exc_module = "builtins";
		end.message = "no";
	}
	ck_assert_int_eq(canvas_is(&m), plans[_i].embed[1] != '}');
	canvas_end(a, &end, &plan);
	add_plan(&b, &plan);
	ck_assert_str_eq(b.data == NULL ? "" : b.data, plans[_i].plan);
	ck_assert_str_eq(without_ids(plan.children), plans[_i].children);
	/* Once more it is the same. */
	canvas_end(a, &end, &again);
	ck_assert_str_eq(again.children, plan.children);
	for (size_t i = 0; i < plan.nposts; i++) {
		ck_assert_str_eq(again.posts[i].m.id, plan.posts[i].m.id);
		ck_assert_str_eq(again.posts[i].m.tag, plan.posts[i].m.tag);
	}
	buf_free(&b);
}
END_TEST

#define GOOD_PART "[1, \"x\", \"SUCCESS\", 1]"
#define BAD_PART                                                               \
	"[1, \"y\", \"FAILURE\", {\"exc_type\": \"ValueError\","               \
	" \"exc_message\": [\"no\"], \"exc_module\": \"builtins\"}]"

static const struct {
	const char *body, *texts[2], *value, *plan, *why;
} chords[] = {
	{ T("e", "5", ID("w")), { GOOD_PART, GOOD_PART }, NULL,
	    "e([[1, 1], 5])=w <i\n", NULL },
	{ T("e", "", ID("w")), { GOOD_PART, GOOD_PART }, "[[1], 1]",
	    "e([[[1], 1]])=w <i\n", NULL },
	{ T("e", "", ID("w")), { GOOD_PART, BAD_PART }, NULL, "w FAILURE\n",
	    "Dependency y raised ValueError('no')" },
	{ T("e", "",
	      ID("w") ",\"chain\":[" T("d", "",
		  ID("z")) "],"
			   "\"link_error\":" T("b", "", ID("x"))),
	    { GOOD_PART, "?" }, NULL,
	    "b([\"w\"])=x #?.0 <w\nw FAILURE\nz FAILURE\n",
	    "Join error: what a part came to cannot be read" },
	{ GROUP(ID("g"), T("b", "", ID("x")) "," T("c", "", ID("y"))),
	    { BAD_PART, GOOD_PART }, NULL, "x FAILURE\ny FAILURE\n",
	    "Dependency y raised" },
};

START_TEST(a_chord_goes_on_with_its_body)
{
	struct canvas_plan plan = { .arena = a, .seed = "s" };
	const struct canvas_part part = {
		.group = "G", .id = "i", .chord = chords[_i].body
	};
	struct buf b = { 0 };

	canvas_chord(&plan, &part, chords[_i].texts, 2, chords[_i].value);
	add_plan(&b, &plan);
	ck_assert_str_eq(b.data, chords[_i].plan);
	if (chords[_i].why != NULL) {
		ck_assert_ptr_nonnull(strstr(plan.results[0].text,
		    chords[_i].why));
		ck_assert_ptr_nonnull(strstr(plan.results[0].text,
		    "ChordError"));
	}
	buf_free(&b);
}
END_TEST

/* A message that holds the value and the rest would be too large. */
START_TEST(what_is_too_large_fails_to_its_end)
{
	const struct celery_message m = message_with("{\"chain\":[" T("c", "",
	    ID("y")) "," T("b", "", ID("x")) "]}");
	char *value = arena_alloc(a, 900000);
	struct canvas_end end = { .m = &m, .value = value, .seed = "s" };
	struct canvas_plan plan;

	memset(value, '1', 899999);
	canvas_end(a, &end, &plan);
	ck_assert_uint_eq(plan.nposts, 0);
	ck_assert_uint_eq(plan.nresults, 2);
	ck_assert_str_eq(plan.results[0].id, "x");
	ck_assert_str_eq(plan.results[1].id, "y");
	ck_assert_ptr_nonnull(strstr(plan.results[1].text, "too large"));
}
END_TEST

/* Signatures in each other, deeper than is read. */
START_TEST(what_is_too_deep_is_refused)
{
	const char *sig = T("b", "", "");
	struct celery_message m = { 0 };

	for (int i = 0; i < 31; i++)
		sig = arena_printf(a, CHAIN("", "%s"), sig);
	m.callbacks = arena_printf(a, "[%s]", sig);
	ck_assert_ptr_null(canvas_check(a, &m));
	sig = arena_printf(a, CHAIN("", "%s"), sig);
	m.callbacks = arena_printf(a, "[%s]", sig);
	ck_assert_ptr_nonnull(canvas_check(a, &m));
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ what_follows_is_planned, NELEM(plans), 0 },
		{ a_chord_goes_on_with_its_body, NELEM(chords), 0 },
		{ what_is_too_large_fails_to_its_end, 0, 0 },
		{ what_is_too_deep_is_refused, 0, 0 },
	};

	return harness_run_in("canvas", set_up, tear_down, tests, NELEM(tests));
}
