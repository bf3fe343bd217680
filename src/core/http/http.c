/* SPDX-License-Identifier: ISC */
/* HTTP by libcurl with everything off that an issuer does not need. */
#include "config.h"

#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <curl/curl.h>

#include "base/str.h"
#include "base/xalloc.h"

struct http {
	CURL *curl;
	struct buf *body;
	size_t max;
	bool too_large;
	char why[CURL_ERROR_SIZE];
};

static NORETURN void
http_no_curl(void)
{
	fprintf(stderr, "errand: libcurl cannot be used\n");
	abort();
}

struct http *
http_new(void)
{
	struct http *h = xcalloc(1, sizeof(*h));

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		http_no_curl();
	h->curl = curl_easy_init();
	if (h->curl == NULL)
		http_no_curl();
	return h;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->curl);
	curl_global_cleanup();
	free(h);
}

static size_t
http_take(char *data, size_t size, size_t n, void *arg)
{
	struct http *h = arg;

	n *= size;
	if (n > h->max - h->body->len) {
		h->too_large = true;
		return 0;
	}
	buf_add(h->body, data, n);
	return n;
}

/* What is sent.  A body is borrowed until the call is over. */
static CURLcode
http_set_question(struct http *h, const struct http_call *call)
{
	CURLcode bad = curl_easy_setopt(h->curl, CURLOPT_URL, call->url);

	if (bad == CURLE_OK && call->form != NULL)
		bad = curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, call->form);
	if (bad != CURLE_OK || call->user == NULL)
		return bad;
	bad = curl_easy_setopt(h->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
	if (bad == CURLE_OK)
		bad = curl_easy_setopt(h->curl, CURLOPT_USERNAME, call->user);
	if (bad == CURLE_OK)
		bad =
		    curl_easy_setopt(h->curl, CURLOPT_PASSWORD, call->password);
	return bad;
}

/* A connection is kept only by who needs it often: with minutes between two
 * uses, a broken one would cost the next use its time.  A thread that asks a
 * name server cannot be ended, and is not waited for either: it ends when it
 * has given up, and what it has is freed then. */
static CURLcode
http_set(struct http *h, const struct http_call *call)
{
	const char *ca = call->ca_file;
	CURLcode bad;

	curl_easy_reset(h->curl);
	bad = http_set_question(h, call);
#define SET(option, value)                                                     \
	do {                                                                   \
		if (bad == CURLE_OK)                                           \
			bad = curl_easy_setopt(h->curl, option, value);        \
	} while (0)
	SET(CURLOPT_ERRORBUFFER, h->why);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(call->timeout_ms + 1) / 2);
	SET(CURLOPT_TIMEOUT_MS, (long)call->timeout_ms);
	SET(CURLOPT_QUICK_EXIT, 1L);
	SET(CURLOPT_FORBID_REUSE, call->keep ? 0L : 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_USERAGENT, "errand/" PACKAGE_VERSION);
	SET(CURLOPT_WRITEFUNCTION, http_take);
	SET(CURLOPT_WRITEDATA, (void *)h);
	if (ca != NULL && ca[0] != '\0')
		SET(CURLOPT_CAINFO, ca);
#undef SET
	return bad;
}

long
http_run(struct http *h, const struct http_call *call, struct buf *body,
    const char **why)
{
	CURLcode bad;
	long status = -1;

	buf_clear(body);
	h->body = body;
	h->max = call->max;
	h->too_large = false;
	h->why[0] = '\0';
	bad = http_set(h, call);
	if (bad == CURLE_OK)
		bad = curl_easy_perform(h->curl);
	if (bad == CURLE_OK)
		bad =
		    curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
	h->body = NULL;
	if (bad == CURLE_OK)
		return status;
	if (h->too_large)
		*why = "the answer is too large";
	else
		*why = h->why[0] ? h->why : curl_easy_strerror(bad);
	return -1;
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

/* Scheme, host or port, in lower case as curl gives the first two back. */
static char *
http_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;

	if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return NULL;
	return text;
}

/* True if the host is this machine, by a name that needs no name server. */
static bool
http_is_loopback(const char *host)
{
	uint8_t v4[4];

	if (inet_pton(AF_INET, host, v4) == 1)
		return v4[0] == 127;
	return str_case_eq(host, "localhost") || str_eq(host, "[::1]");
}

bool
http_is_open(const char *url)
{
	CURLU *parsed = curl_url();
	char *scheme = NULL, *host = NULL;
	bool open = false;

	if (parsed == NULL)
		http_no_curl();
	if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK) {
		scheme = http_part(parsed, CURLUPART_SCHEME);
		host = http_part(parsed, CURLUPART_HOST);
		open = scheme != NULL && str_case_eq(scheme, "http") &&
		       (host == NULL || !http_is_loopback(host));
	}
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(parsed);
	return open;
}

static bool
http_same_parts(CURLU *a, CURLU *b)
{
	static const CURLUPart parts[] = { CURLUPART_SCHEME, CURLUPART_HOST,
		CURLUPART_PORT };
	char *user = http_part(b, CURLUPART_USER);
	bool same = user == NULL;

	curl_free(user);
	for (size_t i = 0; same && i < NELEM(parts); i++) {
		char *x = http_part(a, parts[i]);
		char *y = http_part(b, parts[i]);

		same = x != NULL && y != NULL && str_case_eq(x, y);
		curl_free(x);
		curl_free(y);
	}
	return same;
}

bool
http_same_origin(const char *a, const char *b)
{
	CURLU *x = curl_url(), *y = curl_url();
	bool same;

	if (x == NULL || y == NULL)
		http_no_curl();
	same = curl_url_set(x, CURLUPART_URL, a, 0) == CURLUE_OK &&
	       curl_url_set(y, CURLUPART_URL, b, 0) == CURLUE_OK &&
	       http_same_parts(x, y);
	curl_url_cleanup(x);
	curl_url_cleanup(y);
	return same;
}
