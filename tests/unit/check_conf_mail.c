/* SPDX-License-Identifier: ISC */
/* The section mail: what is refused, and in which words. */
#include "config.h"

#include "lib/harness.h"

#include "base/buf.h"
#include "conf/conf.h"
#include "setup/setup.h"

#define NOT_URL "url: it must look like smtp://host:port or smtps://host:port"
#define SCHEME  "url: it must start with smtp:// or smtps://"
#define LOGIN   "url: a login has no place in it"
#define END     "url: it must end with the host or the port"
#define HEARD   "username: with starttls = try whoever sits between"
#define USER    "\nusername = u\npassword = p"

static const struct {
	const char *lines, *fault; /* NULL: none */
} cases[] = {
	{ "", NULL },
	{ "url = smtp://localhost", NULL },
	{ "url = smtp://mail.example:587", NULL },
	{ "url = smtps://[::1]:465", NULL },
	{ "url = mail.example", SCHEME },
	{ "url = http://mail.example", SCHEME },
	{ "url = smtp://", NOT_URL },
	{ "url = smtp://a b", NOT_URL },
	{ "url = smtp://mail.example:99999", NOT_URL },
	{ "url = smtp://mail.example:smtp", NOT_URL },
	{ "url = smtp://u:p@mail.example", LOGIN },
	{ "url = smtp://u@mail.example", LOGIN },
	{ "url = smtp://mail.example/", END },
	{ "url = smtp://mail.example/me", END },
	{ "url = smtp://mail.example?x", END },
	{ "url = smtp://mail.example#x", END },
	{ "url = smtp://mail.example" USER, HEARD },
	{ "url = smtp://mail.example" USER "\nstarttls = require", NULL },
	{ "url = smtp://mail.example" USER "\nstarttls = off", NULL },
	{ "url = smtps://mail.example" USER, NULL },
	{ "url = smtp://localhost:2525" USER, NULL },
	{ "url = smtp://127.0.0.1" USER, NULL },
	{ "url = smtp://[::1]" USER, NULL },
	{ "url = smtp://127.example" USER, HEARD },
	{ "url = smtp://localhost.example" USER, HEARD },
	{ "from = errand@example.org\nreply_to = help@example.org", NULL },
	{ "from = Errand <errand@example.org>", NULL },
	{ "from = \"Errand, \\\"the\\\" <one>\" <errand@example.org>", NULL },
	{ "from = Errand errand@example.org",
	    "from: \"Errand errand@example.org\": it must be one plain "
	    "address, local@domain" },
	{ "from = Errand <errand>", "from: \"errand\": there is no @ in it" },
	{ "from = Err<and> <errand@example.org>",
	    "from: a name with < > or \" in it must stand between quotes" },
	{ "from = \"Err\"and\" <errand@example.org>",
	    "from: a name with < > or \" in it must stand between quotes" },
	{ "from = errand", "from: \"errand\": there is no @ in it" },
	{ "reply_to = a@b@c", "reply_to: \"a@b@c\": only letters" },
	{ "to = a@example.org, b@example.org c@example.org", NULL },
	{ "to = a@example.org, b@", "to: \"b@\": there is no domain" },
	{ "to = j\xc3\xb6@example.org", "that are not ASCII" },
	{ "to = kai@m\xc3\xbcller.example\nfrom = a@\xc3\xa9t\xc3\xa9.fr",
	    NULL },
	{ "from = a@m\xc3\xbc\xe2\x80\xaeller.example",
	    "that no domain can have" },
	{ "url = smtp://m\xc3\xbcller.example", "url: the host is not ASCII" },
	{ "host = tasks.example.org", NULL },
	{ "host = m\xc3\xbcller.example", NULL },
	{ "host = tasks_1", "host: only letters, digits" },
	{ "host = a..b", "host: there is a dot too many" },
};

static void
on_fault(void *arg, const char *sentence)
{
	buf_adds(arg, sentence);
	buf_addc(arg, '\n');
}

START_TEST(settings_are_judged)
{
	struct buf ini = { 0 }, said = { 0 };
	unsigned faults;
	char *path;

	buf_printf(&ini, "[mail]\n%s\n", cases[_i].lines);
	path = harness_file(ini.data, ini.len);
	faults = setup_load(path, on_fault, &said);
	if (cases[_i].fault == NULL) {
		ck_assert_msg(faults == 0, "%s", said.data);
	} else {
		ck_assert_uint_eq(faults, 1);
		ck_assert_msg(strstr(said.data, cases[_i].fault) != NULL, "%s",
		    said.data);
		ck_assert_ptr_nonnull(strstr(said.data, ": [mail] "));
	}
	conf_free();
	unlink(path);
	free(path);
	buf_free(&ini);
	buf_free(&said);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ settings_are_judged, NELEM(cases), 0 },
	};

	return harness_run("conf_mail", tests, NELEM(tests));
}
