/* SPDX-License-Identifier: ISC */
/* What an address leads to. */
#include "config.h"

#include <arpa/inet.h>

#include <curl/curl.h>

#include "base/str.h"
#include "easy.h"
#include "http.h"

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
		easy_broken();
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
		easy_broken();
	same = curl_url_set(x, CURLUPART_URL, a, 0) == CURLUE_OK &&
	       curl_url_set(y, CURLUPART_URL, b, 0) == CURLUE_OK &&
	       http_same_parts(x, y);
	curl_url_cleanup(x);
	curl_url_cleanup(y);
	return same;
}
