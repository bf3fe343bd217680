/* SPDX-License-Identifier: ISC */
/* HTTP by libcurl with everything off that nobody here needs. */
#include "config.h"

#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/longwait.h"
#include "base/xalloc.h"
#include "easy.h"
#include "http_own.h"
#include "text/pairs.h"
#include "trace/trace.h"

struct http *
http_new(void)
{
	struct http *h = xcalloc(1, sizeof(*h));

	h->curl = easy_new();
	return h;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	if (h->busy)
		curl_multi_remove_handle(h->multi, h->curl);
	curl_multi_cleanup(h->multi);
	curl_slist_free_all(h->headers);
	easy_free(h->curl);
	free(h);
}

static size_t
http_take(char *data, size_t size, size_t n, void *arg)
{
	struct http *h = arg;

	size_t left = h->max - h->body->len;

	n *= size;
	if (n > left && !h->cut) {
		h->too_large = true;
		return 0;
	}
	buf_add(h->body, data, n > left ? left : n);
	h->enough = h->brief && n > left;
	return h->enough ? 0 : n;
}

/* The address that is judged is the one that is connected to: between the two
 * no name is looked up. */
static curl_socket_t
http_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct http *h = arg;
	const char *why =
	    purpose == CURLSOCKTYPE_IPCXN ? h->judge(&to->addr) : "";

	if (why == NULL)
		return socket(to->family, to->socktype | SOCK_CLOEXEC,
		    to->protocol);
	h->refused = why;
	return CURL_SOCKET_BAD;
}

static int
http_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct http *h = arg;

	(void)a, (void)b, (void)c, (void)d;
	return *h->stop != 0;
}

/* A connection is kept only by who needs it often: with minutes between two
 * uses, a broken one would cost the next use its time.  A thread that asks a
 * name server cannot be ended, and is not waited for either: it ends when it
 * has given up, and what it has is freed then. */
static CURLcode
http_set(struct http *h, const struct http_call *call)
{
	const char *ca = call->ca_file;
	const long timeout = (long)call->timeout_ms;
	const struct easy_option options[] = {
		{ CURLOPT_URL, .pointer = call->url },
		{ CURLOPT_POSTFIELDSIZE,
		    .number = call->json == NULL ? -1 : (long)call->json_len },
		{ CURLOPT_POSTFIELDS,
		    .pointer = call->json == NULL ? call->form : call->json },
		{ CURLOPT_CUSTOMREQUEST, .pointer = call->method },
		{ CURLOPT_HTTPHEADER, .pointer = h->headers },
		{ CURLOPT_HTTPAUTH, .number = CURLAUTH_BASIC },
		{ CURLOPT_USERNAME, .pointer = call->user },
		{ CURLOPT_PASSWORD, .pointer = call->password },
		{ CURLOPT_ERRORBUFFER, .pointer = h->why },
		{ CURLOPT_PROTOCOLS_STR, .pointer = "http,https" },
		{ CURLOPT_FOLLOWLOCATION, .number = 0 },
		{ CURLOPT_PROXY, .pointer = "" },
		{ CURLOPT_NOSIGNAL, .number = 1 },
		{ CURLOPT_CONNECTTIMEOUT_MS, .number = (timeout + 1) / 2 },
		{ CURLOPT_TIMEOUT_MS, .number = timeout },
		{ CURLOPT_QUICK_EXIT, .number = 1 },
		{ CURLOPT_FORBID_REUSE, .number = call->keep ? 0 : 1 },
		{ CURLOPT_HTTP_VERSION, .number = CURL_HTTP_VERSION_1_1 },
		{ CURLOPT_SSL_VERIFYPEER, .number = 1 },
		{ CURLOPT_SSL_VERIFYHOST, .number = 2 },
		{ CURLOPT_SSLVERSION, .number = CURL_SSLVERSION_TLSv1_2 },
		{ CURLOPT_CAINFO,
		    .pointer = ca != NULL && ca[0] != '\0' ? ca : NULL },
		{ CURLOPT_USERAGENT, .pointer = "errand/" PACKAGE_VERSION },
		{ CURLOPT_WRITEDATA, .pointer = h },
		{ CURLOPT_HEADERDATA, .pointer = h->head == NULL ? NULL : h },
		{ CURLOPT_OPENSOCKETDATA, .pointer = h },
		{ CURLOPT_XFERINFODATA, .pointer = h },
		{ CURLOPT_NOPROGRESS, .number = call->stop == NULL },
	};

	curl_easy_reset(h->curl);
	/* A function is no data, and setting it does not fail. */
	curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, http_take);
	if (h->head != NULL)
		curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION,
		    http_take_head);
	if (call->judge != NULL)
		curl_easy_setopt(h->curl, CURLOPT_OPENSOCKETFUNCTION,
		    http_socket);
	if (call->stop != NULL)
		curl_easy_setopt(h->curl, CURLOPT_XFERINFOFUNCTION,
		    http_progress);
	return easy_set(h->curl, options, NELEM(options));
}

void
http_add_header(struct http *h, const char *name, const char *value)
{
	struct buf line = { 0 };
	struct curl_slist *all;

	if (value == NULL || value[0] == '\0')
		return;
	buf_printf(&line, "%s: %s", name, value);
	all = curl_slist_append(h->headers, line.data);
	buf_free(&line);
	if (all == NULL)
		easy_broken();
	h->headers = all;
}

CURLcode
http_ready(struct http *h, const struct http_call *call, struct buf *body)
{
	struct buf name = { 0 }, value = { 0 };
	const char *at = call->headers == NULL ? "" : call->headers;

	if (call->json != NULL) {
		http_add_header(h, "Content-Type", "application/json");
		http_add_header(h, "Expect", "");
	}
	while (pairs_next(&at, &name, &value) == 1)
		http_add_header(h, name.data, value.data);
	buf_free(&name);
	buf_free(&value);
	buf_clear(body);
	buf_adds(body, ""); /* what comes may be empty */
	h->body = body;
	h->head = call->head;
	if (h->head != NULL)
		buf_clear(h->head);
	h->max = call->max;
	h->cut = call->cut;
	h->brief = call->brief;
	h->judge = call->judge;
	h->stop = call->stop;
	h->refused = NULL;
	h->too_large = h->enough = false;
	h->why[0] = '\0';
	return http_set(h, call);
}

long
http_end(struct http *h, CURLcode bad, const char **why)
{
	long status = -1;

	if (bad == CURLE_OK || (bad == CURLE_WRITE_ERROR && h->enough))
		bad =
		    curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	h->body = h->head = NULL;
	curl_slist_free_all(h->headers);
	h->headers = NULL;
	if (bad == CURLE_OK)
		return status;
	if (h->too_large)
		*why = "the answer is too large";
	else if (h->refused != NULL && bad == CURLE_COULDNT_CONNECT)
		*why = h->refused;
	else
		*why = h->why[0] ? h->why : curl_easy_strerror(bad);
	return -1;
}

static long
http_run_now(struct http *h, const struct http_call *call, struct buf *body,
    const char **why)
{
	CURLcode bad = http_ready(h, call, body);

	if (bad == CURLE_OK) {
		longwait_begin();
		bad = curl_easy_perform(h->curl);
	}
	return http_end(h, bad, why);
}

/* Addresses have no password in them: conf_judge_url. */
static long
http_run_traced(struct http *h, const struct http_call *call, struct buf *body,
    const char **why)
{
	const char *method = call->method != NULL ? call->method
			     : call->form != NULL || call->json != NULL ? "POST"
									: "GET";
	struct log_field f[4] = { LS("http.request.method", method),
		LS("url.full", call->shown != NULL ? call->shown : call->url) };
	struct trace_span span;
	char error[24] = "unavailable";
	long status;

	trace_open(&span);
	http_add_header(h, "traceparent", trace_parent());
	http_add_header(h, "tracestate", trace_state());
	status = http_run_now(h, call, body, why);
	if (status != -1) {
		snprintf(error, sizeof(error), "%ld", status);
		f[2] = LI("http.response.status_code", status);
	}
	trace_close(&span,
	    &(struct trace_end){ .kind = TRACE_CLIENT,
		.system = TRACE_HTTP,
		.name = method,
		.error = status == -1 || status >= 400 ? error : NULL,
		.fields = f });
	return status;
}

long
http_run(struct http *h, const struct http_call *call, struct buf *body,
    const char **why)
{
	return trace_now ? http_run_traced(h, call, body, why)
			 : http_run_now(h, call, body, why);
}

void
http_add_value(struct buf *b, const char *text, size_t len)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-._";
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == ' ')
			buf_addc(b, '+');
		else if (text[i] != '\0' && strchr(plain, text[i]) != NULL)
			buf_addc(b, text[i]);
		else
			buf_printf(b, "%%%02X", (uint8_t)text[i]);
	}
}
