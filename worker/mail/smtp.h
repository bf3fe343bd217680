/* SPDX-License-Identifier: ISC */
/* Hands a message to the mail server of [mail], under a deadline. */
#ifndef SMTP_H
#define SMTP_H

#include "base/arena.h"
#include "base/base.h"

enum smtp_verdict {
	SMTP_DONE,      /* the server has taken it */
	SMTP_TEMPORARY, /* worth another try: 4xx, network, login, TLS */
	SMTP_PERMANENT, /* 5xx: this mail will never be taken */
	SMTP__MAX
};

struct smtp_recipient {
	const char *address;
	/* Filled in by smtp_send if the server was asked about it. */
	bool asked;
	enum smtp_verdict verdict;
	const char *answer; /* the server's, arena */
};

struct smtp_order {
	const char *hello; /* our name */
	const char *from;
	struct smtp_recipient *to;
	size_t nto;
	const char *message; /* with CRLF; dots need no care */
	size_t len;
	const volatile int *stop; /* not 0: end it soon; or NULL */
};

/* One transaction for all recipients.  If SMTP_DONE, the message is on its
 * way to those whose verdict is that, and the others were refused.  Else
 * nobody gets it, and *why says why, without a full stop; arena.
 *
 * It is the code that decides, once the message's own commands have begun.
 * What the server says before (greeting, TLS, login), and 530, is about the
 * settings, and temporary whatever the code.  Among refused recipients a
 * temporary one makes the verdict temporary. */
enum smtp_verdict smtp_send(struct arena *a, struct smtp_order *order,
    const char **why) MUSTCHECK;

#endif
