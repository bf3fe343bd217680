/* SPDX-License-Identifier: ISC */
/* For smtp.c: follows what client and mail server say to each other. */
#ifndef MAIL_OWN_H
#define MAIL_OWN_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "smtp.h"

/* The command that was sent last. */
enum smtp_stage {
	SMTP_HELLO, /* all that comes before a message */
	SMTP_MAIL,
	SMTP_RCPT,
	SMTP_DATA,
	SMTP_BODY, /* the message itself */
	SMTP_STAGE__MAX
};

struct smtp_talk {
	struct arena *arena;
	enum smtp_stage stage;
	bool answered;    /* what was sent last */
	bool within;      /* a reply of several lines */
	bool over;        /* nothing but the farewell is left */
	int64_t code;     /* of the last reply */
	struct buf reply; /* its text */
};

void smtp_talk_init(struct smtp_talk *t, struct arena *a);
void smtp_talk_clear(struct smtp_talk *t);

/* A command that we sent; lines that the server sent. */
void smtp_talk_sent(struct smtp_talk *t, const char *text, size_t len);
void smtp_talk_got(struct smtp_talk *t, const char *text, size_t len);

/* What became of the message. */
enum smtp_verdict smtp_talk_verdict(const struct smtp_talk *t);

/* What was sent last, in words. */
const char *smtp_talk_stage(const struct smtp_talk *t);

/* The server's last word as a sentence, or NULL if it is not to blame. */
const char *smtp_talk_refusal(const struct smtp_talk *t);

#endif
