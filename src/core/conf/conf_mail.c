/* SPDX-License-Identifier: ISC */
/* What the settings of the section mail must fulfil. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "base/arena.h"
#include "base/str.h"
#include "conf_own.h"
#include "text/mail_address.h"

#define FAULT(run, key, sentence)                                              \
	conf_fault_row(run, CONF_ROW_mail_##key, sentence)

/* True if that part of the address is there. */
static bool
conf_mail_has(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK &&
		   text[0] != '\0' && !str_eq(text, "/");

	curl_free(text);
	return has;
}

/* On this host nobody listens in who could not read the s-> */
static bool
conf_mail_is_local(CURLU *url)
{
	char *host = NULL;
	bool local;

	if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		return false;
	local = str_case_eq(host, "localhost") || str_eq(host, "[::1]") ||
		(str_starts(host, "127.") &&
		    host[strspn(host, "0123456789.")] == '\0');
	curl_free(host);
	return local;
}

static const char *
conf_mail_judge_url(CURLU *url, const char *text)
{
	if (!str_starts(text, "smtp://") && !str_starts(text, "smtps://"))
		return "it must start with smtp:// or smtps://";
	if (curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) !=
	    CURLUE_OK)
		return "it must look like smtp://host:port or "
		       "smtps://host:port";
	if (conf_mail_has(url, CURLUPART_USER) ||
	    conf_mail_has(url, CURLUPART_PASSWORD))
		return "a login has no place in it: "
		       "see [mail] username and password";
	if (text[strlen(text) - 1] == '/' ||
	    conf_mail_has(url, CURLUPART_PATH) ||
	    conf_mail_has(url, CURLUPART_QUERY) ||
	    conf_mail_has(url, CURLUPART_FRAGMENT))
		return "it must end with the host or the port";
	/* What libcurl would make of it depends on the locale. */
	for (; *text != '\0'; text++) {
		if (*text & 0x80)
			return "the host is not ASCII; its form with xn-- is "
			       "needed";
	}
	return NULL;
}

static void
conf_mail_server(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	CURLU *url;
	const char *why;

	if (s->mail_url[0] == '\0')
		return;
	url = curl_url();
	why = url == NULL ? "libcurl cannot be used"
			  : conf_mail_judge_url(url, s->mail_url);
	if (why != NULL)
		FAULT(run, url, why);
	else if (s->mail_username[0] != '\0' &&
		 str_starts(s->mail_url, "smtp://") &&
		 s->mail_starttls == CONF_starttls_try &&
		 !conf_mail_is_local(url))
		FAULT(run, username,
		    "with starttls = try whoever sits between "
		    "could make us tell the password; set require (or off)");
	curl_url_cleanup(url);
}

static void
conf_mail_address(struct conf_run *run, int row, const char *text)
{
	struct arena *a = arena_new();
	char sentence[MAIL_ADDRESS_MAX + 120];
	const char *why;

	if (mail_address_ascii(a, text, strlen(text), &why) == NULL) {
		snprintf(sentence, sizeof(sentence), "\"%.60s\": %s", text,
		    why);
		conf_fault_row(run, row, sentence);
	}
	arena_free(a);
}

static void
conf_mail_sender(struct conf_run *run, const char *text)
{
	struct arena *a = arena_new();
	const char *name, *address, *why;

	why = mail_name_split(a, text, &name, &address);
	if (why != NULL)
		FAULT(run, from, why);
	else
		conf_mail_address(run, CONF_ROW_mail_from, address);
	arena_free(a);
}

static void
conf_mail_host(struct conf_run *run, const char *text)
{
	struct arena *a = arena_new();
	const char *why;

	if (mail_domain_ascii(a, text, strlen(text), &why) == NULL)
		FAULT(run, host, why);
	arena_free(a);
}

int64_t
conf_mail_answer(const struct conf *c)
{
	return c->mail_answer_timeout != 0 ? c->mail_answer_timeout
					   : 10 * c->mail_timeout;
}

void
conf_check_mail(struct conf_run *run)
{
	const struct conf *s = &run->set->values;

	conf_mail_server(run);
	if (s->mail_from[0] != '\0')
		conf_mail_sender(run, s->mail_from);
	if (s->mail_reply_to[0] != '\0')
		conf_mail_address(run, CONF_ROW_mail_reply_to,
		    s->mail_reply_to);
	for (size_t i = 0; i < s->mail_to.n; i++)
		conf_mail_address(run, CONF_ROW_mail_to, s->mail_to.v[i]);
	if (s->mail_host[0] != '\0')
		conf_mail_host(run, s->mail_host);
}
