/* SPDX-License-Identifier: ISC */
/* Addresses: one plain one, or what is wrong with it. */
#include "config.h"

#include "lib/harness.h"

#include "text/mail_address.h"

#define TEXT(s) (s), sizeof(s) - 1
#define TEN(c)  c c c c c c c c c c
#define L63     TEN("a") TEN("a") TEN("a") TEN("a") TEN("a") TEN("a") "aaa"

#define LIST    "it must be one plain address"
#define CONTROL "there is a control character"
#define BEFORE  "there is a character before the @ that has no place"

static const struct {
	const char *text;
	size_t len;
	const char *why; /* NULL: it is good */
} addresses[] = {
	{ TEXT("a@b"), NULL },
	{ TEXT("alice@example.org"), NULL },
	{ TEXT("first.last+tag@sub.example.org"), NULL },
	{ TEXT("!#$%&'*+-/=?^_`{|}~@example.org"), NULL },
	{ TEXT("root@localhost"), NULL },
	{ TEXT("a@xn--mller-kva.example"), NULL },
	{ TEXT(L63 "a@" L63 "." L63), NULL },
	{ TEXT(L63 "aa@b"), "more than 64 bytes stand before the @" },
	{ TEXT("a@" L63 "a.b"), "a part of the domain is longer than 63" },
	{ TEXT("a@" L63 "." L63 "." L63 "." L63), "it is longer than 254" },
	{ TEXT(""), "it is empty" },
	{ TEXT("alice"), "there is no @" },
	{ TEXT("@example.org"), "there is nothing before the @" },
	{ TEXT("a@"), "there is no domain" },
	{ TEXT("a@b@c"), "only letters, digits, - and dots" },
	{ TEXT(".a@b"), "there is a dot too many before" },
	{ TEXT("a.@b"), "there is a dot too many before" },
	{ TEXT("a..b@c"), "there is a dot too many before" },
	{ TEXT("a@.b"), "there is a dot too many in the domain" },
	{ TEXT("a@b."), "there is a dot too many in the domain" },
	{ TEXT("a@b..c"), "there is a dot too many in the domain" },
	{ TEXT("a@-b"), "a part of the domain starts or ends with -" },
	{ TEXT("a@b-.c"), "a part of the domain starts or ends with -" },
	{ TEXT("a@b_c"), "only letters, digits, - and dots" },
	{ TEXT("a@[127.0.0.1]"), "only letters, digits, - and dots" },
	{ TEXT("a:b@c"), BEFORE },
	{ TEXT("a\\b@c"), BEFORE },
	{ TEXT("a[b@c"), BEFORE },
	{ TEXT("\"a b\"@c"), LIST },
	{ TEXT("a b@c"), LIST },
	{ TEXT("Alice <a@b>"), LIST },
	{ TEXT("<a@b>"), LIST },
	{ TEXT("a@b, c@d"), LIST },
	{ TEXT("a@b;c@d"), LIST },
	{ TEXT("a@b (comment)"), LIST },
	{ TEXT("friends: a@b;"), LIST },
	{ TEXT("a@b\r\nBcc: c@d"), CONTROL },
	{ TEXT("a@b\n"), CONTROL },
	{ TEXT("a\t@b"), CONTROL },
	{ TEXT("a\0@b"), CONTROL },
	{ TEXT("a@b\0"), CONTROL },
	{ TEXT("a\x7f@b"), CONTROL },
	{ TEXT("j\xc3\xb6rg@example.org"), "before the @ that are not ASCII" },
	{ TEXT("a@m\xc3\xbcller.example"), "the domain is not ASCII" },
	{ TEXT("a\xff@b"), "before the @ that are not ASCII" },
};

START_TEST(an_address_is_one_plain_address)
{
	char *text = harness_exact(addresses[_i].text, addresses[_i].len);
	const char *why = mail_address_judge(text, addresses[_i].len);

	if (addresses[_i].why == NULL)
		ck_assert_ptr_null(why);
	else
		ck_assert_msg(why != NULL &&
				  strstr(why, addresses[_i].why) != NULL,
		    "%s", why ? why : "no fault");
	free(text);
}
END_TEST

START_TEST(what_is_behind_the_at_is_the_domain)
{
	ck_assert_str_eq(mail_address_domain("a@b.example"), "b.example");
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ an_address_is_one_plain_address, NELEM(addresses), 0 },
		{ what_is_behind_the_at_is_the_domain, 0, 0 },
	};

	return harness_run("mail_address", tests, NELEM(tests));
}
