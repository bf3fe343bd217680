/* SPDX-License-Identifier: ISC */
/* What every user of libcurl does with a handle before the transfer. */
#include "config.h"

#include "easy.h"

#include <stdio.h>
#include <stdlib.h>

void
easy_broken(void)
{
	fprintf(stderr, "errand: libcurl cannot be used\n");
	abort();
}

CURL *
easy_new(void)
{
	CURL *curl;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		easy_broken();
	curl = curl_easy_init();
	if (curl == NULL)
		easy_broken();
	return curl;
}

void
easy_free(CURL *curl)
{
	curl_easy_cleanup(curl);
	curl_global_cleanup();
}

/* The thousands of an option say what it takes.  The parentheses keep libcurl's
 * macro away, which wants to know the option when this is compiled. */
CURLcode
easy_set(CURL *curl, const struct easy_option *options, size_t n)
{
	CURLcode bad = CURLE_OK;

	for (size_t i = 0; i < n && bad == CURLE_OK; i++) {
		const struct easy_option *o = &options[i];

		if (o->option < CURLOPTTYPE_OBJECTPOINT)
			bad = (curl_easy_setopt)(curl, o->option, o->number);
		else if (o->pointer != NULL)
			bad = (curl_easy_setopt)(curl, o->option, o->pointer);
	}
	return bad;
}
