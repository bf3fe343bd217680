/* SPDX-License-Identifier: ISC */
/* SMTP by libcurl, with smtp_talk.c listening. */
#include "config.h"

#include "smtp.h"

#include <string.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "http/easy.h"
#include "log/log.h"
#include "mail_own.h"
#include "trace/trace.h"

struct smtp {
	CURL *curl;
	struct curl_slist *to;
	const struct smtp_order *order;
	size_t sent;      /* bytes of the message */
	int64_t ready_to; /* clock_mono_us: for the server to be ready */
	bool stopped, late;
	struct smtp_talk talk;
	char why[CURL_ERROR_SIZE];
};

static size_t
smtp_give(char *out, size_t size, size_t n, void *arg)
{
	struct smtp *s = arg;
	size_t left = s->order->len - s->sent;

	n *= size;
	if (n > left)
		n = left;
	memcpy(out, s->order->message + s->sent, n);
	s->sent += n;
	return n;
}

/* Bodies and TLS records pass by here as well. */
static int
smtp_listen(CURL *curl, curl_infotype type, char *data, size_t len, void *arg)
{
	struct smtp *s = arg;

	(void)curl;
	if (type == CURLINFO_HEADER_OUT)
		smtp_talk_sent(&s->talk, data, len);
	else if (type == CURLINFO_HEADER_IN)
		smtp_talk_got(&s->talk, data, len);
	return 0;
}

/* Called at least once a second.  Not zero ends the transfer, or the wait for
 * the server's farewell, which tells nothing new. */
static int
smtp_go_on(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct smtp *s = arg;

	(void)a, (void)b, (void)c, (void)d;
	log_chores();
	if (s->talk.over)
		return 1;
	s->stopped = s->order->stop != NULL && *s->order->stop;
	s->late = s->talk.stage != SMTP_BODY && clock_mono_us() >= s->ready_to;
	return s->stopped || s->late;
}

/* What goes in the debug callback stays there: replies are wanted whole, and
 * to know which recipient one is about, the commands as well. */
static CURLcode
smtp_set(struct smtp *s, const char *url)
{
	static const long tls[] = {
		[CONF_starttls_off] = CURLUSESSL_NONE,
		[CONF_starttls_try] = CURLUSESSL_TRY,
		[CONF_starttls_require] = CURLUSESSL_ALL,
	};
	const bool proven = settings.mail_starttls == CONF_starttls_require ||
			    strncmp(url, "smtps:", 6) == 0;
	const bool login = settings.mail_username[0] != '\0';
	const char *ca_file = settings.mail_ca_file;
	const long timeout = (long)settings.mail_timeout;
	const long answer = (long)conf_mail_answer(&settings);
	const struct easy_option options[] = {
		{ CURLOPT_ERRORBUFFER, .pointer = s->why },
		{ CURLOPT_URL, .pointer = url },
		{ CURLOPT_PROTOCOLS_STR, .pointer = "smtp,smtps" },
		{ CURLOPT_PROXY, .pointer = "" },
		{ CURLOPT_NOSIGNAL, .number = 1 },
		{ CURLOPT_CONNECTTIMEOUT_MS, .number = (timeout + 1) / 2 },
		{ CURLOPT_TIMEOUT_MS, .number = timeout + answer },
		{ CURLOPT_SERVER_RESPONSE_TIMEOUT,
		    .number = (answer + 999) / 1000 },
		{ CURLOPT_FORBID_REUSE, .number = 1 },
		/* Do not outwait a resolver. */
		{ CURLOPT_QUICK_EXIT, .number = 1 },
		{ CURLOPT_USE_SSL, .number = tls[settings.mail_starttls] },
		{ CURLOPT_SSL_VERIFYPEER, .number = proven ? 1 : 0 },
		{ CURLOPT_SSL_VERIFYHOST, .number = proven ? 2 : 0 },
		{ CURLOPT_SSLVERSION, .number = CURL_SSLVERSION_TLSv1_2 },
		{ CURLOPT_CAINFO, .pointer = ca_file[0] ? ca_file : NULL },
		{ CURLOPT_USERNAME,
		    .pointer = login ? settings.mail_username : NULL },
		{ CURLOPT_PASSWORD,
		    .pointer = login ? settings.mail_password : NULL },
		{ CURLOPT_MAIL_FROM, .pointer = s->order->from },
		{ CURLOPT_MAIL_RCPT, .pointer = s->to },
		{ CURLOPT_UPLOAD, .number = 1 },
		{ CURLOPT_INFILESIZE, .number = (long)s->order->len },
		{ CURLOPT_READDATA, .pointer = s },
		{ CURLOPT_VERBOSE, .number = 1 },
		{ CURLOPT_DEBUGDATA, .pointer = s },
		{ CURLOPT_NOPROGRESS, .number = 0 },
		{ CURLOPT_XFERINFODATA, .pointer = s },
	};

	/* Functions are no data; setting them does not fail. */
	curl_easy_setopt(s->curl, CURLOPT_READFUNCTION, smtp_give);
	curl_easy_setopt(s->curl, CURLOPT_DEBUGFUNCTION, smtp_listen);
	curl_easy_setopt(s->curl, CURLOPT_XFERINFOFUNCTION, smtp_go_on);
	return easy_set(s->curl, options, NELEM(options));
}

static void
smtp_open(struct smtp *s, struct arena *a, const struct smtp_order *order)
{
	*s = (struct smtp){ .order = order };
	s->ready_to = clock_mono_us() + settings.mail_timeout * 1000;
	smtp_talk_init(&s->talk, a);
	s->curl = easy_new();
	s->to = curl_slist_append(NULL, order->to);
	if (s->to == NULL)
		easy_broken();
}

static void
smtp_close(struct smtp *s)
{
	easy_free(s->curl);
	curl_slist_free_all(s->to);
	smtp_talk_clear(&s->talk);
}

static const char *
smtp_reason(struct smtp *s, struct arena *a, CURLcode bad)
{
	const char *refusal = smtp_talk_refusal(&s->talk);

	if (s->stopped)
		return "the soft time limit was over before the mail was "
		       "handed over";
	if (refusal != NULL)
		return refusal;
	if (s->late)
		return arena_printf(a,
		    "%s: the mail server did not answer to %s in time",
		    settings.mail_url, smtp_talk_stage(&s->talk));
	return arena_printf(a, "%s: %s", settings.mail_url,
	    s->why[0] ? s->why : curl_easy_strerror(bad));
}

static enum smtp_verdict
smtp_send_now(struct arena *a, const struct smtp_order *order, const char **why)
{
	enum smtp_verdict verdict = SMTP_DONE;
	const char *url;
	struct smtp s;
	CURLcode bad;

	smtp_open(&s, a, order);
	/* What stands behind the host is what libcurl says in EHLO. */
	url = arena_printf(a, "%s/%s", settings.mail_url, order->hello);
	bad = smtp_set(&s, url);
	if (bad == CURLE_OK)
		bad = curl_easy_perform(s.curl);
	if (bad != CURLE_OK) {
		verdict = smtp_talk_verdict(&s.talk);
		if (s.stopped && verdict != SMTP_DONE)
			verdict = SMTP_TEMPORARY;
		*why = smtp_reason(&s, a, bad);
	}
	smtp_close(&s);
	return verdict;
}

/* The address has no login in it: conf_check_mail. */
static enum smtp_verdict
smtp_send_traced(struct arena *a, const struct smtp_order *order,
    const char **why)
{
	static const char *const words[SMTP__MAX] = { "accepted", "deferred",
		"away", "refused" };
	struct trace_span span;
	enum smtp_verdict verdict;

	trace_open(&span);
	verdict = smtp_send_now(a, order, why);
	trace_close(&span,
	    &(struct trace_end){ .kind = TRACE_CLIENT,
		.name = "send mail",
		.error = verdict == SMTP_DONE ? NULL : words[verdict],
		.fields =
		    (struct log_field[]){ LS("network.protocol.name", "smtp"),
			LS("url.full", settings.mail_url),
			LS("errand.mail.result", words[verdict]), { 0 } } });
	return verdict;
}

enum smtp_verdict
smtp_send(struct arena *a, const struct smtp_order *order, const char **why)
{
	return trace_now ? smtp_send_traced(a, order, why)
			 : smtp_send_now(a, order, why);
}
