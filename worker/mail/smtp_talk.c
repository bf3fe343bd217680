/* SPDX-License-Identifier: ISC */
/* Keeps the stage and the last reply, and tells what they come to. */
#include "config.h"

#include "mail_own.h"

#include <string.h>
#include <strings.h>

#include "mail_text.h"

#define REPLY_MAX ((size_t)400)

static const char *const stages[SMTP_STAGE__MAX] = { "the greeting or login",
	"MAIL FROM", "RCPT TO", "DATA", "the message" };

void
smtp_talk_init(struct smtp_talk *t, struct arena *a)
{
	*t = (struct smtp_talk){ .arena = a };
}

void
smtp_talk_clear(struct smtp_talk *t)
{
	buf_free(&t->reply);
}

static bool
is_command(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && strncasecmp(text, word, n) == 0;
}

void
smtp_talk_sent(struct smtp_talk *t, const char *text, size_t len)
{
	if (is_command(text, len, "QUIT\r"))
		t->over = true;
	if (t->over)
		return;
	t->answered = false;
	if (is_command(text, len, "MAIL FROM:"))
		t->stage = SMTP_MAIL;
	else if (is_command(text, len, "RCPT TO:"))
		t->stage = SMTP_RCPT;
	else if (is_command(text, len, "DATA\r"))
		t->stage = SMTP_DATA;
}

/* The reply as one line that can be shown. */
static const char *
reply_line(const struct smtp_talk *t)
{
	struct buf line = { 0 };
	const char *text;

	mail_text_line(&line, t->reply.data, t->reply.len, REPLY_MAX);
	text = arena_strdup(t->arena, line.data);
	buf_free(&line);
	return text;
}

static void
end_reply(struct smtp_talk *t)
{
	t->answered = true;
	if (t->stage != SMTP_DATA || t->code != 354)
		return;
	t->stage = SMTP_BODY;
	t->answered = false;
}

static bool
has_code(const char *text, size_t len)
{
	for (size_t i = 0; i < 3; i++) {
		if (i >= len || text[i] < '0' || text[i] > '9')
			return false;
	}
	return true;
}

/* "550-text" goes on, "550 text" and "550" do not. */
static void
take_line(struct smtp_talk *t, const char *text, size_t len)
{
	bool last = len < 4 || text[3] != '-';

	if (!has_code(text, len))
		return;
	if (!t->within) {
		buf_clear(&t->reply);
		t->code = 0;
		for (size_t i = 0; i < 3; i++)
			t->code = t->code * 10 + (text[i] - '0');
		buf_add(&t->reply, text, 3);
	}
	if (len > 4 && t->reply.len < 4 * REPLY_MAX) {
		buf_addc(&t->reply, ' ');
		buf_add(&t->reply, text + 4, len - 4);
	}
	t->within = !last;
	if (last)
		end_reply(t);
}

void
smtp_talk_got(struct smtp_talk *t, const char *text, size_t len)
{
	const char *end = text + len, *next;
	size_t n;

	if (t->over)
		return;
	for (; text < end; text = next) {
		next = memchr(text, '\n', (size_t)(end - text));
		next = next == NULL ? end : next + 1;
		n = (size_t)(next - text);
		while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
			n--;
		take_line(t, text, n);
	}
}

enum smtp_verdict
smtp_talk_verdict(const struct smtp_talk *t)
{
	/* 530: a login or TLS is needed first */
	if (!t->answered || t->stage == SMTP_HELLO || t->code == 530)
		return SMTP_AWAY;
	if (t->stage == SMTP_BODY && t->code >= 200 && t->code < 300)
		return SMTP_DONE;
	if (t->code < 400)
		return SMTP_AWAY;
	return t->code >= 500 ? SMTP_PERMANENT : SMTP_TEMPORARY;
}

const char *
smtp_talk_refusal(const struct smtp_talk *t)
{
	if (!t->answered || t->code < 400)
		return NULL;
	return arena_printf(t->arena, "the mail server answered \"%s\" to %s",
	    reply_line(t), smtp_talk_stage(t));
}

const char *
smtp_talk_stage(const struct smtp_talk *t)
{
	return stages[t->stage];
}
