/* SPDX-License-Identifier: ISC */
/* Texts of mails from files, with {{placeholders}} filled in. */
#ifndef MAIL_TEMPLATE_H
#define MAIL_TEMPLATE_H

#include "base/base.h"
#include "base/buf.h"

struct mail_value {
	const char *name;
	const char *text; /* any bytes; is not looked at for placeholders */
	size_t len;
};

/* All that a template can name. */
struct mail_values {
	const struct mail_value *v;
	size_t n;
};

/* Adds the template to b.  A line that has placeholders, all of them without
 * a value, is left out.  White space may stand inside the braces.  0, or -1
 * with a sentence without a full stop in why, which names the line. */
int mail_template_fill(struct buf *b, const char *text, size_t len,
    const struct mail_values *values, struct buf *why) MUSTCHECK;

/* The same with the text of a file; the sentence names the file. */
int mail_template_read(struct buf *b, const char *folder, const char *name,
    const struct mail_values *values, struct buf *why) MUSTCHECK;

#endif
