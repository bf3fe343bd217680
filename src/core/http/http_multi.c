/* SPDX-License-Identifier: ISC */
/* Calls that nobody waits for. */
#include "config.h"

#include "easy.h"
#include "http_own.h"

static void
http_must(CURLMcode code)
{
	if (code != CURLM_OK)
		easy_broken();
}

void
http_begin(struct http *h, const struct http_call *call, struct buf *body)
{
	if (h->multi == NULL)
		h->multi = curl_multi_init();
	if (h->multi == NULL || http_ready(h, call, body) != CURLE_OK)
		easy_broken();
	http_must(curl_multi_add_handle(h->multi, h->curl));
	h->busy = true;
}

bool
http_busy(const struct http *h)
{
	return h->busy;
}

bool
http_go_on(struct http *h, int fd, int ms, long *status, const char **why)
{
	struct curl_waitfd also = { .fd = fd, .events = CURL_WAIT_POLLIN };
	int running, left, n;
	CURLMsg *message;
	CURLcode result;

	if (h->multi == NULL)
		h->multi = curl_multi_init();
	if (h->multi == NULL)
		easy_broken();
	http_must(curl_multi_perform(h->multi, &running));
	if (!h->busy || running > 0) {
		http_must(curl_multi_poll(h->multi, &also, fd == -1 ? 0 : 1, ms,
		    &n));
		http_must(curl_multi_perform(h->multi, &running));
	}
	message = curl_multi_info_read(h->multi, &left);
	if (message == NULL || message->msg != CURLMSG_DONE)
		return false;
	result = message->data.result;
	http_must(curl_multi_remove_handle(h->multi, h->curl));
	h->busy = false;
	*status = http_end(h, result, why);
	return true;
}

int64_t
http_retry_after(const struct http *h)
{
	curl_off_t seconds = 0;

	if (curl_easy_getinfo(h->curl, CURLINFO_RETRY_AFTER, &seconds) !=
	    CURLE_OK)
		return 0;
	return seconds;
}
