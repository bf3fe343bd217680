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

static const struct {
	const char *text;
	const char *ascii; /* or NULL */
	const char *why;
} international[] = {
	{ "a@example.org", "a@example.org", NULL },
	{ "a@xn--mller-kva.example", "a@xn--mller-kva.example", NULL },
	{ "a@m\xc3\xbcller.example", "a@xn--mller-kva.example", NULL },
	{ "A.b@M\xc3\x9cLLER.Example", "A.b@xn--mller-kva.example", NULL },
	/* the same, its letter in two parts */
	{ "a@mu\xcc\x88ller.example", "a@xn--mller-kva.example", NULL },
	{ "a@stra\xc3\x9f"
	  "e.example",
	    "a@xn--strae-oqa.example", NULL },
	{ "a@\xe4\xbe\x8b\xe3\x81\x88\xe3\x80\x82\xe3\x83\x86"
	  "\xe3\x82\xb9\xe3\x83\x88",
	    "a@xn--r8jz45g.xn--zckzah", NULL },
	{ "j\xc3\xb6rg@m\xc3\xbcller.example", NULL,
	    "before the @ that are not ASCII" },
	{ "j\xc3\xb6rg@example.org", NULL, "before the @ that are not ASCII" },
	{ "a@m\xfcller.example", NULL, "that no domain can have" },
	{ "a@\xc3\xbc\xe2\x80\xae.example", NULL, "that no domain can have" },
	{ "a@\xe2\x98\x83_\xe2\x82\xac.x", NULL, "that no domain can have" },
	{ "a@m\xc3\xbcller..example", NULL, "dot too many in the domain" },
	{ "a@m\xc3\xbc_ller.example", NULL, "only letters, digits" },
	{ "a@b@m\xc3\xbcller.example", NULL, "that no domain can have" },
	{ "a@m\xc3\xbcller.example, b@c", NULL, LIST },
	{ "a@m\xc3\xbcller.example\r\nBcc: b@c", NULL, CONTROL },
	{ "@m\xc3\xbcller.example", NULL, "nothing before the @" },
	{ "", NULL, "it is empty" },
};

START_TEST(a_domain_of_any_script_has_its_form_in_ascii)
{
	const char *text = international[_i].text, *why;
	struct arena *a = arena_new();
	const char *got = mail_address_ascii(a, text, strlen(text), &why);

	if (international[_i].ascii != NULL) {
		ck_assert_ptr_null(why);
		ck_assert_str_eq(got, international[_i].ascii);
	} else {
		ck_assert_ptr_null(got);
		ck_assert_ptr_nonnull(strstr(why, international[_i].why));
	}
	arena_free(a);
}
END_TEST

START_TEST(what_is_behind_the_at_is_the_domain)
{
	ck_assert_str_eq(mail_address_domain("a@b.example"), "b.example");
}
END_TEST

static const struct {
	const char *text, *name, *address; /* name NULL: refused */
} senders[] = {
	{ "a@b", "", "a@b" },
	{ "", "", "" },
	{ "<a@b>", "", "a@b" },
	{ "A B <a@b>", "A B", "a@b" },
	{ "Gr\xc3\xbc\xc3\x9f"
	  "e  <a@b>",
	    "Gr\xc3\xbc\xc3\x9f"
	    "e",
	    "a@b" },
	{ "\"A, <B> \\\"C\\\\\" <a@b>", "A, <B> \"C\\", "a@b" },
	{ "A <a@b", "", "A <a@b" },
	{ "a@b>", "", "a@b>" },
	{ "A <<a@b>", NULL, NULL },
	{ "A \"B\" <a@b>", NULL, NULL },
	{ "\"A\" B\" <a@b>", NULL, NULL },
	{ "\"A\\\" <a@b>", NULL, NULL },
};

START_TEST(a_sender_may_have_a_name)
{
	struct arena *a = arena_new();
	const char *name, *address, *why;

	why = mail_name_split(a, senders[_i].text, &name, &address);
	if (senders[_i].name == NULL) {
		ck_assert_ptr_nonnull(why);
	} else {
		ck_assert_ptr_null(why);
		ck_assert_str_eq(name, senders[_i].name);
		ck_assert_str_eq(address, senders[_i].address);
	}
	arena_free(a);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_sender_may_have_a_name, NELEM(senders), 0 },
		{ an_address_is_one_plain_address, NELEM(addresses), 0 },
		{ a_domain_of_any_script_has_its_form_in_ascii,
		    NELEM(international), 0 },
		{ what_is_behind_the_at_is_the_domain, 0, 0 },
	};

	return harness_run("mail_address", tests, NELEM(tests));
}
