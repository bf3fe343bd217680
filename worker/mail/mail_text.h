/* SPDX-License-Identifier: ISC */
/* Any text in the forms that mail can carry: RFC 2045, 2047 and 5322. */
#ifndef MAIL_TEXT_H
#define MAIL_TEXT_H

#include "base/base.h"
#include "base/buf.h"

/* Adds the text as one line of valid UTF-8: control characters and line ends
 * of any kind become spaces, bytes that are no UTF-8 become U+FFFD, white
 * space at both ends goes, and what is longer than max bytes is cut between
 * two characters and ends in an ellipsis. */
void mail_text_line(struct buf *b, const char *text, size_t len, size_t max);

/* Adds the header line "name: text", folded, with its end.  The text is such
 * a line; what is not plain ASCII, or cannot be folded, or could be taken for
 * an encoded word, is written as encoded words. */
void mail_text_header(struct buf *b, const char *name, const char *text,
    size_t len);

/* Adds "name: text" without its end, for a text that stands before an address:
 * between quotes or as encoded words where it must.  The length of the last
 * line. */
size_t mail_text_phrase(struct buf *b, const char *name, const char *text,
    size_t len);

/* Adds the text as the body, and the header lines for its type and encoding
 * and the empty line before it.  Line ends of any kind become CRLF, other
 * control characters than tabs become U+FFFD, and so do bytes that are no
 * UTF-8.  Only tabs and printable ASCII leave, in lines of at most 76
 * bytes. */
void mail_text_body(struct buf *b, const char *text, size_t len);

#endif
