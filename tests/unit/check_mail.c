/* SPDX-License-Identifier: ISC */
/* Messages: headers that no text can break, bodies that come through. */
#include "config.h"

#include "lib/harness.h"

#include <openssl/evp.h>

#include "base/str.h"
#include "mail/mail.h"
#include "mail/mail_text.h"

#define TEXT(s) (s), sizeof(s) - 1
#define CRLF    "\r\n"
#define FFFD    "\xef\xbf\xbd"

#define TEN(s)   s s s s s s s s s s
#define FIFTY(s) TEN(s) TEN(s) TEN(s) TEN(s) TEN(s)
#define GRIN     "\xf0\x9f\x98\x80" /* U+1F600 */

/* --- lines --- */

static const struct {
	const char *text;
	size_t len;
	const char *line;
} lines[] = {
	{ TEXT(""), "" },
	{ TEXT("plain"), "plain" },
	{ TEXT("  both ends  "), "both ends" },
	{ TEXT("a  b"), "a  b" },
	{ TEXT("a\r\nBcc: b"), "a Bcc: b" },
	{ TEXT("a\n\n\r\tb"), "a b" },
	{ TEXT("\r\n\r\nbody"), "body" },
	{ TEXT("a\0b"), "a b" },
	{ TEXT("a\x1b[31m\x7f"), "a [31m" },
	{ TEXT("a\xc2\x85"
	       "b\xc2\x9f"
	       "c"),
	    "a b c" },
	{ TEXT("a\xe2\x80\xa8"
	       "b\xe2\x80\xa9"
	       "c"),
	    "a b c" },
	{ TEXT("a\xff"
	       "b"),
	    "a" FFFD "b" },
	{ TEXT("a\xc3"), "a" FFFD },
	{ TEXT("\xed\xa0\x80"), FFFD FFFD FFFD },
	{ TEXT("12345678901"), "1234567\xe2\x80\xa6" },
	{ TEXT("1234567890"), "1234567890" },
	{ TEXT("123456" GRIN "z"), "123456\xe2\x80\xa6" },
	{ TEXT("12345\xc3\xa4\xc3\xa4\xc3\xa4"), "12345\xc3\xa4\xe2\x80\xa6" },
};

START_TEST(a_line_is_one_line_of_text)
{
	char *text = harness_exact(lines[_i].text, lines[_i].len);
	struct buf b = { 0 };

	buf_adds(&b, "kept");
	mail_text_line(&b, text, lines[_i].len, 10);
	ck_assert_str_eq(b.data + 4, lines[_i].line);
	ck_assert_uint_eq(strlen(b.data), b.len);
	buf_free(&b);
	free(text);
}
END_TEST

/* --- headers --- */

static const struct {
	const char *text, *header;
} headers[] = {
	{ "", "Subject: " CRLF },
	{ "New task: Buy milk", "Subject: New task: Buy milk" CRLF },
	{ "a  b, <c@d.example>; (e)",
	    "Subject: a  b, <c@d.example>; (e)" CRLF },
	/* 78 bytes, and one more */
	{ TEN("12345 ") "123456789",
	    "Subject: " TEN("12345 ") "123456789" CRLF },
	{ TEN("12345 ") "1234567890",
	    "Subject: 12345 12345 12345 12345 12345 12345 12345 12345 12345 "
	    "12345" CRLF " 1234567890" CRLF },
	/* the spaces before the fold stay what they were */
	{ TEN("12345 ") "   1234567890",
	    "Subject: 12345 12345 12345 12345 12345 12345 12345 12345 12345 "
	    "12345" CRLF "    1234567890" CRLF },
	{ "a =?UTF-8?Q?b?= c",
	    "Subject: =?UTF-8?B?YSA9P1VURi04P1E/Yj89IGM=?=" CRLF },
	{ "Caf\xc3\xa9 at noon",
	    "Subject: =?UTF-8?Q?Caf=C3=A9_at_noon?=" CRLF },
	{ "Gr\xc3\xbc\xc3\x9f"
	  "e",
	    "Subject: =?UTF-8?B?R3LDvMOfZQ==?=" CRLF },
	{ "_ ? = \xc3\xa9 and then some more of it",
	    "Subject: "
	    "=?UTF-8?Q?=5F_=3F_=3D_=C3=A9_and_then_some_more_of_it?=" CRLF },
	/* a word that no line can hold */
	{ TEN("12345678"),
	    "Subject: =?UTF-8?Q?1234567812345678123456781234567812345678"
	    "123456781234567?=" CRLF
	    " =?UTF-8?Q?8123456781234567812345678?=" CRLF },
};

START_TEST(headers_are_folded_and_encoded)
{
	struct buf b = { 0 };

	mail_text_header(&b, "Subject", headers[_i].text,
	    strlen(headers[_i].text));
	ck_assert_str_eq(b.data, headers[_i].header);
	buf_free(&b);
}
END_TEST

/* Decodes "=?UTF-8?X?...?=" and checks that it stands for whole characters. */
static void
read_word(struct buf *b, const char *word, size_t len)
{
	size_t start = b->len, i = 10, n;
	char *room;

	ck_assert_uint_le(len, 75);
	ck_assert_int_eq(strncmp(word, "=?UTF-8?", 8), 0);
	ck_assert_int_eq(strncmp(word + len - 2, "?=", 2), 0);
	if (word[8] == 'B') {
		n = len - 12;
		room = buf_reserve(b, n);
		ck_assert_int_eq(EVP_DecodeBlock((unsigned char *)room,
				     (const unsigned char *)word + 10, (int)n),
		    (int)(n / 4 * 3));
		b->len +=
		    n / 4 * 3 - (word[len - 3] == '=') - (word[len - 4] == '=');
	} else {
		for (; i < len - 2; i++) {
			if (word[i] != '=') {
				buf_addc(b, word[i] == '_' ? ' ' : word[i]);
				continue;
			}
			buf_addc(b, (char)(str_hex_digit(word[i + 1]) * 16 +
					   str_hex_digit(word[i + 2])));
			i += 2;
		}
	}
	ck_assert_int_gt(str_utf8_count(b->data + start, b->len - start), 0);
}

/* Gives back what the header says, as a reader does. */
static void
read_header(struct buf *b, const char *header)
{
	const char *p = header + strlen("Subject: "), *end;
	bool encoded = strncmp(p, "=?", 2) == 0;

	for (;; p = end + 2) {
		end = strstr(p, CRLF);
		ck_assert_ptr_nonnull(end);
		ck_assert_int_le(end - (p > header + 9 ? p : header),
		    encoded ? 76 : 78);
		if (!encoded)
			buf_add(b, p, (size_t)(end - p));
		else
			read_word(b, p + (*p == ' '),
			    (size_t)(end - p) - (*p == ' '));
		if (end[2] == '\0')
			return;
		ck_assert_int_eq(end[2], ' ');
	}
}

static const char *const titles[] = {
	TEN("plain words of a title ") "that is long",
	FIFTY(GRIN GRIN GRIN GRIN GRIN) GRIN GRIN GRIN GRIN GRIN,
	FIFTY("a" GRIN "b" GRIN) "z",
	FIFTY("\xc3\xa4\xe2\x82\xac") "\xc3\xa4",
	"x" FIFTY("\xe2\x82\xac\xe2\x82\xac"),
	"xx" FIFTY("\xe2\x82\xac\xe2\x82\xac"),
	FIFTY("12345"),
	FIFTY("=?==?"),
	FIFTY("a\xc3\xa4 ") "b",
	TEN("mostly plain words, but one is f\xc3\xbcr you "),
	FIFTY("? _ ="),
};

START_TEST(long_titles_come_back_whole)
{
	const char *title = titles[_i];
	struct buf line = { 0 }, header = { 0 }, back = { 0 };

	mail_text_line(&line, title, strlen(title), MAIL_SUBJECT_MAX);
	mail_text_header(&header, "Subject", line.data, line.len);
	read_header(&back, header.data);
	buf_addc(&back, '\0');
	ck_assert_str_eq(back.data, line.data);
	buf_free(&line);
	buf_free(&header);
	buf_free(&back);
}
END_TEST

/* --- bodies --- */

#define QUOTED                                                                 \
	"MIME-Version: 1.0" CRLF                                               \
	"Content-Type: text/plain; charset=UTF-8" CRLF                         \
	"Content-Transfer-Encoding: quoted-printable" CRLF CRLF
#define BASE64                                                                 \
	"MIME-Version: 1.0" CRLF                                               \
	"Content-Type: text/plain; charset=UTF-8" CRLF                         \
	"Content-Transfer-Encoding: base64" CRLF CRLF

static const struct {
	const char *text;
	size_t len;
	const char *body;
} bodies[] = {
	{ TEXT(""), QUOTED CRLF },
	{ TEXT("one"), QUOTED "one" CRLF },
	{ TEXT("one\n"), QUOTED "one" CRLF },
	{ TEXT("a\nb\rc\r\nd\n\ne"),
	    QUOTED "a" CRLF "b" CRLF "c" CRLF "d" CRLF CRLF "e" CRLF },
	{ TEXT(".\n.\r\n..x\nx."),
	    QUOTED "=2E" CRLF "=2E" CRLF "=2E.x" CRLF "x." CRLF },
	{ TEXT("From me\nFromage From"),
	    QUOTED "=46rom me" CRLF "Fromage From" CRLF },
	{ TEXT("end \nend\t\n \n"),
	    QUOTED "end=20" CRLF "end=09" CRLF "=20" CRLF },
	{ TEXT("1+1=2 \tok"), QUOTED "1+1=3D2 \tok" CRLF },
	{ TEXT("caf\xc3\xa9"), QUOTED "caf=C3=A9" CRLF },
	{ TEXT("nothing but text \xff and more, \x1b[1m, \x07, and so on"),
	    QUOTED "nothing but text =EF=BF=BD and more, =EF=BF=BD[1m, "
		   "=EF=BF=BD, and so on" CRLF },
	{ TEXT("a longer line of text that holds \0 in it, which no mail may"),
	    QUOTED "a longer line of text that holds =EF=BF=BD in it, which "
		   "no mail may" CRLF },
	{ TEXT(FIFTY("12")),
	    QUOTED TEN("12") TEN("12") TEN("12") "121212121212121=" CRLF
						 "2" TEN("12") "1212" CRLF },
	{ TEXT("1234567" TEN("123456") "123456789\n"),
	    QUOTED "1234567" TEN("123456") "123456789" CRLF },
	{ TEXT("12345678" TEN("123456") "123456789\n"),
	    QUOTED "12345678" TEN("123456") "1234567=" CRLF "89" CRLF },
	{ TEXT(GRIN GRIN GRIN), BASE64 "8J+YgPCfmIDwn5iADQo=" CRLF },
	{ TEXT("\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\n\n"),
	    BASE64 "0L/RgNC40LLQtdGCDQoNCg==" CRLF },
};

START_TEST(bodies_are_printable_ascii)
{
	char *text = harness_exact(bodies[_i].text, bodies[_i].len);
	struct buf b = { 0 };

	mail_text_body(&b, text, bodies[_i].len);
	ck_assert_str_eq(b.data, bodies[_i].body);
	buf_free(&b);
	free(text);
}
END_TEST

/* Any bytes at all: no line is longer than 76 bytes, and nothing but
 * printable ASCII leaves. */
START_TEST(no_body_breaks_a_rule)
{
	unsigned seed = (unsigned)_i * 2654435761u + 1;
	struct buf text = { 0 }, b = { 0 };
	const char *p, *end;

	for (int i = 0; i < 3000; i++) {
		seed = seed * 1103515245u + 12345u;
		buf_addc(&text,
		    _i % 2 ? (char)(seed >> 16)
			   : "ab. =\n\r\tF\xc3\xa4~"[(seed >> 16) % 12]);
	}
	mail_text_body(&b, text.data, text.len);
	for (p = b.data; *p != '\0'; p = end + 2) {
		end = strstr(p, CRLF);
		ck_assert_ptr_nonnull(end);
		ck_assert_int_le(end - p, 76);
		ck_assert(end == p || p[0] != '.');
		for (; p < end; p++)
			ck_assert((*p >= ' ' && *p <= '~') || *p == '\t');
		ck_assert(end[-1] != ' ' && end[-1] != '\t');
	}
	buf_free(&text);
	buf_free(&b);
}
END_TEST

/* --- messages --- */

static struct mail
sample(void)
{
	return (struct mail){
		.from = "errand@example.org",
		.reply_to = "",
		.to = "a@example.org",
		.subject = "Hello",
		.subject_len = 5,
		.body = "World",
		.body_len = 5,
		.id = "task.created.1.2@example.org",
		.thread = "task.1@example.org",
		.date = INT64_C(1795345500123456),
	};
}

START_TEST(a_message_is_whole)
{
	struct mail m = sample();
	struct buf b = { 0 };
	const char *why;

	m.reply_to = "help@example.org";
	ck_assert_int_eq(mail_format(&b, &m, &why), 0);
	ck_assert_str_eq(b.data,
	    "Date: Sun, 22 Nov 2026 11:05:00 +0000" CRLF
	    "From: errand@example.org" CRLF "To: a@example.org" CRLF
	    "Reply-To: help@example.org" CRLF "Subject: Hello" CRLF
	    "Message-ID: <task.created.1.2@example.org>" CRLF
	    "References: <task.1@example.org>" CRLF
	    "In-Reply-To: <task.1@example.org>" CRLF
	    "Auto-Submitted: auto-generated" CRLF QUOTED "World" CRLF);
	buf_free(&b);
}
END_TEST

static const struct {
	const char *name, *from;
} names[] = {
	{ NULL, "From: errand@example.org" CRLF },
	{ "", "From: errand@example.org" CRLF },
	{ "The Errand", "From: The Errand <errand@example.org>" CRLF },
	{ "Errand, \"Inc.\"",
	    "From: \"Errand, \\\"Inc.\\\"\" <errand@example.org>" CRLF },
	{ "Gr\xc3\xbc\xc3\x9f"
	  "e",
	    "From: =?UTF-8?B?R3LDvMOfZQ==?= <errand@example.org>" CRLF },
	{ "a\r\nBcc: x@y.example",
	    "From: \"a Bcc: x@y.example\" <errand@example.org>" CRLF },
	{ "=?UTF-8?Q?=41?=",
	    "From: =?UTF-8?B?PT9VVEYtOD9RPz00MT89?= <errand@example.org>" CRLF },
	{ TEN("12345 ") "end",
	    "From: " TEN("12345 ") "end" CRLF " <errand@example.org>" CRLF },
	/* too long for quotes, and words need none */
	{ TEN("1,2,3 ") "end",
	    "From: =?UTF-8?B?MSwyLDMgMSwyLDMgMSwyLDMgMSwyLDMgMSwyLDMgMSwyLDMg"
	    "MSwyLDMg?=" CRLF " =?UTF-8?B?" },
};

START_TEST(a_sender_may_have_any_name)
{
	struct mail m = sample();
	struct buf b = { 0 };
	const char *why, *from;
	size_t n = strlen(names[_i].from);

	m.name = names[_i].name;
	ck_assert_int_eq(mail_format(&b, &m, &why), 0);
	from = strstr(b.data, "From: ");
	ck_assert_ptr_nonnull(from);
	ck_assert_msg(strncmp(from, names[_i].from, n) == 0, "%s", from);
	buf_free(&b);
}
END_TEST

START_TEST(long_ids_have_a_line_of_their_own)
{
	struct mail m = sample();
	struct buf b = { 0 };
	const char *why;

	m.id = TEN("123456") "4@b.example";
	m.thread = TEN("123456") "45@b.example";
	ck_assert_int_eq(mail_format(&b, &m, &why), 0);
	ck_assert_ptr_nonnull(strstr(b.data,
	    CRLF "Message-ID:" CRLF " <" TEN("123456") "4@b.example>" CRLF));
	ck_assert_ptr_nonnull(strstr(b.data,
	    CRLF "References:" CRLF " <" TEN("123456") "45@b.example>" CRLF));
	buf_free(&b);
}
END_TEST

static const struct {
	const char *request, *trace, *headers;
} causes[] = {
	{ NULL, NULL, CRLF "Auto-Submitted: auto-generated" CRLF "MIME" },
	{ "a-1", TEN("a") TEN("1"),
	    CRLF "X-Request-ID: a-1" CRLF "X-Trace-ID: " TEN("a") TEN("1") CRLF
	    "MIME" },
	{ TEN("123456") "1234", NULL,
	    CRLF "X-Request-ID: " TEN("123456") "1234" CRLF "MIME" },
	{ TEN("123456") "12345", NULL, "auto-generated" CRLF "MIME" },
	{ "a\r\nBcc: x@y", "a\r\n\r\nb", "auto-generated" CRLF "MIME" },
	{ "", " ", "auto-generated" CRLF "MIME" },
};

START_TEST(a_mail_names_the_request_behind_it)
{
	struct mail m = sample();
	struct buf b = { 0 };
	const char *why;

	m.request_id = causes[_i].request;
	m.trace_id = causes[_i].trace;
	ck_assert_int_eq(mail_format(&b, &m, &why), 0);
	ck_assert_msg(strstr(b.data, causes[_i].headers) != NULL, "%s", b.data);
	buf_free(&b);
}
END_TEST

static const struct {
	int64_t us;
	const char *date;
} dates[] = {
	{ 0, "Date: Thu, 1 Jan 1970 00:00:00 +0000" CRLF },
	{ INT64_C(951782399999999),
	    "Date: Mon, 28 Feb 2000 23:59:59 +0000" CRLF },
	{ INT64_C(4102444799000000),
	    "Date: Thu, 31 Dec 2099 23:59:59 +0000" CRLF },
};

START_TEST(dates_are_rfc_5322)
{
	struct mail m = sample();
	struct buf b = { 0 };
	const char *why;

	m.date = dates[_i].us;
	ck_assert_int_eq(mail_format(&b, &m, &why), 0);
	ck_assert_int_eq(strncmp(b.data, dates[_i].date,
			     strlen(dates[_i].date)),
	    0);
	buf_free(&b);
}
END_TEST

static const struct {
	const char *from, *reply_to, *to, *id, *thread, *why;
} refusals[] = {
	{ .from = "", .why = "From is not usable: it is empty" },
	{ .from = "a@b\r\nBcc: c@d",
	    .why = "From is not usable: there is a "
		   "control character in it" },
	{ .reply_to = "A <a@b>", .why = "Reply-To is not usable: it must be" },
	{ .to = "a@b, c@d", .why = "To is not usable: it must be one plain" },
	{ .to = "a@b\n", .why = "To is not usable: there is a control" },
	{ .to = "j\xc3\xb6@b", .why = "To is not usable: there are char" },
	{ .id = "no-at", .why = "the Message-ID" },
	{ .id = "a b@c", .why = "the Message-ID" },
	{ .id = "a>@c", .why = "the Message-ID" },
	{ .id = "a\r\n@c", .why = "the Message-ID" },
	{ .id = "a@c\r\nBcc: x@y", .why = "the Message-ID" },
	{ .thread = "@c", .why = "the Message-ID" },
};

START_TEST(what_would_inject_headers_is_refused)
{
	struct mail m = sample();
	struct buf b = { 0 };
	const char *why = NULL;

	m.from = refusals[_i].from ? refusals[_i].from : m.from;
	m.reply_to = refusals[_i].reply_to;
	m.to = refusals[_i].to ? refusals[_i].to : m.to;
	m.id = refusals[_i].id ? refusals[_i].id : m.id;
	m.thread = refusals[_i].thread;
	ck_assert_int_eq(mail_format(&b, &m, &why), -1);
	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, refusals[_i].why) != NULL, "%s", why);
	buf_free(&b);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_line_is_one_line_of_text, NELEM(lines), 0 },
		{ headers_are_folded_and_encoded, NELEM(headers), 0 },
		{ long_titles_come_back_whole, NELEM(titles), 0 },
		{ bodies_are_printable_ascii, NELEM(bodies), 0 },
		{ no_body_breaks_a_rule, 40, 0 },
		{ a_message_is_whole, 0, 0 },
		{ a_sender_may_have_any_name, NELEM(names), 0 },
		{ long_ids_have_a_line_of_their_own, 0, 0 },
		{ a_mail_names_the_request_behind_it, NELEM(causes), 0 },
		{ dates_are_rfc_5322, NELEM(dates), 0 },
		{ what_would_inject_headers_is_refused, NELEM(refusals), 0 },
	};

	return harness_run("mail", tests, NELEM(tests));
}
