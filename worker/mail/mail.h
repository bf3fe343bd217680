/* SPDX-License-Identifier: ISC */
/* One message as it goes to the mail server. */
#ifndef MAIL_H
#define MAIL_H

#include "base/base.h"
#include "base/buf.h"

#define MAIL_SUBJECT_MAX ((size_t)2000) /* bytes of UTF-8 */

/* Everything is borrowed. */
struct mail {
	const char *from, *name; /* the sender's; name NULL or "": none */
	const char *reply_to;    /* NULL or "": none */
	const char *to;
	const char *subject;
	size_t subject_len;
	const char *body;
	size_t body_len;
	const char *id;     /* of Message-ID, without the angle brackets */
	const char *thread; /* the same of what it refers to; or NULL */
	int64_t date;       /* microseconds since 1970 */
	/* Of what has caused it; NULL, or what is no such id, is left out. */
	const char *request_id, *trace_id;
};

/* Adds the message, every line with CRLF.  The same mail is always the same
 * bytes.  Subject and body may be anything: what cannot be in a mail is
 * replaced.  0, or -1 if an address or an id cannot be used: then b has no
 * message but the reason, to which *why points, without a full stop. */
int mail_format(struct buf *b, const struct mail *m, const char **why)
    MUSTCHECK;

#endif
