/* SPDX-License-Identifier: ISC */
/* Who is to get a mail, and who is said to have it already. */
#include "config.h"

#include "lib/harness.h"

#include "base/buf.h"
#include "conf/conf.h"
#include "kinds/notify.h"
#include "text/json.h"

static const struct {
	const char *creator;
	const char *args;
	const char *left; /* each with a blank behind it */
	size_t sent;
} cases[] = {
	{ "", "{}", "a@x.org B@x.org ", 0 },
	{ "c@x.org", "{}", "a@x.org B@x.org c@x.org ", 0 },
	{ "b@x.org", "{}", "a@x.org B@x.org ", 0 },
	{ "c@x.org", "{\"sent\": [\"a@x.org\"]}", "B@x.org c@x.org ", 1 },
	/* one that is named again and again has got one */
	{ "", "{\"sent\": [\"a@x.org\", \"a@x.org\", \"a@x.org\"]}", "B@x.org ",
	    1 },
	{ "c@x.org",
	    "{\"sent\": [\"c@x.org\", \"C@X.ORG\", \"b@x.org\", \"b@x.org\"]}",
	    "a@x.org ", 2 },
	/* those who are not wanted do not count */
	{ "", "{\"sent\": [\"d@x.org\", 1, null, {}, \"\", \"b@x.org\"]}",
	    "a@x.org ", 1 },
	{ "", "{\"sent\": {\"a@x.org\": 1}}", "a@x.org B@x.org ", 0 },
};

START_TEST(each_gets_it_once)
{
	static const char *to[] = { "a@x.org", "B@x.org" };
	struct job_run run = { .arena = arena_new() };
	struct notify n = { .run = &run };
	struct json_fault fault;
	struct buf left = { 0 };

	settings.mail_to = (struct conf_list){ NELEM(to), to };
	settings.mail_to_creator = true;
	run.args =
	    json_read(cases[_i].args, strlen(cases[_i].args), 16, &fault);
	ck_assert_ptr_nonnull(run.args);
	notify_recipients(&n, cases[_i].creator, strlen(cases[_i].creator));
	buf_adds(&left, "");
	for (size_t i = 0; i < n.nleft; i++)
		buf_printf(&left, "%s ", n.left[i]);
	ck_assert_str_eq(left.data, cases[_i].left);
	ck_assert_uint_eq(n.nsent, cases[_i].sent);
	ck_assert_uint_eq(n.nsent + n.nleft, n.nwanted);
	json_object_put(run.args);
	buf_free(&left);
	arena_free(run.arena);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ each_gets_it_once, NELEM(cases), 0 },
	};

	return harness_run("notify", tests, NELEM(tests));
}
