/* SPDX-License-Identifier: ISC */
/* Text of others on a terminal: what would steer it does not reach it. */
#include "config.h"

#include "term_print.h"

#include <locale.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include <sys/ioctl.h>

#include "base/str.h"

#define GAP 2

int
term_columns(void)
{
	struct winsize size = { 0 };

	if (!isatty(STDOUT_FILENO))
		return 0;
	(void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	return size.ws_col > 0 ? size.ws_col : 80;
}

/* A character of n bytes that are valid. */
static wchar_t
term_point(const unsigned char *p, size_t n)
{
	static const unsigned char first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	wchar_t c = (wchar_t)(p[0] & first[n]);

	for (size_t i = 1; i < n; i++)
		c = (wchar_t)((unsigned long)c << 6 | (p[i] & 0x3fu));
	return c;
}

/* Columns of a character; without a locale that knows it takes one. */
static int
term_width(const char *p, size_t n)
{
	static bool set;
	int width;

	if (n <= 1)
		return 1;
	if (!set)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
	set = true;
	width = wcwidth(term_point((const unsigned char *)p, n));
	return width < 0 ? 1 : width;
}

static bool
term_is_plain(const char *p, size_t n)
{
	return n > 1 ? !str_is_tricky(p, n) : n == 1 && *p >= ' ' && *p != 0x7f;
}

int
term_text(FILE *out, const char *text, int width)
{
	size_t left = strlen(text), n;
	int printed = 0, columns;

	for (; left > 0; text += n, left -= n) {
		n = str_utf8_len(text, left);
		columns = term_is_plain(text, n) ? term_width(text, n) : 1;
		if (width > 0 && printed + columns > width)
			break;
		printed += columns;
		if (term_is_plain(text, n))
			fwrite(text, 1, n, out);
		else
			putc(' ', out);
		n += n == 0;
	}
	return printed;
}

void
term_cell(const char *text, int width, bool whole)
{
	int n = term_text(stdout, text == NULL ? "-" : text, whole ? 0 : width);

	printf("%*s", (n < width ? width - n : 0) + GAP, "");
}

void
term_lines(const char *text, const char *indent)
{
	struct buf line = { 0 };
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, "\n");
		buf_clear(&line);
		buf_add(&line, text, len);
		buf_adds(&line, "");
		fputs(len > 0 ? indent : "", stdout);
		term_text(stdout, line.data, 0);
		putchar('\n');
		if (text[len] == '\0')
			break;
	}
	buf_free(&line);
}

void
term_json(const char *json, size_t len)
{
	size_t n;

	for (; len > 0; json += n, len -= n) {
		n = str_utf8_len(json, len);
		if (n == 1 && *json == 0x7f)
			fputs("\\u007f", stdout);
		else if (n > 1 && str_is_tricky(json, n))
			printf("\\u%04x",
			    (unsigned)term_point((const unsigned char *)json,
				n));
		else if (n > 0)
			fwrite(json, 1, n, stdout);
		n += n == 0;
	}
}
