/* SPDX-License-Identifier: ISC */
/* Writes an event as a line; what comes from outside cannot forge another. */
#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "log_own.h"
#include "text/json_write.h"

const char *const log_levels[LOGL__MAX] = { "error", "warning", "info",
	"debug" };
const int log_severities[LOGL__MAX] = { 3, 4, 6, 7 };

size_t
log_text_cut(const char *s)
{
	return str_utf8_cut(s, strlen(s), LOG_TEXT_MAX);
}

static void
log_add_hex(struct buf *b, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	buf_adds(b, "\\x");
	buf_addc(b, digits[c >> 4]);
	buf_addc(b, digits[c & 15]);
}

static void
log_add_ascii(struct buf *b, char c)
{
	if (c == '"' || c == '\\') {
		buf_addc(b, '\\');
		buf_addc(b, c);
	} else if (c == '\n')
		buf_adds(b, "\\n");
	else if (c == '\r')
		buf_adds(b, "\\r");
	else if (c == '\t')
		buf_adds(b, "\\t");
	else if ((unsigned char)c < ' ' || c == 0x7f)
		log_add_hex(b, (unsigned char)c);
	else
		buf_addc(b, c);
}

static void
log_add_escaped(struct buf *b, const char *s, size_t len)
{
	size_t i, n;

	while (len > 0) {
		n = str_utf8_len(s, len);
		if (n == 1)
			log_add_ascii(b, *s);
		else if (n > 1 && !str_is_tricky(s, n))
			buf_add(b, s, n);
		else {
			n += n == 0;
			for (i = 0; i < n; i++)
				log_add_hex(b, (unsigned char)s[i]);
		}
		s += n;
		len -= n;
	}
}

/* True if the text can do without quotes. */
static bool
log_is_plain(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (s[i] <= ' ' || s[i] >= 0x7f || s[i] == '"' ||
		    s[i] == '\\' || s[i] == '=')
			return false;
	}
	return len > 0;
}

static void
log_add_value(struct buf *b, const char *s)
{
	size_t len = log_text_cut(s);
	bool cut = s[len] != '\0';

	if (!cut && log_is_plain(s, len)) {
		buf_add(b, s, len);
		return;
	}
	buf_addc(b, '"');
	log_add_escaped(b, s, len);
	buf_adds(b, cut ? "...\"" : "\"");
}

static void
log_add_id(struct buf *b, const char *key, const char *id)
{
	if (id == NULL)
		return;
	buf_adds(b, key);
	log_add_value(b, id);
}

void
log_line_words(struct buf *b, const struct log_event *e)
{
	const struct log_field *f;

	log_add_escaped(b, e->msg, log_text_cut(e->msg));
	for (f = e->fields; f->key != NULL; f++) {
		buf_addc(b, ' ');
		buf_adds(b, f->key);
		buf_addc(b, '=');
		if (f->text != NULL)
			log_add_value(b, f->text);
		else
			buf_addint(b, f->number);
	}
	log_add_id(b, " request_id=", e->request_id);
	log_add_id(b, " trace_id=", e->trace_id);
}

void
log_line_text(struct buf *b, const struct log_event *e)
{
	char time[CLOCK_TEXT];

	buf_adds(b, clock_format(e->us, time));
	buf_addc(b, ' ');
	buf_adds(b, log_levels[e->level]);
	buf_addc(b, ' ');
	buf_adds(b, e->program);
	buf_addc(b, '[');
	buf_addint(b, e->pid);
	buf_adds(b, "] ");
	log_line_words(b, e);
	buf_addc(b, '\n');
}

static void
log_put_text(struct json_write *w, const char *key, const char *text)
{
	json_put_bytes(w, key, text, log_text_cut(text));
}

void
log_line_json(struct buf *b, const struct log_event *e)
{
	struct json_write w = json_write(b);
	const struct log_field *f;

	json_open_object(&w, NULL);
	json_put_time(&w, "ts", e->us);
	log_put_text(&w, "level", log_levels[e->level]);
	log_put_text(&w, "program", e->program);
	json_put_int(&w, "pid", e->pid);
	log_put_text(&w, "msg", e->msg);
	for (f = e->fields; f->key != NULL; f++) {
		if (f->text != NULL)
			log_put_text(&w, f->key, f->text);
		else
			json_put_int(&w, f->key, f->number);
	}
	if (e->request_id != NULL)
		log_put_text(&w, "request_id", e->request_id);
	if (e->trace_id != NULL)
		log_put_text(&w, "trace_id", e->trace_id);
	json_close_object(&w);
	json_write_end(&w);
	buf_addc(b, '\n');
}
