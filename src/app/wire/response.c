/* SPDX-License-Identifier: ISC */
/* Makes an answer in one piece, with its length. */
#include "config.h"

#include "response.h"

#include <stdarg.h>

#include "spool.h"

static const struct response_status {
	int status;
	const char *code, *phrase;
} statuses[] = {
#define STATUS(status, phrase)                                                 \
	{                                                                      \
		status, #status, phrase                                        \
	}
	STATUS(200, "OK"),
	STATUS(201, "Created"),
	STATUS(202, "Accepted"),
	STATUS(204, "No Content"),
	STATUS(304, "Not Modified"),
	STATUS(400, "Bad Request"),
	STATUS(401, "Unauthorized"),
	STATUS(403, "Forbidden"),
	STATUS(404, "Not Found"),
	STATUS(405, "Method Not Allowed"),
	STATUS(409, "Conflict"),
	STATUS(410, "Gone"),
	STATUS(412, "Precondition Failed"),
	STATUS(413, "Content Too Large"),
	STATUS(414, "URI Too Long"),
	STATUS(415, "Unsupported Media Type"),
	STATUS(422, "Unprocessable Content"),
	STATUS(429, "Too Many Requests"),
	STATUS(500, "Internal Server Error"),
	STATUS(503, "Service Unavailable"),
#undef STATUS
};

size_t
response_index(int status)
{
	size_t i = 0;

	while (i < NELEM(statuses) && statuses[i].status != status)
		i++;
	return i;
}

const char *
response_code(size_t index)
{
	return index < NELEM(statuses) ? statuses[index].code : NULL;
}

const char *
response_phrase(int status)
{
	size_t i = response_index(status);

	return i < NELEM(statuses) ? statuses[i].phrase : "Unknown";
}

void
response_reset(struct response *res)
{
	res->status = 200;
	res->content_type = NULL;
	res->cache_control = "no-store";
	res->ready = NULL;
	res->ready_len = 0;
	res->spool = NULL;
	res->open = false;
	buf_clear(&res->head);
	buf_clear(&res->body);
	buf_clear(&res->wire);
}

void
response_free(struct response *res)
{
	buf_free(&res->head);
	buf_free(&res->body);
	buf_free(&res->wire);
}

void
response_header(struct response *res, const char *name, const char *fmt, ...)
{
	va_list ap;

	buf_adds(&res->head, name);
	buf_adds(&res->head, ": ");
	va_start(ap, fmt);
	buf_vprintf(&res->head, fmt, ap);
	va_end(ap);
	buf_adds(&res->head, "\r\n");
}

void
response_borrow(struct response *res, const char *text, size_t len)
{
	res->ready = text;
	res->ready_len = len;
}

static void
response_line(struct buf *b, const char *name, const char *value)
{
	buf_adds(b, name);
	buf_adds(b, value);
	buf_add(b, "\r\n", 2);
}

const struct buf *
response_build(struct response *res, const struct request *req)
{
	const char *body = res->ready != NULL ? res->ready : res->body.data;
	size_t len = res->ready != NULL ? res->ready_len : res->body.len;
	bool bodiless = res->status == 204 || res->status == 304;
	struct buf *b = &res->wire;

	if (!bodiless && res->content_type != NULL)
		response_line(b, "Content-Type: ", res->content_type);
	if (!bodiless && !res->open) {
		buf_adds(b, "Content-Length: ");
		buf_addint(b,
		    res->spool != NULL ? spool_len(res->spool) : (int64_t)len);
		buf_adds(b, "\r\n");
	}
	response_line(b, "Cache-Control: ", res->cache_control);
	response_line(b, "X-Request-ID: ", req->id);
	if (req->trace_id != NULL)
		response_line(b, "X-Trace-ID: ", req->trace_id);
	response_line(b, "X-Content-Type-Options: nosniff", "");
	buf_add(b, res->head.data, res->head.len);
	/* Last: HAProxy before 3.0 makes a 302 of a Location behind it. */
	buf_adds(b, "Status: ");
	buf_addint(b, res->status);
	buf_addc(b, ' ');
	response_line(b, response_phrase(res->status), "\r\n");
	if (!bodiless && req->method != METHOD_HEAD && len > 0)
		buf_add(b, body, len);
	return b;
}

int
response_write(struct response *res, const struct request *req, FCGX_Request *r)
{
	const struct buf *b = response_build(res, req);

	return FCGX_PutStr(b->data, (int)b->len, r->out) == (int)b->len ? 0
									: -1;
}
