/* SPDX-License-Identifier: ISC */
/* Cleans text, and writes it as encoded words, quoted-printable or base64. */
#include "config.h"

#include "mail_text.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/str.h"

#define CRLF        "\r\n"
#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS    "\xe2\x80\xa6"

#define FOLD       ((size_t)78) /* bytes of a header line */
#define WORD_LINE  ((size_t)76) /* of one that has encoded words */
#define WORD_MAX   ((size_t)75) /* of an encoded word */
#define WORD_FRAME ((size_t)12) /* "=?UTF-8?Q?" and "?=" */
#define BODY_LINE  ((size_t)76)

/* A character, or what has to stand for it. */
struct piece {
	const char *text;
	size_t len;  /* of it */
	size_t used; /* bytes of the source */
	bool control, newline;
};

static bool
is_control(const char *s, size_t n)
{
	unsigned char c = (unsigned char)s[0];

	return (n == 1 && (c < ' ' || c == 0x7f)) ||
	       (n == 2 && c == 0xc2 && (unsigned char)s[1] < 0xa0);
}

/* U+2028 and U+2029, which some programs take for the end of a line. */
static bool
is_separator(const char *s, size_t n)
{
	return n == 3 && (memcmp(s, "\xe2\x80\xa8", 3) == 0 ||
			     memcmp(s, "\xe2\x80\xa9", 3) == 0);
}

/* The next piece of a text that is not empty. */
static struct piece
next_piece(const char *s, size_t len)
{
	size_t n = str_utf8_len(s, len);
	struct piece p = { s, n, n, false, false };

	if (n == 0)
		return (struct piece){ REPLACEMENT, 3, 1, false, false };
	p.newline = s[0] == '\n' || s[0] == '\r';
	if (s[0] == '\r' && len > 1 && s[1] == '\n')
		p.used = 2;
	p.control = is_control(s, n) || is_separator(s, n);
	return p;
}

/* --- lines --- */

/* Cuts what was added from start on down to max bytes. */
static void
cut_line(struct buf *b, size_t start, size_t max)
{
	size_t len = b->len - start;

	if (len <= max)
		return;
	b->len =
	    start + str_utf8_cut(b->data + start, len, max - strlen(ELLIPSIS));
	buf_adds(b, ELLIPSIS);
}

void
mail_text_line(struct buf *b, const char *text, size_t len, size_t max)
{
	size_t start = b->len;
	struct piece p;

	buf_reserve(b, len);
	for (; len > 0; text += p.used, len -= p.used) {
		p = next_piece(text, len);
		if (!p.control && p.text[0] != ' ')
			buf_add(b, p.text, p.len);
		else if (b->len > start &&
			 (!p.control || b->data[b->len - 1] != ' '))
			buf_addc(b, ' ');
	}
	while (b->len > start && b->data[b->len - 1] == ' ')
		b->len--;
	cut_line(b, start, max);
	buf_reserve(b, 0)[0] = '\0';
}

/* --- headers --- */

/* Spaces and the word behind them. */
static size_t
next_token(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] == ' ')
		n++;
	while (n < len && text[n] != ' ')
		n++;
	return n;
}

/* Whether it may be written as it is. */
static bool
is_plain(const char *text, size_t len, size_t column)
{
	size_t n;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~' ||
		    (text[i] == '=' && i + 1 < len && text[i + 1] == '?'))
			return false;
	}
	for (; len > 0; text += n, len -= n, column = 0) {
		n = next_token(text, len);
		if (column + n > FOLD)
			return false;
	}
	return true;
}

/* Lines are folded before the spaces, so that unfolding gives them back. */
static void
add_plain(struct buf *b, const char *text, size_t len, size_t column)
{
	bool first = true;
	size_t n;

	for (; len > 0; text += n, len -= n, first = false) {
		n = next_token(text, len);
		if (!first && column + n > FOLD) {
			buf_adds(b, CRLF);
			column = 0;
		}
		buf_add(b, text, n);
		column += n;
	}
}

/* What every part of a header may hold in Q without an escape. */
static bool
is_q_safe(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("!*+-/", c));
}

static size_t
q_cost(const char *s, size_t n)
{
	return n == 1 && (is_q_safe(*s) || *s == ' ') ? 1 : 3 * n;
}

static size_t
q_cost_all(const char *text, size_t len)
{
	size_t cost = 0;

	for (size_t i = 0; i < len; i++)
		cost += q_cost(text + i, 1);
	return cost;
}

static size_t
b_cost(size_t len)
{
	return (len + 2) / 3 * 4;
}

/* How many bytes of the text, as whole characters, an encoded word with that
 * much room can take. */
static size_t
fitting(const char *text, size_t len, size_t room, bool q)
{
	size_t n, done = 0, cost = 0;

	for (; done < len; done += n) {
		n = str_utf8_len(text + done, len - done);
		cost = q ? cost + q_cost(text + done, n) : b_cost(done + n);
		if (cost > room)
			break;
	}
	return done;
}

static void
add_hex(struct buf *b, char c)
{
	buf_printf(b, "=%02X", (unsigned char)c);
}

static void
add_q(struct buf *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == ' ')
			buf_addc(b, '_');
		else if (is_q_safe(text[i]))
			buf_addc(b, text[i]);
		else
			add_hex(b, text[i]);
	}
}

static void
add_b(struct buf *b, const char *text, size_t len)
{
	char *out = buf_reserve(b, b_cost(len));

	b->len += (size_t)EVP_EncodeBlock((unsigned char *)out,
	    (const unsigned char *)text, (int)len);
}

static void
add_words(struct buf *b, const char *text, size_t len, size_t column)
{
	bool q = q_cost_all(text, len) <= b_cost(len);
	size_t room = WORD_LINE - column, n;

	for (; len > 0; text += n, len -= n) {
		n = fitting(text, len, room - WORD_FRAME, q);
		buf_adds(b, q ? "=?UTF-8?Q?" : "=?UTF-8?B?");
		(q ? add_q : add_b)(b, text, n);
		buf_adds(b, "?=");
		if (n < len)
			buf_adds(b, CRLF " ");
		room = WORD_MAX;
	}
}

void
mail_text_header(struct buf *b, const char *name, const char *text, size_t len)
{
	size_t column = strlen(name) + strlen(": ");

	buf_printf(b, "%s: ", name);
	if (is_plain(text, len, column))
		add_plain(b, text, len, column);
	else
		add_words(b, text, len, column);
	buf_adds(b, CRLF);
}

/* RFC 5322's atoms, with spaces between them. */
static bool
is_phrase(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (strchr("()<>[]:;@\\,.\"", text[i]) != NULL)
			return false;
	}
	return true;
}

static void
add_quotes(struct buf *b, const char *text, size_t len)
{
	buf_addc(b, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			buf_addc(b, '\\');
		buf_addc(b, text[i]);
	}
	buf_addc(b, '"');
}

size_t
mail_text_phrase(struct buf *b, const char *name, const char *text, size_t len)
{
	size_t column = strlen(name) + strlen(": "), last;

	buf_printf(b, "%s: ", name);
	/* Each character may need two. */
	if (!is_plain(text, len, column) ||
	    (!is_phrase(text, len) && column + 2 * len + 2 > FOLD))
		add_words(b, text, len, column);
	else if (is_phrase(text, len))
		add_plain(b, text, len, column);
	else
		add_quotes(b, text, len);
	for (last = b->len; last > 0 && b->data[last - 1] != '\n';)
		last--;
	return b->len - last;
}

/* --- bodies --- */

/* The text with CRLF at each end of a line and at its own. */
static void
clean_body(struct buf *b, const char *text, size_t len)
{
	struct piece p;

	buf_reserve(b, len + len / 16);
	for (; len > 0; text += p.used, len -= p.used) {
		p = next_piece(text, len);
		if (p.newline)
			buf_adds(b, CRLF);
		else if (p.control && p.text[0] != '\t' && p.len < 3)
			buf_adds(b, REPLACEMENT);
		else
			buf_add(b, p.text, p.len);
	}
	if (b->len == 0 || b->data[b->len - 1] != '\n')
		buf_adds(b, CRLF);
}

static bool
at_line_end(const char *s)
{
	return s[0] == '\r' && s[1] == '\n';
}

/* Beyond what must be: a dot and "From " at the beginning of a line, which
 * some programs on the way change, and white space at its end. */
static bool
must_quote(const char *s, bool start)
{
	if (start && (*s == '.' || str_starts(s, "From ")))
		return true;
	if (*s == ' ' || *s == '\t')
		return at_line_end(s + 1);
	return *s < ' ' || *s > '~' || *s == '=';
}

/* The text ends in CRLF, and has no other CR or LF than in pairs. */
static void
add_quoted(struct buf *b, const char *text, size_t len)
{
	const char *end = text + len;
	size_t n, column = 0;
	bool quote;

	while (text < end) {
		if (at_line_end(text)) {
			buf_adds(b, CRLF);
			column = 0;
			text += 2;
			continue;
		}
		quote = must_quote(text, column == 0);
		n = quote ? 3 : 1;
		if (column + n + !at_line_end(text + 1) > BODY_LINE) {
			buf_adds(b, "=" CRLF);
			column = 0;
			continue;
		}
		if (quote)
			add_hex(b, *text);
		else
			buf_addc(b, *text);
		column += n;
		text++;
	}
}

static void
add_base64(struct buf *b, const char *text, size_t len)
{
	size_t n;

	for (; len > 0; text += n, len -= n) {
		n = BODY_LINE / 4 * 3;
		if (n > len)
			n = len;
		add_b(b, text, n);
		buf_adds(b, CRLF);
	}
}

/* Where little is quoted, people can read the message as it is. */
static bool
is_mostly_ascii(const char *text, size_t len)
{
	size_t other = 0;

	for (size_t i = 0; i < len; i++)
		other += (text[i] & 0x80) != 0;
	return other <= len / 3;
}

void
mail_text_body(struct buf *b, const char *text, size_t len)
{
	struct buf clean = { 0 };
	bool quoted;

	clean_body(&clean, text, len);
	quoted = is_mostly_ascii(clean.data, clean.len);
	buf_printf(b,
	    "MIME-Version: 1.0" CRLF
	    "Content-Type: text/plain; charset=UTF-8" CRLF
	    "Content-Transfer-Encoding: %s" CRLF CRLF,
	    quoted ? "quoted-printable" : "base64");
	(quoted ? add_quoted : add_base64)(b, clean.data, clean.len);
	buf_free(&clean);
}
