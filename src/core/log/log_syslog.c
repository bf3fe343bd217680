/* SPDX-License-Identifier: ISC */
/* The sink that is a syslog server: RFC 5424 over UDP and TCP, RFC 3164 on the
 * socket of this machine. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "log_net.h"
#include "log_own.h"
#include "text/host_port.h"

#define SYSLOG_MAX      ((size_t)1048576) /* bytes that wait at most */
#define SYSLOG_PORT     514
#define SYSLOG_HOST_MAX 255
#define SYSLOG_APP      48
#define SYSLOG_NAME     ((size_t)32)   /* of a parameter */
#define SYSLOG_PARAM    ((size_t)512)  /* bytes of its value */
#define SYSLOG_WORDS    ((size_t)4096) /* bytes of the text behind them */

/* --- messages --- */

/* A name of the header: printable ASCII, or "-". */
static void
syslog_name(struct buf *b, const char *s, size_t max)
{
	size_t len = strlen(s), i;

	if (len > max)
		len = max;
	if (len == 0)
		buf_addc(b, '-');
	for (i = 0; i < len; i++)
		buf_addc(b, s[i] > ' ' && s[i] <= '~' ? s[i] : '_');
}

/* Text as RFC 5424 has it; no server writes a line of its own because of what
 * is in it. */
static void
syslog_value(struct buf *b, const char *s)
{
	size_t len = str_utf8_cut(s, strlen(s), SYSLOG_PARAM), n;

	for (; len > 0; s += n, len -= n) {
		n = str_utf8_len(s, len);
		if (n == 0 || (n > 1 && str_is_tricky(s, n))) {
			n += n == 0;
			buf_addc(b, '?');
		} else if (n == 1 && strchr("\"\\]", *s) != NULL) {
			buf_addc(b, '\\');
			buf_addc(b, *s);
		} else if (n == 1 && *s == '\n') {
			buf_adds(b, "\\\\n");
		} else if (n == 1 && ((unsigned char)*s < ' ' || *s == 0x7f)) {
			buf_addc(b, '?');
		} else {
			buf_add(b, s, n);
		}
	}
}

static void
syslog_param(struct buf *b, const char *name, const char *text, int64_t number)
{
	size_t len = strnlen(name, SYSLOG_NAME), i;

	buf_addc(b, ' ');
	for (i = 0; i < len; i++)
		buf_addc(b, name[i] > ' ' && name[i] <= '~' &&
				    strchr("=]\"", name[i]) == NULL
				? name[i]
				: '_');
	buf_adds(b, "=\"");
	if (text != NULL)
		syslog_value(b, text);
	else
		buf_addint(b, number);
	buf_addc(b, '"');
}

/* The number of the element is the one for documents: Errand has none of its
 * own. */
static void
syslog_fields(struct buf *b, const struct log_event *e)
{
	const struct log_field *f;

	if (e->fields->key == NULL && e->request_id == NULL &&
	    e->trace_id == NULL) {
		buf_addc(b, '-');
		return;
	}
	buf_adds(b, "[errand@32473");
	for (f = e->fields; f->key != NULL; f++)
		syslog_param(b, f->key, f->text, f->number);
	if (e->request_id != NULL)
		syslog_param(b, "request_id", e->request_id, 0);
	if (e->trace_id != NULL)
		syslog_param(b, "trace_id", e->trace_id, 0);
	buf_addc(b, ']');
}

static void
syslog_words(struct buf *b, const struct log_event *e)
{
	struct buf words = { 0 };

	log_line_words(&words, e);
	buf_add(b, words.data,
	    str_utf8_cut(words.data, words.len, SYSLOG_WORDS));
	buf_free(&words);
}

static void
syslog_message(struct buf *b, const struct log_event *e,
    const struct log_syslog_form *form)
{
	char time[CLOCK_TEXT];

	buf_printf(b, "<%d>", form->facility * 8 + log_severities[e->level]);
	if (form->host == NULL) {
		syslog_name(b, e->program, SYSLOG_APP);
		buf_printf(b, "[%d]: ", e->pid);
		syslog_words(b, e);
		return;
	}
	buf_printf(b, "1 %s ", clock_format(e->us, time));
	syslog_name(b, form->host, SYSLOG_HOST_MAX);
	buf_addc(b, ' ');
	syslog_name(b, e->program, SYSLOG_APP);
	buf_printf(b, " %d - ", e->pid);
	syslog_fields(b, e);
	buf_addc(b, ' ');
	syslog_words(b, e);
}

void
log_syslog_message(struct buf *b, const struct log_event *e,
    const struct log_syslog_form *form)
{
	struct buf message = { 0 };

	if (!form->counted) {
		syslog_message(b, e, form);
		return;
	}
	syslog_message(&message, e, form);
	buf_printf(b, "%zu ", message.len);
	buf_add(b, message.data, message.len);
	buf_free(&message);
}

/* --- the sink --- */

static char syslog_host[SYSLOG_HOST_MAX + 1];
static struct log_syslog_form syslog_form;

static int
syslog_facility(void)
{
	static const int facilities[CONF_syslog_facility__MAX] = {
		[CONF_syslog_facility_user] = 1,
		[CONF_syslog_facility_daemon] = 3,
		[CONF_syslog_facility_local0] = 16,
		[CONF_syslog_facility_local1] = 17,
		[CONF_syslog_facility_local2] = 18,
		[CONF_syslog_facility_local3] = 19,
		[CONF_syslog_facility_local4] = 20,
		[CONF_syslog_facility_local5] = 21,
		[CONF_syslog_facility_local6] = 22,
		[CONF_syslog_facility_local7] = 23,
	};

	return facilities[settings.log_syslog_facility];
}

static int
log_syslog_open(struct log_sink *s, const char *program)
{
	struct log_net_to to = { .goal = LOG_TO_SYSLOG,
		.place = settings.log_syslog,
		.max = SYSLOG_MAX };
	struct log_url url;

	(void)program;
	/* The check of the settings has taken it. */
	if (settings.log_syslog == NULL || settings.log_syslog[0] == '\0' ||
	    log_url_parse(settings.log_syslog, &url) != NULL)
		return 0;
	syslog_form = (struct log_syslog_form){ .facility = syslog_facility() };
	to.way = str_eq(url.scheme, "udp") ? LOG_NET_UDP : LOG_NET_TCP;
	to.host = url.host;
	to.port = url.port != 0 ? url.port : SYSLOG_PORT;
	if (str_eq(url.scheme, "unix")) {
		to.way = LOG_NET_PATH;
		to.host = url.path;
	} else {
		if (gethostname(syslog_host, SYSLOG_HOST_MAX) == -1)
			syslog_host[0] = '\0';
		syslog_form.host = syslog_host;
	}
	syslog_form.counted = to.way == LOG_NET_TCP;
	s->own = log_net_new(&to);
	s->level = log_level_of((int)settings.log_syslog_level);
	s->place = settings.log_syslog;
	return 0;
}

static bool
log_syslog_put(struct log_sink *s, struct log_event *e)
{
	static struct buf message;

	buf_clear(&message);
	log_syslog_message(&message, e, &syslog_form);
	return log_net_sink_take(s, &message);
}

struct log_sink log_syslog_sink = {
	.level = -1,
	.open = log_syslog_open,
	.put = log_syslog_put,
	LOG_NET_SINK,
	.close = log_net_sink_close,
};
