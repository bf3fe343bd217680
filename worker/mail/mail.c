/* SPDX-License-Identifier: ISC */
/* Puts the headers of a message together, and its body behind them. */
#include "config.h"

#include "mail.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "mail_text.h"
#include "text/mail_address.h"
#include "text/trail.h"

#define CRLF   "\r\n"
#define FOLD   ((size_t)78)
#define ID_MAX ((size_t)500)

/* Whether it can be a msg-id of RFC 5322 as it is. */
static bool
is_id(const char *id)
{
	const char *at = strchr(id, '@');
	size_t len = strlen(id);

	if (at == NULL || at == id || len > ID_MAX ||
	    mail_domain_judge(at + 1, strlen(at + 1)) != NULL)
		return false;
	for (; id < at; id++) {
		if (*id <= ' ' || *id > '~' ||
		    strchr("()<>[]:;@\\,\"", *id) != NULL)
			return false;
	}
	return true;
}

static int
judge_address(struct buf *b, const char *header, const char *address,
    const char **why)
{
	const char *fault = mail_address_judge(address, strlen(address));

	if (fault == NULL)
		return 0;
	/* It may be anything, so it is not repeated. */
	buf_clear(b);
	buf_printf(b, "the address in %s is not usable: %s", header, fault);
	*why = b->data;
	return -1;
}

static int
judge_mail(struct buf *b, const struct mail *m, const char **why)
{
	bool answers = m->reply_to != NULL && m->reply_to[0] != '\0';

	if (judge_address(b, "From", m->from, why) == -1 ||
	    (answers && judge_address(b, "Reply-To", m->reply_to, why) == -1) ||
	    judge_address(b, "To", m->to, why) == -1)
		return -1;
	if (is_id(m->id) && (m->thread == NULL || is_id(m->thread)))
		return 0;
	buf_clear(b);
	buf_adds(b, "the Message-ID would not be usable");
	*why = b->data;
	return -1;
}

/* Names of its own: strftime's would be those of the locale. */
static void
add_date(struct buf *b, int64_t us)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)(us / CLOCK_SECOND);
	struct tm tm;

	gmtime_r(&t, &tm);
	buf_printf(b, "Date: %s, %d %s %d %02d:%02d:%02d +0000" CRLF,
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void
add_from(struct buf *b, const struct mail *m)
{
	struct buf name = { 0 };
	size_t line;

	if (m->name != NULL)
		mail_text_line(&name, m->name, strlen(m->name),
		    MAIL_SUBJECT_MAX);
	if (name.len == 0) {
		buf_printf(b, "From: %s" CRLF, m->from);
	} else {
		line = mail_text_phrase(b, "From", name.data, name.len);
		buf_printf(b, "%s <%s>" CRLF,
		    line + strlen(m->from) + 3 > FOLD ? CRLF : "", m->from);
	}
	buf_free(&name);
}

/* An id cannot be folded, but the space before it can. */
static void
add_id(struct buf *b, const char *header, const char *id)
{
	bool fold = strlen(header) + strlen(id) + strlen(": <>") > FOLD;

	buf_printf(b, "%s:%s <%s>" CRLF, header, fold ? CRLF : "", id);
}

/* An id that a message of others brought may be anything; one that can be used
 * fits into a line. */
static void
add_cause(struct buf *b, const char *header, const char *id)
{
	if (trail_id_ok(id))
		buf_printf(b, "%s: %s" CRLF, header, id);
}

int
mail_format(struct buf *b, const struct mail *m, const char **why)
{
	struct buf subject = { 0 };

	if (judge_mail(b, m, why) == -1)
		return -1;
	add_date(b, m->date);
	add_from(b, m);
	buf_printf(b, "To: %s" CRLF, m->to);
	if (m->reply_to != NULL && m->reply_to[0] != '\0')
		buf_printf(b, "Reply-To: %s" CRLF, m->reply_to);
	mail_text_line(&subject, m->subject, m->subject_len, MAIL_SUBJECT_MAX);
	mail_text_header(b, "Subject", subject.data, subject.len);
	buf_free(&subject);
	add_id(b, "Message-ID", m->id);
	if (m->thread != NULL) {
		add_id(b, "References", m->thread);
		add_id(b, "In-Reply-To", m->thread);
	}
	buf_adds(b, "Auto-Submitted: auto-generated" CRLF);
	add_cause(b, "X-Request-ID", m->request_id);
	add_cause(b, "X-Trace-ID", m->trace_id);
	mail_text_body(b, m->body, m->body_len);
	return 0;
}
