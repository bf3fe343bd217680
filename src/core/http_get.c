/* SPDX-License-Identifier: ISC */
/* GET by libcurl with everything off that a key set does not need. */
#include "config.h"

#include "http_get.h"

#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "str.h"
#include "xalloc.h"

struct http_get {
	CURL *curl;
	struct buf *body;
	size_t max;
	bool too_large;
	char why[CURL_ERROR_SIZE];
};

static NORETURN void
http_get_no_curl(void)
{
	fprintf(stderr, "errand: libcurl cannot be used\n");
	abort();
}

struct http_get *
http_get_new(void)
{
	struct http_get *h = xcalloc(1, sizeof(*h));

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		http_get_no_curl();
	h->curl = curl_easy_init();
	if (h->curl == NULL)
		http_get_no_curl();
	return h;
}

void
http_get_free(struct http_get *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->curl);
	curl_global_cleanup();
	free(h);
}

static size_t
http_get_take(char *data, size_t size, size_t n, void *arg)
{
	struct http_get *h = arg;

	n *= size;
	if (n > h->max - h->body->len) {
		h->too_large = true;
		return 0;
	}
	buf_add(h->body, data, n);
	return n;
}

/* Connections are not kept: minutes lie between two uses, and a broken one
 * would cost the next use its time. */
static CURLcode
http_get_set(struct http_get *h, const char *url,
    const struct http_get_limits *limits)
{
	const char *ca = limits->ca_file;
	CURLcode bad = CURLE_OK;

	curl_easy_reset(h->curl);
#define SET(option, value)                                                     \
	do {                                                                   \
		if (bad == CURLE_OK)                                           \
			bad = curl_easy_setopt(h->curl, option, value);        \
	} while (0)
	SET(CURLOPT_ERRORBUFFER, h->why);
	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(limits->timeout_ms + 1) / 2);
	SET(CURLOPT_TIMEOUT_MS, (long)limits->timeout_ms);
	SET(CURLOPT_FORBID_REUSE, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_USERAGENT, "errand/" PACKAGE_VERSION);
	SET(CURLOPT_WRITEFUNCTION, http_get_take);
	SET(CURLOPT_WRITEDATA, (void *)h);
	if (ca != NULL && ca[0] != '\0')
		SET(CURLOPT_CAINFO, ca);
#undef SET
	return bad;
}

long
http_get_run(struct http_get *h, const char *url,
    const struct http_get_limits *limits, struct buf *body, const char **why)
{
	CURLcode bad;
	long status = -1;

	buf_clear(body);
	h->body = body;
	h->max = limits->max;
	h->too_large = false;
	h->why[0] = '\0';
	bad = http_get_set(h, url, limits);
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

/* Scheme, host or port, in lower case as curl gives the first two back. */
static char *
http_get_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;

	if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return NULL;
	return text;
}

static bool
http_get_same_parts(CURLU *a, CURLU *b)
{
	static const CURLUPart parts[] = { CURLUPART_SCHEME, CURLUPART_HOST,
		CURLUPART_PORT };
	char *user = http_get_part(b, CURLUPART_USER);
	bool same = user == NULL;

	curl_free(user);
	for (size_t i = 0; same && i < NELEM(parts); i++) {
		char *x = http_get_part(a, parts[i]);
		char *y = http_get_part(b, parts[i]);

		same = x != NULL && y != NULL && str_case_eq(x, y);
		curl_free(x);
		curl_free(y);
	}
	return same;
}

bool
http_get_same_origin(const char *a, const char *b)
{
	CURLU *x = curl_url(), *y = curl_url();
	bool same;

	if (x == NULL || y == NULL)
		http_get_no_curl();
	same = curl_url_set(x, CURLUPART_URL, a, 0) == CURLUE_OK &&
	       curl_url_set(y, CURLUPART_URL, b, 0) == CURLUE_OK &&
	       http_get_same_parts(x, y);
	curl_url_cleanup(x);
	curl_url_cleanup(y);
	return same;
}
