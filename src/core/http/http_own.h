/* SPDX-License-Identifier: ISC */
/* What the files of this folder share: a call under way. */
#ifndef HTTP_OWN_H
#define HTTP_OWN_H

#include <curl/curl.h>

#include "http.h"

struct http {
	CURL *curl;
	CURLM *multi; /* see http_multi.c; or NULL */
	bool busy;
	struct curl_slist *headers; /* of the call under way; or NULL */
	struct buf *body;
	struct buf *head; /* or NULL */
	size_t max;
	bool cut, brief, too_large, enough;
	http_judge_fn judge;
	const char *refused; /* what it said last; or NULL */
	const volatile int *stop;
	char why[CURL_ERROR_SIZE];
};

/* Readies the handle for a call.  The caller goes on unless it is CURLE_OK as
 * well, to http_end. */
CURLcode http_ready(struct http *h, const struct http_call *call,
    struct buf *body) MUSTCHECK;

/* What http_run returns for a call that has ended so. */
long http_end(struct http *h, CURLcode bad, const char **why) MUSTCHECK;

/* libcurl's form of what takes the lines of the head; arg is a struct http. */
size_t http_take_head(char *data, size_t size, size_t n, void *arg);

/* Adds a header to the call that comes next; "" and NULL are none. */
void http_add_header(struct http *h, const char *name, const char *value);

#endif
