/* SPDX-License-Identifier: ISC */
/* Gathers the pieces of all processes into one request. */
#include "config.h"

#include "batch.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "metric/metric.h"
#include "text/json_span.h"

#define MAGIC "errand-spans 1 "
#define DEPTH 32
#define COUNT 1000000000 /* no piece has, or has lost, more than that */

/* Reads a number that ends with that character. */
static int
batch_number(const char **at, char end, int64_t *n)
{
	char text[16];
	size_t len = strspn(*at, "0123456789");

	if (len >= sizeof(text) || (*at)[len] != end)
		return -1;
	snprintf(text, sizeof(text), "%.*s", (int)len, *at);
	*at += len + 1;
	return str_to_int(text, 0, COUNT, n);
}

bool
batch_add(struct batch *b, const char *piece, size_t len)
{
	char head[64];
	const char *at = head, *json;
	struct json_span value;
	int64_t spans, lost;
	unsigned odd;

	snprintf(head, sizeof(head), "%.*s", (int)len, piece);
	if (!str_starts(head, MAGIC))
		return false;
	at += strlen(MAGIC);
	if (batch_number(&at, ' ', &spans) == -1 ||
	    batch_number(&at, '\n', &lost) == -1)
		return false;
	json = piece + (at - head);
	len -= (size_t)(at - head);
	if (json_span_read(json, len, DEPTH, &value, &odd) != NULL ||
	    !json_span_is(&value, '{') || odd != 0)
		return false;
	b->lost += lost;
	if (b->pieces.len + value.len + 1 > BATCH_MOST) {
		b->lost += spans;
		metric_add(METRIC_spans, METRIC_AT(METRIC_span_lost),
		    (uint64_t)spans);
		return true;
	}
	if (b->spans == 0)
		b->since = clock_mono_us();
	if (b->pieces.len > 0)
		buf_addc(&b->pieces, ',');
	buf_add(&b->pieces, value.p, value.len);
	b->spans += spans;
	return true;
}

int64_t
batch_take(struct batch *b, struct buf *body)
{
	int64_t spans = b->spans;

	buf_clear(body);
	buf_adds(body, "{\"resourceSpans\":[");
	buf_add(body, b->pieces.data, b->pieces.len);
	buf_adds(body, "]}");
	buf_clear(&b->pieces);
	b->spans = 0;
	return spans;
}

void
batch_clear(struct batch *b)
{
	buf_free(&b->pieces);
	*b = (struct batch){ 0 };
}
