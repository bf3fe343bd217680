/* SPDX-License-Identifier: ISC */
/* What a talk with a mail server comes to. */
#include "config.h"

#include "lib/harness.h"

#include "mail/mail_own.h"

#define D SMTP_DONE
#define T SMTP_TEMPORARY
#define A SMTP_AWAY
#define P SMTP_PERMANENT

#define HELLO "<220 hi|>EHLO me|<250-hi|<250-SIZE 100|<250 AUTH PLAIN|"
#define MAIL  HELLO ">MAIL FROM:<a@b>|<250 ok|"
#define RCPT  MAIL ">RCPT TO:<a@b>|<250 ok|"
#define BODY  RCPT ">DATA|<354 go on|"

/* Lines that we send (>) and get (<), each up to a bar. */
static const struct {
	const char *talk;
	enum smtp_verdict verdict;
	const char *refusal; /* NULL: the server is not to blame */
} talks[] = {
	{ "", A, NULL },
	{ "<220 hi|", A, NULL },
	{ "<554 no|", A, "\"554 no\" to the greeting or login" },
	{ HELLO ">AUTH PLAIN|<334 |>AGEAYg==|<535 5.7.8 wrong|", A,
	    "\"535 5.7.8 wrong\" to the greeting or login" },
	{ HELLO ">MAIL FROM:<a@b>|", A, NULL },
	{ HELLO ">MAIL FROM:<a@b>|<451 later|", T,
	    "\"451 later\" to MAIL FROM" },
	{ HELLO ">MAIL FROM:<a@b>|<550 never|", P,
	    "\"550 never\" to MAIL FROM" },
	{ HELLO ">MAIL FROM:<a@b>|<530 who are you|", A,
	    "\"530 who are you\" to MAIL FROM" },
	{ HELLO ">MAIL FROM:<a@b>|<550-one|<550-two|<550|", P,
	    "\"550 one two\" to MAIL FROM" },
	{ HELLO ">MAIL FROM:<a@b>|<550-one|", A, NULL },
	{ HELLO ">MAIL FROM:<a@b>|<550 \x1b[31m\xff|", P,
	    "\"550 [31m\xef\xbf\xbd\" to MAIL FROM" },
	{ HELLO ">MAIL FROM:<a@b>|<what?|", A, NULL },
	{ MAIL ">RCPT TO:<a@b>|<550-no|<550 such user|", P,
	    "\"550 no such user\" to RCPT TO" },
	{ MAIL ">RCPT TO:<a@b>|<450 no|", T, "\"450 no\" to RCPT TO" },
	{ MAIL ">RCPT TO:<a@b>|", A, NULL },
	{ RCPT, A, NULL },
	{ RCPT ">DATA|", A, NULL },
	{ RCPT ">DATA|<554 no|", P, "\"554 no\" to DATA" },
	{ RCPT ">DATA|<451 no|", T, "\"451 no\" to DATA" },
	{ BODY, A, NULL },
	{ BODY "<250-ok|", A, NULL },
	{ BODY "<250 ok|", D, NULL }, /* whatever comes after it */
	{ BODY "<250 ok|>QUIT|", D, NULL },
	{ BODY "<552 too big|", P, "\"552 too big\" to the message" },
	{ BODY "<452 full|", T, "\"452 full\" to the message" },
	/* what is said at the farewell does not count */
	{ BODY "<552 too big|>QUIT|<221 bye|", P,
	    "\"552 too big\" to the message" },
	{ BODY "<552 too big|>QUIT|", P, "\"552 too big\" to the message" },
};

static void
play(struct smtp_talk *t, const char *talk)
{
	char line[200];
	size_t n;

	for (; *talk != '\0'; talk += n + 1) {
		n = strcspn(talk, "|");
		snprintf(line, sizeof(line), "%.*s\r\n", (int)n - 1, talk + 1);
		if (*talk == '>')
			smtp_talk_sent(t, line, strlen(line));
		else
			smtp_talk_got(t, line, strlen(line));
	}
}

START_TEST(a_talk_has_a_verdict)
{
	struct arena *a = arena_new();
	struct smtp_talk t;
	const char *refusal;

	smtp_talk_init(&t, a);
	play(&t, talks[_i].talk);
	ck_assert_int_eq(smtp_talk_verdict(&t), talks[_i].verdict);
	refusal = smtp_talk_refusal(&t);
	if (talks[_i].refusal == NULL)
		ck_assert_ptr_null(refusal);
	else
		ck_assert_msg(refusal != NULL &&
				  strstr(refusal, talks[_i].refusal) != NULL,
		    "%s", refusal ? refusal : "no refusal");
	smtp_talk_clear(&t);
	arena_free(a);
}
END_TEST

START_TEST(lines_may_come_together)
{
	static const char text[] = "550-no\r\n550 such user\r\n";
	struct arena *a = arena_new();
	struct smtp_talk t;

	smtp_talk_init(&t, a);
	smtp_talk_sent(&t, "RCPT TO:<a@b>\r\n", 15);
	smtp_talk_got(&t, text, sizeof(text) - 1);
	ck_assert_ptr_nonnull(strstr(smtp_talk_refusal(&t),
	    "\"550 no such user\""));
	ck_assert_int_eq(smtp_talk_verdict(&t), P);
	smtp_talk_clear(&t);
	arena_free(a);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_talk_has_a_verdict, NELEM(talks), 0 },
		{ lines_may_come_together, 0, 0 },
	};

	return harness_run("smtp_talk", tests, NELEM(tests));
}
