/* SPDX-License-Identifier: ISC */
/* Hands a message to the mail server of [mail], under a deadline. */
#ifndef SMTP_H
#define SMTP_H

#include "base/arena.h"
#include "base/base.h"

enum smtp_verdict {
	SMTP_DONE,      /* the server has taken it */
	SMTP_TEMPORARY, /* worth another try: 4xx */
	SMTP_AWAY,      /* the same, and so it is for any mail: no connection,
			 * no answer, greeting, TLS, login */
	SMTP_PERMANENT, /* 5xx: this mail will never be taken */
	SMTP__MAX
};

struct smtp_order {
	const char *hello; /* our name */
	const char *from;
	const char *to;
	const char *message; /* with CRLF; dots need no care */
	size_t len;
	const volatile int *stop; /* not 0: end it soon; or NULL */
};

/* One message to one recipient.  Unless SMTP_DONE, *why says why it has not got
 * it, without a full stop; arena.
 *
 * [mail] timeout is for all until the server is ready for the text, and its
 * answer to that has answer_timeout: who hangs up before may be sending what
 * was taken.
 *
 * It is the code that decides, once the message's own commands have begun.
 * What the server says before (greeting, TLS, login), and 530, is about the
 * settings. */
enum smtp_verdict smtp_send(struct arena *a, const struct smtp_order *order,
    const char **why) MUSTCHECK;

#endif
