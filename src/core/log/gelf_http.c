/* SPDX-License-Identifier: ISC */
/*
 * GELF over HTTP: one request a line, many on their way at once.
 *
 * A client library would have to be called back for each of them; here the
 * requests are only a frame around lines, and the answers say which of them are
 * there.
 */
#include "config.h"

#include "gelf.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

void
gelf_http_head(struct buf *b, const char *host, const char *path, size_t len)
{
	buf_printf(b,
	    "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: errand/%s\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
	    path, host, PACKAGE_VERSION, len);
}

/* The value of a header within the head, with spaces in front; or NULL. */
static const char *
gelf_header(const char *head, const char *end, const char *name)
{
	size_t n = strlen(name);
	const char *line;

	for (line = strstr(head, "\r\n"); line != NULL && line < end;
	     line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, n) == 0 && line[n] == ':')
			return line + n + 1;
	}
	return NULL;
}

/* A number at the front of text, in base 10 or 16; -1 if there is none, or it
 * is out of reason. */
static long
gelf_number(const char *text, int base)
{
	long n = 0;
	int digit;

	text += strspn(text, " \t");
	if (str_hex_digit(*text) < 0 || str_hex_digit(*text) >= base)
		return -1;
	for (; (digit = str_hex_digit(*text)) >= 0 && digit < base; text++) {
		n = n * base + digit;
		if (n > 1024L * 1024)
			return -1;
	}
	return n;
}

/* Where chunks end, NULL if they are not whole. */
static const char *
gelf_skip_chunks(const char *at, const char *end, bool *bad)
{
	long n;

	while (at < end) {
		const char *line = strstr(at, "\r\n");

		if (line == NULL || line >= end)
			return NULL;
		n = gelf_number(at, 16);
		if (n == -1) {
			*bad = true;
			return NULL;
		}
		at = line + 2;
		if (n == 0) { /* trailers, and an empty line */
			line = strncmp(at, "\r\n", 2) == 0
				   ? at
				   : strstr(at, "\r\n\r\n");
			if (line == NULL)
				return NULL;
			return line + (line == at ? 2 : 4);
		}
		if (end - at < n + 2)
			return NULL;
		at += n + 2;
	}
	return NULL;
}

static enum log_net_answer
gelf_judge(long status, const char **why)
{
	static char text[64];

	if (status >= 200 && status < 300)
		return LOG_NET_TAKEN;
	if (status == 400 || status == 413 || status == 422)
		return LOG_NET_REFUSED; /* this one, and not the next */
	snprintf(text, sizeof(text), "it answered with status %ld", status);
	*why = text;
	return status == 500 ? LOG_NET_FAILED : LOG_NET_NOT_NOW;
}

enum log_net_answer
gelf_http_answer(const struct buf *in, size_t *len, const char **why)
{
	const char *at = in->data, *end = in->data + in->len, *body, *value;
	bool bad = false;
	long status, n;

	*why = "it does not speak HTTP/1.1";
	do { /* what is only on the way to an answer is left out */
		if (strncmp(at, "HTTP/1.", strlen("HTTP/1.")) != 0)
			return end - at < 7 && str_starts("HTTP/1.", at)
				   ? LOG_NET_NONE
				   : LOG_NET_NOT_NOW;
		body = strstr(at, "\r\n\r\n");
		if (body == NULL)
			return LOG_NET_NONE;
		value = at;
		body += 4;
		at = body;
		status = gelf_number(value + strcspn(value, " "), 10);
	} while (status >= 100 && status < 200);
	if (status < 200 || status > 599)
		return LOG_NET_NOT_NOW;
	at = gelf_header(value, body, "transfer-encoding");
	if (at != NULL) {
		body = gelf_skip_chunks(body, end, &bad);
		if (body == NULL)
			return bad ? LOG_NET_NOT_NOW : LOG_NET_NONE;
	} else {
		at = gelf_header(value, body, "content-length");
		n = at == NULL ? 0 : gelf_number(at, 10);
		if (n == -1)
			return LOG_NET_NOT_NOW;
		if (end - body < n)
			return LOG_NET_NONE;
		/* Without a length it goes on to the end. */
		body = at == NULL && status != 204 ? end : body + n;
	}
	*len = (size_t)(body - in->data);
	return gelf_judge(status, why);
}
