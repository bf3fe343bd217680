/* SPDX-License-Identifier: ISC */
/* Fills in placeholders line by line; there is no more logic in a template. */
#include "config.h"

#include "mail_template.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define TEMPLATE_MAX ((size_t)64 * 1024)
#define NAME_SHOWN   40

static void
say_unknown(struct buf *why, const struct mail_values *values, const char *name,
    size_t len)
{
	buf_printf(why, "there is no {{%.*s}}, only",
	    (int)(len < NAME_SHOWN ? len : NAME_SHOWN), name);
	for (size_t i = 0; i < values->n; i++)
		buf_printf(why, "%s {{%s}}", i > 0 ? "," : "",
		    values->v[i].name);
}

/* What stands between the braces, without white space around it. */
static const struct mail_value *
value_of(const char *text, const char *end, const struct mail_values *values,
    struct buf *why)
{
	size_t len, i;

	while (text < end && (*text == ' ' || *text == '\t'))
		text++;
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	len = (size_t)(end - text);
	for (i = 0; i < values->n; i++) {
		if (strlen(values->v[i].name) == len &&
		    memcmp(values->v[i].name, text, len) == 0)
			return &values->v[i];
	}
	say_unknown(why, values, text, len);
	return NULL;
}

/* One line, its end included if it has one. */
static int
fill_line(struct buf *b, const char *text, const char *end,
    const struct mail_values *values, struct buf *why)
{
	size_t start = b->len, used = 0, there = 0;
	const struct mail_value *value;
	const char *open, *close;

	while ((open = memmem(text, (size_t)(end - text), "{{", 2)) != NULL) {
		buf_add(b, text, (size_t)(open - text));
		open += 2;
		close = memmem(open, (size_t)(end - open), "}}", 2);
		if (close == NULL) {
			buf_adds(why, "{{ is not closed by }}");
			return -1;
		}
		value = value_of(open, close, values, why);
		if (value == NULL)
			return -1;
		buf_add(b, value->text, value->len);
		used++;
		there += value->len > 0;
		text = close + 2;
	}
	buf_add(b, text, (size_t)(end - text));
	if (used > 0 && there == 0)
		b->len = start;
	return 0;
}

int
mail_template_fill(struct buf *b, const char *text, size_t len,
    const struct mail_values *values, struct buf *why)
{
	const char *end = text + len, *next;
	struct buf fault = { 0 };
	unsigned line = 1;
	int result = 0;

	for (; text < end && result == 0; text = next, line++) {
		next = memchr(text, '\n', (size_t)(end - text));
		next = next == NULL ? end : next + 1;
		result = fill_line(b, text, next, values, &fault);
		if (result == -1)
			buf_printf(why, "line %u: %s", line, fault.data);
	}
	buf_free(&fault);
	return result;
}

static int
fill_file(struct buf *b, const char *text, size_t len,
    const struct mail_values *values, struct buf *why)
{
	/* Some editors put a mark before UTF-8. */
	size_t mark = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	if (str_utf8_count(text, len) == -1) {
		buf_adds(why, "it is not valid UTF-8");
		return -1;
	}
	return mail_template_fill(b, text + mark, len - mark, values, why);
}

int
mail_template_read(struct buf *b, const char *folder, const char *name,
    const struct mail_values *values, struct buf *why)
{
	struct buf path = { 0 };
	char *text;
	size_t len;
	int result;

	buf_printf(&path, "%s/%s", folder, name);
	buf_printf(why, "template %s: ", path.data);
	result = str_read_file(path.data, TEMPLATE_MAX, &text, &len);
	if (result == -1) {
		buf_adds(why, strerror(errno));
	} else {
		result = fill_file(b, text, len, values, why);
		free(text);
	}
	if (result == 0)
		buf_clear(why);
	buf_free(&path);
	return result;
}
